import { describe, expect, test } from 'vitest';
import { LATENCY_BOUNDS, LatencyHistogram } from '../../../live/ops/latency-histogram.ts';

describe('a histogram of latencies', () => {
  test('has the classes that dashboards are made for, and counts each up to its bound', () => {
    expect([...LATENCY_BOUNDS].map((seconds) => Number((seconds * 1e6).toPrecision(6)))).toEqual([
      10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 1_000_000,
    ]);
    const histogram = new LatencyHistogram();
    for (const bound of LATENCY_BOUNDS) histogram.add(bound);
    expect(histogram.summary().atMost).toEqual(LATENCY_BOUNDS.map((_, i) => i + 1));
    histogram.add(1.001);
    histogram.add(1e-5 + 1e-9);
    const { atMost, count } = histogram.summary();
    expect([atMost[0], atMost[1], atMost.at(-1), count]).toEqual([1, 3, 15, 16]);
  });

  test('knows the quantiles of the last 1024, and the sum of all', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.summary()).toMatchObject({
      count: 0,
      sumSeconds: 0,
      p50Us: Number.NaN,
      p99Us: Number.NaN,
    });
    for (let i = 0; i < 10; i++) histogram.add(5);
    for (let i = 1; i <= 1024; i++) histogram.add(i / 1e6);
    const { p50Us, p99Us, sumSeconds, count } = histogram.summary();
    expect([p50Us, p99Us].map((us) => Math.round(us))).toEqual([512, 1014]);
    expect(sumSeconds).toBeCloseTo(50 + (1024 * 1025) / 2e6, 9);
    expect(count).toBe(1034);
  });
});
