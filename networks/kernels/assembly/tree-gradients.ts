/** Computes the gradients of the losses that trees are boosted on, and rounds them so that their sums are exact. */
import { sigmoid } from './elementary';
import { logSoftmax } from './softmax';

/** Hessians are kept from zero as the reference does, see logistic and softmax. */
const SMALLEST_HESSIAN: f32 = 1e-16;

/** Log loss: g = (σ(m) − y)·w, h = max(σ(m)·(1 − σ(m)), 1e-16)·w, as pairs. */
export function logisticGradients(
  margins: usize,
  labels: usize,
  weights: usize,
  gradients: usize,
  rows: i32,
): void {
  const one = f32x4.splat(1);
  for (; rows > 0; rows -= 4) {
    const p = sigmoid(v128.load(margins));
    const w = v128.load(weights);
    const g = f32x4.mul(f32x4.sub(p, v128.load(labels)), w);
    const variance = f32x4.mul(p, f32x4.sub(one, p));
    storePairs(gradients, g, f32x4.mul(f32x4.max(variance, f32x4.splat(SMALLEST_HESSIAN)), w), rows);
    margins += 16;
    labels += 16;
    weights += 16;
    gradients += 32;
  }
}

/** Squared error: g = (m − y)·w, h = w, as pairs. */
export function squaredGradients(
  margins: usize,
  labels: usize,
  weights: usize,
  gradients: usize,
  rows: i32,
): void {
  for (; rows > 0; rows -= 4) {
    const w = v128.load(weights);
    storePairs(gradients, f32x4.mul(f32x4.sub(v128.load(margins), v128.load(labels)), w), w, rows);
    margins += 16;
    labels += 16;
    weights += 16;
    gradients += 32;
  }
}

/**
 * Cross-entropy of K classes: g = (p_k − [y = k])·w, h = max(2·p_k·(1 − p_k)·w, 1e-16).
 * @param margins [rows, K]
 * @param probabilities scratch, [rows, K]
 * @param gradients pairs, [K, rows]
 */
export function softmaxGradients(
  margins: usize,
  labels: usize,
  weights: usize,
  probabilities: usize,
  gradients: usize,
  rows: i32,
  classes: i32,
): void {
  // The gradients' memory, which is large enough, takes the logarithms that nobody asks for.
  logSoftmax(margins, gradients, probabilities, rows, classes, (<usize>classes) << 2);
  for (let row = 0; row < rows; row++) {
    const label = <i32>load<f32>(labels + ((<usize>row) << 2));
    const weight = load<f32>(weights + ((<usize>row) << 2));
    for (let k = 0; k < classes; k++) {
      const p = load<f32>(probabilities);
      probabilities += 4;
      const pair = gradients + ((<usize>k * <usize>rows + <usize>row) << 3);
      store<f32>(pair, (label === k ? p - 1 : p) * weight);
      store<f32>(pair, max(<f32>2 * p * (<f32>1 - p) * weight, SMALLEST_HESSIAN), 4);
    }
  }
}

function storePairs(address: usize, g: v128, h: v128, rows: i32): void {
  const low = v128.shuffle<f32>(g, h, 0, 4, 1, 5);
  const high = v128.shuffle<f32>(g, h, 2, 6, 3, 7);
  if (rows >= 2) v128.store(address, low);
  else v128.store64_lane(address, low, 0);
  if (rows >= 4) v128.store(address, high, 16);
  else if (rows === 3) v128.store64_lane(address, high, 0, 16);
}

/** Writes the largest |g| and |h| of the pairs to `result`; NaN where there is one. */
export function gradientRange(gradients: usize, rows: i32, result: usize): void {
  let largest = f32x4.splat(0);
  for (; rows > 0; rows--) {
    largest = f32x4.max(largest, f32x4.abs(v128.load64_zero(gradients)));
    gradients += 8;
  }
  v128.store64_lane(result, largest, 0);
}

/**
 * Rounds the pairs to multiples of two powers of two, by adding and taking away 1.5·2⁵² of each.
 * @param shiftG 1.5·2⁵² times the unit of the gradients
 */
export function roundGradients(gradients: usize, rows: i32, shiftG: f64, shiftH: f64): void {
  const shift = f64x2(shiftG, shiftH);
  for (; rows > 0; rows--) {
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(gradients));
    const rounded = f64x2.sub(f64x2.add(pair, shift), shift);
    v128.store64_lane(gradients, f32x4.demote_f64x2_zero(rounded), 0);
    gradients += 8;
  }
}

/** Sum of the pairs of the listed rows, as a pair of f64, to `result`. */
export function sumGradients(gradients: usize, rows: usize, count: i32, result: usize): void {
  let sum = f64x2.splat(0);
  for (; count > 0; count--) {
    const row = (<usize>load<u32>(rows)) << 3;
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.load64_zero(gradients + row)));
    rows += 4;
  }
  v128.store(result, sum);
}

/** margins[row · stride] += value for the listed rows; `stride` in bytes. */
export function addToRows(margins: usize, stride: usize, rows: usize, count: i32, value: f32): void {
  for (; count > 0; count--) {
    const address = margins + <usize>load<u32>(rows) * stride;
    store<f32>(address, load<f32>(address) + value);
    rows += 4;
  }
}
