/**
 * Multiplies matrices in 128-bit SIMD. Every element of C is summed over the inner index in ascending order, whatever
 * the tile it falls into, so that a result does not depend on how many rows or columns were computed with it.
 */
import { storeLanes } from './lanes';

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
  let k0 = 0;
  do {
    const depth = min(K - k0, BLOCK);
    let panel: usize;
    let rowStridePanel: usize;
    let panelStride: usize;
    if (packing !== UNPACKED) {
      if (packing === PACKED_TRANSPOSED) {
        packTransposed(b + ((<usize>k0) << 2), rowStrideB, depth, N, scratch);
      } else if (packing === PACKED) pack(b + <usize>k0 * rowStrideB, rowStrideB, depth, N, scratch);
      panel = scratch;
      rowStridePanel = PANEL * 4;
      panelStride = <usize>depth * (PANEL * 4);
    } else {
      panel = b + <usize>k0 * rowStrideB;
      rowStridePanel = rowStrideB;
      panelStride = PANEL * 4;
    }
    const blockA = a + <usize>k0 * columnStrideA;
    for (let j = 0; j < N; j += PANEL) {
      const offset = (<usize>j) << 2;
      multiplyPanel(
        M,
        min(N - j, PANEL),
        depth,
        blockA,
        rowStrideA,
        columnStrideA,
        panel,
        rowStridePanel,
        start ? start + offset : 0,
        startStride,
        c + offset,
        rowStrideC,
      );
      panel += panelStride;
    }
    start = c;
    startStride = rowStrideC;
    k0 += BLOCK;
  } while (k0 < K);
}

function multiplyPanel(
  M: i32,
  width: i32,
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  start: usize,
  startStride: usize,
  c: usize,
  rowStrideC: usize,
): void {
  if (width === PANEL) {
    let i = M;
    for (; i >= 2; i -= 2) {
      tile2x16(K, a, rowStrideA, columnStrideA, b, rowStrideB, start, startStride, c, rowStrideC);
      a += 2 * rowStrideA;
      c += 2 * rowStrideC;
      if (start) start += 2 * startStride;
    }
    if (i) tile1x16(K, a, columnStrideA, b, rowStrideB, start, c);
    return;
  }
  // Narrow rest: groups of four columns. The last group loads past its columns and stores only those it has.
  for (let column = 0; column < width; column += 4) {
    const lanes = min(width - column, 4);
    const offset = (<usize>column) << 2;
    let tileA = a;
    let tileC = c + offset;
    let tileStart = start ? start + offset : 0;
    let i = M;
    for (; i >= 4; i -= 4) {
      tile4x4(
        K,
        tileA,
        rowStrideA,
        columnStrideA,
        b + offset,
        rowStrideB,
        tileStart,
        startStride,
        tileC,
        rowStrideC,
        lanes,
      );
      tileA += 4 * rowStrideA;
      tileC += 4 * rowStrideC;
      if (start) tileStart += 4 * startStride;
    }
    for (; i > 0; i--) {
      tile1x4(K, tileA, columnStrideA, b + offset, rowStrideB, tileStart, tileC, lanes);
      tileA += rowStrideA;
      tileC += rowStrideC;
      if (start) tileStart += startStride;
    }
  }
}

function tile2x16(
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  start: usize,
  startStride: usize,
  c: usize,
  rowStrideC: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  if (start) {
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    c02 = v128.load(start, 32);
    c03 = v128.load(start, 48);
    const second = start + startStride;
    c10 = v128.load(second);
    c11 = v128.load(second, 16);
    c12 = v128.load(second, 32);
    c13 = v128.load(second, 48);
  }
  let a1 = a + rowStrideA;
  for (; K > 0; K--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(x0, b0));
    c01 = f32x4.add(c01, f32x4.mul(x0, b1));
    c02 = f32x4.add(c02, f32x4.mul(x0, b2));
    c03 = f32x4.add(c03, f32x4.mul(x0, b3));
    const x1 = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x1, b0));
    c11 = f32x4.add(c11, f32x4.mul(x1, b1));
    c12 = f32x4.add(c12, f32x4.mul(x1, b2));
    c13 = f32x4.add(c13, f32x4.mul(x1, b3));
    b += rowStrideB;
    a += columnStrideA;
    a1 += columnStrideA;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  const second = c + rowStrideC;
  v128.store(second, c10);
  v128.store(second, c11, 16);
  v128.store(second, c12, 32);
  v128.store(second, c13, 48);
}

function tile1x16(
  K: i32,
  a: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  start: usize,
  c: usize,
): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  if (start) {
    c0 = v128.load(start);
    c1 = v128.load(start, 16);
    c2 = v128.load(start, 32);
    c3 = v128.load(start, 48);
  }
  for (; K > 0; K--) {
    const x = v128.load_splat<f32>(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(b, 16)));
    c2 = f32x4.add(c2, f32x4.mul(x, v128.load(b, 32)));
    c3 = f32x4.add(c3, f32x4.mul(x, v128.load(b, 48)));
    b += rowStrideB;
    a += columnStrideA;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
}

function tile4x4(
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  start: usize,
  startStride: usize,
  c: usize,
  rowStrideC: usize,
  lanes: i32,
): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  if (start) {
    c0 = v128.load(start);
    c1 = v128.load(start + startStride);
    c2 = v128.load(start + 2 * startStride);
    c3 = v128.load(start + 3 * startStride);
  }
  let a1 = a + rowStrideA;
  let a2 = a1 + rowStrideA;
  let a3 = a2 + rowStrideA;
  for (; K > 0; K--) {
    const row = v128.load(b);
    c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a), row));
    c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a1), row));
    c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a2), row));
    c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a3), row));
    b += rowStrideB;
    a += columnStrideA;
    a1 += columnStrideA;
    a2 += columnStrideA;
    a3 += columnStrideA;
  }
  storeLanes(c, c0, lanes);
  storeLanes(c + rowStrideC, c1, lanes);
  storeLanes(c + 2 * rowStrideC, c2, lanes);
  storeLanes(c + 3 * rowStrideC, c3, lanes);
}

function tile1x4(
  K: i32,
  a: usize,
  columnStrideA: usize,
  b: usize,
  rowStrideB: usize,
  start: usize,
  c: usize,
  lanes: i32,
): void {
  let sum = start ? v128.load(start) : f32x4.splat(0);
  for (; K > 0; K--) {
    sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(a), v128.load(b)));
    b += rowStrideB;
    a += columnStrideA;
  }
  storeLanes(c, sum, lanes);
}

/** Copies B[K, N] into panels of 16 columns, one after another. The last panel's missing columns are not filled. */
function pack(b: usize, rowStrideB: usize, K: i32, N: i32, out: usize): void {
  for (let j = 0; j < N; j += PANEL) {
    const vectors = (min(N - j, PANEL) + 3) >> 2;
    let row = b + ((<usize>j) << 2);
    for (let k = 0; k < K; k++) {
      if (vectors === 4) {
        v128.store(out, v128.load(row));
        v128.store(out, v128.load(row, 16), 16);
        v128.store(out, v128.load(row, 32), 32);
        v128.store(out, v128.load(row, 48), 48);
      } else {
        for (let v: usize = 0; v < <usize>vectors; v++) v128.store(out + (v << 4), v128.load(row + (v << 4)));
      }
      out += PANEL * 4;
      row += rowStrideB;
    }
  }
}

/** The panels of B where B is stored transposed, [N, K]: `b` points at its first row, rows `rowStrideB` bytes apart. */
function packTransposed(b: usize, rowStrideB: usize, K: i32, N: i32, out: usize): void {
  for (let j = 0; j < N; j += PANEL) {
    const width = min(N - j, PANEL);
    let column = 0;
    for (; column + 4 <= width; column += 4) {
      let from = b + <usize>(j + column) * rowStrideB;
      let to = out + ((<usize>column) << 2);
      let k = K;
      for (; k >= 4; k -= 4) {
        const r0 = v128.load(from);
        const r1 = v128.load(from + rowStrideB);
        const r2 = v128.load(from + 2 * rowStrideB);
        const r3 = v128.load(from + 3 * rowStrideB);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
        v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3), PANEL * 4);
        v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), PANEL * 8);
        v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), PANEL * 12);
        from += 16;
        to += PANEL * 16;
      }
      for (; k > 0; k--) {
        f32.store(to, f32.load(from));
        f32.store(to, f32.load(from + rowStrideB), 4);
        f32.store(to, f32.load(from + 2 * rowStrideB), 8);
        f32.store(to, f32.load(from + 3 * rowStrideB), 12);
        from += 4;
        to += PANEL * 4;
      }
    }
    for (; column < width; column++) {
      let from = b + <usize>(j + column) * rowStrideB;
      let to = out + ((<usize>column) << 2);
      for (let k = K; k > 0; k--) {
        f32.store(to, f32.load(from));
        from += 4;
        to += PANEL * 4;
      }
    }
    out += <usize>K * (PANEL * 4);
  }
}
