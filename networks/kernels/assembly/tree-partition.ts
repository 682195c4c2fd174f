/** Parts the rows of nodes by their splits, keeping their order. */
import { BINS, HELD_ROWS, IS_WIDE, NUM_ROWS, ROWS } from './tree-context';

/**
 * A stretch of rows to part: first row's place u32, number of rows u32, column i32, last bin to the left i32, the bin
 * that also goes left i32 (the missing one; −1 for none); then, as the result, how many went left u32.
 */
export const BEGIN: usize = 0;
export const COUNT: usize = 4;
export const COLUMN: usize = 8;
export const BIN: usize = 12;
export const MISSING_BIN: usize = 16;
export const TO_LEFT: usize = 20;
export const PART_BYTES: usize = 24;

export function partition(context: usize, part: usize): void {
  const place = (<usize>load<u32>(part, BEGIN)) << 2;
  const count = (<usize>load<u32>(part, COUNT)) << 2;
  const column = load<usize>(part, COLUMN);
  const isWide = load<i32>(context, IS_WIDE);
  const panel = column >> (isWide ? 2 : 3);
  const lane = isWide ? (column & 3) << 1 : column & 7;
  const bins = load<usize>(context, BINS) + ((panel * load<u32>(context, NUM_ROWS)) << 3) + lane;
  const threshold = load<i32>(part, BIN);
  const missing = load<i32>(part, MISSING_BIN);
  const from = load<usize>(context, ROWS) + place;
  const held = load<usize>(context, HELD_ROWS) + place;
  const end = from + count;
  let left = from;
  let right = held;
  for (let at = from; at < end; at += 4) {
    const row = load<u32>(at);
    const address = bins + ((<usize>row) << 3);
    const bin = isWide ? <i32>load<u16>(address) : <i32>load<u8>(address);
    // Both stores happen, one of them is overwritten: cheaper than a branch that nobody can predict.
    const goesLeft = <usize>i32(bin <= threshold) | <usize>i32(bin === missing);
    store<u32>(left, row);
    store<u32>(right, row);
    left += goesLeft << 2;
    right += (1 - goesLeft) << 2;
  }
  memory.copy(left, held, right - held);
  store<u32>(part, <u32>((left - from) >> 2), TO_LEFT);
}
