/**
 * Sums gradients per bin: the inner loop of growing trees. A matrix of bins lies in panels: eight columns of one byte,
 * or four of two bytes, so that one 64-bit load brings a row's bins of a panel. Gradients are pairs of f32, histograms
 * pairs of f64. The caller has rounded the gradients so that no sum rounds: any order gives the same bits.
 */
import { BINS, GRADIENTS, IS_WIDE, NUM_ROWS, OFFSETS } from './tree-context';

/** Adds the gradients of `count` rows, listed from `rows` on, to a panel's columns of a histogram. */
export function addRows(context: usize, panel: i32, rows: usize, count: i32, histogram: usize): void {
  const bins = load<usize>(context, BINS) + ((<usize>panel * load<u32>(context, NUM_ROWS)) << 3);
  const gradients = load<usize>(context, GRADIENTS);
  const isWide = load<i32>(context, IS_WIDE);
  const offsets = load<usize>(context, OFFSETS) + ((<usize>panel) << (isWide ? 4 : 5));
  const end = rows + ((<usize>count) << 2);
  const h0 = histogram + (load<usize>(offsets) << 4);
  const h1 = histogram + (load<usize>(offsets, 4) << 4);
  const h2 = histogram + (load<usize>(offsets, 8) << 4);
  const h3 = histogram + (load<usize>(offsets, 12) << 4);
  if (isWide) {
    for (; rows < end; rows += 4) {
      const row = (<usize>load<u32>(rows)) << 3;
      const pair = f64x2.promote_low_f32x4(v128.load64_zero(gradients + row));
      const b = load<u64>(bins + row);
      add(h0 + ((<usize>b & 0xffff) << 4), pair);
      add(h1 + (<usize>(b >> 12) & 0xffff0), pair);
      add(h2 + (<usize>(b >> 28) & 0xffff0), pair);
      add(h3 + (<usize>(b >> 44) & 0xffff0), pair);
    }
    return;
  }
  const h4 = histogram + (load<usize>(offsets, 16) << 4);
  const h5 = histogram + (load<usize>(offsets, 20) << 4);
  const h6 = histogram + (load<usize>(offsets, 24) << 4);
  const h7 = histogram + (load<usize>(offsets, 28) << 4);
  for (; rows < end; rows += 4) {
    const row = (<usize>load<u32>(rows)) << 3;
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(gradients + row));
    const b = load<u64>(bins + row);
    add(h0 + ((<usize>b & 0xff) << 4), pair);
    add(h1 + (<usize>(b >> 4) & 0xff0), pair);
    add(h2 + (<usize>(b >> 12) & 0xff0), pair);
    add(h3 + (<usize>(b >> 20) & 0xff0), pair);
    add(h4 + (<usize>(b >> 28) & 0xff0), pair);
    add(h5 + (<usize>(b >> 36) & 0xff0), pair);
    add(h6 + (<usize>(b >> 44) & 0xff0), pair);
    add(h7 + (<usize>(b >> 52) & 0xff0), pair);
  }
}

function add(address: usize, pair: v128): void {
  v128.store(address, f64x2.add(v128.load(address), pair));
}

/** target −= other over the bins from `from` to `to`: a node's histogram from its parent's and its sibling's. */
export function subtract(target: usize, other: usize, from: u32, to: u32): void {
  const end = target + ((<usize>to) << 4);
  target += (<usize>from) << 4;
  other += (<usize>from) << 4;
  for (; target < end; target += 16) {
    v128.store(target, f64x2.sub(v128.load(target), v128.load(other)));
    other += 16;
  }
}
