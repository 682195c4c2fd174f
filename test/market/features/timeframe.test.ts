/** Features of coarser bars and of other columns are what their definitions say, and know nothing of the future. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { type Candles, createCandles, sliceCandles } from '../../../market/candles/candles.ts';
import { resampleCandles } from '../../../market/candles/resample.ts';
import { exogenousColumns } from '../../../market/features/exogenous.ts';
import { createFeaturePipeline, type FeatureMatrix } from '../../../market/features/pipeline.ts';
import { loadCandles } from '../../../market/files/load-candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { OPEN } from '../../../trainers/look-ahead/perturbation.ts';
import { testNoLookAhead } from '../../no-look-ahead.ts';

const HOUR = 3_600_000;
const walk = geometricBrownian({ rng: createRng(8), length: 400 });
const hours = (candles: Candles, missing: (row: number) => boolean = () => false): Candles => {
  const rows = Array.from(candles.timeMs.keys()).filter((row) => !missing(row));
  const pick = (values: Float64Array) => rows.map((row) => values[row]);
  return createCandles({
    timeMs: rows.map((row) => Date.UTC(2023, 0, 2, 3) + row * HOUR),
    open: pick(candles.open),
    high: pick(candles.high),
    low: pick(candles.low),
    close: pick(candles.close),
    volume: pick(candles.volume),
    extra: { funding: rows.map((row) => Math.sin(row) + 2) },
  });
};
const column = ({ values, numColumns, numRows }: FeatureMatrix, c = 0) =>
  Array.from({ length: numRows }, (_, row) => values[row * numColumns + c]);

describe('a feature of coarser bars', () => {
  const candles = hours(walk);

  test.each([
    ['return:2@4h', 'return:2', 'none'],
    ['rsi:3@4h', 'rsi:3', 'none'],
    ['volatility:3@6h', 'volatility:3', 'rolling'],
    ['volume-zscore:4@12h', 'volume-zscore:4', 'rolling'],
  ] as const)('%s is %s of coarse bars, known from the close of each on', (spec, base, normalize) => {
    const barMs = Number(/@(\d+)h/.exec(spec)?.[1]) * HOUR;
    const options = { normalize, normalizationBars: 10 };
    const pipeline = createFeaturePipeline([spec], { ...options, stepMs: HOUR });
    const made = column(pipeline.compute(candles));
    const coarse = resampleCandles(candles, barMs);
    const expected = column(createFeaturePipeline([base], options).compute(coarse.candles));
    let bar = -1;
    for (let row = 0; row < candles.length; row++) {
      // The oracle holds the value of the last coarse bar whose last row has closed.
      while (bar + 1 < coarse.lastRow.length && coarse.lastRow[bar + 1] <= row) bar++;
      if (row >= pipeline.warmupRows) expect(made[row]).toBe(expected[bar]);
      else expect(made[row]).toBeNaN();
    }
    expect(pipeline.columns).toEqual([spec]);
  });

  test('the length of a bar is told from the candles, and asked for where there are none', () => {
    const pipeline = createFeaturePipeline(['return@4h', 'rsi:3']);
    expect(pipeline.columns).toEqual(['return:1@4h', 'rsi:3']);
    expect(() => pipeline.warmupRows).toThrow('"return:1@4h" needs to know how long a bar is');
    expect(() => pipeline.stream()).toThrow('stepMs');
    const options = { normalizationBars: 10 };
    const told = createFeaturePipeline(['return@4h'], { ...options, stepMs: HOUR }).compute(candles);
    expect(createFeaturePipeline(['return@4h'], options).compute(candles)).toEqual(told);
  });

  test.each([
    ['return:2@90m', 'whole multiple'],
    ['return:2@30m', 'whole multiple'],
    ['return:2@ticks:5', 'bars behind "@" are of time'],
    ['return:2@soon', 'says no bars'],
  ])('%s is refused', (spec, says) => {
    expect(() => createFeaturePipeline([spec]).compute(candles)).toThrow(says);
  });

  test('its bits are those of any later start, with bars missing too', () => {
    const gappy = hours(walk, (row) => row % 17 === 5 || (row > 150 && row < 171));
    const pipeline = createFeaturePipeline(['return:2@4h', 'range:2@6h'], {
      normalizationBars: 6,
      stepMs: HOUR,
    });
    const whole = pipeline.compute(gappy);
    for (const from of [1, 2, 3, 7, 90]) {
      const part = pipeline.compute(sliceCandles(gappy, from));
      for (let row = from + pipeline.warmupRows; row < gappy.length; row++) {
        for (let c = 0; c < 2; c++) {
          expect(part.values[(row - from) * 2 + c]).toBe(whole.values[row * 2 + c]);
        }
      }
    }
  });
});

describe('a column of the file', () => {
  const candles = hours(walk);

  test.each([
    ['column:funding', 0],
    ['column:funding:lag=3', 3],
    ['column:funding:lag=8h', 8],
    ['column:funding:lag=90m', 2],
  ])('%s is its value of %i bars before', (spec, lag) => {
    const made = column(createFeaturePipeline([spec], { normalize: 'none' }).compute(candles));
    const funding = candles.extra?.funding as Float64Array;
    for (let row = lag; row < candles.length; row++) expect(made[row]).toBe(Math.fround(funding[row - lag]));
    expect(createFeaturePipeline([spec], { stepMs: HOUR }).columns).toEqual([spec]);
  });

  test('a lag in time is one of the clock, across bars that are missing', () => {
    const gappy = hours(walk, (row) => row >= 40 && row < 44);
    const made = column(
      createFeaturePipeline(['column:funding:lag=3h'], { normalize: 'none' }).compute(gappy),
    );
    // The bar after the hole opens five hours after the one before it: three hours back lies in the hole.
    expect(made[40]).toBe(Math.fround(Math.sin(39) + 2));
    expect(made[43]).toBe(Math.fround(Math.sin(44) + 2));
  });

  test('one that the market has not is named, and so is one that is not named', () => {
    expect(() => createFeaturePipeline(['column:sentiment']).compute(candles)).toThrow(
      'no column "sentiment" for the feature column:sentiment',
    );
    expect(() => createFeaturePipeline(['column']).compute(candles)).toThrow('names no column');
    expect(exogenousColumns(['return:1', 'column:a b:lag=2', 'column:c@4h', 3, 'column:c'])).toEqual([
      'a b',
      'c',
    ]);
    expect(exogenousColumns('column:a')).toEqual([]);
  });

  test('is read from the file when it is asked for, and from no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exogenous-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'prices.csv');
    const rows = Array.from(
      { length: 20 },
      (_, n) => `${1_672_759_800 + 60 * n},1,2,1,${1 + n / 40},5,${n % 7},${n}`,
    );
    writeFileSync(path, `time,open,high,low,close,volume,Fear Index,other\n${rows.reverse().join('\n')}\n`);
    expect((await loadCandles(path)).candles.extra).toBeUndefined();
    const { candles: read } = await loadCandles(path, { exogenous: ['fear index'] });
    expect(Array.from(read.extra?.['fear index'] ?? [])).toEqual(Array.from({ length: 20 }, (_, n) => n % 7));
    await expect(loadCandles(path, { exogenous: ['greed'] })).rejects.toThrow(
      /no column "greed" for the feature column:greed; it has "time", .*"Fear Index"/,
    );
  });
});

testNoLookAhead(
  'features of coarser bars and of other columns',
  (candles) => {
    const specs = ['return:2@4h', 'channel:3@8h', 'column:funding', 'column:funding:lag=5h'];
    const pipeline = createFeaturePipeline(specs, { normalizationBars: 5, stepMs: HOUR });
    const { values, numColumns, firstRow } = pipeline.compute(candles);
    return Array.from({ length: candles.length - firstRow }, (_, n) => ({
      time: firstRow + n,
      label: 'features',
      values: Array.from(values.subarray((firstRow + n) * numColumns, (firstRow + n + 1) * numColumns)),
    }));
  },
  { candles: hours(walk), cuts: [150, 151, 152, 153, 200 - OPEN, 303] },
);
