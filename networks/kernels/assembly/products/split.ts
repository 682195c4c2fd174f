/**
 * Splits matrix products over a team by rows or columns of the result. Each function takes the team's control block (0
 * = no team) and returns 0, or 1 when a thread was lost. What is too small to gain from company is done alone: chunks
 * of one matrix come to lie in several caches, and fetching them from there costs more than a short computation.
 */
import { activate } from '../activation';
import { FIRST, get, grainOf, PRODUCT_COLUMNS, PRODUCT_ROWS, put } from '../command';
import { isAlone, nextCommand, submit } from '../dispatch';
import {
  BLOCK,
  choosePacking,
  gemm,
  gemmBlock,
  PACKED_BEFORE,
  PACKED_TRANSPOSED,
  PANEL,
  UNPACKED,
} from './gemm';

/** Multiply-adds of a product that is not split, some 27 µs of work. */
const ALONE_BELOW: f64 = 524288;
/** Multiply-adds of a chunk, some 3 µs. */
const CHUNK_PRODUCTS: f64 = 65536;

/**
 * See `gemm`; then the activation.
 * @param scratch room for `gemm`'s packed B, once for each thread, `scratchStride` bytes apart
 */
export function splitGemm(
  team: usize,
  threads: i32,
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
  scratchStride: usize,
  activation: i32,
): i32 {
  if (isAlone(team, <f64>M * <f64>N * <f64>K < ALONE_BELOW)) {
    gemm(M, N, K, a, rowStrideA, columnStrideA, b, transposedB, start, startStride, c, scratch);
    activate(c, M * N, activation);
    return 0;
  }
  const command = nextCommand(team);
  put<i32>(command, FIRST, M);
  put<i32>(command, FIRST + 1, N);
  put<i32>(command, FIRST + 2, K);
  put<usize>(command, FIRST + 3, a);
  put<usize>(command, FIRST + 4, rowStrideA);
  put<usize>(command, FIRST + 5, columnStrideA);
  put<usize>(command, FIRST + 6, b);
  put<usize>(command, FIRST + 7, (<usize>(transposedB ? K : N)) << 2);
  put<i32>(command, FIRST + 8, choosePacking(M, N, transposedB));
  put<usize>(command, FIRST + 9, start);
  put<usize>(command, FIRST + 10, startStride);
  put<usize>(command, FIRST + 11, c);
  put<usize>(command, FIRST + 12, scratch);
  put<usize>(command, FIRST + 13, scratchStride);
  put<i32>(command, FIRST + 14, activation);
  // Chunks of columns pack only what they use. With few columns, chunks of rows: each thread packs all of B, once.
  if (N >= 2 * PANEL * threads && (N >= 128 || (transposedB && K > BLOCK))) {
    const smallest = <i32>(CHUNK_PRODUCTS / (<f64>M * <f64>max(K, 1)));
    return submit(team, PRODUCT_COLUMNS, N, grainOf(N, smallest, threads, PANEL));
  }
  const smallest = <i32>(CHUNK_PRODUCTS / max(<f64>N * <f64>K, 1));
  return submit(team, PRODUCT_ROWS, M, grainOf(M, smallest, threads, 4));
}

/** The command whose B this thread's scratch holds. */
let packedCommand: i64 = -1;

export function productRows(command: usize, from: i32, grain: i32, thread: i32, number: i64): void {
  const N = get<i32>(command, FIRST + 1);
  const K = get<i32>(command, FIRST + 2);
  const rowStrideA = get<usize>(command, FIRST + 4);
  const start = get<usize>(command, FIRST + 9);
  const startStride = get<usize>(command, FIRST + 10);
  const rowStrideC = (<usize>N) << 2;
  const rows = min(grain, get<i32>(command, FIRST) - from);
  const c = get<usize>(command, FIRST + 11) + <usize>from * rowStrideC;
  let packing = get<i32>(command, FIRST + 8);
  if (packing !== UNPACKED && K <= BLOCK) {
    if (number >= 0 && packedCommand === number) packing = PACKED_BEFORE;
    packedCommand = number;
  }
  gemmBlock(
    rows,
    N,
    K,
    get<usize>(command, FIRST + 3) + <usize>from * rowStrideA,
    rowStrideA,
    get<usize>(command, FIRST + 5),
    get<usize>(command, FIRST + 6),
    get<usize>(command, FIRST + 7),
    packing,
    start ? start + <usize>from * startStride : 0,
    startStride,
    c,
    rowStrideC,
    get<usize>(command, FIRST + 12) + <usize>thread * get<usize>(command, FIRST + 13),
  );
  activate(c, rows * N, get<i32>(command, FIRST + 14));
}

export function productColumns(command: usize, from: i32, grain: i32, thread: i32): void {
  const M = get<i32>(command, FIRST);
  const N = get<i32>(command, FIRST + 1);
  const rowStrideB = get<usize>(command, FIRST + 7);
  const packing = get<i32>(command, FIRST + 8);
  const start = get<usize>(command, FIRST + 9);
  const activation = get<i32>(command, FIRST + 14);
  const offset = (<usize>from) << 2;
  const rowStrideC = (<usize>N) << 2;
  const columns = min(grain, N - from);
  let c = get<usize>(command, FIRST + 11) + offset;
  gemmBlock(
    M,
    columns,
    get<i32>(command, FIRST + 2),
    get<usize>(command, FIRST + 3),
    get<usize>(command, FIRST + 4),
    get<usize>(command, FIRST + 5),
    get<usize>(command, FIRST + 6) + (packing === PACKED_TRANSPOSED ? <usize>from * rowStrideB : offset),
    rowStrideB,
    packing,
    start ? start + offset : 0,
    get<usize>(command, FIRST + 10),
    c,
    rowStrideC,
    get<usize>(command, FIRST + 12) + <usize>thread * get<usize>(command, FIRST + 13),
  );
  if (activation) {
    for (let row = 0; row < M; row++) {
      activate(c, columns, activation);
      c += rowStrideC;
    }
  }
}
