/** Multiplies the rows of A by what is left of B beside its panels: fewer than 16 columns, four at a time. */
import { multiplyAdd } from '../arithmetic';
import { storeLanes } from '../lanes';

/**
 * C[M, width] = start + A[M, K] · B[K, width]; strides are in bytes. The last group of columns loads past those that it has, and
 * stores only them.
 * @param start as in `gemm`
 */
export function multiplyNarrow(
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
    c0 = multiplyAdd(v128.load_splat<f32>(a), row, c0);
    c1 = multiplyAdd(v128.load_splat<f32>(a1), row, c1);
    c2 = multiplyAdd(v128.load_splat<f32>(a2), row, c2);
    c3 = multiplyAdd(v128.load_splat<f32>(a3), row, c3);
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
    sum = multiplyAdd(v128.load_splat<f32>(a), v128.load(b), sum);
    b += rowStrideB;
    a += columnStrideA;
  }
  storeLanes(c, sum, lanes);
}
