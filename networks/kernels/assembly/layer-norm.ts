/**
 * Normalises rows by layer normalisation, forward and backward. The sums of a row run in four lanes, in ascending
 * order.
 * Source: Ba, Kiros & Hinton (2016), https://arxiv.org/abs/1607.06450, equation 4.
 */
import { firstLanes, storeLanes } from './lanes';

/**
 * outputs = gain · (x − mean) / √(variance + epsilon) + bias, for every row.
 * @param inputs [rows, columns]
 * @param gain [columns]
 * @param bias [columns]
 * @param normalized [rows, columns], out: (x − mean) / √(variance + epsilon)
 * @param scales [rows], out: 1 / √(variance + epsilon)
 * @param outputs [rows, columns]; may be `inputs`
 */
export function layerNorm(
  inputs: usize,
  gain: usize,
  bias: usize,
  normalized: usize,
  scales: usize,
  outputs: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
): void {
  const count = f32x4.splat(<f32>columns);
  for (; rows > 0; rows--) {
    let sums = f32x4.splat(0);
    let offset: usize = 0;
    for (let left = columns; left > 0; left -= 4) {
      sums = f32x4.add(sums, v128.and(v128.load(inputs + offset), firstLanes(left)));
      offset += 16;
    }
    const mean = f32x4.div(acrossLanes(sums), count);
    sums = f32x4.splat(0);
    offset = 0;
    for (let left = columns; left > 0; left -= 4) {
      const distance = v128.and(f32x4.sub(v128.load(inputs + offset), mean), firstLanes(left));
      sums = f32x4.add(sums, f32x4.mul(distance, distance));
      offset += 16;
    }
    const variance = f32x4.add(f32x4.div(acrossLanes(sums), count), f32x4.splat(epsilon));
    const scale = f32x4.div(f32x4.splat(1), f32x4.sqrt(variance));
    f32.store(scales, f32x4.extract_lane(scale, 0));
    offset = 0;
    for (let left = columns; left > 0; left -= 4) {
      const x = f32x4.mul(f32x4.sub(v128.load(inputs + offset), mean), scale);
      const y = f32x4.add(f32x4.mul(x, v128.load(gain + offset)), v128.load(bias + offset));
      storeLanes(normalized + offset, x, left);
      storeLanes(outputs + offset, y, left);
      offset += 16;
    }
    const width = (<usize>columns) << 2;
    inputs += width;
    normalized += width;
    outputs += width;
    scales += 4;
  }
}

/**
 * Adds to gainGradients, rows in ascending order. The bias gradients are the column sums of outputGradients.
 * @param outputGradients [rows, columns], d loss / d outputs
 * @param inputGradients [rows, columns], out: d loss / d inputs; may be `outputGradients`
 */
export function layerNormBackward(
  outputGradients: usize,
  normalized: usize,
  scales: usize,
  gain: usize,
  gainGradients: usize,
  inputGradients: usize,
  rows: i32,
  columns: i32,
): void {
  const count = f32x4.splat(<f32>columns);
  for (; rows > 0; rows--) {
    let sums = f32x4.splat(0);
    let products = f32x4.splat(0);
    let offset: usize = 0;
    for (let left = columns; left > 0; left -= 4) {
      const dy = v128.load(outputGradients + offset);
      const x = v128.load(normalized + offset);
      const slope = f32x4.mul(dy, x);
      storeLanes(gainGradients + offset, f32x4.add(v128.load(gainGradients + offset), slope), left);
      const dx = v128.and(f32x4.mul(dy, v128.load(gain + offset)), firstLanes(left));
      sums = f32x4.add(sums, dx);
      // Past the last column x may be anything, and 0 times it NaN.
      products = f32x4.add(products, v128.and(f32x4.mul(dx, x), firstLanes(left)));
      offset += 16;
    }
    const mean = f32x4.div(acrossLanes(sums), count);
    const projection = f32x4.div(acrossLanes(products), count);
    const scale = v128.load_splat<f32>(scales);
    offset = 0;
    for (let left = columns; left > 0; left -= 4) {
      const dx = f32x4.mul(v128.load(outputGradients + offset), v128.load(gain + offset));
      const along = f32x4.mul(v128.load(normalized + offset), projection);
      const rest = f32x4.sub(f32x4.sub(dx, mean), along);
      storeLanes(inputGradients + offset, f32x4.mul(rest, scale), left);
      offset += 16;
    }
    const width = (<usize>columns) << 2;
    outputGradients += width;
    normalized += width;
    inputGradients += width;
    scales += 4;
  }
}

/** The sum of the four lanes, in every lane. */
function acrossLanes(x: v128): v128 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}
