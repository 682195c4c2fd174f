/** Renders the page of an arbitrage result: verdict, shares captured, and how they depend on fees and latency. */

import type { ArbitrageOutcome } from '../arbitrage/judge.ts';
import type { ArbitrageResult } from '../arbitrage/train.ts';
import type { RecordedArbitrage } from '../records/arbitrage-tables.ts';
import { type ArbitrageLearning, learningFigures, spanFigures } from './arbitrage-figures.ts';
import { type FigureSection, renderFigurePage, scrollTable } from './figures/page.ts';
import { fixedText, percentText } from './text.ts';

export interface ArbitrageReportContext {
  readonly title: string;
  readonly feeRates: readonly number[];
  readonly latenciesMs: readonly number[];
  /** How it was made, a line each. */
  readonly details: readonly string[];
  /** What was done, decision by decision; absent: no figure is drawn of it. */
  readonly passes?: readonly RecordedArbitrage[];
  readonly learning?: readonly ArbitrageLearning[];
}

const COLUMNS: readonly [name: string, show: (outcome: ArbitrageOutcome) => string][] = [
  ['profit, bp', ({ profitBps }) => number(profitBps)],
  ['of bound', ({ shareOfBound }) => percent(shareOfBound)],
  ['trades', ({ trades }) => `${trades}`],
  ['hit rate', ({ hitRate }) => percent(hitRate)],
  ['leg failures', ({ legFailures }) => `${legFailures}`],
  ['per trade, bp', ({ profitPerTradeBps }) => number(profitPerTradeBps)],
  ['drift', ({ inventoryDrift }) => percent(inventoryDrift)],
  ['capital use', ({ capitalUse }) => number(capitalUse)],
];

/** A whole document that needs no network. */
export function renderArbitrageReport(result: ArbitrageResult, context: ArbitrageReportContext): string {
  const { title, details, passes = [], learning = [] } = context;
  const learningDrawn = learningFigures(learning);
  return renderFigurePage({
    title,
    verdict: result.verdict,
    sections: [
      spanSection('Unseen span', result, passes, 'test'),
      spanSection('Training span', result, passes, 'train'),
      ...(learningDrawn.length > 0 ? [{ title: 'Learning', figures: learningDrawn }] : []),
      {
        title: 'Other fees and latencies',
        note: 'Profit of the same agents on the unseen span, bp of the capital, mean over the seeds.',
        html: heatMap(result, context),
      },
    ],
    details: [
      ...details,
      ...result.rules
        .filter(({ settings }) => settings !== '')
        .map(({ name, settings }) => `Tuned on the training span, ${name}: ${settings}.`),
    ],
  });
}

function spanSection(
  title: string,
  result: ArbitrageResult,
  passes: readonly RecordedArbitrage[],
  span: 'train' | 'test',
): FigureSection {
  const [head, ...rows] = outcomeRows(result, span);
  return {
    title,
    note: `The hindsight bound is ${number(result.boundBps[span])} bp of the capital.`,
    html: scrollTable(title, head, rows),
    figures: spanFigures(result, passes, span),
  };
}

/** A row per rule and per seed. */
export function outcomeRows(result: ArbitrageResult, span: 'train' | 'test'): string[][] {
  const row = (name: string, outcome: ArbitrageOutcome) => [
    name,
    ...COLUMNS.map(([, show]) => show(outcome)),
  ];
  return [
    ['', ...COLUMNS.map(([name]) => name)],
    ...result.seeds.map((seed) => row(`agent, seed ${seed.seed}`, seed[span])),
    ...result.rules.map((rule) => row(rule.name, rule[span])),
  ];
}

/** Green for gains, red for losses, as strong as the largest of either. */
function heatMap(
  { sensitivity }: ArbitrageResult,
  { feeRates, latenciesMs }: ArbitrageReportContext,
): string {
  const largest = Math.max(1e-9, ...sensitivity.flat().map(Math.abs));
  const cell = (bps: number): string => {
    const strength = ((Math.abs(bps) / largest) * 60).toFixed(0);
    const colour = bps >= 0 ? 'var(--gain)' : 'var(--loss)';
    return `<td style="background:color-mix(in srgb, ${colour} ${strength}%, var(--paper))">${number(bps)}</td>`;
  };
  const head = latenciesMs.map((ms) => `<th scope="col">${ms} ms</th>`).join('');
  const rows = feeRates.map(
    (rate, i) => `<tr><th scope="row">${number(rate * 1e4)} bp</th>${sensitivity[i].map(cell).join('')}</tr>`,
  );
  return `<div class="table-scroll" tabindex="0" role="region" aria-label="Profit by fee and latency"><table class="heat"><thead><tr><th scope="col">fee a leg</th>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

const number = (value: number): string => fixedText(value);

const percent = (share: number): string => {
  const text = percentText(share);
  return text.replace('%', ' %');
};
