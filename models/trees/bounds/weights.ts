/**
 * Leaf weights held within bounds: by a largest step, and by those that monotone columns leave to the nodes below a split.
 * A node's bounds are its parent's, cut at the middle of the two children's weights by a split of a monotone column.
 * Computed in f32 as XGBoost does; the kernels' search of splits does the same.
 */

const { fround } = Math;
const LARGEST = 3.4028234663852886e38;

/** The settings that decide a leaf's weight. */
export interface WeightConfig {
  readonly lambda: number;
  readonly alpha: number;
  readonly minChildWeight: number;
  /** The largest weight of a leaf before eta; 0 for no limit. */
  readonly maxDeltaStep: number;
  /** The way each column may lead; absent where all are free. */
  readonly monotone?: Int8Array | undefined;
}

/** The least and the largest weight, f32. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export const UNBOUNDED: Bounds = { lower: -LARGEST, upper: LARGEST };

export const isBounded = ({ maxDeltaStep, monotone }: WeightConfig): boolean =>
  maxDeltaStep > 0 || monotone !== undefined;

/** A leaf's weight before eta: −T(G) / (H + λ) within the largest step and the bounds. */
export function boundedWeight(sumG: number, sumH: number, config: WeightConfig, bounds: Bounds): number {
  const { lambda, alpha, minChildWeight, maxDeltaStep } = config;
  let weight = 0;
  if (sumH >= minChildWeight && sumH > 0) {
    const t = Math.sign(sumG) * Math.max(Math.abs(sumG) - alpha, 0);
    weight = t === 0 ? 0 : -t / (sumH + lambda);
    if (maxDeltaStep > 0 && Math.abs(weight) > maxDeltaStep) weight = Math.sign(weight) * maxDeltaStep;
  }
  return Math.min(Math.max(fround(weight), bounds.lower), bounds.upper);
}

/** −(2·G·w + (H + λ)·w²), the score of a node with weight w. */
export function boundedScore(sumG: number, sumH: number, config: WeightConfig, bounds: Bounds): number {
  if (sumH <= 0) return 0;
  const weight = boundedWeight(sumG, sumH, config, bounds);
  const linear = fround(fround(2 * fround(sumG)) * weight);
  const square = fround(fround(fround(sumH) + fround(config.lambda)) * fround(weight * weight));
  return -fround(linear + square);
}

/** The bounds of the two children of a split. @param way 1, −1 or 0 of the column */
export function childBounds(
  bounds: Bounds,
  way: number,
  leftWeight: number,
  rightWeight: number,
): [left: Bounds, right: Bounds] {
  const middle = fround(fround(leftWeight + rightWeight) / 2);
  const below = { lower: bounds.lower, upper: middle };
  const above = { lower: middle, upper: bounds.upper };
  if (way === 0) return [bounds, bounds];
  return way > 0 ? [below, above] : [above, below];
}
