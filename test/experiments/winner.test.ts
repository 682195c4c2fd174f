/** The verdict on the best of an experiment's settings: which runs it judges, and how many tries it allows for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrialCount } from '../../experiments/ledger/count-trials.ts';
import type { CellSummary } from '../../experiments/results.ts';
import type { Selection } from '../../experiments/selection.ts';
import type { TrialResult } from '../../experiments/trial.ts';
import { judgeWinners } from '../../experiments/winner.ts';
import { candleFile, candleLines, Workplace } from '../scripts/command-line.ts';

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.write('candles.csv', candleFile(candleLines(500)));
  const ON_DATA = ['--data', 'candles.csv', '--set', 'env.normalizationBars=20'];
  for (const [folder, agent, ...more] of [
    ['trading/best/seed-1', 'random', '--seed', '1', ...ON_DATA],
    ['trading/best/seed-2', 'random', '--seed', '2', ...ON_DATA],
    ['trading/other/seed-1', 'buy-and-hold', ...ON_DATA],
    ['pole/best/seed-1', 'random', '--env', 'cartpole'],
  ]) {
    const args = ['--agent', agent, '--steps', '16', '--envs', '1', '--evaluate-every', '0', '--out', folder];
    const { code } = await place.run('train', ...args, ...more);
    expect(code).toBe(0);
  }
}, 60_000);
afterAll(() => place.remove());

const result = (task: string, agent: string, seed: number, checkpoint = 'final') =>
  ({ task, agent, seed, judging: { checkpoint } }) as unknown as TrialResult;
const RESULTS = [
  result('trading', 'best', 1),
  result('trading', 'best', 2),
  result('trading', 'other', 1),
  result('pole', 'best', 1),
];
const cells = (task: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ task, agent: `setting-${i}` })) as unknown as CellSummary[];
const chosen = (task: string, numSettings: number, effectiveTrials?: number): Selection => ({
  task,
  numSettings,
  winner: 'best',
  sentences: [],
  ...(effectiveTrials !== undefined && { count: { effectiveTrials } as TrialCount }),
});
const judge = (selection: Selection[], tried: CellSummary[] = []) =>
  judgeWinners(RESULTS, tried, selection, { out: place.path });

test('the winner of a task is judged by its own seeds, and a task without an account not at all', async () => {
  const verdicts = await judge([chosen('trading', 2), chosen('pole', 2)]);
  expect(verdicts.map(({ task, winner }) => [task, winner])).toEqual([['trading', 'best']]);
  expect(verdicts[0].verdict.text).toContain('the mean of 2 seeds');
});

test.each([
  ['the settings of the experiment', 30, undefined, 0, 30],
  ['the independent trials of the ledger, where these are worth more', 2, 8.5, 0, 8.5],
  ['the settings that were tried, though the table kept fewer', 2, 1, 12, 12],
])('its intervals allow for %s', async (_, numSettings, effective, tried, expected) => {
  const [{ verdict }] = await judge([chosen('trading', numSettings, effective)], cells('trading', tried));
  expect(verdict.numTrials).toBe(expected);
  expect(verdict.level).toBeCloseTo(1 - 0.05 / expected, 12);
});

test('settings of another task are no tries of this one', async () => {
  const [{ verdict }] = await judge([chosen('trading', 1)], cells('pole', 40));
  expect(verdict.numTrials).toBe(1);
});

test('a winner without runs has no verdict', async () => {
  expect(await judge([{ ...chosen('trading', 2), winner: 'nobody' }])).toEqual([]);
});
