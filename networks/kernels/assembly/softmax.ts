/** Computes log-probabilities and probabilities of categorical distributions, row by row. */
import { exp, log } from './elementary';
import { firstLanes, storeLanes } from './lanes';

/**
 * logProbs = logits − max − log Σ exp(logits − max), probabilities = exp(logProbs) up to rounding, for every row.
 * @param logits the first of `columns` numbers in each of `rows` rows that start `stride` bytes apart
 * @param logProbs as logits
 * @param probabilities as logits
 */
export function logSoftmax(
  logits: usize,
  logProbs: usize,
  probabilities: usize,
  rows: i32,
  columns: i32,
  stride: usize,
): void {
  const lowest = f32x4.splat(-f32.MAX_VALUE);
  for (; rows > 0; rows--) {
    let largest = lowest;
    for (let column = 0; column < columns; column += 4) {
      const x = v128.load(logits + ((<usize>column) << 2));
      largest = f32x4.pmax(largest, v128.bitselect(x, lowest, firstLanes(columns - column)));
    }
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));

    let sums = f32x4.splat(0);
    for (let column = 0; column < columns; column += 4) {
      const offset = (<usize>column) << 2;
      const e = exp(f32x4.sub(v128.load(logits + offset), largest));
      storeLanes(probabilities + offset, e, columns - column);
      sums = f32x4.add(sums, v128.and(e, firstLanes(columns - column)));
    }
    sums = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
    sums = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 1, 0, 3, 2));
    const sum = f32x4.extract_lane(sums, 0);

    // A sum that is not a number ≥ 1 came from a non-finite logit: hand the NaN on.
    const logSum = f32x4.splat(sum >= 1 ? log(sum) : f32.NaN);
    for (let column = 0; column < columns; column += 4) {
      const offset = (<usize>column) << 2;
      const lanes = columns - column;
      const x = v128.load(logits + offset);
      storeLanes(logProbs + offset, f32x4.sub(f32x4.sub(x, largest), logSum), lanes);
      storeLanes(probabilities + offset, f32x4.div(v128.load(probabilities + offset), sums), lanes);
    }
    logits += stride;
    logProbs += stride;
    probabilities += stride;
  }
}
