/**
 * Multiplies six rows of A at a time by panels of 16 columns, for fused arithmetic: twelve sums of two vectors each row leave room for
 * no product that waits to be added, and keep both of a processor's fused units busy where one takes four cycles.
 */
import { multiplyAdd } from '../arithmetic';

/**
 * C[M, 16 · panels] = start + A[M, K] · B, for M a multiple of 6; the rest as in `multiplyWide`.
 */
export function multiplySixes(
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
    for (let half: usize = 0; half < 64; half += 32) {
      let row = a;
      let from = start ? start + half : 0;
      let to = c + half;
      for (let i = M; i > 0; i -= 6) {
        tile6x8(K, row, rowStrideA, columnStrideA, b + half, rowStrideB, from, startStride, to, rowStrideC);
        row += 6 * rowStrideA;
        to += 6 * rowStrideC;
        if (from) from += 6 * startStride;
      }
    }
    b += panelStride;
    c += 64;
    if (start) start += 64;
  }
}

function tile6x8(
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
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  if (start) {
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    start += startStride;
    c10 = v128.load(start);
    c11 = v128.load(start, 16);
    start += startStride;
    c20 = v128.load(start);
    c21 = v128.load(start, 16);
    start += startStride;
    c30 = v128.load(start);
    c31 = v128.load(start, 16);
    start += startStride;
    c40 = v128.load(start);
    c41 = v128.load(start, 16);
    start += startStride;
    c50 = v128.load(start);
    c51 = v128.load(start, 16);
  }
  let a1 = a + rowStrideA;
  let a2 = a1 + rowStrideA;
  let a3 = a2 + rowStrideA;
  let a4 = a3 + rowStrideA;
  let a5 = a4 + rowStrideA;
  for (; K > 0; K--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x0, b0, c00);
    c01 = multiplyAdd(x0, b1, c01);
    const x1 = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(x1, b0, c10);
    c11 = multiplyAdd(x1, b1, c11);
    const x2 = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(x2, b0, c20);
    c21 = multiplyAdd(x2, b1, c21);
    const x3 = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(x3, b0, c30);
    c31 = multiplyAdd(x3, b1, c31);
    const x4 = v128.load_splat<f32>(a4);
    c40 = multiplyAdd(x4, b0, c40);
    c41 = multiplyAdd(x4, b1, c41);
    const x5 = v128.load_splat<f32>(a5);
    c50 = multiplyAdd(x5, b0, c50);
    c51 = multiplyAdd(x5, b1, c51);
    b += rowStrideB;
    a += columnStrideA;
    a1 += columnStrideA;
    a2 += columnStrideA;
    a3 += columnStrideA;
    a4 += columnStrideA;
    a5 += columnStrideA;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += rowStrideC;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += rowStrideC;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += rowStrideC;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  c += rowStrideC;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  c += rowStrideC;
  v128.store(c, c50);
  v128.store(c, c51, 16);
}
