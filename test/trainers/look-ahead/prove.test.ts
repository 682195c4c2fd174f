import { describe, expect, test } from 'vitest';
import { z } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { defineEnv, type Env } from '../../../envs/env.ts';
import { createBox, createDiscrete } from '../../../envs/spaces.ts';
import { defineReward } from '../../../envs/trading/rewards.ts';
import { TradingEnv, trading } from '../../../envs/trading.ts';
import type { Candles } from '../../../market/candles/candles.ts';
import { candleFeatures, defineFeature } from '../../../market/features/features.ts';
import { createFeaturePipeline } from '../../../market/features/pipeline.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { datasetFromCandles } from '../../../models/data/dataset.ts';
import { linear } from '../../../models/linear.ts';
import { defineModel } from '../../../models/model.ts';
import { trainModel } from '../../../models/train.ts';
import { checkNoLookAhead } from '../../../trainers/look-ahead/prove.ts';

/** A feature whose value at a row is read from `ahead` rows later, where there are any. */
const peek = (ahead: number) =>
  defineFeature({
    name: 'peek',
    description: 'off by some bars',
    bounded: true,
    lookback: () => 1,
    create:
      () =>
      ({ close }, row) =>
        close[Math.min(row + ahead, close.length - 1)] / close[row],
  });

describe('features', () => {
  for (const feature of candleFeatures) {
    test(`the built-in feature ${feature.name} is sound`, () => checkNoLookAhead(feature));
  }

  test('one bar ahead is named with column, row and distance', async () => {
    await expect(checkNoLookAhead(peek(1))).rejects.toThrow(
      /^The feature "peek" looks ahead: column "peek" at row \d+ reads 1 bar ahead\.$/,
    );
  });

  test('seven bars ahead are named', async () => {
    await expect(checkNoLookAhead(peek(7))).rejects.toThrow('reads 7 bars ahead.');
  });

  test('a range of bars ahead is named with both ends', async () => {
    const maximum = defineFeature({
      name: 'coming-high',
      description: 'highest close of the next three bars',
      bounded: false,
      lookback: () => 0,
      create:
        () =>
        ({ close }, row) =>
          close.subarray(row + 1, row + 4).reduce((most, price) => most + price, 0),
    });
    await expect(checkNoLookAhead(maximum)).rejects.toThrow(
      'column "coming-high" at row 0 reads 1 to 3 bars ahead.',
    );
  });

  test('a feature that counts from the end of the data is found, though no later value is read', async () => {
    const remaining = defineFeature({
      name: 'remaining',
      description: 'bars that are left',
      bounded: false,
      lookback: () => 0,
      create:
        () =>
        ({ length, close }, row) =>
          length - row + close[row],
    });
    await expect(checkNoLookAhead(remaining)).rejects.toThrow('is another when the data end at row');
  });

  test('a constant proves nothing, and is said so', async () => {
    const constant = defineFeature({
      name: 'constant',
      description: 'always one',
      bounded: true,
      lookback: () => 0,
      create: () => () => 1,
    });
    await expect(checkNoLookAhead(constant)).rejects.toThrow(/shows nothing of the data/);
  });
});

test('a pipeline names the column among several', async () => {
  const options = { features: [peek(2)], normalizationBars: 20 };
  await checkNoLookAhead(createFeaturePipeline(['return:1', 'volatility:20'], options));
  await expect(checkNoLookAhead(createFeaturePipeline(['return:1', 'peek'], options))).rejects.toThrow(
    /column "peek" at row \d+ reads 2 bars ahead/,
  );
});

test('numbers normalised by the mean of the whole series read to its end', async () => {
  function normalized({ close }: Candles): Float64Array {
    const mean = close.reduce((sum, price) => sum + price, 0) / close.length;
    return close.map((price) => price / mean);
  }
  await expect(checkNoLookAhead(normalized)).rejects.toThrow(
    /^The function "normalized" looks ahead: column "value" at row 0 reads 1 to 419 bars ahead\.$/,
  );
});

describe('envs', () => {
  const config = { features: ['return:1'], normalize: 'none', window: 2 };

  test('the trading env is sound, by its plugin and by a function', async () => {
    await checkNoLookAhead(trading, { config });
    await checkNoLookAhead(
      (candles) => new TradingEnv({ candles, config: { features: ['return:1'], normalizationBars: 20 } }),
    );
  });

  test('an env that shows the next close, or is paid by it, is found', async () => {
    const env = (show: number, pay: number) =>
      defineEnv({
        name: 'cheat',
        description: 'Reads ahead',
        config: z.object({}),
        needsCandles: true,
        create({ candles }): Env {
          const { close } = candles!;
          const observation = new Float32Array(1);
          const info = { row: 0 };
          const at = (row: number) => close[Math.min(row, close.length - 1)];
          const look = () => {
            observation[0] = at(info.row + show);
            return { observation, info };
          };
          return {
            observationSpace: createBox([1], 0, 1e9, ['price']),
            actionSpace: createDiscrete(2),
            reset() {
              info.row = 0;
              return look();
            },
            step() {
              info.row++;
              const reward = at(info.row + pay) - at(info.row);
              return { ...look(), reward, terminated: false, truncated: info.row >= close.length - 1 };
            },
          };
        },
      });
    await checkNoLookAhead(env(0, 0));
    await expect(checkNoLookAhead(env(1, 0))).rejects.toThrow(
      /env "cheat" looks ahead: column "price" at row \d+ reads 1 bar ahead/,
    );
    await expect(checkNoLookAhead(env(0, 3))).rejects.toThrow(
      /column "reward" at row \d+ reads 3 bars ahead/,
    );
  });

  test('an env whose info names no row is refused, unless rowOf tells', async () => {
    const build = (candles: Candles) => {
      const env = new TradingEnv({ candles, config: { features: ['return:1'], normalize: 'none' } });
      return {
        observationSpace: env.observationSpace,
        actionSpace: env.actionSpace,
        reset: (options) => ({ ...env.reset(options), info: { bar: env.reset(options).info.row } }),
        step: (action) => {
          const result = env.step(action);
          return { ...result, info: { bar: result.info.row } };
        },
      } satisfies Env;
    };
    await expect(checkNoLookAhead(build)).rejects.toThrow(/info has no number "row"/);
    await checkNoLookAhead(build, { rowOf: (info) => (info as { bar: number }).bar });
  });
});

test('a reward is proved in a trading env; one that closes over the data is found', async () => {
  const candles = geometricBrownian({ rng: createRng(5), length: 300, stepMs: 60_000 });
  const honest = defineReward({
    name: 'profit',
    description: 'profit',
    create: () => ({
      reset() {},
      reward: (before, after) => after - before,
      save: () => ({ arrays: {}, values: {} }),
      load() {},
    }),
  });
  await checkNoLookAhead(honest, { candles });
});

describe('models', () => {
  const candles = geometricBrownian({ rng: createRng(2), length: 300, stepMs: 3_600_000 });

  test('a trained model and its kind are sound', async () => {
    const data = datasetFromCandles(candles, { features: ['return:1'], normalizationBars: 20 });
    await checkNoLookAhead(await trainModel(data, linear), { candles });
    await checkNoLookAhead(linear, { candles });
  });

  test('a kind that learns from rows it was not given is found', async () => {
    const greedy = defineModel({
      ...linear,
      name: 'greedy',
      train: (context, config) =>
        linear.train(
          {
            ...context,
            fit: {
              ...context.fit,
              targets: context.fit.targets.map((target, i) =>
                context.table.values.at(-1)! > 0 && i % 2 === 0 ? 1 - target : target,
              ),
            },
          },
          config,
        ),
    });
    await expect(checkNoLookAhead(greedy, { candles })).rejects.toThrow(/model kind "greedy" looks ahead/);
  });
});
