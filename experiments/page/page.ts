/** Renders the page of an experiment: what it found, what the search cost, and which settings mattered; it fetches nothing and needs no script. */
import { escapeHtml, pageHead, verdictBox } from '../../trainers/report/html.ts';
import { REPORT_STYLE } from '../../trainers/report/style.ts';
import { type CellSummary, formatScore } from '../results.ts';
import { figureOf } from '../search/objectives.ts';
import type { SearchResult } from '../search/run-search.ts';
import { rankTrials, type TrialRecord } from '../search/trial-record.ts';
import type { Selection } from '../selection.ts';
import type { WinnerVerdict } from '../winner.ts';
import { axesOf, rangeAxis } from './axes.ts';
import { LEAST_TRIALS, settingImportances } from './importance.ts';
import { curvesPlot, PLOT_STYLE, parallelPlot, seedsPlot, slicePlot } from './plots.ts';

/** What an experiment came to, as `results.json` has it. */
export interface ExperimentStory {
  readonly name: string;
  readonly searches?: readonly SearchResult[];
  /** What the choice from so many trials is worth, a sentence each. */
  readonly choices?: readonly string[];
  readonly cells: readonly CellSummary[];
  readonly selection: readonly Pick<Selection, 'task' | 'sentences'>[];
  readonly winners: readonly Pick<WinnerVerdict, 'task' | 'winner' | 'verdict'>[];
  readonly failures: readonly { readonly trial: string; readonly message: string }[];
}

/** Rows of the table, and lines that are drawn: the best, then as they came. */
const SHOWN = 10;
const MAX_LINES = 400;

/** @param details how it was made, a line each */
export function renderExperimentPage(story: ExperimentStory, details: readonly string[]): string {
  const { name, searches = [], winners } = story;
  return `${pageHead(name, [REPORT_STYLE, PLOT_STYLE], false)}
<body>
<main>
<header><h1>${escapeHtml(name)}</h1><p class="subtitle">${escapeHtml(subtitleOf(story))}</p>
${winners.map(({ verdict }) => verdictBox(verdict)).join('\n')}
</header>
${cost(story)}
${searches.map(searchSection).join('\n')}
${seeds(story)}
${failures(story)}
<section class="caveats"><h2>How it was made</h2><ul>${details.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>
</main>
</body>
</html>
`;
}

function subtitleOf({ searches = [], cells }: ExperimentStory): string {
  if (searches.length === 0) return `${cells.length} pairs of task and agent.`;
  return searches
    .map(({ task, agent, trials, totalSteps, winner }) => {
      const count = (state: TrialRecord['state']): number =>
        trials.filter((trial) => trial.state === state).length;
      const best = winner === undefined ? 'no trial came to its end' : `the winner is #${winner.index}`;
      return `${agent} on ${task}: ${trials.length} trials (${count('finished')} finished, ${count('pruned')} ended early, ${count('failed')} failed), ${totalSteps.toLocaleString('en')} env steps; ${best}.`;
    })
    .join(' ');
}

function cost({ searches = [], choices = [], selection }: ExperimentStory): string {
  const sentences = [...choices, ...selection.flatMap((chosen) => chosen.sentences)];
  if (sentences.length === 0) return '';
  const title = searches.length > 0 ? 'What the search cost' : 'What the choice is worth';
  return `<section id="cost"><h2>${title}</h2><ul>${sentences.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>`;
}

function searchSection(search: SearchResult): string {
  const { task, agent, trials, objectives } = search;
  const finished = rankTrials(trials).filter(({ state }) => state === 'finished');
  const best = search.winner?.index ?? finished[0]?.index;
  return `<section><h2>${escapeHtml(`${agent} on ${task}`)}</h2>
${bestTable(search, finished)}
${finished.length === 0 ? '' : parallel(search, finished, best)}
${importance(trials)}
${learning(trials, best)}
${objectives.map((_, o) => slices(search, finished, best, o)).join('\n')}
</section>`;
}

function bestTable({ objectives }: SearchResult, finished: readonly TrialRecord[]): string {
  if (finished.length === 0) return '<p class="note">No trial came to its end.</p>';
  const shown = finished.slice(0, SHOWN);
  const names = [...new Set(shown.flatMap(({ point }) => Object.keys(point)))];
  const head = ['trial', ...objectives, ...names].map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`);
  const rows = shown.map(({ index, scores, point }) => {
    const figures = objectives.map((objective, o) => formatScore(figureOf(objective, scores![o])));
    const settings = names.map((name) => {
      const value = point[name];
      if (value === undefined) return '–';
      return typeof value === 'number' ? formatScore(value) : JSON.stringify(value);
    });
    return `<tr><th scope="row">#${index}</th>${[...figures, ...settings].map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return `<h3>The best trials</h3><div class="table-scroll" tabindex="0"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function parallel(
  { objectives }: SearchResult,
  finished: readonly TrialRecord[],
  best: number | undefined,
): string {
  const shown = finished.slice(0, MAX_LINES);
  const settings = axesOf(shown);
  const figures = objectives.map((name, o) =>
    rangeAxis(
      name,
      shown.map(({ scores }) => figureOf(name, scores![o])),
    ),
  );
  const lines = shown.map(({ index, point, scores }) => ({
    name: `#${index}: ${objectives[0]} ${formatScore(figureOf(objectives[0], scores![0]))}`,
    isBest: index === best,
    places: [
      ...settings.map((axis) => axis.placeOf(point[nameOf(axis.name)])),
      ...figures.map((axis, o) => axis.placeOf(figureOf(objectives[o], scores![o]))),
    ],
  }));
  return `<h3>Settings and results</h3><p class="note">One line a finished trial, over the settings it had and what it came to; the winner stands out.</p>
${parallelPlot([...settings, ...figures], lines, `Parallel coordinates of ${shown.length} trials over ${settings.length} settings`)}`;
}

function importance(trials: readonly TrialRecord[]): string {
  const found = settingImportances(trials);
  const title = '<h3>Which settings mattered</h3>';
  if (found.length === 0) {
    return `${title}<p class="note">Fewer than ${LEAST_TRIALS} trials came to their end, or all to the same: nothing can be said.</p>`;
  }
  const most = Math.max(...found.map(({ rise }) => Math.abs(rise)), Number.MIN_VALUE);
  const bars = found.map(({ name, rise }) => {
    const width = ((100 * Math.abs(rise)) / most).toFixed(1);
    return `<div><span>${escapeHtml(name)}</span><i${rise < 0 ? ' class="against"' : ''} style="width:${width}%"></i><output>${rise.toFixed(3).replace('-', '−')}</output></div>`;
  });
  return `${title}<p class="note">How much worse trees predict the score of trials they have not seen once the setting is shuffled among these, in variances of the score; near 0 or below it: no sign that it mattered.</p>
<div class="bars">${bars.join('\n')}</div>`;
}

function learning(trials: readonly TrialRecord[], best: number | undefined): string {
  const told = trials.filter(({ reports }) => reports.length > 0).slice(0, MAX_LINES);
  if (told.length === 0) return '';
  const lines = told.map(({ index, state, reports }) => ({
    name: `#${index}`,
    look:
      index === best ? ('best' as const) : state === 'pruned' ? ('pruned' as const) : ('finished' as const),
    points: reports.map(({ step, value }) => ({ x: step, y: value })),
  }));
  return `<h3>Learning</h3><p class="note">Evaluations on the validation span by env steps. Trials that were ended early are dashed and stop at a dot.</p>
${curvesPlot(lines, `Evaluations of ${told.length} trials by env steps`)}`;
}

function slices(
  { objectives }: SearchResult,
  finished: readonly TrialRecord[],
  best: number | undefined,
  objective: number,
): string {
  if (finished.length < 2) return '';
  const name = objectives[objective];
  const plots = axesOf(finished).map((axis) => {
    const dots = finished.flatMap(({ index, point, scores }) => {
      const place = axis.placeOf(point[nameOf(axis.name)]);
      const y = figureOf(name, scores![objective]);
      return place === undefined || !Number.isFinite(y)
        ? []
        : [{ name: `#${index}`, place, y, isBest: index === best }];
    });
    return slicePlot(axis, dots, `${name} by ${axis.name}, ${dots.length} trials`);
  });
  return `<h3>${escapeHtml(name)} by each setting</h3><div class="slices">${plots.join('\n')}</div>`;
}

function seeds({ cells }: ExperimentStory): string {
  if (cells.length === 0) return '';
  const rows = cells.map(({ task, agent, scores, mean }) => ({ name: `${task} ${agent}`, scores, mean }));
  return `<section><h2>Seeds</h2><p class="note">Mean return of the judged episodes: a dot for each seed, a bar for their mean.</p>
${seedsPlot(rows, `Scores of ${rows.length} settings by seed`)}</section>`;
}

function failures({ failures: failed }: ExperimentStory): string {
  if (failed.length === 0) return '';
  const items = failed.map(({ trial, message }) => `<li>${escapeHtml(`${trial}: ${message}`)}</li>`);
  return `<section><h2>What failed</h2><ul>${items.join('')}</ul></section>`;
}

const nameOf = (axis: string): string => axis.replace(/ \(log\)$/, '');
