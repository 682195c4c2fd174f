/**
 * Draws curves of how well scores rank and probabilities fit: ROC and precision-recall curves, their areas,
 * calibration. Equal scores stand together: a curve has a point for each score that occurs.
 */

/** Points of a curve, [P] each. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * x: false positive rate, y: true positive rate, from (0, 0) to (1, 1).
 * @param scores [M] higher for what is taken to be a hit
 * @param hits [M] 1 or 0
 */
export function rocCurve(scores: ArrayLike<number>, hits: ArrayLike<number>): Curve {
  const x = [0];
  const y = [0];
  const { positives, negatives } = sweep(scores, hits, (truePositives, falsePositives) => {
    x.push(falsePositives);
    y.push(truePositives);
  });
  return { x: x.map((value) => value / negatives), y: y.map((value) => value / positives) };
}

/** The probability that a hit scores above a miss, ties as half; NaN without both. */
export function rocArea(scores: ArrayLike<number>, hits: ArrayLike<number>): number {
  const { x, y } = rocCurve(scores, hits);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return area;
}

/** x: recall, y: precision, from the highest score down. */
export function precisionRecallCurve(scores: ArrayLike<number>, hits: ArrayLike<number>): Curve {
  const x: number[] = [];
  const y: number[] = [];
  const { positives } = sweep(scores, hits, (truePositives, falsePositives) => {
    x.push(truePositives);
    y.push(truePositives / (truePositives + falsePositives));
  });
  return { x: x.map((value) => value / positives), y };
}

/** Σ (recall − recall before) · precision, without interpolation; NaN without a hit. */
export function averagePrecision(scores: ArrayLike<number>, hits: ArrayLike<number>): number {
  const { x, y } = precisionRecallCurve(scores, hits);
  let area = 0;
  for (let i = 0; i < x.length; i++) area += (x[i] - (i === 0 ? 0 : x[i - 1])) * y[i];
  return area;
}

export interface CalibrationCurve {
  /** Mean probability of the rows in each bin. */
  readonly predicted: readonly number[];
  /** Share of hits among them. */
  readonly observed: readonly number[];
  readonly counts: readonly number[];
  /** Mean |predicted − observed|, weighted by count: the expected calibration error. */
  readonly error: number;
}

/** Bins of equal width over [0, 1]; empty ones are left out. */
export function calibrationCurve(
  probabilities: ArrayLike<number>,
  hits: ArrayLike<number>,
  numBins = 10,
): CalibrationCurve {
  const sums = new Float64Array(numBins);
  const numHits = new Float64Array(numBins);
  const counts = new Int32Array(numBins);
  for (let i = 0; i < probabilities.length; i++) {
    const bin = Math.min(numBins - 1, Math.floor(probabilities[i] * numBins));
    sums[bin] += probabilities[i];
    numHits[bin] += hits[i];
    counts[bin]++;
  }
  const bins = Array.from(counts, (_, bin) => bin).filter((bin) => counts[bin] > 0);
  const predicted = bins.map((bin) => sums[bin] / counts[bin]);
  const observed = bins.map((bin) => numHits[bin] / counts[bin]);
  let error = 0;
  bins.forEach((bin, i) => {
    error += (counts[bin] / probabilities.length) * Math.abs(predicted[i] - observed[i]);
  });
  return { predicted, observed, counts: bins.map((bin) => counts[bin]), error };
}

/** Tells of the hits and misses at or above each score that occurs, from the highest down. */
function sweep(
  scores: ArrayLike<number>,
  hits: ArrayLike<number>,
  visit: (truePositives: number, falsePositives: number) => void,
): { positives: number; negatives: number } {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  let positives = 0;
  let negatives = 0;
  order.forEach((index, i) => {
    if (hits[index] === 1) positives++;
    else negatives++;
    if (i + 1 === order.length || scores[order[i + 1]] !== scores[index]) visit(positives, negatives);
  });
  return { positives, negatives };
}
