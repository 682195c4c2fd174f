/** The page on data quality says each kind of planted fault, marks it in the picture, and says nothing of a plain walk. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { type Candles, createCandles } from '../../../market/candles/candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { renderQualityReport } from '../../../trainers/report/data-quality.ts';

const walk = geometricBrownian({ rng: createRng(4), length: 600, gapDeviation: 0.001 });
const HOUR = 3_600_000;

type Columns = Record<'timeMs' | 'open' | 'high' | 'low' | 'close' | 'volume', number[]>;

function planted(change: (columns: Columns, row: number) => void, rows = (row: number) => row >= 0): Candles {
  const pick = (values: Float64Array) => Array.from(values).filter((_, row) => rows(row));
  const columns: Columns = {
    timeMs: pick(walk.timeMs),
    open: pick(walk.open),
    high: pick(walk.high),
    low: pick(walk.low),
    close: pick(walk.close),
    volume: pick(walk.volume),
  };
  for (let row = 0; row < columns.timeMs.length; row++) change(columns, row);
  return createCandles(columns);
}
const scale = (columns: Columns, row: number, factor: number) => {
  for (const name of ['open', 'high', 'low', 'close'] as const) columns[name][row] *= factor;
};
const flatten = (columns: Columns, row: number, price: number) => {
  for (const name of ['open', 'high', 'low', 'close'] as const) columns[name][row] = price;
};
const page = (candles: Candles, notes: readonly string[] = []) =>
  renderQualityReport({
    title: 'x.csv',
    understoodAs: 'CSV, candles',
    notes,
    series: [{ symbol: undefined, candles }],
  });
const kinds = (html: string) => [...html.matchAll(/<ul data-kind="([a-z-]+)"/g)].map(([, kind]) => kind);
const marks = (html: string) => [...html.matchAll(/data-fault="([a-z-]+)"/g)].map(([, kind]) => kind);

test('a plain walk has none of the faults', () => {
  const html = page(walk);
  expect(kinds(html)).toEqual([]);
  expect(marks(html)).toEqual([]);
  expect(html).toContain('Nothing found');
  expect(html).not.toContain('<script');
  expect(html).toContain('<svg');
});

describe('a planted fault is said and marked', () => {
  test.each<[kind: string, candles: Candles, says: RegExp, marked: boolean]>([
    [
      'outlier',
      planted((c, row) => row === 300 && scale(c, row, 1.3)),
      /\+\d+(\.\d+)? % from close to close at 2020-01-13 12:00/,
      true,
    ],
    [
      'outlier',
      // Most bars of a series stand still: the usual deviation is 0.
      planted((c, row) => {
        const usual = row % 10 === 0 ? 100.1 : 100;
        flatten(c, row, row === 400 ? 70 : usual);
      }),
      /−30 % from close to close/,
      true,
    ],
    [
      'jump',
      planted((c, row) => row >= 300 && scale(c, row, 1.25)),
      /The open is \+2[45](\.\d)? % from the close before, at .*another contract or symbol/,
      true,
    ],
    ['jump', planted((c, row) => row >= 300 && scale(c, row, 0.5)), /a split of 2 for 1/, true],
    ['jump', planted((c, row) => row >= 300 && scale(c, row, 10)), /a split of 1 for 10/, true],
    [
      'gap',
      planted(
        () => undefined,
        (row) => row < 200 || row >= 230,
      ),
      /No bars for 1\.29 d, from/,
      true,
    ],
    [
      'still-price',
      planted((c, row) => row >= 250 && row < 290 && flatten(c, row, c.close[249])),
      /The price stands still for 40 bars/,
      true,
    ],
    [
      'no-volume',
      planted((c, row) => {
        if (row >= 100 && row < 150) c.volume[row] = 0;
      }),
      /No volume for 50 bars/,
      true,
    ],
    [
      'no-volume',
      planted((c, row) => {
        c.volume[row] = 0;
      }),
      /No bar has volume/,
      false,
    ],
    [
      'step-change',
      planted((c, row) => {
        if (row > 300) c.timeMs[row] = c.timeMs[300] + (row - 300) * 60_000;
      }),
      /Bars of 1 min from .*more than one time frame/,
      true,
    ],
    [
      'off-grid',
      planted((c, row) => {
        if (row % 50 === 7) c.timeMs[row] += 61_000;
      }),
      /2 % of the bars do not begin where the others do/,
      false,
    ],
    ['dead-feed', planted((c, row) => flatten(c, row, 5)), /the feed is dead/, false],
    [
      'no-direction',
      planted((c, row) => flatten(c, row, 100 + Math.floor(row / 3))),
      /most labels of direction are neither up nor down/,
      false,
    ],
  ])('%s', (kind, candles, says, marked) => {
    const html = page(candles);
    expect(kinds(html)).toContain(kind);
    const list = new RegExp(`<ul data-kind="${kind}">(.*?)</ul>`, 's').exec(html)?.[1];
    expect(list).toMatch(says);
    expect(marks(html).includes(kind)).toBe(marked);
  });

  test('what was said when the file was read: duplicates and mixed units', () => {
    const html = page(walk, [
      'Times are mixed in unit: unix s, unix ms; each was read by its size.',
      '3 rows repeat a time; the first row of each was kept.',
      'The text is in CP949 (EUC-KR).',
    ]);
    const list = /<ul data-kind="note">(.*?)<\/ul>/s.exec(html)?.[1] ?? '';
    expect(list).toContain('mixed in unit');
    expect(list).toContain('3 rows repeat a time');
    expect(list).not.toContain('CP949');
    expect(html).toContain('CP949');
  });

  test('names of files and symbols cannot break out of the page', () => {
    const html = renderQualityReport({
      title: '<script>alert(1)</script>',
      understoodAs: '"',
      notes: ['<b>'],
      series: [{ symbol: '<img>', candles: walk }],
    });
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<img>');
    expect(html).not.toContain('<li><b>');
  });
});

test('gaps are drawn where they are', () => {
  const html = page(
    planted(
      () => undefined,
      (row) => row < 300 || row >= 360,
    ),
  );
  const [, x, width] = /data-fault="gap" x="([\d.]+)"[^>]* width="([\d.]+)"/.exec(html) ?? [];
  const [left, plot] = [70, 1022];
  expect(Number(x)).toBeCloseTo(left + (299 / 599) * plot, 0);
  expect(Number(width)).toBeCloseTo((61 / 599) * plot, 0);
  expect(walk.timeMs[1] - walk.timeMs[0]).toBe(HOUR);
});
