import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../../core/rng.ts';
import { loadBlas } from '../../../networks/kernels/blas.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import type { KernelBackend, Kernels } from '../../../networks/kernels/kernels.ts';
import { createMlp } from '../../../networks/layers/mlp.ts';
import { isBlasThere } from '../../blas.ts';

const hasBlas = isBlasThere();

function gaussians(kernels: Kernels, length: number, rng: Rng): Float32Array {
  const array = kernels.allocate(length);
  for (let i = 0; i < length; i++) array[i] = rng.gaussian();
  return array;
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  expect(worst).toBeLessThan(tolerance);
}

describe.skipIf(!hasBlas)('blas gives what wasm gives, within rounding,', () => {
  const both = hasBlas ? [createKernels(), createKernels({ backend: 'blas' })] : [];

  test.each([
    [1, 1, 1],
    [1, 64, 64],
    [8, 64, 64],
    [65, 33, 3],
    [37, 130, 61],
    [301, 77, 1],
    [3, 513, 129],
    [256, 4, 64],
  ])('in all products of %i × %i × %i', (M, K, N) => {
    for (const accumulate of [false, true]) {
      const [wasm, blas] = both.map((kernels) => {
        const rng = createRng(M + K + N);
        const a = gaussians(kernels, M * K, rng);
        const b = gaussians(kernels, K * N, rng);
        const wide = gaussians(kernels, M * N, rng);
        const results = [M * N, K * N, M * K].map((length) => gaussians(kernels, length + 3, rng));
        kernels.multiply(a, b, results[0], M, K, N, accumulate);
        kernels.multiplyTransposedA(a, wide, results[1], M, K, N, accumulate);
        kernels.multiplyTransposedB(wide, b, results[2], M, N, K, accumulate);
        return results;
      });
      const inner = [K, M, N];
      for (const [i, result] of blas.entries())
        expectClose(result, wasm[i], 4e-6 * (Math.sqrt(inner[i]) + 4));
    }
  });

  test.each(
    (['identity', 'tanh', 'relu'] as const).flatMap((activation) =>
      [21, 64].map((outputDim) => [activation, outputDim] as const),
    ),
  )('in dense layers with %s, to %i outputs', (activation, outputDim) => {
    const [wasm, blas] = both.map((kernels) => {
      const rng = createRng(5);
      const [batch, inputDim] = [67, 33];
      const x = gaussians(kernels, batch * inputDim, rng);
      const weights = gaussians(kernels, inputDim * outputDim, rng);
      const bias = gaussians(kernels, outputDim, rng);
      const y = gaussians(kernels, batch * outputDim + 1, rng);
      kernels.dense(x, weights, bias, y, batch, inputDim, outputDim, activation);
      return y;
    });
    expectClose(blas, wasm, 4e-5);
  });

  test('in networks, after the memory has grown, and with threads', () => {
    const grown = createKernels({ backend: 'blas', threads: 2 });
    grown.allocate(3_000_000);
    const [wasm, blas] = [both[0], grown].map((kernels) => {
      const rng = createRng(6);
      const network = createMlp(kernels, {
        ...{ inputDim: 7, hidden: [65, 130], outputDim: 3, activation: 'tanh' },
        ...{ outputScale: 1, init: 'orthogonal', rng },
      });
      const inputs = gaussians(kernels, 301 * 7, rng);
      kernels.concurrently([
        () => {
          network.backward(network.forward(inputs, 301));
        },
      ]);
      return [network.gradients, network.inputGradients()];
    });
    // Sums of 301 rows.
    for (const [i, gradients] of blas.entries()) expectClose(gradients, wasm[i], 2e-4);
    grown.close();
  });

  test('where the inner index is empty', () => {
    for (const kernels of both) {
      const c = kernels.allocate(6).fill(2);
      kernels.multiply(kernels.allocate(1), kernels.allocate(1), c, 2, 0, 3, true);
      expect([...c]).toEqual([2, 2, 2, 2, 2, 2]);
      kernels.multiply(kernels.allocate(1), kernels.allocate(1), c, 2, 0, 3, false);
      expect([...c]).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  test('and is what was asked for', () => {
    expect(both.map(({ backend }) => backend)).toEqual(['wasm', 'blas']);
  });
});

test('a library that is not there is one line that says what to install', () => {
  const load = () => loadBlas(['libno-such-blas.so.9']);
  expect(load).toThrow(expect.objectContaining({ name: 'ConfigError', code: 'blas-not-found' }));
  expect(load).toThrow(/install|PATH/);
  expect(load).toThrow(/^[^\n]+$/);
});

test('an unknown backend is refused', () => {
  expect(() => createKernels({ backend: 'cuda' as KernelBackend })).toThrow(
    expect.objectContaining({ code: 'kernel-backend-unknown', message: expect.stringContaining('"cuda"') }),
  );
});
