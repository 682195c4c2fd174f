/** Tests a model against a forecast that knows nothing but how often each outcome comes. */
import { log } from '../core/math.ts';
import { createRng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import { type MeanInterval, stationaryBootstrap } from '../market/statistics/bootstrap.ts';
import type { Predictions } from '../models/signals/predictions.ts';
import type { Verdict } from './verdict.ts';

export interface ModelSkill {
  /** Log loss, or mean squared error. */
  readonly loss: number;
  /** Of always giving the shares, or the mean, of the training rows; of the judged rows where those are not on record. */
  readonly baseLoss: number;
  /** baseLoss − loss, with a 95 % interval by blocks of neighbouring rows. */
  readonly gain: MeanInterval;
  readonly verdict: Pick<Verdict, 'tone' | 'text'>;
}

/**
 * @param truth [M] class or value
 * @param baseRate [C] shares of the classes among the training rows, or [1] their mean
 */
export function judgeSkill(
  predictions: Predictions,
  truth: Float64Array,
  seed: number,
  baseRate?: readonly number[],
): ModelSkill {
  const { classNames, probabilities, scores } = predictions;
  const numClasses = classNames.length;
  const counts = new Float64Array(numClasses);
  if (numClasses > 0) for (const label of truth) counts[label]++;
  const shares = baseRate ?? Array.from(counts, (count) => count / truth.length);
  const centre = baseRate?.[0] ?? mean(truth);
  const lossOf = (i: number): number =>
    numClasses === 0
      ? square(truth[i] - scores[i])
      : -log(Math.max(probabilities[i * numClasses + truth[i]], 1e-15));
  const baseOf = (i: number): number =>
    numClasses === 0 ? square(truth[i] - centre) : -log(Math.max(shares[truth[i]], 1e-15));
  const losses = Float64Array.from(truth, (_, i) => lossOf(i));
  const bases = Float64Array.from(truth, (_, i) => baseOf(i));
  const gains = Float64Array.from(truth, (_, i) => bases[i] - losses[i]);
  const gain =
    truth.length < 2
      ? { mean: mean(gains), low: Number.NaN, high: Number.NaN }
      : stationaryBootstrap(gains, { rng: createRng(seed).fork('skill') });
  const [loss, baseLoss] = [mean(losses), mean(bases)];
  const tone = gain.low > 0 ? 'edge' : gain.high < 0 ? 'worse' : 'no-edge';
  const opening = {
    edge: 'Predicts better than the base rate',
    'no-edge': 'No skill found',
    worse: 'Predicts worse than the base rate',
  }[tone];
  const what = numClasses === 0 ? 'mean squared error' : 'log loss';
  const figure = (value: number): string => value.toPrecision(3).replace('-', '−');
  return {
    loss,
    baseLoss,
    gain,
    verdict: {
      tone,
      text:
        `${opening}: the ${what} is ${figure(loss)}, that of the ${numClasses === 0 ? 'mean' : "classes' shares"} of the ${baseRate === undefined ? 'judged' : 'training'} rows ` +
        `${figure(baseLoss)}; gain ${figure(gain.mean)} (95 % interval ${Number.isNaN(gain.low) ? 'not known of so few rows' : `${figure(gain.low)} to ${figure(gain.high)}`}).`,
    },
  };
}

function square(value: number): number {
  return value * value;
}
