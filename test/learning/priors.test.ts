/** A prior that knows something saves PPO env steps, one that knows nothing costs no return: on bars it has not seen. */
import { expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import type { PriorConfig } from '../../agents/priors/config.ts';
import { log } from '../../core/math.ts';
import { createRng } from '../../core/rng.ts';
import { meanReverting } from '../../market/synthetic/candles.ts';
import { completeSpec, computeTable, datasetFromCandles } from '../../models/data/dataset.ts';
import { findModelKind } from '../../models/kinds.ts';
import { type PriorMarket, trainGuided } from '../../trainers/prior-ablation.ts';
import { priorPredictions } from '../../trainers/prior-signal.ts';
import { bootstrapInterval, interquartileMean } from '../../trainers/seed-statistics.ts';

const SEEDS = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
const LENGTH = 12_000;
const CUT = 6000;
/** A rollout of 8 envs. */
const STEPS_PER_UPDATE = 1024;
const TOTAL_STEPS = 12 * STEPS_PER_UPDATE;

const prior = { columns: true, warmStartSteps: 1000, pullWeight: 0.1, sharpness: 4 };

/** With labels of other rows there is nothing that a model can know. */
async function createMarket(isShuffled: boolean): Promise<PriorMarket> {
  const candles = meanReverting({
    rng: createRng('a market for priors'),
    length: LENGTH,
    stepMs: 86_400_000,
    reversionPerBar: 0.1,
    deviation: 0.04,
  });
  const features = ['return:1', 'return:5', 'return:20', 'volatility:20', 'rsi:14'];
  const data = datasetFromCandles(candles, { features, label: { label: 'sign', horizon: 5 } });
  if (isShuffled) {
    const rng = createRng('shuffled');
    const labels = data.rows.map((row) => data.labels[row]);
    rng.shuffle(labels);
    data.rows.forEach((row, i) => {
      data.labels[row] = labels[i];
    });
  }
  const plugin = findModelKind('xgboost');
  const overrides = { num_round: 60, max_depth: 3 };
  const predictions = await priorPredictions(data, { plugin, overrides, cutRow: CUT });
  const table = computeTable(candles, completeSpec({ features }));
  return { candles, features: table, predictions, cutRow: CUT, config: { feeRate: 0.0002 } };
}

/** Log growth on later rows after each update; in a warm start nothing has been learnt yet. */
function curveOf(market: PriorMarket, seed: number, settings: Partial<PriorConfig> | undefined): number[] {
  const curve = new Array<number>(TOTAL_STEPS / STEPS_PER_UPDATE).fill(Number.NaN);
  const agentConfig = {
    rolloutSteps: STEPS_PER_UPDATE / 8,
    minibatchSize: 128,
    epochs: 5,
    gamma: 0.95,
    normalizeRewards: true,
  };
  const training = { plugin: ppo, agentConfig, totalSteps: TOTAL_STEPS, numEnvs: 8, seed };
  const final = trainGuided(market, {
    ...training,
    prior: settings,
    watch:
      (scoreNow) =>
      ({ step }) => {
        curve[Math.min(Math.ceil(step / STEPS_PER_UPDATE), curve.length) - 1] = log(1 + scoreNow());
        return undefined;
      },
  });
  curve[curve.length - 1] = log(1 + final);
  for (let i = 1; i < curve.length; i++) if (Number.isNaN(curve[i])) curve[i] = curve[i - 1];
  return curve;
}

/** Updates until the interquartile mean of the curves is at `target`; one more than there are where it never is. */
function updatesTo(target: number, curves: readonly (readonly number[])[]): number {
  const numUpdates = curves[0].length;
  for (let i = 0; i < numUpdates; i++) {
    if (interquartileMean([curves.map((curve) => curve[i])]) >= target) return i + 1;
  }
  return numUpdates + 1;
}

test('an XGBoost prior reaches the return of plain PPO in at most half the steps; a useless one costs nothing', async () => {
  const plain: number[][] = [];
  const guided: number[][] = [];
  const misled: number[][] = [];
  const market = await createMarket(false);
  const shuffled = await createMarket(true);
  for (const seed of SEEDS) {
    plain.push(curveOf(market, seed, undefined));
    guided.push(curveOf(market, seed, prior));
    misled.push(curveOf(shuffled, seed, prior));
  }
  const finals = (curves: readonly (readonly number[])[]): number[] =>
    curves.map((curve) => curve[curve.length - 1]);

  // Seeds are drawn as wholes: both curves of a seed saw the same episodes.
  const ratioOf = (seeds: readonly number[]): number => {
    const own = seeds.map((seed) => plain[seed]);
    const target = interquartileMean([finals(own)]);
    return (
      updatesTo(
        target,
        seeds.map((seed) => guided[seed]),
      ) / updatesTo(target, own)
    );
  };
  const indices = SEEDS.map((_, i) => i);
  const ratio = ratioOf(indices);
  const interval = bootstrapInterval([indices], ([seeds]) => ratioOf(seeds), {
    rng: createRng('ratio'),
    resamples: 2000,
  });
  const loss = finals(plain).map((value, i) => finals(misled)[i] - value);
  const lossInterval = bootstrapInterval([loss], interquartileMean, { rng: createRng('loss') });
  const show = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(' ');
  console.log(
    `steps to plain PPO's return: ratio ${ratio.toFixed(2)}, 95 % interval ${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}`,
  );
  console.log(
    `log growth: plain ${show(finals(plain))}; guided ${show(finals(guided))}; misled ${show(finals(misled))}`,
  );
  console.log(
    `useless prior minus plain: ${interquartileMean([loss]).toFixed(2)}, 95 % interval ${lossInterval.low.toFixed(2)} to ${lossInterval.high.toFixed(2)}`,
  );
  expect(ratio).toBeLessThanOrEqual(0.5);
  expect(interval.high).toBeLessThan(1);
  expect(lossInterval.high).toBeGreaterThanOrEqual(0);
});
