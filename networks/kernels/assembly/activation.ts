/** Computes activations, and their gradients from the activation's output. */
import { tanhs } from './elementary';
import { storeLanes } from './lanes';

export const IDENTITY: i32 = 0;
export const TANH: i32 = 1;
export const RELU: i32 = 2;

/** Applies the activation (1 = tanh, 2 = relu) to `length` numbers in place. */
export function activate(values: usize, length: i32, activation: i32): void {
  if (activation === TANH) tanhs(values, length);
  else if (activation === RELU) {
    // Whole vectors first: a test for the rest inside the loop would nearly double its time.
    const zero = f32x4.splat(0);
    for (; length >= 4; length -= 4) {
      v128.store(values, f32x4.pmax(v128.load(values), zero));
      values += 16;
    }
    if (length > 0) storeLanes(values, f32x4.pmax(v128.load(values), zero), length);
  }
}

/**
 * values [rows, columns] = activation(values + bias [columns]), in place: what a product that knows neither leaves to do.
 * @param activation 0 = identity, 1 = tanh, 2 = relu
 */
export function biasActivate(values: usize, bias: usize, rows: i32, columns: i32, activation: i32): void {
  const stride = (<usize>columns) << 2;
  const first = values;
  for (let row = rows; row > 0; row--) {
    if (activation === RELU) addBiasAndRectify(values, bias, columns);
    else addBias(values, bias, columns);
    values += stride;
  }
  // The constants of tanh fill the registers: a loop over all numbers is faster than one for each row.
  if (activation === TANH) tanhs(first, rows * columns);
}

function addBias(values: usize, bias: usize, length: i32): void {
  for (; length >= 4; length -= 4) {
    v128.store(values, f32x4.add(v128.load(values), v128.load(bias)));
    values += 16;
    bias += 16;
  }
  if (length > 0) storeLanes(values, f32x4.add(v128.load(values), v128.load(bias)), length);
}

function addBiasAndRectify(values: usize, bias: usize, length: i32): void {
  const zero = f32x4.splat(0);
  for (; length >= 4; length -= 4) {
    v128.store(values, f32x4.pmax(f32x4.add(v128.load(values), v128.load(bias)), zero));
    values += 16;
    bias += 16;
  }
  if (length > 0) storeLanes(values, f32x4.pmax(f32x4.add(v128.load(values), v128.load(bias)), zero), length);
}

/**
 * Turns d loss / d outputs into d loss / d (what was activated), in place, and adds its column sums to the bias
 * gradient. Rows are summed in ascending order.
 * @param outputs [rows, columns], what the activation gave
 * @param activation 0 = identity, 1 = tanh, 2 = relu
 * @param gradients [rows, columns]
 * @param biasGradients [columns]
 */
export function activationGradient(
  outputs: usize,
  activation: i32,
  gradients: usize,
  biasGradients: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = (<usize>columns) << 2;
  activationGradientBlock(outputs, activation, gradients, biasGradients, rows, columns, stride);
}

/** As `activationGradient`, for `columns` columns of matrices whose rows start `stride` bytes apart. */
export function activationGradientBlock(
  outputs: usize,
  activation: i32,
  gradients: usize,
  biasGradients: usize,
  rows: i32,
  columns: i32,
  stride: usize,
): void {
  if (activation === TANH) {
    gradientColumns(TANH, outputs, gradients, biasGradients, rows, columns, stride);
  } else if (activation === RELU) {
    gradientColumns(RELU, outputs, gradients, biasGradients, rows, columns, stride);
  } else gradientColumns(IDENTITY, outputs, gradients, biasGradients, rows, columns, stride);
}

/** The compiler inlines this once per activation, so that the inner loops have no branch. */
function gradientColumns(
  activation: i32,
  outputs: usize,
  gradients: usize,
  biasGradients: usize,
  rows: i32,
  columns: i32,
  stride: usize,
): void {
  let column = 0;
  for (; column + 16 <= columns; column += 16) {
    const offset = (<usize>column) << 2;
    const bias = biasGradients + offset;
    let y = outputs + offset;
    let dy = gradients + offset;
    let sum0 = v128.load(bias);
    let sum1 = v128.load(bias, 16);
    let sum2 = v128.load(bias, 32);
    let sum3 = v128.load(bias, 48);
    for (let row = rows; row > 0; row--) {
      const g0 = throughActivation(activation, y, v128.load(dy));
      const g1 = throughActivation(activation, y + 16, v128.load(dy, 16));
      const g2 = throughActivation(activation, y + 32, v128.load(dy, 32));
      const g3 = throughActivation(activation, y + 48, v128.load(dy, 48));
      if (activation !== IDENTITY) {
        v128.store(dy, g0);
        v128.store(dy, g1, 16);
        v128.store(dy, g2, 32);
        v128.store(dy, g3, 48);
      }
      sum0 = f32x4.add(sum0, g0);
      sum1 = f32x4.add(sum1, g1);
      sum2 = f32x4.add(sum2, g2);
      sum3 = f32x4.add(sum3, g3);
      y += stride;
      dy += stride;
    }
    v128.store(bias, sum0);
    v128.store(bias, sum1, 16);
    v128.store(bias, sum2, 32);
    v128.store(bias, sum3, 48);
  }
  for (; column < columns; column += 4) {
    const lanes = min(columns - column, 4);
    const offset = (<usize>column) << 2;
    const bias = biasGradients + offset;
    let y = outputs + offset;
    let dy = gradients + offset;
    let sum = v128.load(bias);
    for (let row = rows; row > 0; row--) {
      const g = throughActivation(activation, y, v128.load(dy));
      if (activation !== IDENTITY) storeLanes(dy, g, lanes);
      sum = f32x4.add(sum, g);
      y += stride;
      dy += stride;
    }
    storeLanes(bias, sum, lanes);
  }
}

function throughActivation(activation: i32, output: usize, gradient: v128): v128 {
  if (activation === TANH) {
    const y = v128.load(output);
    return f32x4.mul(gradient, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
  if (activation === RELU) {
    return v128.and(gradient, f32x4.gt(v128.load(output), f32x4.splat(0)));
  }
  return gradient;
}
