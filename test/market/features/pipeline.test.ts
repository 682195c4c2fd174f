/** The pipeline: specs, warm-up, rolling normalisation, and a stream that equals the batch to the bit. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from '../../../core/config.ts';
import { Registry } from '../../../core/registry.ts';
import { createRng } from '../../../core/rng.ts';
import {
  type Candles,
  candlesFromPrices,
  createCandles,
  sliceCandles,
} from '../../../market/candles/candles.ts';
import { candleFeatures, defineFeature, type Feature } from '../../../market/features/features.ts';
import { createFeaturePipeline, type FeatureMatrix } from '../../../market/features/pipeline.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';

const candles = geometricBrownian({ rng: createRng(3), length: 260, gapDeviation: 0.002 });
const everyFeature = candleFeatures.map((feature) => feature.name);
const BARS = 40;
const pipeline = createFeaturePipeline(everyFeature, { normalizationBars: BARS });
const batch = pipeline.compute(candles);

const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
const rowOf = ({ values, numColumns }: FeatureMatrix, row: number) =>
  values.subarray(row * numColumns, (row + 1) * numColumns);

describe('specs', () => {
  test('name the columns in full', () => {
    const { columns } = createFeaturePipeline(['return:5', 'return', 'hour-sin', 'rsi']);
    expect(columns).toEqual(['return:5', 'return:1', 'hour-sin', 'rsi:14']);
  });

  test.each<[specs: string[], code: string, says: string]>([
    [['retrun:5'], 'unknown-name', 'Did you mean "return"?'],
    [['return:0'], 'invalid-feature', '1 or more'],
    [['return:-3'], 'invalid-feature', '"return:-3"'],
    [['return:1.5'], 'invalid-feature', 'whole number'],
    [['return:'], 'invalid-feature', 'whole number'],
    [['return:5:5'], 'invalid-feature', 'whole number'],
    [['return:1e3'], 'invalid-feature', 'whole number'],
    [['volatility:1'], 'invalid-feature', '2 or more'],
    [['hour-sin:3'], 'invalid-feature', 'takes no window'],
    [['return', 'return:1'], 'duplicate-feature', '"return:1" is listed twice'],
    [[], 'invalid-feature', 'at least one'],
  ])('%j are refused: %s', (specs, code, says) => {
    expect(() => createFeaturePipeline(specs)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code, message: expect.stringContaining(says) }),
    );
  });

  test.each([
    { normalizationBars: 1 },
    { normalizationBars: 2.5 },
    { clip: 0 },
    { clip: Number.NaN },
    { normalize: 'all' as 'none' },
  ])('options %j are refused', (options) => {
    expect(() => createFeaturePipeline(['return'], options)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'invalid-value' }),
    );
  });
});

describe('warm-up', () => {
  test('is the lookback, and for normalised features a window more', () => {
    const rows = (specs: string[], options = {}) => createFeaturePipeline(specs, options).warmupRows;
    expect(rows(['return:5'])).toBe(5 + 251);
    expect(rows(['return:5'], { normalizationBars: 10 })).toBe(5 + 9);
    expect(rows(['return:5'], { normalize: 'none' })).toBe(5);
    expect(rows(['rsi:14', 'ma-distance:4'], { normalizationBars: 3 })).toBe(14);
    expect(rows(['hour-sin'])).toBe(0);
  });

  test('leaves NaN before the first row and numbers from it on', () => {
    expect(batch).toMatchObject({
      numRows: 260,
      numColumns: everyFeature.length,
      firstRow: pipeline.warmupRows,
    });
    for (let i = 0; i < batch.values.length; i++) {
      expect(Number.isNaN(batch.values[i])).toBe(i < batch.firstRow * batch.numColumns);
    }
  });

  test('that does not fit is refused with the number of rows needed', () => {
    const { warmupRows } = pipeline;
    expect(pipeline.compute(sliceCandles(candles, 0, warmupRows + 1)).firstRow).toBe(warmupRows);
    expect(() => pipeline.compute(sliceCandles(candles, 0, warmupRows))).toThrow(
      expect.objectContaining({
        code: 'too-few-rows',
        message: expect.stringContaining(`need ${warmupRows + 1} rows`),
      }),
    );
  });
});

describe('normalisation', () => {
  test('is the z-score over the last rows, the present one included, clipped', () => {
    const raw = createFeaturePipeline(['return:1', 'range:3'], { normalize: 'none' }).compute(candles);
    const scaled = createFeaturePipeline(['return:1', 'range:3'], { normalizationBars: 30, clip: 1.5 });
    const { values, firstRow } = scaled.compute(candles);
    let numClipped = 0;
    for (let row = firstRow; row < candles.length; row++) {
      for (let f = 0; f < 2; f++) {
        const window = Array.from({ length: 30 }, (_, i) => raw.values[(row - 29 + i) * 2 + f]);
        const mean = window.reduce((a, b) => a + b) / 30;
        const deviation = Math.sqrt(window.reduce((a, b) => a + (b - mean) ** 2, 0) / 30);
        const z = (window[29] - mean) / deviation;
        if (Math.abs(z) > 1.5) numClipped++;
        expect(values[row * 2 + f]).toBeCloseTo(Math.max(-1.5, Math.min(1.5, z)), 4);
      }
    }
    expect(numClipped).toBeGreaterThan(10);
  });

  test('leaves bounded features as they are', () => {
    const specs = ['rsi:5', 'hour-sin', 'volume-zscore:20'];
    const scaled = createFeaturePipeline(specs, { clip: 0.1 }).compute(candles);
    const raw = createFeaturePipeline(specs, { normalize: 'none' }).compute(candles);
    expect(bits(scaled.values)).toEqual(bits(raw.values));
  });

  test('gives 0 where a feature does not vary', () => {
    const growing = candlesFromPrices(Array.from({ length: 80 }, (_, row) => 100 * 1.01 ** row));
    const { values, firstRow } = createFeaturePipeline(['return', 'ma-distance:9'], {
      normalizationBars: 20,
    }).compute(growing);
    expect(values.subarray(firstRow * 2).every((value) => value === 0)).toBe(true);
  });
});

describe('a stream', () => {
  test('equals the batch to the bit, wherever it starts and however it jumps', () => {
    const stream = pipeline.stream();
    const out = new Float32Array(batch.numColumns);
    const rows = fc.array(fc.tuple(fc.nat(candles.length - 1), fc.integer({ min: 1, max: 30 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(rows, (walks) => {
        for (const [start, count] of walks) {
          for (let row = start; row < Math.min(start + count, candles.length); row++) {
            stream(candles, row, out);
            expect(bits(out)).toEqual(bits(rowOf(batch, row)));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('warmed up with exactly `warmupRows` rows equals the batch to the bit', () => {
    const { warmupRows } = pipeline;
    const out = new Float32Array(batch.numColumns);
    for (let row = warmupRows; row < candles.length; row += 13) {
      const recent = sliceCandles(candles, row - warmupRows, Math.min(row + 20, candles.length));
      const stream = pipeline.stream();
      for (let r = 0; r < recent.length; r++) {
        stream(recent, r, out);
        if (r >= warmupRows) expect(bits(out)).toEqual(bits(rowOf(batch, row - warmupRows + r)));
        else expect(out.every(Number.isNaN)).toBe(true);
      }
    }
  });

  test('fed a sliding window of the last bars equals the batch to the bit', () => {
    const { warmupRows } = pipeline;
    const stream = pipeline.stream();
    const out = new Float32Array(batch.numColumns);
    for (let row = warmupRows; row < candles.length; row++) {
      stream(sliceCandles(candles, row - warmupRows, row + 1), warmupRows, out);
      expect(bits(out)).toEqual(bits(rowOf(batch, row)));
    }
  });

  test('notices that it is shown another series', () => {
    const other = geometricBrownian({ rng: createRng(4), length: 260 });
    const stream = pipeline.stream();
    const out = new Float32Array(batch.numColumns);
    stream(other, 200, out);
    stream(candles, 201, out);
    expect(bits(out)).toEqual(bits(rowOf(batch, 201)));
  });

  test('writes at the offset and nowhere else', () => {
    const out = new Float32Array(batch.numColumns + 4).fill(7);
    pipeline.stream()(candles, 200, out, 2);
    expect(bits(out.subarray(2, 2 + batch.numColumns))).toEqual(bits(rowOf(batch, 200)));
    expect([out[0], out[1], out[out.length - 2], out[out.length - 1]]).toEqual([7, 7, 7, 7]);
  });
});

test('no value at or before row r changes with anything after r, to the bit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: pipeline.warmupRows, max: 258 }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (r, factor) => {
        const change = (column: Float64Array, by: number) =>
          column.map((value, row) => (row > r ? value * by : value));
        const changed = createCandles({
          timeMs: candles.timeMs.map((time, row) => (row > r ? time + 12_345_678 * (row - r) : time)),
          open: change(candles.open, factor),
          high: change(candles.high, factor * 1.5),
          low: change(candles.low, factor * 0.5),
          close: change(candles.close, factor),
          volume: change(candles.volume, factor * 3),
        });
        const end = (r + 1) * batch.numColumns;
        expect(bits(pipeline.compute(changed).values.subarray(0, end))).toEqual(
          bits(batch.values.subarray(0, end)),
        );
      },
    ),
    { numRuns: 40 },
  );
});

describe("a user's feature", () => {
  const scaled = defineFeature({
    name: 'scaled',
    description: '',
    defaultBars: 2,
    bounded: true,
    config: z.object({ by: z.number().default(1), sign: z.enum(['plus', 'minus']).default('plus') }),
    lookback: () => 0,
    create:
      (bars, { by, sign }) =>
      ({ close }, row) =>
        (sign === 'plus' ? 1 : -1) * by * bars * close[row],
  });

  test('a feature has settings of its own, in its spec, and is one column for each choice of them', () => {
    const specs = ['scaled', 'scaled:3:by=2', 'scaled:sign=minus:by=0.5'];
    const { columns, compute } = createFeaturePipeline(specs, { features: [scaled] });
    expect(columns).toEqual(['scaled:2', 'scaled:3:by=2', 'scaled:2:by=0.5:sign=minus']);
    const { values } = compute(candlesFromPrices([10, 10]));
    expect([...values.slice(0, 3)]).toEqual([20, 60, -10]);
    const refuse = (spec: string) => () => createFeaturePipeline([spec], { features: [scaled] });
    expect(refuse('scaled:bye=1')).toThrow('Unknown key "bye" for feature "scaled". Did you mean "by"?');
    expect(refuse('scaled:sign=up')).toThrow(/Invalid value "up" for "sign" of feature "scaled"/);
    expect(refuse('scaled:by=1:by=2')).toThrow(/gives a setting twice/);
    expect(refuse('return:by=1')).toThrow(/Unknown key "by" for feature "return"/);
  });

  const body = defineFeature({
    name: 'body',
    description: 'Close above open, as a fraction of the open',
    bounded: false,
    lookback: () => 0,
    create: () => (c, row) => (c.close[row] - c.open[row]) / c.open[row],
  });
  /** Keeps state, which the contract allows: rows come one after the other. */
  const previousBody = defineFeature({
    name: 'previous-body',
    description: 'The body of the bar before, kept from one call to the next',
    bounded: true,
    lookback: () => 1,
    create() {
      let held = Number.NaN;
      let heldRow = -1;
      return (c, row) => {
        const value = heldRow === row - 1 ? held : body.create(0)(c, row - 1);
        held = body.create(0)(c, row);
        heldRow = row;
        return value;
      };
    },
  });

  test.each([[[body, previousBody]], [new Registry<Feature>('feature', [body, previousBody])]])(
    'is used beside the built-in ones',
    (features) => {
      const { columns, compute } = createFeaturePipeline(['body', 'previous-body', 'return:1'], {
        normalize: 'none',
        features,
      });
      expect(columns).toEqual(['body', 'previous-body', 'return:1']);
      const { values } = compute(candles);
      expect(values[50 * 3 + 1]).toBe(values[49 * 3]);
      expect(values[50 * 3]).toBe(Math.fround((candles.close[50] - candles.open[50]) / candles.open[50]));
    },
  );

  test('may not take the name of another', () => {
    expect(() => createFeaturePipeline(['rsi'], { features: [{ ...body, name: 'rsi' }] })).toThrow(
      expect.objectContaining({ code: 'duplicate-name' }),
    );
  });

  test.each([-1, 0.5, Number.NaN])('may not have a lookback of %d', (lookback) => {
    const features = [{ ...body, lookback: () => lookback }];
    expect(() => createFeaturePipeline(['body'], { features })).toThrow(
      expect.objectContaining({ code: 'invalid-feature' }),
    );
  });

  const broken = (value: number) =>
    defineFeature({
      ...body,
      name: 'broken',
      create: () => (c: Candles, row: number) => (row === 77 ? value : c.close[row]),
    });
  test.each<[value: number, normalize: 'rolling' | 'none']>([
    [Number.NaN, 'rolling'],
    [Number.NaN, 'none'],
    [-Infinity, 'rolling'],
    [1e300, 'rolling'],
    [1e300, 'none'],
  ])('that gives %d is an error naming feature, row and time (%s)', (value, normalize) => {
    const broke = createFeaturePipeline(['return', 'broken'], {
      features: [broken(value)],
      normalize,
      normalizationBars: 10,
    });
    expect(() => broke.compute(candles)).toThrow(
      expect.objectContaining({
        name: 'DataError',
        code: 'non-finite-feature',
        message: expect.stringMatching(
          /^Feature "broken" is .* at row 77 \(2020-01-04T05:00:00\.000Z\); [^\n]*$/,
        ),
      }),
    );
  });

  test('that failed once does not spoil the next call', () => {
    let fail = false;
    const create = () => (c: Candles, row: number) => (fail && row === 148 ? Number.NaN : c.close[row]);
    const flaky = createFeaturePipeline(['return', 'flaky'], {
      features: [{ ...body, name: 'flaky', create }],
      normalizationBars: 5,
    });
    const expected = flaky.compute(candles);
    const stream = flaky.stream();
    const out = new Float32Array(2);
    stream(candles, 99, out);
    fail = true;
    expect(() => stream(candles, 150, out)).toThrow('at row 148');
    fail = false;
    stream(candles, 100, out);
    expect(bits(out)).toEqual(bits(rowOf(expected, 100)));
  });
});
