/** The tear sheet of a page: its figures against hand-computed ones, its size, and what it leaves out. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { foldAccount } from '../../../market/statistics/account-trips.ts';
import type { ReportChartData } from '../../../trainers/report/data.ts';
import { renderReport } from '../../../trainers/report/render.ts';
import type { Report, ReportCurve, ReportSpan } from '../../../trainers/report/report.ts';
import { distributionPicture } from '../../../trainers/report/tear/distribution.ts';
import { tearSheet } from '../../../trainers/report/tear/sheet.ts';
import { durationText, fixedText, percentText, timeText } from '../../../trainers/report/text.ts';
import { counts } from '../../soak.ts';

const DAY_MS = 86_400_000;

function spanOf(
  name: string,
  numBars: number,
  numSeeds: number,
  firstDay: number,
  stepMs = DAY_MS,
): ReportSpan {
  const rng = createRng(name);
  const timeMs = Float64Array.from({ length: numBars }, (_, t) => firstDay * DAY_MS + t * stepMs);
  const price = new Float64Array(numBars).fill(100);
  for (let t = 1; t < numBars; t++) price[t] = price[t - 1] * (1 + 0.01 * rng.gaussian());
  const curve = (curveName: string, kind: ReportCurve['kind']): ReportCurve => {
    const [equity, exposure, position, cash] = [1, 2, 3, 4].map(() => new Float64Array(numBars));
    equity.fill(10_000);
    cash.fill(10_000);
    for (let t = 1; t < numBars; t++) {
      equity[t] = position[t - 1] * price[t] + cash[t - 1];
      position[t] = t % 5 === 0 ? (rng.uniform() * equity[t]) / price[t] : position[t - 1];
      cash[t] = equity[t] - position[t] * price[t];
      exposure[t] = (position[t] * price[t]) / equity[t];
    }
    const path = {
      length: numBars,
      timeMs,
      price,
      equity,
      position,
      cash,
      costPaid: new Float64Array(numBars),
    };
    return { name: curveName, kind, equity, exposure, metrics: {}, trips: foldAccount(path).trips };
  };
  const seeds = Array.from({ length: numSeeds }, (_, i) => curve(`ppo, seed ${i + 1}`, 'agent'));
  const baselines = ['cash', 'buy-and-hold', 'sma-cross', 'random'].map((baseline) =>
    curve(baseline, 'baseline'),
  );
  const candles = { open: price, high: price.map((p) => p * 1.01), low: price.map((p) => p * 0.99) };
  return {
    name,
    description: '',
    seen: name === 'train',
    timeMs,
    price,
    candles,
    curves: [...seeds, ...baselines],
  };
}

function reportOf(spans: readonly ReportSpan[]): Report {
  return {
    ...{ title: 't', subtitle: 's', verdict: { tone: 'no-edge', text: 'No edge found: x.' } },
    ...{ learning: [], spans, metrics: [], details: [], caveats: [] },
  };
}

const embedded = (html: string): ReportChartData =>
  JSON.parse(html.match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s)![1]);

test('five seeds on three spans of 5,000 bars are a page of at most 1.5 MB, interactive as a whole', () => {
  const names = ['train', 'validation', 'test'];
  const html = renderReport(reportOf(names.map((name, i) => spanOf(name, 5000, 5, 5000 * i))));
  expect(html.length).toBeLessThan(1_500_000);
  const [first] = embedded(html).spans;
  expect(first.tear!.candles.time.length).toBeLessThanOrEqual(1000);
  expect(first.tear!.trips.rows.length).toBeLessThanOrEqual(800);
});

test(`${counts(12_000, 1_000_000).toLocaleString('en')} bars are a page of at most 5 MB that keeps the extremes`, () => {
  const numBars = counts(12_000, 1_000_000);
  const span = spanOf('test', numBars, 1, 0, 60_000);
  const html = renderReport(reportOf([span]));
  expect(html.length).toBeLessThan(counts(1_500_000, 5_000_000));
  const [drawn] = embedded(html).spans;
  for (const [i, { equity }] of span.curves.entries()) {
    const growth = Array.from(equity as Float64Array, (value) => Number((value / equity[0]).toPrecision(6)));
    const most = growth.reduce((a, b) => Math.max(a, b));
    const least = growth.reduce((a, b) => Math.min(a, b));
    expect(Math.max(...drawn.curves[i].growth)).toBe(most);
    expect(Math.min(...drawn.curves[i].growth)).toBe(least);
  }
  const highs = (span.candles!.high as Float64Array).reduce((a, b) => Math.max(a, b));
  expect(Math.max(...drawn.tear!.candles.high!)).toBe(Number(highs.toPrecision(6)));
});

describe('the figures', () => {
  const timeMs = Float64Array.from({ length: 5 }, (_, t) => t * 100 * DAY_MS);
  const equity = [100, 110, 99, 108.9, 119.79]; // 0.1, −0.1, 0.1, 0.1
  const market = [50, 52.5, 49.875, 52.36875, 54.9871875]; // half of it

  test('alpha, beta and correlation of an account that does twice what the market does', () => {
    const { market: beside, returns } = tearSheet(timeMs, equity, market, 4)!;
    expect(beside!.beta).toBeCloseTo(2, 10);
    expect(beside!.alpha).toBeCloseTo(0, 10);
    expect(beside!.correlation).toBeCloseTo(1, 10);
    expect(returns.mean).toBeCloseTo(0.05, 10);
    // statistics.stdev([0.1, -0.1, 0.1, 0.1]) = 0.1
    expect(returns.deviation).toBeCloseTo(0.1, 10);
    expect(returns.shareAbove).toBe(0.75);
    expect([returns.best, returns.worst]).toEqual([expect.closeTo(0.1, 12), expect.closeTo(-0.1, 12)]);
  });

  test('too few bars have no tear sheet, and less than a month and a half no months', () => {
    expect(tearSheet([0, 1], [1, 2], undefined)).toBeUndefined();
    const short = tearSheet([0, DAY_MS, 2 * DAY_MS], [1, 2, 3], undefined)!;
    expect([short.months, short.years, short.market]).toEqual([[], [], undefined]);
    const isYearly = (days: number) => tearSheet([0, DAY_MS, days * DAY_MS], [1, 2, 3], undefined)!.hasYearly;
    expect([isYearly(29), isYearly(30)]).toEqual([false, true]);
  });

  test('stand on the page as they are', () => {
    const curve = { kind: 'agent' as const, exposure: [0, 1, 1, 1, 1], metrics: {} };
    const curves = [
      { ...curve, name: 'ppo, seed 1', equity },
      { ...curve, name: 'buy-and-hold', kind: 'baseline' as const, equity: market },
    ];
    const span = {
      name: 'validation',
      description: '',
      seen: false,
      chosenBy: true,
      timeMs,
      price: market,
      curves,
    };
    const page = renderReport(reportOf([span]));
    expect(page).toContain('the checkpoint was chosen by it');
    expect(page).toContain('<dt>Beta</dt><dd>2.00</dd>');
    expect(page).toContain(
      '<tr><th scope="row">1970-04-11</th><td>−10.0%</td><td>1970-07-20</td><td>1971-02-05</td><td>300 days</td></tr>',
    );
    expect(page).toMatch(
      /<tr><th scope="row">1970<\/th><td>8\.9%<\/td><td>4\.7%<\/td><td>4\.2%<\/td><td>−10\.0%<\/td>/,
    );
  });
});

test('numbers are written with one minus sign, and no sign before nothing', () => {
  expect([fixedText(-1.234), fixedText(-0.001), fixedText(Number.NaN)]).toEqual(['−1.23', '0.00', '–']);
  expect([percentText(-0.1234), percentText(Infinity)]).toEqual(['−12.3%', '–']);
  expect([0, 61_000].map((ms) => timeText(ms, false))).toEqual(['1970-01-01 00:00', '1970-01-01 00:01:01']);
  expect([5000, 300_000, 3 * 3_600_000, 3 * DAY_MS].map(durationText)).toEqual([
    '5 s',
    '5 min',
    '3.0 h',
    '3 days',
  ]);
});

test('bars of returns are losses below nothing, gains above, and neither where they hold both', () => {
  const picture = distributionPicture({
    edges: Float64Array.of(-0.03, -0.01, 0.01, 0.03, 0.05),
    counts: Int32Array.of(1, 4, 2, 0),
  });
  const fills = [...picture.matchAll(/fill="var\(--([\w-]+)\)"><title>([^<]+)/g)].map(
    ([, ...cells]) => cells,
  );
  expect(fills).toEqual([
    ['loss', expect.stringMatching(/: 1$/)],
    ['baseline-1', expect.stringMatching(/: 4$/)],
    ['gain', expect.stringMatching(/: 2$/)],
  ]);
});
