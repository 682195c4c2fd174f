import { expect, test } from 'vitest';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { EquityCurve } from '../../../live/ops/equity-curve.ts';
import { LATENCY_BOUNDS, LatencyHistogram } from '../../../live/ops/latency-histogram.ts';
import { OpsMonitor } from '../../../live/ops/monitor.ts';
import { type RiskConfig, RiskGuard, riskConfig } from '../../../live/session/risk-guard.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { scriptedRun, TRADING_SCRIPT } from '../scripted-run.ts';

test('an equity curve keeps its ends and its shape in a bounded number of points', () => {
  const curve = new EquityCurve(100);
  for (let i = 0; i < 100_000; i++) {
    curve.add(i * 10, i);
    if (i % 97 > 0 && i > 500) continue;
    const { timeMs, equity } = curve.read();
    expect(timeMs.length).toBeLessThanOrEqual(100);
    expect([timeMs[0], timeMs.at(-1), equity.at(-1)]).toEqual([0, i * 10, i]);
  }
  const { timeMs, equity } = curve.read();
  expect(timeMs.length).toBeGreaterThan(45);
  for (const [i, time] of timeMs.entries()) expect(equity[i]).toBe(time / 10);
  // Evenly spread: no stretch is more than a few times as long as the mean.
  const mean = 1e6 / timeMs.length;
  for (let i = 1; i < timeMs.length; i++) expect(timeMs[i] - timeMs[i - 1]).toBeLessThan(4 * mean);
});

test('two equities of one time are the later one', () => {
  const curve = new EquityCurve();
  curve.add(1, 10);
  curve.add(1, 11);
  expect(curve.read()).toEqual({ timeMs: [1], equity: [11] });
});

test('a histogram counts each duration once, at its bound', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.summary()).toMatchObject({ count: 0, p50Us: Number.NaN });
  for (const seconds of [0, ...LATENCY_BOUNDS, 5]) histogram.add(seconds);
  const { atMost, count, sumSeconds, p50Us } = histogram.summary();
  expect(atMost).toEqual(LATENCY_BOUNDS.map((_, i) => i + 2));
  expect(count).toBe(LATENCY_BOUNDS.length + 2);
  expect(sumSeconds).toBeCloseTo(
    LATENCY_BOUNDS.reduce((sum, bound) => sum + bound, 5),
    12,
  );
  expect(p50Us).toBeCloseTo(LATENCY_BOUNDS[6] * 1e6, 6);
});

test('quantiles are of the last 1024 alone', () => {
  const histogram = new LatencyHistogram();
  for (let i = 0; i < 5000; i++) histogram.add(1);
  for (let i = 0; i < 1024; i++) histogram.add(1e-6 * i);
  const { p50Us, p99Us } = histogram.summary();
  expect(p50Us).toBeCloseTo(511, 6);
  expect(p99Us).toBeCloseTo(1013, 6);
});

test('a monitor without a run says what it lacks', () => {
  const monitor = new OpsMonitor({ clock: new VirtualClock() });
  expect(() => monitor.state()).toThrow(/attach\(run\)/);
  expect(() => monitor.halt('now')).toThrow(/attach\(run\)/);
});

test('a guard goes on from its save: orders of the last minute still count, older ones do not', () => {
  const config: RiskConfig = riskConfig.parse({ maxOrdersPerMinute: 3 });
  const order = { exposure: 0.5, notional: 1, increasesRisk: true, edgeBps: Number.NaN };
  const guard = new RiskGuard(config);
  const times = [0, 10_000, 50_000, 61_000, 75_000, 76_000, 111_000, 122_000, 140_000];
  const verdicts: string[] = [];
  let copy = new RiskGuard(config);
  for (const timeMs of times) {
    const { verdict } = guard.judge(order, timeMs);
    expect(copy.judge(order, timeMs).verdict).toBe(verdict);
    verdicts.push(verdict);
    copy = new RiskGuard(config);
    copy.load(structuredClone(guard.save()));
    expect(copy.save()).toEqual(guard.save());
  }
  expect(verdicts).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'hold', 'pass', 'pass', 'pass']);
});

test.each(['record', 'trading'])('a monitor tells that the session is one of mode %s', async (mode) => {
  const books = walkingBooks({ events: 50, depth: 3 });
  const script = scriptedRun({ books, config: { ...TRADING_SCRIPT, mode } });
  script.play(20);
  expect(script.monitor.state().mode).toBe(mode);
  await script.close();
});
