import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from '../../core/config.ts';
import { ConfigError, DataError, EnvError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { checkEnv } from '../../envs/check-env.ts';
import { sharedFeatures, sharedLiquidity } from '../../envs/trading/market.ts';
import type { TradingInfo } from '../../envs/trading/observation.ts';
import {
  defineReward,
  differentialSharpe,
  drawdownPenalised,
  EQUITY_FLOOR,
  logReturn,
  type RewardStep,
  SHARPE_BOUND,
  tradingRewards,
} from '../../envs/trading/rewards.ts';
import { createTradingEnv, type TradingEnv, type TradingEnvOptions, trading } from '../../envs/trading.ts';
import { type Candles, candlesFromPrices, sliceCandles } from '../../market/candles/candles.ts';
import type { Fill } from '../../market/execution/fill.ts';
import { createFeaturePipeline, type FeatureMatrix } from '../../market/features/pipeline.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { testEnv } from '../../testing/suites.ts';
import { type Build, findLookAhead, OPEN } from '../../trainers/look-ahead/perturbation.ts';
import { traceEnv } from '../../trainers/look-ahead/trace.ts';
import { testNoLookAhead } from '../no-look-ahead.ts';

const market = geometricBrownian({
  rng: createRng('trading test'),
  length: 400,
  volatilityPerYear: 1.5,
  gapDeviation: 0.002,
});
const wild = geometricBrownian({ rng: createRng('wild'), length: 400, volatilityPerYear: 6 });
const small = { features: ['return:1', 'rsi:5'], window: 3, normalizationBars: 10 };

/** One column that counts the rows: for tests about accounts and timing, not features. */
function rowNumbers(candles: Candles): FeatureMatrix {
  const values = Float32Array.from({ length: candles.length }, (_, row) => row);
  return { numRows: candles.length, numColumns: 1, columns: ['row'], firstRow: 0, values };
}

function envOnPrices(prices: number[], config: TradingEnvOptions['config'] = {}): TradingEnv {
  const candles = candlesFromPrices(prices, { stepMs: 86_400_000 });
  return createTradingEnv({ candles, features: rowNumbers(candles), config: { window: 1, ...config } });
}

testEnv('trading', (seed) =>
  trading.create({ seed, candles: market }, { ...small, episodeBars: 50, borrowRatePerYear: 0.1 }),
);
testEnv('trading with continuous actions, leverage and close execution', (seed) =>
  trading.create(
    { seed, candles: market },
    { ...small, actions: 'continuous', maxLeverage: 9, execution: 'close', impactCoefficient: 0.5 },
  ),
);

describe('golden numbers at the level of the env', () => {
  const golden = {
    prices: [100, 110, 105, 105, 120],
    rewards: [0.094309679471, -0.046520015635, -0.001000500334, -0.155550260182],
    values: [1098.9, 1048.95, 1047.90105, 896.944674965],
  };

  test('levels −1, 0, 1 with actions 2, 2, 1, 0 in close execution', () => {
    const env = envOnPrices(golden.prices, {
      execution: 'close',
      initialEquity: 1000,
      feeRate: 0.001,
      borrowRatePerYear: 0.0003 * 365,
    });
    env.reset();
    for (const [i, action] of [2, 2, 1, 0].entries()) {
      const { reward, terminated, truncated, info } = env.step(action);
      expect(Math.abs(reward - golden.rewards[i])).toBeLessThan(1e-9);
      expect(Math.abs(info.equity - golden.values[i])).toBeLessThan(1e-9);
      expect([terminated, truncated]).toEqual([false, i === 3]);
    }
  });

  test('next-open execution on the same prices is one bar later: the first fill is at 110', () => {
    const env = envOnPrices(golden.prices, { initialEquity: 1000, feeRate: 0.001 });
    env.reset();
    const { info, reward } = env.step(2);
    expect(info.fillPrice).toBe(110);
    expect(info.equity).toBeCloseTo(999, 9);
    expect(reward).toBeCloseTo(Math.log(0.999), 12);
    expect(env.step(2).info.equity).toBeCloseTo((999 / 110) * 105, 9);
  });
});

describe('observations', () => {
  test('are the window, oldest first, then the account, with a name for each number', () => {
    const { values, numColumns, firstRow } = createFeaturePipeline(small.features, {
      normalizationBars: 10,
    }).compute(market);
    const env = createTradingEnv({ candles: market, config: { ...small, episodeStart: 'sequential' } });
    const { observation, info } = env.reset();
    expect(env.observationSpace.names).toEqual([
      'return:1@-2',
      'rsi:5@-2',
      'return:1@-1',
      'rsi:5@-1',
      'return:1@0',
      'rsi:5@0',
      'exposure',
      'target',
      'unrealised',
      'drawdown',
    ]);
    expect(info.row).toBe(firstRow + 2);
    expect([...observation]).toEqual([
      ...values.slice(firstRow * numColumns, (info.row + 1) * numColumns),
      0,
      0,
      0,
      0,
    ]);
    env.step(0);
    expect([...observation.slice(0, 6)]).toEqual([
      ...values.slice((info.row - 2) * numColumns, (info.row + 1) * numColumns),
    ]);
  });

  test('show exposure, target, unrealised return and drawdown by hand', () => {
    const env = envOnPrices([100, 100, 120, 90, 90], { feeRate: 0, maxLeverage: 2, levels: [-1, 0, 1, 2] });
    const { observation } = env.reset();
    env.step(0);
    env.step(0);
    // Short 10·k at 100, now 120: equity 800 of 1000, exposure −1.5.
    expect([...observation.slice(1)]).toEqual(
      [-1.5 / 2, -1 / 2, -Math.log(1.2), -0.2].map((value) => expect.closeTo(value, 6)),
    );
    env.step(1);
    // Bought back at the next open, 90: equity 1100, a new peak.
    expect([...observation.slice(1)]).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['long, and far up', 1, [1, 1, 1e5, 1e5], 10],
    ['long, and far down', 1, [1e5, 1e5, 1, 1], -10],
    ['short, and far down', 0, [1e5, 1e5, 1, 1], 10],
    ['long, and up by less', 1, [1, 1, 2e4, 2e4], Math.log(2e4)],
    ['long, and down by less', 1, [2e4, 2e4, 1, 1], -Math.log(2e4)],
  ])('cut off the unrealised return at ten: %s', (_, action, prices, unrealised) => {
    const env = envOnPrices(prices, { feeRate: 0, levels: [-1, 1] });
    const { observation } = env.reset();
    env.step(action);
    env.step(action);
    expect(observation.at(-2)).toBeCloseTo(unrealised, 5);
  });

  test('of envs on the same candles share one feature matrix and one liquidity', () => {
    const options = { normalize: 'rolling', normalizationBars: 10, clip: 5 } as const;
    const matrix = sharedFeatures(market, small.features, options);
    expect(sharedFeatures(market, [...small.features], { ...options })).toBe(matrix);
    expect(sharedFeatures(market, small.features, { ...options, clip: 4 })).not.toBe(matrix);
    expect(sharedFeatures(sliceCandles(market, 0, 399), small.features, options)).not.toBe(matrix);
    expect(sharedLiquidity(market)).toBe(sharedLiquidity(market));
  });

  test('with a NaN feature are refused by feature and row', () => {
    const candles = candlesFromPrices([1, 2, 3, 4, 5]);
    const features = rowNumbers(candles);
    features.values[2] = Number.NaN;
    const env = createTradingEnv({ candles, features, config: { window: 1 } });
    env.reset();
    env.step(1);
    expect(() => env.step(1)).toThrow(/"row" is NaN at row 2/);
  });
});

describe('actions', () => {
  const prices = [100, 100, 100, 100];

  test('continuous ones are targets, clipped to the leverage', () => {
    const env = envOnPrices(prices, { actions: 'continuous', maxLeverage: 1.5, feeRate: 0 });
    env.reset();
    expect(env.step(Float32Array.of(0.25)).info.exposure).toBeCloseTo(0.25, 12);
    expect(env.step(Float32Array.of(7)).info.targetExposure).toBe(1.5);
    expect(env.step(Float32Array.of(-Infinity)).info.targetExposure).toBe(-1.5);
  });

  test('NaN is refused, naming the step', () => {
    const env = envOnPrices(prices, { actions: 'continuous' });
    env.reset();
    env.step(Float32Array.of(0));
    expect(() => env.step(Float32Array.of(Number.NaN))).toThrow(EnvError);
    expect(() => env.step(Float32Array.of(Number.NaN))).toThrow(/NaN for the step from row 1/);
    expect(() => env.step(Float32Array.of(1, 2))).toThrow(/one number/);
  });

  test.each([3, -1, 0.5, Number.NaN])('level %s of three is refused', (action) => {
    const env = envOnPrices(prices);
    env.reset();
    expect(() => env.step(action)).toThrow(/whole number in \[0, 3\)/);
  });

  test('outside an episode are refused', () => {
    const env = envOnPrices(prices);
    expect(() => env.step(1)).toThrow(/call reset/);
    env.reset();
    while (!env.step(1).truncated);
    expect(() => env.step(1)).toThrow(EnvError);
  });

  test('the space tells what each level stands for', () => {
    expect(envOnPrices(prices, { levels: [-0.5, 0, 1] }).actionSpace).toEqual({
      kind: 'discrete',
      n: 3,
      values: [-0.5, 0, 1],
    });
  });
});

describe('episodes', () => {
  const prices = Array.from({ length: 30 }, (_, i) => 100 + i);
  const lengthOf = (env: TradingEnv): number => {
    let steps = 1;
    while (!env.step(1).truncated) steps++;
    return steps;
  };

  test('run to the end of the range by default, the same way each time', () => {
    const env = envOnPrices(prices, { fromRow: 4, toRow: 20 });
    for (let episode = 0; episode < 3; episode++) {
      expect(env.reset().info.row).toBe(4);
      expect(lengthOf(env)).toBe(15);
    }
  });

  test('at random starts stay inside the range, reach both of its ends and are decided by the seed', () => {
    const env = envOnPrices(prices, { fromRow: 5, toRow: 20, episodeBars: 10 });
    const starts = Array.from({ length: 200 }, () => env.reset().info.row);
    expect([...new Set(starts)].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9]);
    expect(lengthOf(env)).toBe(10);
    const seeded = () => [env.reset({ seed: 3 }), env.reset(), env.reset()].map(() => env.reset().info.row);
    expect(seeded()).toEqual(seeded());
  });

  test('in sequence follow each other, a shorter one last, and begin again', () => {
    const env = envOnPrices(prices, { toRow: 26, episodeBars: 10, episodeStart: 'sequential' });
    const walk = Array.from({ length: 4 }, () => [env.reset().info.row, lengthOf(env)]);
    expect(walk).toEqual([
      [0, 10],
      [10, 10],
      [20, 5],
      [0, 10],
    ]);
    env.reset();
    expect(env.reset({ seed: 1 }).info.row).toBe(0);
  });

  test('start with a whole window of features', () => {
    const env = createTradingEnv({ candles: market, config: { ...small, fromRow: 2 } });
    const { warmupRows } = createFeaturePipeline(small.features, { normalizationBars: 10 });
    expect(env.reset().info.row).toBe(warmupRows + 2);
  });

  test('start flat, with fresh books, whatever happened before', () => {
    const env = envOnPrices(prices);
    const first = { ...env.reset().info };
    env.step(2);
    env.step(0);
    expect({ ...env.reset().info }).toEqual(first);
  });
});

describe('bankruptcy', () => {
  test('terminates with the floor as log return and a drawdown of one', () => {
    const env = envOnPrices([100, 100, 250, 90, 90], { initialEquity: 1000, feeRate: 0 });
    env.reset();
    env.step(0);
    const { terminated, truncated, reward, info, observation } = env.step(0);
    expect([terminated, truncated]).toEqual([true, false]);
    expect(reward).toBeCloseTo(Math.log(EQUITY_FLOOR), 12);
    expect([info.equity, info.position, info.cash, info.exposure]).toEqual([0, 0, 0, 0]);
    expect([...observation.slice(1)]).toEqual([0, 0, 0, -1]);
    expect(() => env.step(0)).toThrow(/call reset/);
    expect(env.reset().info.equity).toBe(1000);
  });
});

const KEYS = [
  ...([
    'timeMs',
    'row',
    'previousEquity',
    'equity',
    'previousExposure',
    'exposure',
    'targetExposure',
  ] as const),
  ...(['previousPrice', 'price', 'feePaid', 'slippagePaid', 'interestPaid', 'tradedNotional'] as const),
  ...(['numFills', 'fillPrice'] as const),
];

describe('rewards', () => {
  const parameters = { sharpeAdaptation: 0.05, drawdownPenalty: 2 };
  /** The built-in rewards look at the equity alone. */
  const step = {} as RewardStep;
  const path = [1000, 1010, 990, 1020, 1000, 1050];

  test('log returns of an episode sum to the log of its total return', () => {
    const reward = logReturn.create(parameters);
    reward.reset(1000);
    const total = path.slice(1).reduce((sum, equity, i) => sum + reward.reward(path[i], equity, step), 0);
    expect(total).toBeCloseTo(Math.log(1.05), 13);
  });

  test('ruin never pays better than survival', () => {
    for (const plugin of tradingRewards) {
      const rewardOf = (equity: number): number => {
        const reward = plugin.create(parameters);
        reward.reset(1000);
        reward.reward(1000, 900, step);
        reward.reward(900, 905, step);
        return reward.reward(905, equity, step);
      };
      for (const equity of [1e-9, 1, 100, 900]) expect(rewardOf(equity)).toBeGreaterThanOrEqual(rewardOf(0));
      expect(rewardOf(0)).toBeGreaterThan(-1000);
    }
  });

  test('the differential Sharpe ratio is the derivative of the moving Sharpe ratio by the adaptation rate', () => {
    const rng = createRng('sharpe');
    const reward = differentialSharpe.create(parameters);
    reward.reset(1000);
    expect(reward.reward(1000, 1010, step)).toBe(0);
    let a = 0.05 * 0.01;
    let b = 0.05 * 0.01 * 0.01;
    for (let i = 0; i < 100; i++) {
      const r = 0.01 * rng.gaussian();
      const actual = reward.reward(1000, 1000 * (1 + r), step);
      const sharpe = (eta: number) => {
        const mean = a + eta * (r - a);
        const square = b + eta * (r * r - b);
        return mean / Math.sqrt(square - mean * mean);
      };
      const derivative = (sharpe(1e-5) - sharpe(-1e-5)) / 2e-5;
      expect(actual).toBeCloseTo(Math.max(-SHARPE_BOUND, Math.min(SHARPE_BOUND, derivative)), 4);
      a += 0.05 * (r - a);
      b += 0.05 * (r * r - b);
    }
  });

  test('the differential Sharpe ratio of an account that lay flat for long stays bounded', () => {
    const reward = differentialSharpe.create(parameters);
    reward.reset(1000);
    reward.reward(1000, 1010, step);
    for (let i = 0; i < 2000; i++)
      expect(Math.abs(reward.reward(1010, 1010, step))).toBeLessThanOrEqual(SHARPE_BOUND);
    expect(Math.abs(reward.reward(1010, 1020, step))).toBeLessThanOrEqual(SHARPE_BOUND);
  });

  test('a deepening drawdown is penalised once, a recovery neither penalised nor paid', () => {
    const reward = drawdownPenalised.create(parameters);
    const plain = logReturn.create(parameters);
    reward.reset(1000);
    const penalties = path
      .slice(1)
      .map((equity, i) => plain.reward(path[i], equity, step) - reward.reward(path[i], equity, step));
    const expected = [0, 2 * (1 - 990 / 1010), 0, 2 * (1 - 1000 / 1020), 0];
    for (const [i, penalty] of penalties.entries()) expect(penalty).toBeCloseTo(expected[i], 12);
  });

  test('a user’s own reward sees prices, exposures, fills and costs of the step, and has settings of its own', () => {
    const steps: RewardStep[] = [];
    const reward = defineReward({
      name: 'watching',
      description: 'A test.',
      config: z.object({ factor: z.number().default(3) }),
      create: ({ sharpeAdaptation }, { factor }) => ({
        reset() {},
        reward(_previous, _equity, step) {
          steps.push(Object.fromEntries(KEYS.map((key) => [key, step[key]])) as unknown as RewardStep);
          return factor * sharpeAdaptation;
        },
        save: () => ({ arrays: {}, values: {} }),
        load() {},
      }),
    });
    const candles = candlesFromPrices([100, 100, 110, 99]);
    const env = createTradingEnv({
      candles,
      features: rowNumbers(candles),
      reward,
      config: { window: 1, initialEquity: 1000, feeRate: 0.01, slippageRate: 0, sharpeAdaptation: 0.5 },
    });
    env.reset();
    expect(env.step(2).reward).toBe(1.5);
    const { info } = env.step(1);
    const [first, second] = steps;
    expect(first).toMatchObject({
      row: 1,
      previousEquity: 1000,
      previousExposure: 0,
      previousPrice: 100,
      price: 100,
    });
    expect(first).toMatchObject({ numFills: 1, fillPrice: 100, targetExposure: 1 });
    expect(first.feePaid).toBeCloseTo(0.01 * first.tradedNotional, 12);
    expect(first.equity).toBeCloseTo(1000 - first.feePaid, 9);
    expect(second).toMatchObject({
      row: 2,
      timeMs: candles.timeMs[2],
      previousPrice: 100,
      price: 110,
      exposure: 0,
    });
    expect(second.previousEquity).toBe(first.equity);
    expect(second.previousExposure).toBe(first.exposure);
    expect(second.feePaid).toBe(info.feePaid);
  });

  test('a user’s own reward is one object, and one that is not finite is refused', () => {
    const create = (value: (equity: number) => number) => ({
      reset() {},
      reward: (_: number, equity: number) => value(equity),
      save: () => ({ arrays: {}, values: {} }),
      load() {},
    });
    const candles = candlesFromPrices([100, 100, 100]);
    const features = rowNumbers(candles);
    const build = (value: (equity: number) => number) => {
      const reward = defineReward({ name: 'own', description: 'A test.', create: () => create(value) });
      const env = createTradingEnv({ candles, features, reward, config: { window: 1 } });
      env.reset();
      return env;
    };
    expect(build((equity) => equity / 1000).step(1).reward).toBe(10);
    expect(() => build(() => Number.NaN).step(1)).toThrow(/reward is NaN at row 1/);
  });
});

describe('on random action sequences', () => {
  test('the info adds up: equity, fees, slippage, interest and notional against the fills', () => {
    let numBankruptcies = 0;
    const scenario = fc.record({
      seed: fc.nat(1e6),
      execution: fc.constantFrom('next-open' as const, 'close' as const),
      maxLeverage: fc.constantFrom(1, 3, 9),
      feeRate: fc.constantFrom(0, 0.001, 0.01),
      slippageRate: fc.constantFrom(0, 0.0005),
      impactCoefficient: fc.constantFrom(0, 0.5),
      borrowRatePerYear: fc.constantFrom(0, 0.5),
    });
    fc.assert(
      fc.property(scenario, ({ seed, ...config }) => {
        const fills: Fill[] = [];
        const env = createTradingEnv({
          candles: wild,
          seed,
          config: { ...small, ...config, actions: 'continuous', episodeBars: 60 },
          onFill: (fill) => fills.push({ ...fill }),
        });
        const { info } = env.reset();
        const rng = createRng(seed);
        const totals = { fee: 0, slippage: 0, interest: 0, notional: 0 };
        const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1e-9 * 10_000);
        let before: TradingInfo = { ...info };
        let logSum = 0;
        for (;;) {
          const numFills = fills.length;
          const action = Float32Array.of((2 * rng.uniform() - 1) * config.maxLeverage);
          const { reward, terminated, truncated } = env.step(action);
          const stepFills = fills.slice(numFills);
          near(
            info.feePaid,
            stepFills.reduce((sum, fill) => sum + fill.fee, 0),
          );
          near(
            info.tradedNotional,
            stepFills.reduce((sum, fill) => sum + fill.notional, 0),
          );
          near(
            info.slippagePaid,
            stepFills.reduce((sum, fill) => sum + fill.slippage, 0),
          );
          expect(info.fillPrice).toBe(stepFills.at(-1)?.price ?? Number.NaN);
          totals.fee += info.feePaid;
          totals.slippage += info.slippagePaid;
          totals.interest += info.interestPaid;
          totals.notional += info.tradedNotional;
          logSum += reward;
          if (terminated) {
            numBankruptcies++;
            expect(info.equity).toBe(0);
            break;
          }
          expect(info.equity).toBeGreaterThan(0);
          expect(Math.abs(info.exposure - (info.position * info.price) / info.equity)).toBeLessThan(1e-9);
          if (!stepFills.some((fill) => fill.liquidation) && config.borrowRatePerYear === 0) {
            near(info.equity, info.cash + info.position * info.price);
            const fill = stepFills[0];
            const old = before.position * ((fill ? quotedPrice(fill) : info.price) - before.price);
            const held = fill ? info.position * (info.price - quotedPrice(fill)) : 0;
            near(info.equity, before.equity + old + held - info.feePaid - info.slippagePaid);
          }
          before = { ...info };
          if (truncated) {
            expect(Math.abs(logSum - Math.log(info.equity / 10_000))).toBeLessThan(1e-9);
            break;
          }
        }
        near(
          totals.fee,
          fills.reduce((sum, fill) => sum + fill.fee, 0),
        );
      }),
      { numRuns: 150, seed: 5 },
    );
    expect(numBankruptcies).toBeGreaterThan(3);
  });
});

/** The price before slippage. */
const quotedPrice = (fill: Fill): number =>
  fill.price - Math.sign(fill.size) * (fill.size === 0 ? 0 : fill.slippage / Math.abs(fill.size));

describe('a state saved mid-episode', () => {
  test.each(tradingRewards.names())('continues to the same bits with reward %s', (reward) => {
    const config = { ...small, reward, episodeBars: 80, borrowRatePerYear: 0.3, levels: [-1, 0, 0.5, 1] };
    const env = createTradingEnv({ candles: market, seed: 4, config });
    const copy = createTradingEnv({ candles: market, seed: 99, config });
    const rng = createRng(8);
    env.reset();
    for (let i = 0; i < 33; i++) env.step(rng.integer(4));
    copy.load(JSON.parse(JSON.stringify(env.save())));
    expect(copy.render()).toBe(env.render());
    expect(copy.save()).toEqual(env.save());
    for (let i = 0; i < 200; i++) {
      const action = rng.integer(4);
      const [a, b] = [env.step(action), copy.step(action)];
      expect({ ...b, info: { ...b.info } }).toEqual({ ...a, info: { ...a.info } });
      if (a.truncated) expect([...copy.reset().observation]).toEqual([...env.reset().observation]);
    }
  });
});

describe('settings', () => {
  const build = (config: TradingEnvOptions['config']) => () =>
    createTradingEnv({ candles: market, config: { ...small, ...config } });

  test.each([
    ['a misspelt key', { feerate: 0.1 } as object, /Did you mean "feeRate"/],
    ['a level beyond the leverage', { levels: [-2, 2] }, /maxLeverage 1/],
    ['an unknown reward', { reward: 'log-retrun' }, /Did you mean "log-return"/],
    ['an unknown feature', { features: ['retrun:1'] }, /Did you mean "return"/],
    ['costs that leverage cannot bear', { maxLeverage: 100, feeRate: 0.01 }, /below 1/],
    ['a range beyond the data', { toRow: 1000 }, /toRow is 1000/],
    ['an empty range', { fromRow: 350, toRow: 351 }, /0 steps/],
    ['an episode longer than the range', { episodeBars: 399 }, /399 are needed/],
    ['a negative fee', { feeRate: -0.1 }, /feeRate/],
    ['a NaN rate', { borrowRatePerYear: Number.NaN }, /borrowRatePerYear/],
  ] as [string, TradingEnvOptions['config'], RegExp][])('%s is refused', (_, config, message) => {
    expect(build(config)).toThrow(ConfigError);
    expect(build(config)).toThrow(message);
  });

  test('what does not fit the data is refused', () => {
    const candles = candlesFromPrices([1, 2, 3]);
    expect(() => createTradingEnv({ candles })).toThrow(DataError);
    expect(() => createTradingEnv({ candles, features: rowNumbers(market) })).toThrow(/400 rows for 3/);
    const features = rowNumbers(candles);
    const config = { window: 1, impactCoefficient: 1 };
    expect(() => createTradingEnv({ candles, features, config })).toThrow(/candles with volume/);
    expect(() => trading.create({ seed: 1 })).toThrow(/needs candles/);
  });
});

describe('no look-ahead', () => {
  const episode = { ...small, episodeStart: 'sequential' as const };
  const cuts = [60, 60 + OPEN, 61, 150, 250 + OPEN];

  for (const execution of ['next-open', 'close'] as const) {
    for (const actions of ['discrete', 'continuous'] as const) {
      for (const reward of tradingRewards.names()) {
        const config = {
          ...episode,
          execution,
          actions,
          reward,
          impactCoefficient: 0.5,
          borrowRatePerYear: 0.1,
        };
        testNoLookAhead(
          `${execution}, ${actions}, ${reward}`,
          (candles) => {
            const fills: Observation[] = [];
            const env = createTradingEnv({
              candles,
              config,
              // The price of a fill is known with the open it happened at; in close execution, with that close.
              onFill: ({ row, liquidation, size, price, fee, slippage, position }) => {
                const time = liquidation || execution === 'close' ? row : row - OPEN;
                fills.push({ time, label: 'fill', values: [size, price, fee, slippage, position] });
              },
            });
            return [...traceEnv(env, { steps: 330 }), ...fills];
          },
          { candles: market, cuts },
        );
      }
    }
  }

  type Observation = ReturnType<Build>[number];

  test('the checker finds a feature that peeks one bar ahead', () => {
    const peeking: Build = (candles) => {
      const values = Float32Array.from(
        candles.close,
        (_, t) => candles.close[Math.min(t + 1, 399)] - candles.close[t],
      );
      const features = { numRows: 400, numColumns: 1, columns: ['peek'], firstRow: 0, values };
      return traceEnv(createTradingEnv({ candles, features, config: episode }), { steps: 330 });
    };
    expect(findLookAhead(peeking, market, cuts)).toMatch(/step at 60 changed with the data after 60/);
  });

  test('the checker finds a feature normalised over the whole series', () => {
    const leaking: Build = (candles) => {
      const mean = candles.close.reduce((sum, price) => sum + price, 0) / candles.length;
      const values = Float32Array.from(candles.close, (price) => price - mean);
      const features = { numRows: 400, numColumns: 1, columns: ['centred'], firstRow: 0, values };
      return traceEnv(createTradingEnv({ candles, features, config: episode }), { steps: 330 });
    };
    expect(findLookAhead(leaking, market, cuts)).toMatch(/reset at 2 changed/);
  });

  test('the checker finds a fill at the open that already knows the bar’s close', () => {
    const knowing: Build = ({ open, close }) =>
      [...open.keys()].flatMap((row) => [
        { time: row, label: 'close', values: [close[row]] },
        { time: row - OPEN, label: 'fill', values: [(open[row] + close[row]) / 2] },
      ]);
    expect(findLookAhead(knowing, market, [60])).toBeUndefined();
    expect(findLookAhead(knowing, market, [60 + OPEN])).toMatch(/fill at 60.5 changed/);
  });

  test('the checker refuses a run that does not show the data at all', () => {
    const blind: Build = () => [{ time: 0, label: 'nothing', values: [1] }];
    expect(() => findLookAhead(blind, market, cuts)).toThrow(/does not show/);
  });
});

describe('the hot path', () => {
  test('views are reused from step to step', () => {
    const env = createTradingEnv({ candles: market, config: small });
    const { observation, info } = env.reset();
    const first = env.step(1);
    expect(env.step(1)).toBe(first);
    expect(first.observation).toBe(observation);
    expect(first.info).toBe(info);
  });
});

test('render shows the state on one line', () => {
  const env = envOnPrices([100, 110, 120]);
  env.reset();
  env.step(2);
  expect(env.render()).toBe(
    '1970-01-02T00:00:00.000Z row 1 price 110 equity 9990.00 exposure 1.000 target 1',
  );
});

test('checkEnv passes on the defaults', () => {
  expect(() => checkEnv(createTradingEnv({ candles: market }))).not.toThrow();
});
