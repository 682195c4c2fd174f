/** What judging reads off a task: its market for baselines, its year, and what it says of a pass that is not whole. */
import { describe, expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import { createRng } from '../../core/rng.ts';
import type { AccountInfo } from '../../envs/account-info.ts';
import type { Env } from '../../envs/env.ts';
import { type ActionSpace, createBox, createDiscrete } from '../../envs/spaces.ts';
import { candlesFromPrices } from '../../market/candles/candles.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { passOf, recordPass } from '../../trainers/account-pass.ts';
import { createPassEnv, summarizePass } from '../../trainers/backtest.ts';
import { recordRule, runRandomBaseline } from '../../trainers/baselines.ts';
import {
  exposureMarket,
  extendPastRuin,
  type JudgedTask,
  partialPassNote,
  stepsPerYear,
} from '../../trainers/judged-task.ts';
import type { Span } from '../../trainers/spans.ts';

const DAY_MS = 86_400_000;
const candlesOf = (length: number) =>
  candlesFromPrices(
    Array.from({ length }, (_, row) => 100 + row),
    { stepMs: DAY_MS },
  );
const task = (candles?: ReturnType<typeof candlesOf>, costs?: JudgedTask['costs']): JudgedTask => ({
  spans: {} as JudgedTask['spans'],
  createEnv: () => anEnv(createDiscrete(2)),
  seed: 7,
  candles,
  costs,
});

function anEnv(actionSpace: ActionSpace): Env {
  const never = () => {
    throw new Error('never played');
  };
  return { observationSpace: createBox([1], -1, 1), actionSpace, reset: never, step: never };
}

/** Rows at these days, in fractions of one. */
const rowsAt = (...days: number[]) =>
  passOf(
    days.map((day) => {
      const nothing = { exposure: 0, position: 0, cash: 0, tradedNotional: 0, costPaid: 0 };
      return { timeMs: day * DAY_MS, price: 1, equity: 100, ...nothing };
    }),
  );

describe('a year of a pass', () => {
  const candles = candlesOf(11);

  test('has the bars of the whole series, times the steps that the pass takes a bar', () => {
    expect(stepsPerYear(task(candles), rowsAt(0, 1, 2, 3, 4))).toBeCloseTo(365.25, 9);
    expect(stepsPerYear(task(candles), rowsAt(2, 2.5, 3, 3.5, 4))).toBeCloseTo(2 * 365.25, 9);
    expect(stepsPerYear(task(candles), rowsAt(0, 2, 4))).toBeCloseTo(365.25 / 2, 9);
  });

  test('is not known without bars, or within one', () => {
    expect(stepsPerYear(task(), rowsAt(0, 1))).toBeUndefined();
    expect(stepsPerYear(task(candles), rowsAt(1, 1.5))).toBeUndefined();
  });
});

describe('an axis that ends in ruin', () => {
  const candles = candlesOf(6);
  const span: Span = { name: 'test', fromRow: 1, toRow: 5 };

  test('goes on with the bars to the end of the span', () => {
    const axis = { ...rowsAt(1, 2), equity: Float64Array.of(100, 0) };
    const longer = extendPastRuin(axis, task(candles), span);
    expect(longer.length).toBe(4);
    expect([...longer.timeMs]).toEqual([1, 2, 3, 4].map((row) => row * DAY_MS));
    expect([...longer.price]).toEqual([1, 1, 103, 104]);
  });

  test('stays as it is while there is equity, or where there are no bars', () => {
    const alive = rowsAt(1, 2);
    expect(extendPastRuin(alive, task(candles), span)).toBe(alive);
    const ruined = { ...alive, equity: new Float64Array(2) };
    expect(extendPastRuin(ruined, task(), span)).toBe(ruined);
  });
});

describe('a pass that ends early', () => {
  // A fiftieth of the span may be left out, and one row of a short one.
  test.each<[rows: number, lastRow: number, left: number | undefined]>([
    [200, 199, undefined],
    [200, 195, undefined],
    [200, 194, 5],
    [20, 18, undefined],
    [20, 17, 2],
  ])('of %i rows at row %i', (rows, lastRow, left) => {
    const note = partialPassNote(
      task(candlesOf(rows)),
      { name: 'test', fromRow: 0, toRow: rows },
      rowsAt(0, lastRow),
    );
    if (left === undefined) expect(note).toBeUndefined();
    else expect(note).toMatch(`pass of the test span on 1970-0`);
    expect(note?.includes(`, ${left} rows before the end`)).toBe(left === undefined ? undefined : true);
  });

  test('says nothing where there are no bars to say it of', () => {
    expect(partialPassNote(task(), { name: 'test', fromRow: 0, toRow: 99 }, rowsAt(0, 1))).toBeUndefined();
  });
});

describe('rules trade', () => {
  test('in the env itself where its actions are exposures', () => {
    const candles = candlesOf(9);
    for (const space of [createDiscrete(2, [0, 1]), createBox([1], -1, 1)]) {
      const env = anEnv(space);
      expect(exposureMarket(task(candles), env, rowsAt(0, 1))).toEqual({ market: { env, seed: 7, candles } });
    }
  });

  test('on the same bars in the env "trading" where they are not, from the first row on', () => {
    for (const [first, last] of [
      [0, 5],
      [3, 8],
    ]) {
      const { market, note } = exposureMarket(
        task(candlesOf(9), { feeRate: 0.002 }),
        anEnv(createDiscrete(2)),
        rowsAt(first, last),
      );
      const rows = recordRule(market, { name: 'cash', exposure: () => 0 });
      expect(Array.from(rows.timeMs, (timeMs) => timeMs / DAY_MS)).toEqual(
        Array.from({ length: last - first + 1 }, (_, i) => first + i),
      );
      expect(note).toMatch(/are no exposures, .* in the env "trading", with feeRate 0.002\.$/);
    }
    const { note } = exposureMarket(task(candlesOf(9)), anEnv(createDiscrete(2)), rowsAt(0, 5));
    expect(note).toMatch(/, at its own default costs\.$/);
  });

  test('nowhere, where there are neither exposures nor bars', () => {
    expect(() => exposureMarket(task(), anEnv(createDiscrete(2)), rowsAt(0, 1))).toThrowError(
      expect.objectContaining({ code: 'no-exposures' }),
    );
  });
});

test('random traders turn over as much as those that they are compared with', () => {
  const candles = geometricBrownian({ rng: createRng('turnover'), length: 400, stepMs: DAY_MS });
  const config = { window: 1, features: ['return:1'], normalize: 'none' as const, levels: [-1, 0, 1] };
  const market = { env: createPassEnv({ candles, config }), seed: 0, periodsPerYear: 365 };
  // Changes its mind every twentieth bar: a change of 1 each.
  let bar = 0;
  const rows = recordRule(market, {
    name: 'slow',
    exposure: (_: AccountInfo) => Math.floor(bar++ / 20) % 2,
  });
  const judged = summarizePass(rows, 365);
  const { median, totalReturns } = runRandomBaseline(market, rows, [judged], 1);
  const ratio = median.backtest.metrics.turnover / judged.metrics.turnover;
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
  expect(totalReturns).toHaveLength(20);
  expect([...totalReturns]).toEqual([...totalReturns].sort((a, b) => a - b));
  // Of the others only the ends are asked for, which gives the same but for rounding.
  expect(median.backtest.metrics.totalReturn).toBeCloseTo(totalReturns[10], 12);
});

describe('costs of a step', () => {
  test.each<[rule: string, told: Partial<AccountInfo>, cost: number]>([
    ['are all that was paid', { feePaid: 1, slippagePaid: 2, interestPaid: 4 }, 7],
    ['are what of them is told', { interestPaid: 4 }, 4],
    ['are what the env says they are, whatever else it tells', { costPaid: 9, feePaid: 1 }, 9],
    ['may be none', { costPaid: 0, feePaid: 1 }, 0],
    ['are not known where nothing is told', {}, Number.NaN],
  ])('%s', (_, told, cost) => {
    const info = { timeMs: 0, price: 10, equity: 100, exposure: 0, ...told };
    const env: Env = {
      ...anEnv(createDiscrete(1)),
      reset: () => ({ observation: new Float32Array(1), info }),
      step: () => ({
        observation: new Float32Array(1),
        reward: 0,
        terminated: true,
        truncated: false,
        info: { ...info, timeMs: 1 },
      }),
    };
    const nothing = { arrays: {}, values: {} };
    const agent: Agent = { act: () => Int32Array.of(0), observe() {}, save: () => nothing, load() {} };
    expect([...recordPass(env, agent).costPaid]).toEqual([cost, cost]);
  });
});
