/**
 * Starts worker threads that compute a part of the rows of large BLAS products. Each opens the library itself and works
 * on the kernels' shared memory; what one has not begun when the calling thread is done with its own part, that one
 * does too, so a thread that is asleep or without a core is never waited for.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { TrainingError } from '../../core/errors.ts';
import { AS_IS, type Blas, type BlasProduct, ROW_MAJOR, SGEMM_PARAMETERS, TRANSPOSED } from './blas.ts';
import type { SharedMemory } from './wasm-module.ts';

export interface BlasThreads {
  readonly product: BlasProduct;
  /** Lets the threads end; the product goes on alone. */
  close(): void;
}

export interface BlasThreadsOptions {
  readonly blas: Pick<Blas, 'library' | 'product'>;
  readonly memory: SharedMemory;
  /** Threads beside the calling one. */
  readonly workers: number;
  /** How long a part may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Multiply-adds below which dividing a product costs more than it gains. */
const DIVIDED_FROM = 1 << 20;
/** Parts are whole tiles of rows. */
const TILE_ROWS = 16;

// A worker's block of 32-bit words: its state, and the call it is offered.
const STATE = 0;
const [STARTING, IDLE, OFFERED, TAKEN, DONE, CLOSED] = [0, 1, 2, 3, 4, 5];
const CALL = 1;
const NUM_WORDS = 13;

/** How often a thread looks whether the other has moved before it sleeps: some 200 µs. */
const LOOKS = 20_000;

/** Looks for work for a while, then sleeps: between the products of one update it stays awake. */
const SOURCE = `
const { koffi, library, parameters, memory, block } = require('node:worker_threads').workerData;
let sgemm;
let opened = ${CLOSED};
try {
  sgemm = require(koffi).load(library).func('cblas_sgemm', 'void', parameters);
  opened = ${IDLE};
} finally {
  Atomics.compareExchange(block, ${STATE}, ${STARTING}, opened);
  Atomics.notify(block, ${STATE});
}
let buffer = memory.buffer;
let floats = new Float32Array(buffer);
for (;;) {
  let state;
  for (let look = 0; (state = Atomics.load(block, ${STATE})) !== ${OFFERED}; look++) {
    if (state === ${CLOSED}) return;
    if (look > ${LOOKS}) Atomics.wait(block, ${STATE}, state);
  }
  if (Atomics.compareExchange(block, ${STATE}, ${OFFERED}, ${TAKEN}) !== ${OFFERED}) continue;
  if (memory.buffer.byteLength !== buffer.byteLength) {
    buffer = memory.buffer;
    floats = new Float32Array(buffer);
  }
  const [transA, transB, M, N, K, a, lda, b, ldb, accumulate, c, ldc] = block.subarray(${CALL});
  const from = (address) => floats.subarray(address >>> 2);
  sgemm(${ROW_MAJOR}, transA, transB, M, N, K, 1, from(a), lda, from(b), ldb, accumulate, from(c), ldc);
  Atomics.store(block, ${STATE}, ${DONE});
  Atomics.notify(block, ${STATE});
}`;

/**
 * Waits until the threads have opened the library: a process that ends while one of them does would be aborted by koffi.
 * They never keep the process alive. One that cannot open it has no part in anything.
 */
export function startBlasThreads({ blas, memory, workers, timeoutMs }: BlasThreadsOptions): BlasThreads {
  let cause: unknown;
  const started = Array.from({ length: workers }, () => {
    const block = new Int32Array(new SharedArrayBuffer(4 * NUM_WORDS));
    const workerData = {
      koffi: createRequire(import.meta.url).resolve('koffi'),
      library: blas.library,
      parameters: SGEMM_PARAMETERS,
      memory,
      block,
    };
    const worker = new Worker(`(() => {${SOURCE}})()`, { eval: true, workerData, execArgv: [] });
    worker.unref();
    worker.on('error', (error) => {
      cause = error;
    });
    return block;
  });
  for (const block of started) Atomics.wait(block, STATE, STARTING, timeoutMs);
  const blocks = started.filter((block) => Atomics.load(block, STATE) === IDLE);
  let isOpen = true;

  const product: BlasProduct = (a, transposedA, b, transposedB, c, M, N, K, accumulate) => {
    const rows = Math.ceil(M / (blocks.length + 1) / TILE_ROWS) * TILE_ROWS;
    if (!isOpen || M * N * K < DIVIDED_FROM || rows >= M) {
      blas.product(a, transposedA, b, transposedB, c, M, N, K, accumulate);
      return;
    }
    const rowsOf = (part: number): number => Math.min(rows, Math.max(M - part * rows, 0));
    for (const [i, block] of blocks.entries()) {
      const first = (i + 1) * rows;
      const numRows = rowsOf(i + 1);
      if (numRows === 0) continue;
      block[CALL] = transposedA ? TRANSPOSED : AS_IS;
      block[CALL + 1] = transposedB ? TRANSPOSED : AS_IS;
      block[CALL + 2] = numRows;
      block[CALL + 3] = N;
      block[CALL + 4] = K;
      block[CALL + 5] = a.byteOffset + 4 * (transposedA ? first : first * K);
      block[CALL + 6] = transposedA ? M : K;
      block[CALL + 7] = b.byteOffset;
      block[CALL + 8] = transposedB ? K : N;
      block[CALL + 9] = Number(accumulate);
      block[CALL + 10] = c.byteOffset + 4 * first * N;
      block[CALL + 11] = N;
      Atomics.store(block, STATE, OFFERED);
      Atomics.notify(block, STATE);
    }
    const compute = (first: number, numRows: number): void =>
      blas.product(a, transposedA, b, transposedB, c, M, N, K, accumulate, first, numRows);
    compute(0, rows);
    for (const [i, block] of blocks.entries()) {
      const numRows = rowsOf(i + 1);
      if (numRows === 0) continue;
      if (Atomics.compareExchange(block, STATE, OFFERED, IDLE) === OFFERED) compute((i + 1) * rows, numRows);
      else {
        waitUntilDone(block);
        Atomics.store(block, STATE, IDLE);
      }
    }
  };

  function waitUntilDone(block: Int32Array): void {
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(block, STATE) === DONE) return;
    Atomics.wait(block, STATE, TAKEN, timeoutMs);
    if (Atomics.load(block, STATE) === DONE) return;
    // It may still be writing: nothing more is offered to it.
    isOpen = false;
    throw new TrainingError(
      'kernel-thread-lost',
      `A thread did not finish its part of a product within ${timeoutMs / 1000} s; what it worked on is incomplete. ` +
        'Resume from the last checkpoint, with fewer threads.',
      { cause },
    );
  }

  return {
    product,
    close() {
      isOpen = false;
      for (const block of started) {
        Atomics.store(block, STATE, CLOSED);
        Atomics.notify(block, STATE);
      }
    },
  };
}
