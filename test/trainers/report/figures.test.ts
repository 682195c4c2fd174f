/** Figures of lines: what is drawn of long ones, and what arbitrage's are made of. */
import { expect, test } from 'vitest';
import type { ArbitrageRecord } from '../../../trainers/arbitrage/record.ts';
import type { ArbitrageResult } from '../../../trainers/arbitrage/train.ts';
import { learningFigures, spanFigures } from '../../../trainers/report/arbitrage-figures.ts';
import { figureData } from '../../../trainers/report/figures/figure.ts';

test('a long line is thinned, its extremes and the events of others kept', () => {
  const length = 20_000;
  const values = Float64Array.from({ length }, (_, i) =>
    i === 7001 ? 9 : i === 15_003 ? -9 : Math.sin(i / 500),
  );
  const events = new Float64Array(length).fill(Number.NaN);
  events[12_345] = 3;
  const { x, lines } = figureData({
    ...{ title: '', explanation: '', isTime: true, unit: 'bp' as const },
    x: Float64Array.from({ length }, (_, i) => i * 1000),
    lines: [
      { name: 'a', colour: '--agent', values },
      { name: 'b', colour: '--agent', values: events, look: 'points' },
    ],
  });
  expect(x.length).toBeLessThan(1100);
  expect(Math.max(...lines[0].values.map(Number))).toBe(9);
  expect(Math.min(...lines[0].values.map(Number))).toBe(-9);
  expect(lines[1].values[x.indexOf(12_345)]).toBe(3);
  expect(lines[1].values.filter((value) => value !== null)).toEqual([3]);
});

const recordOf = (timeMs: number[], equity: number[]): ArbitrageRecord => ({
  ...{ venues: ['alpha', 'beta'], legs: [], inventoryProfit: 0 },
  timeMs: Float64Array.from(timeMs),
  equity: Float64Array.from(equity),
  exposure: new Float64Array(timeMs.length),
  edgeBps: Float64Array.from(timeMs, (_, i) => i),
  base: [0, 1].map((v) => new Float64Array(timeMs.length).fill(v)),
  quote: [0, 1].map((v) => new Float64Array(timeMs.length).fill(v)),
  rewards: new Float64Array(timeMs.length),
  actions: new Float64Array(timeMs.length),
  pairs: [
    {
      ...{ buyVenue: 0, sellVenue: 1, sentMs: 15, endMs: 16, bought: 1, sold: 1 },
      ...{ buyPrice: 1, sellPrice: 2, fees: 0, profit: 1 },
    },
  ],
});

test("arbitrage's figures follow the median seed, with profits of others at its times and trades at the edge that they met", () => {
  const outcome = (profitBps: number) => ({ profitBps }) as ArbitrageResult['seeds'][number]['test'];
  const seeds = [3, 1, 2].map((bps, i) => ({ seed: i + 1, train: outcome(0), test: outcome(bps) }));
  const rules = ['do-nothing', 'threshold'].map((name) => ({
    name,
    settings: '',
    train: outcome(0),
    test: outcome(1),
  }));
  const result = { boundBps: { train: 1, test: 8 }, seeds, rules } as unknown as ArbitrageResult;
  const passOf = (trader: string, seed: number | undefined, timeMs: number[], equity: number[]) => ({
    ...{ trader, seed, span: 'test' as const },
    record: recordOf(timeMs, equity),
  });
  const passes = [
    passOf('do-nothing', undefined, [0, 30], [100, 100]),
    passOf('threshold', undefined, [0, 5, 25], [100, 101, 102]),
    ...[1, 2, 3].map((seed) => passOf('ppo', seed, [0, 10, 20], [100, 100, 100 + seed])),
  ];
  const [profit, edge, base] = spanFigures(result, passes, 'test');
  expect(profit.lines.map(({ name }) => name)).toEqual([
    'ppo, seed 3 (followed)',
    'ppo, seed 1',
    'ppo, seed 2',
    'threshold',
    'hindsight bound',
  ]);
  expect(Array.from(profit.lines[0].values).map((bps) => Math.round(bps))).toEqual([0, 0, 300]);
  expect(Array.from(profit.lines[3].values).map((bps) => Math.round(bps))).toEqual([0, 100, 100]);
  expect(Array.from(profit.lines[4].values)).toEqual([8, 8, 8]);
  expect(Array.from(edge.lines[1].values)).toEqual([Number.NaN, 1, Number.NaN]);
  expect(base.lines.map(({ name }) => name)).toEqual(['alpha', 'beta']);
  expect(spanFigures(result, [], 'test')).toEqual([]);
});

test('learning curves of seeds that ended episodes at different steps share an axis', () => {
  const [figure] = learningFigures([
    { seed: 1, steps: [10, 20], meanReturn: [1, 2] },
    { seed: 2, steps: [20, 30], meanReturn: [5, 6] },
  ]);
  expect(figure.x).toEqual([10, 20, 30]);
  expect(figure.lines.map(({ values }) => values)).toEqual([
    [1, 2, Number.NaN],
    [Number.NaN, 5, 6],
  ]);
  expect(learningFigures([])).toEqual([]);
});
