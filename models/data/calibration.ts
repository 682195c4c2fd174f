/**
 * Corrects class probabilities by what happened on rows that nothing was fitted to.
 * Source: J. Platt, "Probabilistic Outputs for Support Vector Machines" (1999), with the targets and Newton's method
 * of H.-T. Lin, C.-J. Lin & R. Weng (2007); B. Zadrozny & C. Elkan, "Transforming Classifier Scores into Accurate
 * Multiclass Probability Estimates" (2002): isotonic regression, and one class against the rest for several.
 * Differences from the source: Platt's sigmoid is fitted to the log-odds of the probability; isotonic regression is
 * interpolated between the means of its blocks, and kept within [1e-6, 1 − 1e-6].
 */
import { exp, log } from '../../core/math.ts';

export type CalibrationMethod = 'platt' | 'isotonic';

/** One class's correction. */
export type Curve =
  /** p ↦ σ(slope · log-odds(p) + intercept) */
  | { readonly method: 'platt'; readonly slope: number; readonly intercept: number }
  /** Piecewise linear through the points, level beyond them; `from` ascends strictly. */
  | { readonly method: 'isotonic'; readonly from: readonly number[]; readonly to: readonly number[] };

export interface Calibration {
  readonly method: CalibrationMethod;
  /** One a class; for two classes one alone, of the second. */
  readonly curves: readonly Curve[];
}

/** Probabilities are kept this far from 0 and 1. */
const MARGIN = 1e-6;
const MAX_STEPS = 100;

/**
 * @param probabilities [M, C]
 * @param classes [M]
 * @param weights [M] ≥ 0
 */
export function fitCalibration(
  method: CalibrationMethod,
  probabilities: ArrayLike<number>,
  classes: ArrayLike<number>,
  weights: ArrayLike<number>,
  numClasses: number,
): Calibration {
  const fitCurve = method === 'platt' ? fitPlatt : fitIsotonic;
  const calibrated = numClasses === 2 ? [1] : Array.from({ length: numClasses }, (_, c) => c);
  const curves = calibrated.map((c) => {
    const own = Float64Array.from({ length: classes.length }, (_, i) => probabilities[i * numClasses + c]);
    const hits = Uint8Array.from({ length: classes.length }, (_, i) => (classes[i] === c ? 1 : 0));
    return fitCurve(own, hits, weights);
  });
  return { method, curves };
}

/** Corrects `rows` rows of `probabilities` [rows, C] in place; each row sums to 1 again. */
export function calibrateInto(
  probabilities: Float64Array,
  rows: number,
  numClasses: number,
  { curves }: Calibration,
): void {
  for (let i = 0; i < rows; i++) {
    const offset = i * numClasses;
    if (numClasses === 2) {
      const p = applyCurve(curves[0], probabilities[offset + 1]);
      probabilities[offset] = 1 - p;
      probabilities[offset + 1] = p;
      continue;
    }
    let sum = 0;
    for (let c = 0; c < numClasses; c++) {
      const p = applyCurve(curves[c], probabilities[offset + c]);
      probabilities[offset + c] = p;
      sum += p;
    }
    for (let c = 0; c < numClasses; c++) probabilities[offset + c] /= sum;
  }
}

function applyCurve(curve: Curve, probability: number): number {
  if (curve.method === 'platt') return clamp(sigmoid(curve.slope * logOdds(probability) + curve.intercept));
  const { from, to } = curve;
  const last = from.length - 1;
  if (probability <= from[0]) return clamp(to[0]);
  if (probability >= from[last]) return clamp(to[last]);
  let right = 1;
  while (from[right] < probability) right++;
  const share = (probability - from[right - 1]) / (from[right] - from[right - 1]);
  return clamp(to[right - 1] + share * (to[right] - to[right - 1]));
}

/** Newton's method with backtracking on the cross-entropy; the targets are not quite 0 and 1, as in the source. */
function fitPlatt(probabilities: Float64Array, hits: Uint8Array, weights: ArrayLike<number>): Curve {
  const n = hits.length;
  const x = probabilities.map(logOdds);
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < n; i++) {
    if (hits[i] === 1) positive += weights[i];
    else negative += weights[i];
  }
  const highTarget = (positive + 1) / (positive + 2);
  const lowTarget = 1 / (negative + 2);
  const lossOf = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const z = a * x[i] + b;
      const t = hits[i] === 1 ? highTarget : lowTarget;
      // −t·ln σ(z) − (1 − t)·ln(1 − σ(z)), in the form that does not overflow.
      sum += weights[i] * (Math.max(z, 0) - t * z + log(1 + exp(-Math.abs(z))));
    }
    return sum;
  };
  let slope = 1;
  let intercept = 0;
  let loss = lossOf(slope, intercept);
  for (let step = 0; step < MAX_STEPS; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-12, 0, 1e-12];
    for (let i = 0; i < n; i++) {
      const p = sigmoid(slope * x[i] + intercept);
      const error = weights[i] * (p - (hits[i] === 1 ? highTarget : lowTarget));
      const curvature = weights[i] * p * (1 - p);
      ga += error * x[i];
      gb += error;
      haa += curvature * x[i] * x[i];
      hab += curvature * x[i];
      hbb += curvature;
    }
    if (Math.abs(ga) < 1e-9 * n && Math.abs(gb) < 1e-9 * n) break;
    // Where all scores are the same, only a small ridge tells the two directions apart.
    const ridge = 1e-10 * (haa + hbb);
    const determinant = (haa + ridge) * (hbb + ridge) - hab * hab;
    const da = -((hbb + ridge) * ga - hab * gb) / determinant;
    const db = -((haa + ridge) * gb - hab * ga) / determinant;
    let size = 1;
    let next = lossOf(slope + da, intercept + db);
    while (!(next <= loss + 1e-4 * size * (ga * da + gb * db)) && size > 1e-10) {
      size /= 2;
      next = lossOf(slope + size * da, intercept + size * db);
    }
    if (!(next < loss)) break;
    slope += size * da;
    intercept += size * db;
    loss = next;
  }
  return { method: 'platt', slope, intercept };
}

/** Pools adjacent violators; a block stands at the mean of its scores. */
function fitIsotonic(probabilities: Float64Array, hits: Uint8Array, weights: ArrayLike<number>): Curve {
  const order = Array.from(hits, (_, i) => i).sort((a, b) => probabilities[a] - probabilities[b] || a - b);
  const blocks: { weight: number; hits: number; scores: number; low: number; high: number }[] = [];
  for (const i of order) {
    if (!(weights[i] > 0)) continue;
    const score = probabilities[i];
    blocks.push({
      weight: weights[i],
      hits: weights[i] * hits[i],
      scores: weights[i] * score,
      low: score,
      high: score,
    });
    for (let last = blocks.length - 1; last > 0; last--) {
      const [before, block] = [blocks[last - 1], blocks[last]];
      const rises = before.hits * block.weight < block.hits * before.weight;
      if (rises && before.high < block.low) break;
      before.weight += block.weight;
      before.hits += block.hits;
      before.scores += block.scores;
      before.high = block.high;
      blocks.pop();
    }
  }
  return {
    method: 'isotonic',
    from: blocks.map((block) => block.scores / block.weight),
    to: blocks.map((block) => block.hits / block.weight),
  };
}

const clamp = (p: number): number => Math.max(MARGIN, Math.min(p, 1 - MARGIN));

function logOdds(probability: number): number {
  const p = Math.max(1e-12, Math.min(probability, 1 - 1e-12));
  return log(p / (1 - p));
}

function sigmoid(z: number): number {
  const e = exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}
