import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { type Blas, type BlasProduct, loadBlas } from '../../../networks/kernels/blas.ts';
import { startBlasThreads } from '../../../networks/kernels/blas-threads.ts';
import { KernelMemory } from '../../../networks/kernels/memory.ts';

const blas = openIfThere();

/** Prints why, where the library is absent: its tests are skipped there. */
function openIfThere(): Blas | undefined {
  try {
    return loadBlas();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.warn(`Skipped: ${error.message}`);
    return undefined;
  }
}

describe.skipIf(blas === undefined)('products on threads', () => {
  const { library = '', product: alone } = blas ?? { product: () => {} };
  const memory = new KernelMemory();
  /** Rows that the calling thread computed of the last product. */
  let ownRows = 0;
  const counting: BlasProduct = (...call) => {
    ownRows += call[10] ?? call[5];
    alone(...call);
  };
  const threads = startBlasThreads({
    blas: { library, product: counting },
    memory: memory.shared,
    workers: 2,
    timeoutMs: 60_000,
  });
  afterAll(() => threads.close());

  /** Does the product until all threads have had a part in it, which a busy machine may put off. */
  async function withAll(call: Parameters<BlasProduct>, M: number): Promise<void> {
    for (let round = 0; round < 2000; round++) {
      ownRows = 0;
      threads.product(...call);
      if (ownRows <= Math.ceil(M / 3 / 16) * 16) return;
      await sleep(5);
    }
    throw new Error('The threads never took part.');
  }

  function gaussians(length: number, seed: number): Float32Array {
    const rng = createRng(seed);
    const array = memory.allocate(length);
    for (let i = 0; i < length; i++) array[i] = rng.gaussian();
    return array;
  }

  test.each([
    [256, 256, 256],
    [97, 130, 101],
    [49, 300, 81],
    [2000, 33, 17],
  ])('give what one thread gives, within rounding, for %i × %i × %i', async (M, N, K) => {
    for (const [transposedA, transposedB] of [
      [false, false],
      [false, true],
      [true, false],
    ]) {
      // Memory that grows is seen by the threads.
      const a = gaussians(M * K, 1);
      const b = gaussians(K * N, 2);
      const c = memory.allocate(M * N + 5).fill(7);
      const expected = memory.allocate(M * N);
      alone(a, transposedA, b, transposedB, expected, M, N, K, false);
      await withAll([a, transposedA, b, transposedB, c, M, N, K, false], M);
      let worst = 0;
      for (let i = 0; i < M * N; i++) worst = Math.max(worst, Math.abs(c[i] - expected[i]));
      expect(worst).toBeLessThan(4e-6 * (Math.sqrt(K) + 4));
      expect([...c.subarray(M * N)]).toEqual([7, 7, 7, 7, 7]);

      c.fill(1);
      threads.product(a, transposedA, b, transposedB, c, M, N, K, true);
      worst = 0;
      for (let i = 0; i < M * N; i++) worst = Math.max(worst, Math.abs(c[i] - 1 - expected[i]));
      expect(worst).toBeLessThan(4e-6 * (Math.sqrt(K) + 4));
    }
  });

  test('stay with the caller where they are small', () => {
    const [a, b, c] = [gaussians(64 * 64, 1), gaussians(64 * 64, 2), memory.allocate(64 * 64)];
    ownRows = 0;
    threads.product(a, false, b, false, c, 64, 64, 64, false);
    expect(ownRows).toBe(64);
  });

  test('go on with the caller alone when the threads are closed', () => {
    const other = startBlasThreads({
      blas: { library, product: counting },
      memory: memory.shared,
      workers: 1,
      timeoutMs: 60_000,
    });
    other.close();
    const [a, b, c] = [gaussians(256 * 256, 1), gaussians(256 * 256, 2), memory.allocate(256 * 256)];
    ownRows = 0;
    other.product(a, false, b, false, c, 256, 256, 256, false);
    expect(ownRows).toBe(256);
  });

  test('go on with the caller alone where a thread cannot open the library', async () => {
    const other = startBlasThreads({
      blas: { library: 'libno-such-blas.so.9', product: counting },
      memory: memory.shared,
      workers: 1,
      timeoutMs: 60_000,
    });
    const [a, b, c] = [gaussians(256 * 256, 1), gaussians(256 * 256, 2), memory.allocate(256 * 256)];
    for (let round = 0; round < 5; round++) {
      ownRows = 0;
      other.product(a, false, b, false, c, 256, 256, 256, false);
      expect(ownRows).toBe(256);
      await sleep(50);
    }
    other.close();
  });
});
