/** Measures predictions against labels in the numbers that XGBoost prints. */
import { DataError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import type { MetricName } from './xgboost-config.ts';

/** Probabilities are kept this far from 0 and 1 where their logarithm is taken. */
const SMALLEST = 1e-16;

/**
 * A weighted mean over the rows, or the area under the ROC curve.
 * @param predictions [N, K], probabilities for classifiers
 * @throws DataError `single-class` for `auc` without rows of both classes
 */
export function measure(
  metric: MetricName,
  predictions: Float32Array,
  labels: Float32Array,
  weights: Float32Array | undefined,
  numOutputs: number,
): number {
  if (metric === 'auc') return areaUnderRoc(predictions, labels, weights);
  const loss = LOSSES[metric];
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    sum += weight * loss(predictions, row * numOutputs, numOutputs, labels[row]);
    total += weight;
  }
  const mean = sum / total;
  return metric === 'rmse' ? Math.sqrt(mean) : mean;
}

/** Whether larger is better. */
export function isMaximized(metric: MetricName): boolean {
  return metric === 'auc';
}

type Loss = (predictions: Float32Array, at: number, numOutputs: number, label: number) => number;

const LOSSES: Readonly<Record<Exclude<MetricName, 'auc'>, Loss>> = {
  logloss(predictions, at, _, label) {
    const p = predictions[at];
    return -(
      label * log(Math.max(p, SMALLEST)) +
      (label === 1 ? 0 : (1 - label) * log(Math.max(1 - p, SMALLEST)))
    );
  },
  mlogloss: (predictions, at, _, label) => -log(Math.max(predictions[at + label], SMALLEST)),
  error: (predictions, at, _, label) => (predictions[at] > 0.5 ? 1 - label : label),
  merror(predictions, at, numOutputs, label) {
    let best = 0;
    for (let k = 1; k < numOutputs; k++) if (predictions[at + k] > predictions[at + best]) best = k;
    return best === label ? 0 : 1;
  },
  rmse: (predictions, at, _, label) => (predictions[at] - label) * (predictions[at] - label),
  mae: (predictions, at, _, label) => Math.abs(predictions[at] - label),
};

/** The chance that a row of class 1 is predicted higher than one of class 0; ties count half. */
function areaUnderRoc(
  predictions: Float32Array,
  labels: Float32Array,
  weights: Float32Array | undefined,
): number {
  const order = Uint32Array.from(labels.keys()).sort((a, b) => predictions[b] - predictions[a]);
  let positives = 0;
  let negatives = 0;
  let area = 0;
  for (let i = 0; i < order.length; ) {
    const score = predictions[order[i]];
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; i < order.length && predictions[order[i]] === score; i++) {
      const weight = weights === undefined ? 1 : weights[order[i]];
      tiedPositives += weight * labels[order[i]];
      tiedNegatives += weight * (1 - labels[order[i]]);
    }
    area += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  if (!(positives * negatives > 0)) {
    throw new DataError(
      'single-class',
      'The metric "auc" needs an evaluation set with rows of both classes.',
    );
  }
  return area / (positives * negatives);
}
