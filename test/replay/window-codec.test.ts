import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { ReplayOptions } from '../../replay/gather.ts';
import { createReplayBatch } from '../../replay/replay-batch.ts';
import { UniformReplay } from '../../replay/uniform-buffer.ts';
import { createWindowCodec } from '../../replay/window-codec.ts';

/** A series [T, F] of few different values, so that equal rows and equal windows occur. */
function createSeries(numRows: number, numColumns: number, numValues: number, seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: numRows * numColumns }, () => rng.integer(numValues) / 3);
}

/** The window that ends with `row`, then the account numbers. */
function observe(values: Float32Array, numColumns: number, window: number, row: number, account: number[]) {
  return [...values.subarray((row + 1 - window) * numColumns, (row + 1) * numColumns), ...account];
}

describe('what comes back is what went in', () => {
  test('for any window, even where rows and windows repeat', () => {
    const cases = fc.record({
      numColumns: fc.integer({ min: 1, max: 3 }),
      window: fc.integer({ min: 1, max: 5 }),
      extraRows: fc.integer({ min: 0, max: 60 }),
      numValues: fc.constantFrom(1, 2, 1000),
      accountDim: fc.integer({ min: 0, max: 3 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ numColumns, window, extraRows, numValues, accountDim, seed }) => {
        const numRows = window + extraRows;
        const values = createSeries(numRows, numColumns, numValues, seed);
        const codec = createWindowCodec(values, numColumns, window, accountDim);
        const rng = createRng(seed);
        const count = 30;
        const keys = new Float32Array(count * codec.keyDim);
        const expected: number[] = [];
        const keyOfWindow = new Map<string, number>();
        for (let i = 0; i < count; i++) {
          const row = window - 1 + rng.integer(numRows - window + 1);
          const account = Array.from({ length: accountDim }, () => Math.fround(rng.gaussian()));
          const observation = observe(values, numColumns, window, row, account);
          const batch = Float32Array.from([...observation, ...observation]);
          codec.encodeInto(keys, i, batch, i % 2);
          expected.push(...observation);
          const name = observation.slice(0, window * numColumns).join();
          const key = keys[i * codec.keyDim];
          expect(keyOfWindow.get(name) ?? key).toBe(key);
          keyOfWindow.set(name, key);
        }
        const decoded = new Float32Array(expected.length);
        codec.decodeRowsInto(
          decoded,
          keys,
          Int32Array.from({ length: count }, (_, i) => i),
          count,
        );
        expect([...decoded]).toEqual(expected);
      }),
    );
  });

  test('through a replay buffer, with several envs at different places of the series', () => {
    const numColumns = 3;
    const window = 4;
    const numRows = 50;
    const numEnvs = 3;
    const values = createSeries(numRows, numColumns, 4, 1);
    const codec = createWindowCodec(values, numColumns, window, 1);
    const { observationDim } = codec;
    const options: ReplayOptions = {
      capacity: 60,
      numEnvs,
      observationDim,
      actionDim: 1,
      discreteActions: true,
      gamma: 1,
      codec,
    };
    const keyed = new UniformReplay(options);
    const full = new UniformReplay({ ...options, codec: undefined });
    const rng = createRng(2);
    const rows = [window - 1, 20, 46];
    for (let step = 0; step < 100; step++) {
      const account = () => [Math.fround(rng.gaussian())];
      const observations = rows.flatMap((row) => observe(values, numColumns, window, row, account()));
      const nextObservations = rows.flatMap((row) => observe(values, numColumns, window, row + 1, account()));
      const truncated = rows.map((row) => (row + 2 === numRows ? 1 : 0));
      const transition = {
        observations: Float32Array.from(observations),
        actions: Int32Array.from(rows),
        rewards: Float32Array.from(rows),
        nextObservations: Float32Array.from(nextObservations),
        terminated: new Uint8Array(numEnvs),
        truncated: Uint8Array.from(truncated),
      };
      keyed.push(transition);
      full.push(transition);
      rows.forEach((row, n) => {
        rows[n] = truncated[n] ? window - 1 : row + 1;
      });
    }
    const batch = createReplayBatch({ ...options, size: 60 });
    const expected = createReplayBatch({ ...options, size: 60 });
    keyed.sampleInto(batch, 60, createRng(3));
    full.sampleInto(expected, 60, createRng(3));
    expect(batch).toEqual(expected);
    expect(full.bytesPerTransition - keyed.bytesPerTransition).toBe(4 * (window * numColumns - 1));
  });
});

test('a window of 64 rows of 10 features and 4 account numbers takes 20 bytes and not 2576', () => {
  const codec = createWindowCodec(createSeries(100, 10, 1000, 1), 10, 64, 4);
  expect(codec.observationDim * 4).toBe(2576);
  expect(codec.keyDim * 4).toBe(20);
});

test('rows that are NaN before the warm-up do no harm', () => {
  const values = createSeries(20, 2, 1000, 1).fill(Number.NaN, 0, 10);
  const codec = createWindowCodec(values, 2, 3, 0);
  const keys = new Float32Array(1);
  codec.encodeInto(keys, 0, values.slice(10, 16), 0);
  expect(keys[0]).toBe(7);
});

describe('bad input gives one clear line', () => {
  test('about an observation that is not in the series', () => {
    const values = createSeries(20, 2, 1000, 1);
    const codec = createWindowCodec(values, 2, 3, 1);
    const observation = Float32Array.from([...values.subarray(4, 10), 0.5]);
    codec.encodeInto(new Float32Array(2), 0, observation, 0);
    observation[0] += 1;
    expect(() => codec.encodeInto(new Float32Array(2), 0, observation, 0)).toThrow(
      expect.objectContaining({ code: 'not-in-series', message: expect.stringMatching(/env 0 .*3 rows/) }),
    );
  });

  test('about a series that does not fit', () => {
    expect(() => createWindowCodec(new Float32Array(7), 2, 1, 0)).toThrow(/7 numbers in 2 columns/);
    expect(() => createWindowCodec(new Float32Array(8), 2, 5, 0)).toThrow(/windows of 5/);
    expect(() => createWindowCodec(new Float32Array(8), 2, 0, 0)).toThrow(/windows of 0/);
    expect(() => createWindowCodec(new Float32Array(2 ** 24 + 1), 1, 2, 0)).toThrow(/at most 16777216/);
  });
});
