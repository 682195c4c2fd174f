import { describe, expect, test } from 'vitest';
import { random } from '../../../agents/rules/random.ts';
import { createRng } from '../../../core/rng.ts';
import type { Env } from '../../../envs/env.ts';
import { PerpTradingEnv } from '../../../envs/perp-trading.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { createFill } from '../../../market/execution/fill.ts';
import { type AccountPath, foldAccount, type StepFill } from '../../../market/statistics/account-trips.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { type AccountPass, recordPass } from '../../../trainers/account-pass.ts';
import { FillTap } from '../../../trainers/pass-decisions.ts';

function path(
  columns: Omit<AccountPath, 'length' | 'timeMs' | 'costPaid'> & { costPaid?: number[] },
): AccountPath {
  const { length } = columns.equity;
  return {
    length,
    timeMs: Array.from({ length }, (_, t) => t * 1000),
    costPaid: Array<number>(length).fill(0),
    ...columns,
  };
}

const fill = (given: Partial<StepFill>): StepFill => ({ ...createFill(), step: 1, ...given });

describe('round trips by hand', () => {
  test('a purchase at 100 and a sale at 110, 1 paid each time, earn 8', () => {
    const account = path({
      price: [100, 104, 110],
      equity: [1000, 1003, 1008],
      position: [0, 1, 0],
      cash: [1000, 899, 1008],
      costPaid: [0, 1, 1],
    });
    const fills = [
      fill({ size: 1, baseChange: 1, price: 100, fee: 1, position: 1, equity: 999, timeMs: 400 }),
      fill({
        size: -1,
        baseChange: -1,
        price: 110,
        fee: 1,
        position: 0,
        equity: 1008,
        step: 2,
        timeMs: 1400,
      }),
    ];
    const { trips, outside } = foldAccount(account, fills);
    expect(outside).toBe(0);
    expect(trips).toEqual([
      {
        direction: 1,
        entryTimeMs: 400,
        exitTimeMs: 1400,
        entryRow: 1,
        exitRow: 2,
        size: 1,
        entryPrice: 100,
        exitPrice: 110,
        profit: 8,
        costs: 2,
        returnRate: 0.08,
        open: false,
      },
    ]);
  });

  test('a fill that flips divides its costs by what closed and what opened', () => {
    // Long 1 from 100, then 3 sold at 120 for a fee of 3: 1 closes, 2 open, and the price falls to 110.
    const account = path({
      price: [100, 100, 120, 110],
      equity: [1000, 1000, 1017, 1037],
      position: [0, 1, -2, -2],
      cash: [1000, 900, 1257, 1257],
    });
    const fills = [
      fill({ size: 1, baseChange: 1, price: 100, position: 1, equity: 1000 }),
      fill({ size: -3, baseChange: -3, price: 120, fee: 3, position: -2, equity: 1017, step: 2 }),
    ];
    const { trips } = foldAccount(account, fills);
    expect(trips.map(({ profit, costs, direction, open }) => [profit, costs, direction, open])).toEqual([
      [19, 1, 1, false],
      [18, 2, -1, true],
    ]);
  });

  test('without fills a flip is one trade at the price that its cash says, costs included', () => {
    const account = path({
      price: [100, 100, 120, 110],
      equity: [1000, 1000, 1017, 1037],
      position: [0, 1, -2, -2],
      cash: [1000, 900, 1257, 1257],
    });
    const { trips } = foldAccount(account);
    expect(trips.map(({ profit, exitPrice }) => [profit, exitPrice])).toEqual([
      [19, 119],
      [18, 110],
    ]);
  });

  test('parts that add and take are one round trip at their mean prices', () => {
    const account = path({
      price: [10, 10, 13, 20],
      equity: [100, 100, 103, 117],
      position: [0, 1, 2, 0],
      cash: [100, 90, 77, 117],
    });
    const [trip, ...others] = foldAccount(account).trips;
    expect(others).toEqual([]);
    expect(trip).toMatchObject({ size: 2, entryPrice: 11.5, exitPrice: 20, profit: 17, returnRate: 17 / 23 });
  });

  test('what is earned while nothing is held belongs to no trip, and is told', () => {
    const account = path({ price: [1, 1, 1], equity: [10, 11, 12], position: [0, 0, 0], cash: [10, 11, 12] });
    expect(foldAccount(account)).toEqual({ trips: [], outside: 2 });
  });

  test('a position held from the start is a trip from the start', () => {
    const account = path({ price: [5, 6], equity: [10, 12], position: [2, 2], cash: [0, 0] });
    const [trip] = foldAccount(account).trips;
    expect(trip).toMatchObject({ entryRow: 0, entryPrice: 5, exitPrice: 6, profit: 2, open: true });
  });
});

describe('the profits of all round trips are what the equity gained', () => {
  const candles = geometricBrownian({ rng: createRng('trips'), length: 800, stepMs: 8 * 3_600_000 });
  const config = {
    window: 1,
    features: ['return:1'],
    normalize: 'none' as const,
    feeRate: 0.002,
    slippageRate: 0.001,
    levels: [-1, -0.5, 0, 0.5, 1],
  };
  const envs: Readonly<Record<string, (tap: FillTap) => Env>> = {
    'of spot': ({ onFill }) => new TradingEnv({ candles, onFill, config }),
    'of spot with interest': ({ onFill }) =>
      new TradingEnv({ candles, onFill, config: { ...config, borrowRatePerYear: 0.3 } }),
    'of leverage that ends in ruin': ({ onFill }) =>
      new TradingEnv({ candles, onFill, config: { ...config, levels: [-30, 30], maxLeverage: 30 } }),
    'of a perpetual with funding and stops': ({ onFill }) =>
      new PerpTradingEnv({
        candles,
        onFill,
        config: {
          ...config,
          instrument: 'perpetual',
          leverage: 5,
          maxLeverage: 5,
          levels: [-5, -1, 0, 2],
          funding: 'synthetic',
          stopRate: 0.03,
        },
      }),
  };
  const play = (create: (tap: FillTap) => Env, seed: number): AccountPass => {
    const tap = new FillTap();
    const env = create(tap);
    const { observationSpace, actionSpace } = env;
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps: 0 };
    return recordPass(env, random.build(context, { changeProbability: 0.3 }), { tap });
  };

  test.each(Object.keys(envs))('%s', (name) => {
    for (let seed = 0; seed < 5; seed++) {
      const pass = play(envs[name], seed);
      const gained = pass.equity[pass.length - 1] - pass.equity[0];
      for (const fills of [pass.decisions?.fills, undefined]) {
        const { trips, outside } = foldAccount(pass, fills);
        const sum = trips.reduce((total, { profit }) => total + profit, fills === undefined ? outside : 0);
        expect(Math.abs(sum - gained) / pass.equity[0]).toBeLessThan(1e-9);
        // Steps do not show what a stop ends within the bar that opened it.
        if (fills !== undefined) expect(Math.abs(outside) / pass.equity[0]).toBeLessThan(1e-9);
        expect(trips.slice(0, -1).every(({ open }) => !open)).toBe(true);
      }
    }
  });

  test('by fills and by steps alike, where one fill a bar is all there is', () => {
    const pass = play(envs['of spot'], 1);
    const byFills = foldAccount(pass, pass.decisions?.fills).trips;
    const bySteps = foldAccount(pass).trips;
    expect(byFills.length).toBeGreaterThan(50);
    expect(bySteps.length).toBe(byFills.length);
    bySteps.forEach((trip, i) => {
      expect(trip.profit).toBeCloseTo(byFills[i].profit, 6);
      expect(trip.exitRow).toBe(byFills[i].exitRow);
    });
  });
});
