/** Areas under curves over all thresholds: ROC, and precision by recall. */
import { DataError } from '../../../core/errors.ts';
import { log } from '../../../core/math.ts';

/** The chance that a row of class 1 is predicted higher than one of class 0; ties count half. */
export function areaUnderRoc(
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

/**
 * Precision by recall, interpolated between thresholds as true positives grow in step with false ones.
 * Source: Keilwagen, Grosse & Grau (2014), "Area under Precision-Recall Curves for Weighted and Unweighted Data", PLOS ONE.
 * @throws DataError `single-class`
 */
export function areaUnderPrecisionRecall(
  predictions: Float32Array,
  labels: Float32Array,
  weights: Float32Array | undefined,
): number {
  const order = Uint32Array.from(labels.keys()).sort((a, b) => predictions[b] - predictions[a]);
  const weightOf = (row: number) => (weights === undefined ? 1 : weights[row]);
  let positives = 0;
  let negatives = 0;
  for (let row = 0; row < labels.length; row++) {
    positives += weightOf(row) * labels[row];
    negatives += weightOf(row) * (1 - labels[row]);
  }
  if (!(positives > 0 && negatives > 0)) {
    throw new DataError(
      'single-class',
      'The metric "aucpr" needs an evaluation set with rows of both classes.',
    );
  }
  let [truePositives, falsePositives, area] = [0, 0, 0];
  for (let i = 0; i < order.length; ) {
    const score = predictions[order[i]];
    let [moreTrue, moreFalse] = [0, 0];
    for (; i < order.length && predictions[order[i]] === score; i++) {
      moreTrue += weightOf(order[i]) * labels[order[i]];
      moreFalse += weightOf(order[i]) * (1 - labels[order[i]]);
    }
    if (moreTrue > 0) {
      // Precision at recall r on the way is r / (a·r + b).
      const slope = moreFalse / moreTrue;
      const from = truePositives / positives;
      const to = (truePositives + moreTrue) / positives;
      const a = slope + 1;
      const b = (falsePositives - slope * truePositives) / positives;
      area += b === 0 ? (to - from) / a : (to - from - (b / a) * (log(a * to + b) - log(a * from + b))) / a;
    }
    truePositives += moreTrue;
    falsePositives += moreFalse;
  }
  return area;
}
