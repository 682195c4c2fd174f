import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as math from '../../../core/math.ts';
import { createRng, type Rng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import type { Activation, Kernels } from '../../../networks/kernels/kernels.ts';

const { fround } = Math;

function gaussians(kernels: Kernels, length: number, rng: Rng): Float32Array {
  const array = kernels.allocate(length);
  for (let i = 0; i < length; i++) array[i] = rng.gaussian();
  return array;
}

/**
 * The product as the kernels promise it: each element from `start` over the inner index, every operation rounded to
 * Float32. `a(m, k)` and `b(k, n)` read the operands.
 */
function sequentialProduct(
  M: number,
  N: number,
  K: number,
  a: (m: number, k: number) => number,
  b: (k: number, n: number) => number,
  start: (m: number, n: number) => number,
): { rounded: Float32Array; exact: Float64Array } {
  const rounded = new Float32Array(M * N);
  const exact = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = start(m, n);
      let sum64 = sum;
      for (let k = 0; k < K; k++) {
        sum = fround(sum + fround(a(m, k) * b(k, n)));
        sum64 += a(m, k) * b(k, n);
      }
      rounded[m * N + n] = sum;
      exact[m * N + n] = sum64;
    }
  }
  return { rounded, exact };
}

function expectClose(actual: Float32Array, exact: Float64Array, scale: number): void {
  let worst = 0;
  for (let i = 0; i < exact.length; i++) worst = Math.max(worst, Math.abs(actual[i] - exact[i]));
  expect(worst).toBeLessThan(2e-6 * scale);
}

const kernels = createKernels();

describe('memory', () => {
  test('arrays are zero, aligned to 64 bytes, disjoint, and stay valid when the memory grows', () => {
    const own = createKernels();
    const first = own.allocate(5);
    const second = own.allocate(1);
    expect([...first, ...second]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(first.byteOffset % 64).toBe(0);
    expect(second.byteOffset).toBeGreaterThanOrEqual(first.byteOffset + 20);
    first.fill(7);
    const large = own.allocate(5_000_000);
    large.fill(3);
    expect([...first]).toEqual([7, 7, 7, 7, 7]);
    expect(second[0]).toBe(0);
    own.scale(first, 2);
    expect([...first]).toEqual([14, 14, 14, 14, 14]);
    expect([first, second, large].every((array) => own.owns(array))).toBe(true);
  });

  test('says so when it is full, and goes on with what it has', () => {
    const own = createKernels();
    expect(() => own.allocate(300_000_000)).toThrow(/more than 1 GiB/);
    expect(own.allocate(4).length).toBe(4);
  });

  test('belongs to one object: other arrays are not owned', () => {
    expect(kernels.owns(createKernels().allocate(4))).toBe(false);
    expect(kernels.owns(new Float32Array(4))).toBe(false);
    expect(kernels.owns(kernels.allocate(4).subarray(1, 3))).toBe(true);
  });
});

describe('matrix products', () => {
  const dim = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 3, 7, 16, 17, 64, 65));
  const large = [
    [17, 130, 300],
    [64, 257, 129],
    [130, 16, 600],
    [1, 256, 257],
    [16, 128, 256],
  ] as const;

  function check(M: number, N: number, K: number, accumulate: boolean, seed: number): void {
    const rng = createRng(seed);
    const a = gaussians(kernels, M * K, rng);
    const b = gaussians(kernels, K * N, rng);
    const aT = kernels.allocate(M * K);
    const bT = kernels.allocate(K * N);
    for (let m = 0; m < M; m++) for (let k = 0; k < K; k++) aT[k * M + m] = a[m * K + k];
    for (let k = 0; k < K; k++) for (let n = 0; n < N; n++) bT[n * K + k] = b[k * N + n];
    const before = gaussians(kernels, M * N + 4, rng);
    const { rounded, exact } = sequentialProduct(
      M,
      N,
      K,
      (m, k) => a[m * K + k],
      (k, n) => b[k * N + n],
      (m, n) => (accumulate ? before[m * N + n] : 0),
    );
    const c = kernels.allocate(M * N + 4);
    const products = {
      multiply: () => kernels.multiply(a, b, c, M, K, N, accumulate),
      multiplyTransposedA: () => kernels.multiplyTransposedA(aT, b, c, K, M, N, accumulate),
      multiplyTransposedB: () => kernels.multiplyTransposedB(a, bT, c, M, K, N, accumulate),
    };
    for (const [form, run] of Object.entries(products)) {
      c.set(before);
      run();
      expect(c.slice(0, M * N), form).toEqual(rounded);
      expect(c.slice(M * N), `${form} writes past the end`).toEqual(before.slice(M * N));
      expectClose(c, exact, 4 * Math.sqrt(K) + 4);
    }
  }

  test('sum every element in order, to the bit, in all three forms and any shape', () => {
    fc.assert(
      fc.property(dim, dim, dim, fc.boolean(), fc.nat(1000), (M, N, K, accumulate, seed) =>
        check(M, N, K, accumulate, seed),
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  test.each(large)('are right where blocks are packed: %i × %i × %i', (M, N, K) => {
    check(M, N, K, false, 1);
    check(M, N, K, true, 2);
  });

  test('of no inner index are the start', () => {
    const c = gaussians(kernels, 6, createRng(1));
    const before = c.slice();
    kernels.multiply(kernels.allocate(1), kernels.allocate(1), c, 2, 0, 3, true);
    expect(c).toEqual(before);
    kernels.multiply(kernels.allocate(1), kernels.allocate(1), c, 2, 0, 3, false);
    expect(c).toEqual(new Float32Array(6));
  });
});

describe('dense', () => {
  test.each([
    [1, 1, 1],
    [5, 3, 7],
    [64, 32, 64],
    [65, 33, 3],
    [18, 257, 130],
  ] as const)('starts from the bias and activates: %i × %i → %i', (batch, inputDim, outputDim) => {
    const rng = createRng(batch);
    const x = gaussians(kernels, batch * inputDim, rng);
    const weights = gaussians(kernels, inputDim * outputDim, rng);
    const bias = gaussians(kernels, outputDim, rng);
    const y = kernels.allocate(batch * outputDim + 1);
    y[batch * outputDim] = 99;
    const { rounded } = sequentialProduct(
      batch,
      outputDim,
      inputDim,
      (m, k) => x[m * inputDim + k],
      (k, n) => weights[k * outputDim + n],
      (_, n) => bias[n],
    );
    kernels.dense(x, weights, bias, y, batch, inputDim, outputDim, 'identity');
    expect(y.slice(0, -1)).toEqual(rounded);
    kernels.dense(x, weights, bias, y, batch, inputDim, outputDim, 'relu');
    expect(y.slice(0, -1)).toEqual(rounded.map((value) => Math.max(value, 0)));
    kernels.dense(x, weights, bias, y, batch, inputDim, outputDim, 'tanh');
    for (let i = 0; i < rounded.length; i++)
      expect(Math.abs(y[i] - math.tanh(rounded[i]))).toBeLessThan(1.2e-7);
    expect(y[batch * outputDim]).toBe(99);
  });
});

describe('activations', () => {
  test('tanh is within 1e-7 and 3 units in the last place, odd, and never above 1', () => {
    const chunk = kernels.allocate(1 << 16);
    const bits = new Uint32Array(chunk.buffer, chunk.byteOffset, chunk.length);
    // Every 509th number from 2^-40 to 16.
    const end = 0x41800000;
    for (let from = 0x2b800000; from < end; from += 509 * chunk.length) {
      for (let i = 0; i < chunk.length; i++) bits[i] = Math.min(from + 509 * i, end);
      const x = chunk.slice();
      kernels.activate(chunk, chunk.length, 'tanh');
      let worst = 0;
      let worstRelative = 0;
      for (let i = 0; i < x.length; i++) {
        const exact = math.tanh(x[i]);
        const error = Math.abs(chunk[i] - exact);
        worst = Math.max(worst, error, chunk[i] > 1 ? Number.POSITIVE_INFINITY : 0);
        worstRelative = Math.max(worstRelative, error / exact);
      }
      expect(worst).toBeLessThan(1e-7);
      expect(worstRelative).toBeLessThan(3 * 2 ** -23);
      const positive = chunk.slice();
      chunk.set(x.map((value) => -value));
      kernels.activate(chunk, chunk.length, 'tanh');
      expect(Buffer.compare(bytes(chunk), bytes(positive.map((value) => -value)))).toBe(0);
    }
  });

  test('keep infinities in range and let NaN through', () => {
    const values = kernels.allocate(8);
    const edge = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, -0, 3e38, -3e38];
    values.set(edge);
    kernels.activate(values, 7, 'tanh');
    expect([...values.slice(0, 7)]).toEqual([1, -1, Number.NaN, 0, -0, 1, -1]);
    values.set(edge);
    kernels.activate(values, 7, 'relu');
    const relu = [...values.slice(0, 7)];
    expect(relu.slice(0, 3)).toEqual([Number.POSITIVE_INFINITY, 0, Number.NaN]);
    expect(relu.slice(5)).toEqual([fround(3e38), 0]);
  });

  test('touch nothing past the given length', () => {
    for (const length of [1, 2, 3, 4, 5, 7]) {
      const values = kernels.allocate(8).fill(-0.5);
      kernels.activate(values, length, 'relu');
      expect([...values]).toEqual([...values].map((_, i) => (i < length ? 0 : -0.5)));
    }
  });

  test.each(['identity', 'tanh', 'relu'] as const)('%s: gradients and bias sums', (activation) => {
    for (const [rows, columns] of [
      [1, 1],
      [3, 2],
      [5, 7],
      [8, 16],
      [9, 23],
      [65, 67],
    ]) {
      const rng = createRng(rows);
      const y = gaussians(kernels, rows * columns, rng);
      const dy = gaussians(kernels, rows * columns, rng);
      const bias = gaussians(kernels, columns + 1, rng);
      const expectedBias = bias.slice();
      const expected = dy.map((gradient, i) => {
        const factor = slope(activation, y[i]);
        return factor === 0 ? 0 : fround(gradient * factor);
      });
      for (let i = 0; i < rows * columns; i++) {
        expectedBias[i % columns] = fround(expectedBias[i % columns] + expected[i]);
      }
      kernels.activationGradient(y, activation, dy, bias, rows, columns);
      expect(dy).toEqual(expected);
      expect(bias).toEqual(expectedBias);
    }
  });

  function slope(activation: Activation, y: number): number {
    if (activation === 'tanh') return fround(1 - fround(y * y));
    return activation === 'relu' && !(y > 0) ? 0 : 1;
  }
});

describe('logSoftmax', () => {
  test.each([1, 2, 3, 4, 5, 9, 33])('matches its definition for %i categories', (columns) => {
    const rows = 11;
    const offset = 2;
    const stride = columns + 3;
    const logits = gaussians(kernels, rows * stride, createRng(columns)).map((x) => 20 * x);
    const input = kernels.allocate(logits.length);
    input.set(logits);
    const logProbs = kernels.allocate(logits.length).fill(99);
    const probabilities = kernels.allocate(logits.length).fill(99);
    kernels.logSoftmax(input, logProbs, probabilities, rows, columns, offset, stride);
    expect(Buffer.compare(bytes(input), bytes(logits))).toBe(0);
    for (let row = 0; row < rows; row++) {
      const group = logits.slice(row * stride + offset, row * stride + offset + columns);
      const largest = Math.max(...group);
      const logSum = math.log(group.reduce((sum, x) => sum + math.exp(x - largest), 0));
      for (let i = row * stride; i < (row + 1) * stride; i++) {
        const k = i - row * stride - offset;
        if (k < 0 || k >= columns) {
          expect([logProbs[i], probabilities[i]]).toEqual([99, 99]);
          continue;
        }
        const exact = group[k] - largest - logSum;
        expect(Math.abs(logProbs[i] - exact)).toBeLessThan(2e-7 * (1 + Math.abs(exact)));
        expect(Math.abs(probabilities[i] - math.exp(exact))).toBeLessThan(2e-7);
      }
    }
  });

  test('gives an impossible category probability 0 and spreads NaN over its row only', () => {
    const { NEGATIVE_INFINITY, POSITIVE_INFINITY, NaN: nan } = Number;
    const logits = kernels.allocate(12);
    logits.set([1, NEGATIVE_INFINITY, 1, nan, 0, 0, POSITIVE_INFINITY, 0, 0]);
    logits.fill(NEGATIVE_INFINITY, 9);
    const logProbs = kernels.allocate(12);
    const probabilities = kernels.allocate(12);
    kernels.logSoftmax(logits, logProbs, probabilities, 4, 3, 0, 3);
    expect([...probabilities.slice(0, 3)]).toEqual([0.5, 0, 0.5]);
    expect(logProbs[1]).toBe(NEGATIVE_INFINITY);
    expect(logProbs.slice(3).every(Number.isNaN)).toBe(true);
  });
});

describe('gathered rows', () => {
  test.each([1, 2, 3, 4, 5, 16, 33])(
    'are those asked for, in their order, and nothing else: %i columns',
    (columns) => {
      const source = kernels.allocate(7 * columns).map((_, i) => i);
      const held = kernels.allocate(source.length);
      held.set(source);
      const chosen = [6, 0, 3, 3];
      const rows = kernels.allocateIntegers(chosen.length);
      rows.set(chosen);
      const target = kernels.allocate(5 * columns).fill(-1);
      kernels.gatherRows(target, held, rows, columns);
      const expected = chosen.flatMap((row) => [...source.subarray(row * columns, (row + 1) * columns)]);
      expect([...target]).toEqual([...expected, ...Array(columns).fill(-1)]);
    },
  );

  test('may be none, and integers', () => {
    const source = kernels.allocateIntegers(3);
    source.set([1, -2, 2 ** 31 - 1]);
    const rows = kernels.allocateIntegers(2);
    rows.set([2, 1]);
    const target = kernels.allocateIntegers(2);
    kernels.gatherRows(target, source, rows.subarray(0, 0), 1);
    expect([...target]).toEqual([0, 0]);
    kernels.gatherRows(target, source, rows, 1);
    expect([...target]).toEqual([2 ** 31 - 1, -2]);
  });
});

describe('norms', () => {
  test('are not measured where only their being finite is asked for, at every place of every length', () => {
    for (const length of [0, 1, 3, 4, 15, 16, 17, 37]) {
      const values = kernels.allocate(length + 1);
      values.fill(3e38);
      values[length] = Number.NaN;
      const part = values.subarray(0, length);
      expect(kernels.allFinite(part)).toBe(true);
      for (let i = 0; i < length; i++) {
        for (const bad of [Number.NaN, Infinity, -Infinity]) {
          part[i] = bad;
          expect(kernels.allFinite(part)).toBe(false);
        }
        part[i] = -3e38;
      }
    }
  });

  test('are exact to Float64 for every length, and not finite exactly when a value is not', () => {
    for (let length = 0; length < 40; length++) {
      const values = gaussians(kernels, length, createRng(length));
      const exact = values.reduce((sum, x) => sum + x * x, 0);
      expect(kernels.sumOfSquares(values)).toBeCloseTo(exact, 12);
    }
    const huge = kernels.allocate(1000).fill(3e38);
    expect(Number.isFinite(kernels.sumOfSquares(huge))).toBe(true);
    for (const [i, bad] of [
      [0, Number.NaN],
      [7, Number.POSITIVE_INFINITY],
      [999, Number.NEGATIVE_INFINITY],
    ]) {
      const values = kernels.allocate(1000);
      values[i] = bad;
      expect(Number.isFinite(kernels.sumOfSquares(values))).toBe(false);
    }
  });

  test('scaling reaches every number and no other', () => {
    for (let length = 0; length < 10; length++) {
      const values = kernels.allocate(12).fill(3);
      kernels.scale(values.subarray(1, 1 + length), 0.5);
      expect([...values]).toEqual([...values].map((_, i) => (i >= 1 && i <= length ? 1.5 : 3)));
    }
  });
});

function bytes(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
