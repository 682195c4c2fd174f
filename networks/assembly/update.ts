/** Optimizer steps, norms and scaling over flat arrays, in one pass each. */
import { storeLanes } from './lanes';

/**
 * Moments below this become zero. Without it a unit that gets no gradient lets its moments decay into the
 * subnormal numbers, where one operation takes over a hundred cycles.
 */
const SMALLEST: f32 = 1e-37;

function flush(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(SMALLEST)));
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
  for (; length > 0; length -= 4) {
    const g = v128.load(gradients);
    let m = v128.load(firstMoments);
    let v = v128.load(secondMoments);
    m = flush(f32x4.add(m, f32x4.mul(f32x4.sub(g, m), f32x4.splat(beta1Rest))));
    v = flush(
      f32x4.add(f32x4.mul(v, f32x4.splat(beta2)), f32x4.mul(f32x4.mul(f32x4.splat(beta2Rest), g), g)),
    );
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(rootScale)), f32x4.splat(epsilon));
    const change = f32x4.mul(f32x4.splat(stepSize), f32x4.div(m, root));
    const p = f32x4.sub(f32x4.mul(v128.load(parameters), f32x4.splat(keep)), change);
    storeLanes(parameters, p, length);
    storeLanes(firstMoments, m, length);
    storeLanes(secondMoments, v, length);
    storeLanes(gradients, zero, length);
    parameters += 16;
    gradients += 16;
    firstMoments += 16;
    secondMoments += 16;
  }
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
    const v = flush(
      f32x4.add(
        f32x4.mul(v128.load(squares), f32x4.splat(alpha)),
        f32x4.mul(f32x4.mul(f32x4.splat(alphaRest), g), g),
      ),
    );
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

/** Writes `row` [columns] into every row of `out` [rows, columns]. */
export function repeatRow(row: usize, out: usize, rows: i32, columns: i32): void {
  for (; rows > 0; rows--) {
    let from = row;
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(out, v128.load(from));
      from += 16;
      out += 16;
    }
    if (left > 0) {
      storeLanes(out, v128.load(from), left);
      out += (<usize>left) << 2;
    }
  }
}
