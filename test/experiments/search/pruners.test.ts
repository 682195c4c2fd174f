import { describe, expect, test } from 'vitest';
import type { Pruner } from '../../../experiments/search/pruner.ts';
import { builtInPruners } from '../../../experiments/search/pruners/built-in.ts';

const make = (name: string, settings = {}, totalSteps = 1000, evaluateEvery = 100): Pruner =>
  builtInPruners.find((pruner) => pruner.name === name)!.create({ totalSteps, evaluateEvery }, settings);

/** Values at the evaluations 100, 200, … */
const reportsOf = (...values: number[]) => values.map((value, i) => ({ step: 100 * (i + 1), value }));

describe('successive halving', () => {
  test('has rungs that lie a factor apart, each at an evaluation, none at the end', () => {
    expect(make('asha', { reduction: 2 }).rungs).toEqual([100, 200, 400, 800]);
    expect(make('asha', { reduction: 3, minSteps: 150 }).rungs).toEqual([200, 500]);
    expect(make('asha', {}, 100, 100).rungs).toEqual([]);
    expect(make('asha', { minSteps: 1000 }).rungs).toEqual([]);
  });

  test.each<[own: number, earlier: number[], stops: boolean]>([
    [0, [], false], // the first goes on
    [2, [1], false], // of two, the better one
    [1, [2], true],
    [1, [1], true], // who is first wins a tie
    [3, [1, 2, 4], true], // of four, one
    [5, [1, 2, 4], false],
    [6, [1, 2, 3, 4, 5, 7, 8], true], // of eight, two
    [7.5, [1, 2, 3, 4, 5, 7, 8], false],
  ])('of %d after %j it says %s', (own, earlier, stops) => {
    expect(
      make('asha', { reduction: 4 }).stops(
        reportsOf(own),
        earlier.map((value) => reportsOf(value)),
      ),
    ).toBe(stops);
  });

  test('goes by the last value, not by the best', () => {
    expect(make('asha', { reduction: 2 }).stops(reportsOf(9, 1), [reportsOf(0, 2)])).toBe(true);
  });
});

describe('the median rule', () => {
  test('looks at every evaluation but the last, from the warm-up on', () => {
    expect(make('median', { warmupSteps: 300 }, 600, 100).rungs).toEqual([300, 400, 500]);
    expect(make('median', {}, 250, 100).rungs).toEqual([100, 200]);
  });

  test.each<[own: number[], others: number[], stops: boolean]>([
    [[1], [2, 3], false], // too few others
    [[2.9], [2, 3, 4], true],
    [[3], [2, 3, 4], false], // at the median it goes on
    [[5, 1], [2, 3, 4], false], // by its best so far
  ])('of %j among %j it says %s', (own, others, stops) => {
    const pruner = make('median', { startupTrials: 3 });
    expect(
      pruner.stops(
        reportsOf(...own),
        others.map((value) => reportsOf(value)),
      ),
    ).toBe(stops);
  });
});

test.each<[values: number[], stops: boolean]>([
  [[3, 2], false],
  [[3, 2, 3], true], // as good as the best is no new best
  [[3, 2, 3.1], false],
  [[1, 2, 3, 3, 3], true],
])('patience of two evaluations after %j says %s', (values, stops) => {
  expect(make('patience', { evaluations: 2 }).stops(reportsOf(...values), [])).toBe(stops);
});

test('without a pruner every trial goes to its end', () => {
  expect(make('none').rungs).toEqual([]);
});
