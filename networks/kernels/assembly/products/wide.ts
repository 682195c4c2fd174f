/**
 * Multiplies the rows of A by panels of 16 columns, two rows at a time, then the last one. Two functions, and apart from those
 * that call them: with more variables around it the engine runs out of registers in the inner loop (docs/decisions/kernels.md).
 */
import { multiplyAdd } from '../arithmetic';

/**
 * C[M, 16 · panels] = start + A[M, K] · B, for M rounded down to an even number; strides are in bytes.
 * @param b the first panel, [K, 16], the others `panelStride` apart
 * @param start as in `gemm`
 */
export function multiplyWide(
  panels: i32,
  M: i32,
  K: i32,
  a: usize,
  rowStrideA: usize,
  columnStrideA: usize,
  b: usize,
  panelStride: usize,
  rowStrideB: usize,
  start: usize,
  startStride: usize,
  c: usize,
  rowStrideC: usize,
): void {
  for (; panels > 0; panels--) {
    let row = a;
    let from = start;
    let to = c;
    for (let i = M; i >= 2; i -= 2) {
      tile2x16(K, row, rowStrideA, columnStrideA, b, rowStrideB, from, startStride, to, rowStrideC);
      row += 2 * rowStrideA;
      to += 2 * rowStrideC;
      if (from) from += 2 * startStride;
    }
    b += panelStride;
    c += 64;
    if (start) start += 64;
  }
}

/** C[16 · panels] = start + A[K] · B, as `multiplyWide` for one row. */
export function multiplyRow(
  panels: i32,
  K: i32,
  a: usize,
  columnStrideA: usize,
  b: usize,
  panelStride: usize,
  rowStrideB: usize,
  start: usize,
  c: usize,
): void {
  for (; panels > 0; panels--) {
    tile1x16(K, a, columnStrideA, b, rowStrideB, start, c);
    b += panelStride;
    c += 64;
    if (start) start += 64;
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
    c00 = multiplyAdd(x0, b0, c00);
    c01 = multiplyAdd(x0, b1, c01);
    c02 = multiplyAdd(x0, b2, c02);
    c03 = multiplyAdd(x0, b3, c03);
    const x1 = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(x1, b0, c10);
    c11 = multiplyAdd(x1, b1, c11);
    c12 = multiplyAdd(x1, b2, c12);
    c13 = multiplyAdd(x1, b3, c13);
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
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    c2 = multiplyAdd(x, v128.load(b, 32), c2);
    c3 = multiplyAdd(x, v128.load(b, 48), c3);
    b += rowStrideB;
    a += columnStrideA;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
}
