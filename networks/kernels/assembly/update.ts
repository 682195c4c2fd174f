/** Computes optimizer steps, norms and scaling over flat arrays, in one pass each. */
import { multiplyAdd } from './arithmetic';
import { storeLanes } from './lanes';

/**
 * Moments below this become zero. Without it a unit that gets no gradient lets its moments decay into the
 * subnormal numbers, where one operation takes over a hundred cycles.
 */
const SMALLEST: f32 = 1e-37;

function flush(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(SMALLEST)));
}

/** m + (g − m)·rest */
function decayed(m: v128, g: v128, rest: f32): v128 {
  return multiplyAdd(f32x4.sub(g, m), f32x4.splat(rest), m);
}

/** v·decay + rest·g² */
function decayedSquare(v: v128, g: v128, decay: f32, rest: f32): v128 {
  return multiplyAdd(v, f32x4.splat(decay), f32x4.mul(f32x4.mul(f32x4.splat(rest), g), g));
}

/** stepSize·m / (√v·rootScale + epsilon) */
function adamChange(m: v128, v: v128, stepSize: f32, rootScale: f32, epsilon: f32): v128 {
  const root = multiplyAdd(f32x4.sqrt(v), f32x4.splat(rootScale), f32x4.splat(epsilon));
  return f32x4.mul(f32x4.splat(stepSize), f32x4.div(m, root));
}

/**
 * One step of Adam; leaves the gradients zero.
 * @param keep 1 − learningRate · weightDecay (decoupled)
 * @param beta1Rest 1 − beta1, rounded once
 * @param beta2Rest 1 − beta2
 * @param stepSize learningRate / (1 − beta1^t)
 * @param rootScale 1 / √(1 − beta2^t)
 */
export function adam(
  parameters: usize,
  gradients: usize,
  firstMoments: usize,
  secondMoments: usize,
  length: i32,
  keep: f32,
  beta1Rest: f32,
  beta2: f32,
  beta2Rest: f32,
  stepSize: f32,
  rootScale: f32,
  epsilon: f32,
): void {
  const zero = f32x4.splat(0);
  for (; length >= 4; length -= 4) {
    const g = v128.load(gradients);
    const m = flush(decayed(v128.load(firstMoments), g, beta1Rest));
    const v = flush(decayedSquare(v128.load(secondMoments), g, beta2, beta2Rest));
    const change = adamChange(m, v, stepSize, rootScale, epsilon);
    v128.store(parameters, f32x4.sub(f32x4.mul(v128.load(parameters), f32x4.splat(keep)), change));
    v128.store(firstMoments, m);
    v128.store(secondMoments, v);
    v128.store(gradients, zero);
    parameters += 16;
    gradients += 16;
    firstMoments += 16;
    secondMoments += 16;
  }
  if (length === 0) return;
  const g = v128.load(gradients);
  const m = flush(decayed(v128.load(firstMoments), g, beta1Rest));
  const v = flush(decayedSquare(v128.load(secondMoments), g, beta2, beta2Rest));
  const change = adamChange(m, v, stepSize, rootScale, epsilon);
  storeLanes(parameters, f32x4.sub(f32x4.mul(v128.load(parameters), f32x4.splat(keep)), change), length);
  storeLanes(firstMoments, m, length);
  storeLanes(secondMoments, v, length);
  storeLanes(gradients, zero, length);
}

/**
 * One step of RMSprop, not centred, without momentum; leaves the gradients zero.
 * @param alphaRest 1 − alpha
 */
export function rmsProp(
  parameters: usize,
  gradients: usize,
  squares: usize,
  length: i32,
  alpha: f32,
  alphaRest: f32,
  learningRate: f32,
  epsilon: f32,
): void {
  const zero = f32x4.splat(0);
  for (; length > 0; length -= 4) {
    const g = v128.load(gradients);
    const v = flush(decayedSquare(v128.load(squares), g, alpha, alphaRest));
    const root = f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon));
    const change = f32x4.mul(f32x4.splat(learningRate), f32x4.div(g, root));
    storeLanes(parameters, f32x4.sub(v128.load(parameters), change), length);
    storeLanes(squares, v, length);
    storeLanes(gradients, zero, length);
    parameters += 16;
    gradients += 16;
    squares += 16;
  }
}

/** One step of stochastic gradient descent with heavy-ball momentum; leaves the gradients zero. */
export function sgd(
  parameters: usize,
  gradients: usize,
  velocities: usize,
  length: i32,
  momentum: f32,
  learningRate: f32,
): void {
  const zero = f32x4.splat(0);
  for (; length > 0; length -= 4) {
    const velocity = flush(
      f32x4.add(f32x4.mul(v128.load(velocities), f32x4.splat(momentum)), v128.load(gradients)),
    );
    const change = f32x4.mul(f32x4.splat(learningRate), velocity);
    storeLanes(parameters, f32x4.sub(v128.load(parameters), change), length);
    storeLanes(velocities, velocity, length);
    storeLanes(gradients, zero, length);
    parameters += 16;
    gradients += 16;
    velocities += 16;
  }
}

/** Σ x², accumulated in f64. */
export function sumOfSquares(values: usize, length: i32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (; length >= 8; length -= 8) {
    const x = v128.load(values);
    const y = v128.load(values, 16);
    const x0 = f64x2.promote_low_f32x4(x);
    const x1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
    const y0 = f64x2.promote_low_f32x4(y);
    const y1 = f64x2.promote_low_f32x4(v128.shuffle<f32>(y, y, 2, 3, 2, 3));
    sum0 = f64x2.add(sum0, f64x2.mul(x0, x0));
    sum1 = f64x2.add(sum1, f64x2.mul(x1, x1));
    sum2 = f64x2.add(sum2, f64x2.mul(y0, y0));
    sum3 = f64x2.add(sum3, f64x2.mul(y1, y1));
    values += 32;
  }
  const sums = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; length > 0; length--) {
    const x = <f64>f32.load(values);
    sum += x * x;
    values += 4;
  }
  return sum;
}

/** Multiplies `length` numbers in place. */
export function scale(values: usize, length: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (; length > 0; length -= 4) {
    storeLanes(values, f32x4.mul(v128.load(values), factors), length);
    values += 16;
  }
}

/** Whether no number is NaN or infinite: x − x then is 0 for each. */
export function allFinite(values: usize, length: i32): bool {
  let any0 = f32x4.splat(0);
  let any1 = any0;
  let any2 = any0;
  let any3 = any0;
  for (; length >= 16; length -= 16) {
    const x0 = v128.load(values);
    const x1 = v128.load(values, 16);
    const x2 = v128.load(values, 32);
    const x3 = v128.load(values, 48);
    any0 = v128.or(any0, f32x4.sub(x0, x0));
    any1 = v128.or(any1, f32x4.sub(x1, x1));
    any2 = v128.or(any2, f32x4.sub(x2, x2));
    any3 = v128.or(any3, f32x4.sub(x3, x3));
    values += 64;
  }
  let rest: f32 = 0;
  for (; length > 0; length--) {
    const x = f32.load(values);
    rest += x - x;
    values += 4;
  }
  return !v128.any_true(v128.or(v128.or(any0, any1), v128.or(any2, any3))) && rest === 0;
}
