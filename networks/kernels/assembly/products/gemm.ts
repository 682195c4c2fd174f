/**
 * Multiplies matrices in 128-bit SIMD. Every element of C is summed over the inner index in ascending order, whatever
 * the tile it falls into, so that a result does not depend on how many rows or columns were computed with it.
 */
import { multiplyNarrow } from './narrow';
import { pack, packTransposed } from './pack';
import { multiplySixes } from './sixes';
import { multiplyRow, multiplyWide } from './wide';

/** Columns of a panel: one cache line. */
export const PANEL: i32 = 16;
/** Inner-index block: a packed panel of this height (16 KiB) stays in the first-level cache. */
export const BLOCK: i32 = 256;
/** From this many columns on, rows of B lie so far apart that they evict each other from the cache: pack. */
const PACK_FROM_COLUMNS: i32 = 128;
/** Fewer rows than this do not repay the packing. */
const PACK_FROM_ROWS: i32 = 16;

/**
 * C[M, N] = start + A[M, K] · B[K, N], all row-major except A, which has free strides (bytes), so that A transposed
 * is the same call with its strides exchanged.
 * @param transposedB B is stored as [N, K]
 * @param start what C begins from: 0 = zeros, otherwise an address of rows `startStride` bytes apart (C itself to
 * accumulate, a bias with stride 0)
 * @param scratch room for min(K, 256) × (N rounded up to 16) floats
 */
export function gemm(
  M: i32,
  N: i32,
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  transposedB: i32,
  start: usize,
  startStride: usize,
  c: usize,
  scratch: usize,
): void {
  const rowStrideC = (<usize>N) << 2;
  const rowStrideB = transposedB ? (<usize>K) << 2 : rowStrideC;
  const packing = choosePacking(M, N, transposedB);
  gemmBlock(
    M,
    N,
    K,
    a,
    rowStrideA,
    columnStrideA,
    b,
    rowStrideB,
    packing,
    start,
    startStride,
    c,
    rowStrideC,
    scratch,
  );
}

/** B is read where it is. */
export const UNPACKED: i32 = 0;
export const PACKED: i32 = 1;
/** B is stored as [N, K]. */
export const PACKED_TRANSPOSED: i32 = 2;
/** The scratch holds B's panels already; only where K ≤ 256. */
export const PACKED_BEFORE: i32 = 3;

export function choosePacking(M: i32, N: i32, transposedB: i32): i32 {
  if (transposedB) return PACKED_TRANSPOSED;
  return N >= PACK_FROM_COLUMNS && M >= PACK_FROM_ROWS ? PACKED : UNPACKED;
}

/** As `gemm`, for a block of rows and columns of a larger product, so that every matrix has its own row stride. */
export function gemmBlock(
  M: i32,
  N: i32,
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  packing: i32,
  start: usize,
  startStride: usize,
  c: usize,
  rowStrideC: usize,
  scratch: usize,
): void {
  const panels = N / PANEL;
  const rest = N % PANEL;
  // Rows that are multiplied six at a time: all but a few where arithmetic is fused, none elsewhere.
  const sixes = ASC_FEATURE_RELAXED_SIMD ? M - (M % 6) : 0;
  let k0 = 0;
  do {
    const depth = min(K - k0, BLOCK);
    const blockA = a + <usize>k0 * columnStrideA;
    let panel = b + <usize>k0 * rowStrideB;
    let panelStride: usize = PANEL * 4;
    let rowStridePanel = rowStrideB;
    // Two calls: the compiler would make one with the loop around it, and the engine then run out of registers.
    if (packing === UNPACKED) {
      multiplyWide(
        panels,
        M - sixes,
        depth,
        blockA + <usize>sixes * rowStrideA,
        rowStrideA,
        columnStrideA,
        panel,
        panelStride,
        rowStridePanel,
        start ? start + <usize>sixes * startStride : 0,
        startStride,
        c + <usize>sixes * rowStrideC,
        rowStrideC,
      );
    } else {
      if (packing === PACKED_TRANSPOSED) {
        packTransposed(b + ((<usize>k0) << 2), rowStrideB, depth, N, scratch);
      } else if (packing === PACKED) pack(panel, rowStrideB, depth, N, scratch);
      panel = scratch;
      panelStride = <usize>depth * (PANEL * 4);
      rowStridePanel = PANEL * 4;
      multiplyWide(
        panels,
        M - sixes,
        depth,
        blockA + <usize>sixes * rowStrideA,
        rowStrideA,
        columnStrideA,
        panel,
        panelStride,
        rowStridePanel,
        start ? start + <usize>sixes * startStride : 0,
        startStride,
        c + <usize>sixes * rowStrideC,
        rowStrideC,
      );
    }
    if (sixes) {
      multiplySixes(
        panels,
        sixes,
        depth,
        blockA,
        rowStrideA,
        columnStrideA,
        panel,
        panelStride,
        rowStridePanel,
        start,
        startStride,
        c,
        rowStrideC,
      );
    }
    if (M & 1) {
      const last = <usize>(M - 1);
      multiplyRow(
        panels,
        depth,
        blockA + last * rowStrideA,
        columnStrideA,
        panel,
        panelStride,
        rowStridePanel,
        start ? start + last * startStride : 0,
        c + last * rowStrideC,
      );
    }
    if (rest) {
      const offset = (<usize>(N - rest)) << 2;
      multiplyNarrow(
        M,
        rest,
        depth,
        blockA,
        rowStrideA,
        columnStrideA,
        panel + <usize>panels * panelStride,
        rowStridePanel,
        start ? start + offset : 0,
        startStride,
        c + offset,
        rowStrideC,
      );
    }
    start = c;
    startStride = rowStrideC;
    k0 += BLOCK;
  } while (k0 < K);
}
