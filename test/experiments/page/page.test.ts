import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { axesOf } from '../../../experiments/page/axes.ts';
import { settingImportances } from '../../../experiments/page/importance.ts';
import { renderExperimentPage } from '../../../experiments/page/page.ts';
import { trialTable, writeTrialsTable } from '../../../experiments/page/trials-table.ts';
import { openParquetFile, readColumn } from '../../../market/files/parquet/source.ts';
import { searchedStory } from './story.ts';

const story = searchedStory(60);
const [{ trials }] = story.searches!;

describe('the page of an experiment', () => {
  const page = renderExperimentPage(story, ['Repeat: market-gym experiment a.json']);

  test('draws a line for each finished trial and one for each curve, the winner apart', () => {
    const lines = [...page.matchAll(/<polyline class="line ([\w ]*)"|<polyline class="line"/g)];
    expect(lines).toHaveLength(40 + 60);
    expect(page.match(/class="line best"/g)).toHaveLength(2);
    expect(page.match(/class="line pruned"/g)).toHaveLength(20);
    expect(page.match(/class="end"/g)).toHaveLength(20);
  });

  test('says what the search cost, what failed, and how it was made', () => {
    expect(page).toContain('Probability of backtest overfitting of this search: 0.42');
    expect(page).toContain('Deflated Sharpe ratio: 0.31 of 60 trials.');
    expect(page).toContain('trading ppo trial 7: it &lt;failed&gt;');
    expect(page).toContain('60 trials (40 finished, 20 ended early, 0 failed), 12,345 env steps');
  });

  test('lets nothing be fetched, and escapes what it was given', () => {
    expect(page).not.toMatch(/https?:|\ssrc=|<script/);
    expect(page).toContain('<title>A search &lt;for&gt; &quot;gamma&quot;</title>');
  });

  test('says of an experiment without a search what its seeds came to', () => {
    const plain = renderExperimentPage({ ...story, searches: undefined, choices: [] }, []);
    expect(plain).toContain('<h2>Seeds</h2>');
    expect(plain).not.toContain('Which settings mattered');
  });
});

describe('importances', () => {
  test('are those of the setting that decides the score, and near nothing for the others', () => {
    const [first, ...others] = settingImportances(trials);
    expect(first.name).toBe('agent.learningRate');
    expect(first.rise).toBeGreaterThan(0.5);
    for (const { rise } of others) expect(Math.abs(rise)).toBeLessThan(0.1);
  });

  test('are none for too few trials, or where all came to the same', () => {
    expect(settingImportances(trials.slice(0, 12))).toEqual([]);
    const same = trials.map((trial) => ({ ...trial, ...(trial.scores && { scores: [1] }) }));
    expect(settingImportances(same)).toEqual([]);
  });
});

test('axes are by the logarithm where a range spans decades, and choices stand in their order', () => {
  const [rate, gamma, network, hidden] = axesOf(trials);
  expect(rate.name).toBe('agent.learningRate (log)');
  expect(gamma.ticks.map(({ text }) => text)).toEqual(['0.9', '0.99']);
  expect(network.placeOf('lstm')).toBe(0);
  expect(network.placeOf('mlp')).toBe(1);
  expect(hidden.placeOf(undefined)).toBeUndefined();
});

describe('the table of trials', () => {
  test('has a row a trial with its settings; what a trial lacks is empty', async () => {
    const columns = new Map(trialTable(story.searches!).map((column) => [column.name, column]));
    expect(columns.get('objective.sharpe')!.values[0]).toBe(trials[0].scores![0]);
    expect(columns.get('objective.sharpe')!.values[2]).toBeNaN();
    expect(new Set(columns.get('agent.hidden')!.values as (string | undefined)[])).toEqual(
      new Set([undefined, '[64]']),
    );
  });

  test('is the same as CSV and as Parquet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'market-gym-page-'));
    const { csv, parquet } = writeTrialsTable(folder, story.searches!);
    expect(csv).toBe(join(folder, 'trials.csv'));
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(61);
    expect(lines[0]).toMatch(
      /^task,agent,run,trial,state,last_step,last_value,objective\.sharpe,agent\.learningRate,/,
    );
    expect(lines[1]).toMatch(/^trading,ppo,ppo-t0000,0,finished,500,/);
    const file = await openParquetFile(parquet);
    const names = file.columns.map(({ name }) => name);
    expect(await readColumn(file, names.indexOf('objective.sharpe'))).toEqual(
      Float64Array.from(trials, ({ scores }) => scores?.[0] ?? Number.NaN),
    );
  });
});
