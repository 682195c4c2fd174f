/** Measures predictions against labels in the numbers that XGBoost prints. */
import { exp, log } from '../../core/math.ts';
import { areaUnderPrecisionRecall, areaUnderRoc } from './losses/areas.ts';
import { logGamma } from './losses/log-gamma.ts';
import type { MetricName, XgboostConfig } from './xgboost-config.ts';

/** Probabilities are kept this far from 0 and 1 where their logarithm is taken. */
const SMALLEST = 1e-16;

/** What metrics of values take from the configuration. */
export type MetricParameters = Pick<
  XgboostConfig,
  'huber_slope' | 'quantile_alpha' | 'tweedie_variance_power'
>;

const DEFAULTS: MetricParameters = { huber_slope: 1, quantile_alpha: 0.5, tweedie_variance_power: 1.5 };

/**
 * A weighted mean over the rows, or the area under the curve of `auc` or `aucpr`.
 * @param predictions [N, K], probabilities for classifiers
 * @throws DataError `single-class` for `auc` and `aucpr` without rows of both classes
 */
export function measure(
  metric: MetricName,
  predictions: Float32Array,
  labels: Float32Array,
  weights: Float32Array | undefined,
  numOutputs: number,
  parameters = DEFAULTS,
): number {
  if (metric === 'aucpr') return areaUnderPrecisionRecall(predictions, labels, weights);
  if (metric === 'auc') return areaUnderRoc(predictions, labels, weights);
  const loss = LOSSES[metric];
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    sum += weight * loss(predictions, row * numOutputs, numOutputs, labels[row], parameters);
    total += weight;
  }
  const mean = sum / total;
  return metric === 'rmse' ? Math.sqrt(mean) : mean;
}

/** Whether larger is better. */
export function isMaximized(metric: MetricName): boolean {
  return metric === 'auc' || metric === 'aucpr';
}

type Loss = (
  predictions: Float32Array,
  at: number,
  numOutputs: number,
  label: number,
  parameters: MetricParameters,
) => number;

const LOSSES: Readonly<Record<Exclude<MetricName, 'auc' | 'aucpr'>, Loss>> = {
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
  mphe(predictions, at, _, label, { huber_slope: slope }) {
    const a = (label - predictions[at]) / slope;
    return slope * slope * (Math.sqrt(1 + a * a) - 1);
  },
  quantile(predictions, at, _, label, { quantile_alpha: alpha }) {
    const d = label - predictions[at];
    return d >= 0 ? alpha * d : (alpha - 1) * d;
  },
  'poisson-nloglik'(predictions, at, _, label) {
    const p = Math.max(predictions[at], SMALLEST);
    return logGamma(label + 1) + p - log(p) * label;
  },
  'gamma-nloglik'(predictions, at, _, label) {
    const p = Math.max(predictions[at], 1e-6);
    return label / p + log(p);
  },
  'tweedie-nloglik'(predictions, at, _, label, { tweedie_variance_power: power }) {
    const m = log(predictions[at]);
    return (-label * exp((1 - power) * m)) / (1 - power) + exp((2 - power) * m) / (2 - power);
  },
};
