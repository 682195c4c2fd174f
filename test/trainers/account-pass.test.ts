import { describe, expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import { random } from '../../agents/rules/random.ts';
import { createRng } from '../../core/rng.ts';
import type { AccountInfo } from '../../envs/account-info.ts';
import type { Env } from '../../envs/env.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { TradingEnv } from '../../envs/trading.ts';
import type { Fill } from '../../market/execution/fill.ts';
import { roundTrips, summarizeTrades } from '../../market/statistics/trades.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { alignPass, longestPass, playForReturn, recordPass } from '../../trainers/account-pass.ts';
import { summarizePass } from '../../trainers/backtest.ts';
import { recordRule, runRuleBaselines } from '../../trainers/baselines.ts';

const idle: Agent = {
  act: () => Int32Array.of(0),
  observe: () => undefined,
  save: () => ({ arrays: {}, values: {} }),
  load: () => {},
};

type Told = Pick<AccountInfo, 'timeMs' | 'price' | 'equity' | 'exposure'>;

/** An env that tells these accounts, one a step, and then ends. */
function telling(rows: readonly Partial<Told>[]): Env {
  const observation = new Float32Array(1);
  let at = 0;
  const info = () => ({ timeMs: at * 1000, price: 10, equity: 100, exposure: 0, ...rows[at] });
  return {
    observationSpace: createBox([1], -1, 1),
    actionSpace: createDiscrete(2, [0, 1]),
    reset() {
      at = 0;
      return { observation, info: info() };
    },
    step() {
      at++;
      const terminated = at === rows.length - 1;
      return { observation, reward: 0, terminated, truncated: false, info: info() };
    },
  };
}

const record = (rows: readonly Partial<Told>[]) => recordPass(telling(rows), idle);

describe('a pass that ends before the others', () => {
  const axis = record([{}, {}, {}, {}, { price: 12 }]);

  test('stays at nothing after ruin', () => {
    const rows = alignPass(record([{ exposure: 1 }, { exposure: 2 }, { equity: -3, exposure: 0 }]), axis);
    expect([...rows.equity]).toEqual([100, 100, 0, 0, 0]);
    const { returns, timeMs, price } = summarizePass(rows);
    expect([...returns]).toEqual([0, -1, 0, 0]);
    expect([...timeMs]).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(price[4]).toBe(12);
  });

  test('keeps its equity in cash where its task was over', () => {
    const rows = alignPass(record([{}, { equity: 120, exposure: 1 }]), axis);
    expect([...rows.equity]).toEqual([100, 120, 120, 120, 120]);
    expect([...rows.exposure]).toEqual([0, 1, 0, 0, 0]);
    expect([...rows.tradedNotional.subarray(2)]).toEqual([0, 0, 0]);
  });

  test('is no measure for the others: the longest is', () => {
    expect(longestPass([record([{}, {}]), axis, record([{}, {}, {}])])).toBe(axis);
  });
});

test('steps between two times of the axis are added up', () => {
  const axis = record([{}, { timeMs: 2000 }, { timeMs: 4000 }]);
  const held = (equity: number, exposure: number) => ({ equity, exposure });
  // 0, 10, 5, 5 and 8 units at a price of 10.
  const rows = alignPass(
    record([held(100, 0), held(100, 1), held(100, 0.5), held(100, 0.5), held(100, 0.8)]),
    axis,
  );
  expect([...rows.tradedNotional]).toEqual([0, 150, 30]);
  expect([...rows.exposure]).toEqual([0, 0.5, 0.8]);
});

test('what a pass earns is read off its ends: to the last time of the axis, nothing less after ruin', () => {
  const axis = record([{}, {}, {}]);
  const earned = (rows: readonly Partial<Told>[]) => playForReturn(telling(rows), idle, axis);
  expect(earned([{ equity: 80 }, { equity: 500 }, { equity: 100 }])).toBe(0.25);
  expect(earned([{ equity: 80 }, { equity: 100 }, { timeMs: 3000, equity: 500 }])).toBe(0.25);
  expect(earned([{ equity: 80 }, { equity: -3 }])).toBe(-1);
  expect(() => earned([{}, { equity: Number.NaN }])).toThrow('from the equity 100 to NaN');
});

test('passes that begin at different times cannot be compared', () => {
  const late = record([{ timeMs: 500 }, {}]);
  expect(() => playForReturn(telling([{ timeMs: 500 }, {}]), idle, record([{}, {}]))).toThrow('onePass');
  expect(() => alignPass(late, record([{}, {}]))).toThrowError(
    expect.objectContaining({ code: 'not-one-pass', message: expect.stringContaining('onePass') }),
  );
});

test.each<[string, Partial<Told>[], RegExp]>([
  [
    'an equity that is NaN',
    [{}, { equity: Number.NaN }, {}],
    /^After step 1 .* equity NaN; expected a finite number/,
  ],
  ['an endless exposure', [{}, {}, { exposure: Infinity }], /^After step 2 .* exposure Infinity/],
  ['a price of nothing', [{ price: 0 }, {}], /^After step 0 .* price 0; expected a finite number above 0/],
  ['nothing to begin with', [{ equity: 0 }, {}], /^After step 0 .* equity 0; expected more than 0/],
  ['a time that stands still', [{}, { timeMs: 0 }, {}], /^After step 1 .* timeMs 0; expected a time after/],
])('%s is refused, by step and key', (_, rows, message) => {
  expect(() => record(rows)).toThrowError(expect.objectContaining({ code: 'unsound-account' }));
  expect(() => record(rows)).toThrowError(message);
});

describe('what an account has traded', () => {
  const candles = geometricBrownian({ rng: createRng('fills'), length: 300, stepMs: 86_400_000 });
  const config = {
    window: 1,
    features: ['return:1'],
    normalize: 'none' as const,
    feeRate: 0.002,
    slippageRate: 0.001,
    borrowRatePerYear: 0.1,
    levels: [-1, 0, 0.5, 1],
  };
  const play = (wrap: (env: Env) => Env = (env) => env) => {
    const fills: Fill[] = [];
    const env = new TradingEnv({ candles, config, onFill: (fill) => fills.push({ ...fill }) });
    const { observationSpace, actionSpace } = env;
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(2), totalSteps: 0 };
    const rows = recordPass(wrap(env), random.build(context, { changeProbability: 0.3 }));
    return { rows, fills, summary: summarizePass(rows) };
  };

  test('is what its fills say', () => {
    const { rows, fills, summary } = play();
    const { metrics, tradedNotional } = summary;
    const last = { timeMs: rows.timeMs[rows.length - 1], price: rows.price[rows.length - 1], row: 0 };
    const expected = summarizeTrades(roundTrips(fills, last));
    expect(metrics.numTrades).toBe(expected.numTrades);
    expect(metrics.numTrades).toBeGreaterThan(10);
    expect(metrics.winRate).toBe(expected.winRate);
    expect(metrics.averageHoldingMs).toBeCloseTo(expected.averageHoldingMs, 3);
    expect(metrics.averageProfit).toBeCloseTo(expected.averageProfit, 6);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum([...tradedNotional])).toBeCloseTo(sum(fills.map(({ notional }) => notional)), 4);
    const costs = sum(fills.map(({ fee, slippage }) => fee + slippage));
    expect(metrics.costs * 10_000).toBeGreaterThan(costs);
    expect(metrics.costs * 10_000).toBeLessThan(costs * 1.5);
  });

  test('follows from four keys, but for slippage in the price and for costs, which nobody tells then', () => {
    const four = ({ timeMs, price, equity, exposure }: AccountInfo) => ({ timeMs, price, equity, exposure });
    const { summary: exact } = play();
    const { summary: derived } = play((env) => ({
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: (options) => ({ ...env.reset(options), info: four(env.reset(options).info as AccountInfo) }),
      step(action) {
        const result = env.step(action);
        return { ...result, info: four(result.info as AccountInfo) };
      },
    }));
    expect([...derived.equity]).toEqual([...exact.equity]);
    expect(derived.metrics.numTrades).toBe(exact.metrics.numTrades);
    expect(derived.metrics.turnover / exact.metrics.turnover).toBeCloseTo(1, 1);
    // What is held through is no trade, however the exposure was rounded.
    const when = (notionals: Float64Array) => Array.from(notionals, (notional) => notional > 0);
    expect(when(derived.tradedNotional)).toEqual(when(exact.tradedNotional));
    expect(when(exact.tradedNotional)).toContain(false);
    expect(derived.metrics.costs).toBeNaN();
  });
});

describe('a rule in an env that does not allow every action', () => {
  /** Choice 2, all in, is forbidden in every second step; the exposure is what was chosen. */
  function moody(): Env {
    let at = 0;
    let exposure = 0;
    const observation = new Float32Array(1);
    const info = () => ({ timeMs: at, price: 10, equity: 100, exposure });
    return {
      observationSpace: createBox([1], -1, 1),
      actionSpace: createDiscrete(3, [-1, 0.4, 1]),
      actionMask: () => Uint8Array.of(1, 1, at % 2),
      reset() {
        at = 0;
        exposure = 0;
        return { observation, info: info() };
      },
      step(action) {
        if (action === 2 && at % 2 === 0) throw new Error('not allowed');
        exposure = [-1, 0.4, 1][action as number];
        at++;
        return { observation, reward: 0, terminated: false, truncated: at === 5, info: info() };
      },
    };
  }

  test('takes the nearest that is allowed', () => {
    const rows = recordRule({ env: moody(), seed: 0 }, { name: 'all in', exposure: () => 1 });
    expect([...rows.exposure]).toEqual([0, 0.4, 1, 0.4, 1, 0.4]);
  });

  test('is judged beside the others', () => {
    const market = { env: moody(), seed: 0 };
    const rules = runRuleBaselines(market, recordRule(market, { name: 'cash', exposure: () => 0 }));
    expect(rules.map(({ name }) => name)).toEqual(['cash', 'buy-and-hold', 'sma-cross']);
    // No level is cash: 0.4 is the nearest to it.
    expect([...rules[0].backtest.exposure]).toEqual([0, 0.4, 0.4, 0.4, 0.4, 0.4]);
  });
});
