/**
 * Finds the best split of a node by any column of a panel, from its histogram.
 * Source: Chen & Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", arXiv:1603.02754, eq. 7 and algorithm 3:
 *   gain = T(G_L)² / (H_L + λ) + T(G_R)² / (H_R + λ) − T(G)² / (H + λ),   T(G) = max(|G| − α, 0)
 * Differences from the source: no factor ½, and no −γ: the caller compares with γ. Of equal gains, rounded to f32, the
 * first found counts: lower columns first, missing to the right first, then lower bins.
 */
import {
  ALPHA,
  BIN_COUNTS,
  HAS_MISSING,
  IS_BOUNDED,
  IS_WIDE,
  LAMBDA,
  MAX_DELTA_STEP,
  MIN_CHILD_WEIGHT,
  MONOTONE,
  OFFSETS,
} from './tree-context';

/** A split found: gain f32 (0 for none), column i32, last bin to the left i32, 1 where missing goes left, G_L, H_L. */
export const BEST_GAIN: usize = 0;
export const BEST_COLUMN: usize = 4;
export const BEST_BIN: usize = 8;
export const BEST_MISSING_LEFT: usize = 12;
export const BEST_LEFT_SUMS: usize = 16;
export const BEST_BYTES: usize = 32;

/**
 * @param sums gradient and hessian of the node's rows, f64 pair
 * @param mask which columns may be used, u8 [C]; 0 for all
 * @param best where the result goes
 * @param bounds the least and the largest weight of a child and the node's score, f32 each; read where weights are bounded
 */
export function findSplit(
  context: usize,
  panel: i32,
  histogram: usize,
  sums: usize,
  mask: usize,
  best: usize,
  bounds: usize,
): void {
  f32.store(best, 0, BEST_GAIN);
  const total = v128.load(sums);
  const alpha = f64x2.splat(load<f64>(context, ALPHA));
  const lambda = f64x2.splat(load<f64>(context, LAMBDA));
  const least = f64x2.splat(load<f64>(context, MIN_CHILD_WEIGHT));
  const before = parentGain(total, alpha, lambda);
  const lanes = load<i32>(context, IS_WIDE) ? 4 : 8;
  const last = panel * lanes + lanes;
  for (let column = panel * lanes; column < last; column++) {
    if (mask && !load<u8>(mask + <usize>column)) continue;
    const bins = load<i32>(load<usize>(context, BIN_COUNTS) + ((<usize>column) << 2));
    const first = histogram + (load<usize>(load<usize>(context, OFFSETS) + ((<usize>column) << 2)) << 4);
    if (load<i32>(context, IS_BOUNDED)) {
      scanBounded(context, first, bins, false, total, column, bounds, best);
      if (load<u8>(load<usize>(context, HAS_MISSING) + <usize>column)) {
        scanBounded(context, first, bins, true, total, column, bounds, best);
      }
      continue;
    }
    scan(first, bins, false, total, alpha, lambda, least, before, column, best);
    if (load<u8>(load<usize>(context, HAS_MISSING) + <usize>column)) {
      scan(first, bins, true, total, alpha, lambda, least, before, column, best);
    }
  }
}

function parentGain(total: v128, alpha: v128, lambda: v128): f64 {
  const sums = v128.shuffle<f64>(total, total, 0, 0);
  const weights = v128.shuffle<f64>(total, total, 1, 1);
  return f64x2.extract_lane(scores(sums, weights, alpha, lambda), 0);
}

function scores(gradients: v128, hessians: v128, alpha: v128, lambda: v128): v128 {
  const t = f64x2.max(f64x2.sub(f64x2.abs(gradients), alpha), f64x2.splat(0));
  return f64x2.div(f64x2.mul(t, t), f64x2.add(hessians, lambda));
}

/**
 * Tries to split below each bin on the way: upwards missing values go right, downwards left. A bin that no row of the
 * node falls into parts the rows as the bin before it.
 */
function scan(
  first: usize,
  bins: i32,
  isDown: bool,
  total: v128,
  alpha: v128,
  lambda: v128,
  least: v128,
  before: f64,
  column: i32,
  best: usize,
): void {
  let bestGain = load<f32>(best, BEST_GAIN);
  // The side that the way began at.
  let near = f64x2.splat(0);
  const step = isDown ? -1 : 1;
  const end = isDown ? -1 : bins;
  for (let bin = isDown ? bins - 1 : 0; bin !== end; bin += step) {
    const pair = v128.load(first + ((<usize>bin) << 4));
    if (!v128.any_true(pair)) continue;
    near = f64x2.add(near, pair);
    const far = f64x2.sub(total, near);
    const hessians = v128.shuffle<f64>(near, far, 1, 3);
    if (!i64x2.all_true(f64x2.ge(hessians, least))) continue;
    const score = scores(v128.shuffle<f64>(near, far, 0, 2), hessians, alpha, lambda);
    const gain = <f32>(f64x2.extract_lane(score, 0) + f64x2.extract_lane(score, 1) - before);
    if (gain > bestGain) {
      bestGain = gain;
      if (isDown) keep(best, gain, column, bin - 1, 1, far);
      else keep(best, gain, column, bin, 0, near);
    }
  }
}

/**
 * As `scan`, with children's weights held in bounds: a child with weight w scores −(2·G·w + (H + λ)·w²), in f32 as the
 * reference does. A monotone column's split is refused where its children's weights are in the wrong order.
 */
function scanBounded(
  context: usize,
  first: usize,
  bins: i32,
  isDown: bool,
  total: v128,
  column: i32,
  bounds: usize,
  best: usize,
): void {
  const least = load<f64>(context, MIN_CHILD_WEIGHT);
  const ways = load<usize>(context, MONOTONE);
  const way: i32 = ways ? <i32>load<i8>(ways + <usize>column) : 0;
  const before = load<f32>(bounds, 8);
  let bestGain = load<f32>(best, BEST_GAIN);
  let near = f64x2.splat(0);
  const step = isDown ? -1 : 1;
  const end = isDown ? -1 : bins;
  for (let bin = isDown ? bins - 1 : 0; bin !== end; bin += step) {
    const pair = v128.load(first + ((<usize>bin) << 4));
    if (!v128.any_true(pair)) continue;
    near = f64x2.add(near, pair);
    const far = f64x2.sub(total, near);
    if (f64x2.extract_lane(near, 1) < least || f64x2.extract_lane(far, 1) < least) continue;
    const left = isDown ? far : near;
    const right = isDown ? near : far;
    const leftWeight = boundedWeight(context, left, bounds);
    const rightWeight = boundedWeight(context, right, bounds);
    if (way > 0 ? leftWeight > rightWeight : way < 0 && leftWeight < rightWeight) continue;
    const after = boundedScore(context, left, leftWeight) + boundedScore(context, right, rightWeight);
    const gain = after - before;
    if (gain > bestGain) {
      bestGain = gain;
      if (isDown) keep(best, gain, column, bin - 1, 1, left);
      else keep(best, gain, column, bin, 0, left);
    }
  }
}

function boundedWeight(context: usize, sums: v128, bounds: usize): f32 {
  const g = f64x2.extract_lane(sums, 0);
  const t = max<f64>(abs<f64>(g) - load<f64>(context, ALPHA), 0);
  let w = copysign<f64>(t, -g) / (f64x2.extract_lane(sums, 1) + load<f64>(context, LAMBDA));
  const most = load<f64>(context, MAX_DELTA_STEP);
  if (most !== 0 && abs<f64>(w) > most) w = copysign<f64>(most, w);
  return min<f32>(max<f32>(<f32>w, load<f32>(bounds)), load<f32>(bounds, 4));
}

function boundedScore(context: usize, sums: v128, w: f32): f32 {
  const g = <f32>f64x2.extract_lane(sums, 0);
  const h = <f32>f64x2.extract_lane(sums, 1) + <f32>load<f64>(context, LAMBDA);
  return -(<f32>2 * g * w + h * (w * w));
}

function keep(best: usize, gain: f32, column: i32, bin: i32, missingLeft: i32, left: v128): void {
  store<f32>(best, gain, BEST_GAIN);
  store<i32>(best, column, BEST_COLUMN);
  store<i32>(best, bin, BEST_BIN);
  store<i32>(best, missingLeft, BEST_MISSING_LEFT);
  v128.store(best, left, BEST_LEFT_SUMS);
}
