import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { median } from '../../../core/statistics.ts';
import { constantTransfers } from '../../../market/arbitrage/transfers.ts';
import { VenueAccounts } from '../../../market/arbitrage/venue-accounts.ts';
import { tieredFee } from '../../../market/execution/fees.ts';
import { constantLatency, empiricalLatency, lognormalLatency } from '../../../market/execution/latency.ts';
import { randomOutages } from '../../../market/execution/outages.ts';
import { RateLimit } from '../../../market/execution/rate-limit.ts';

describe('fee tiers', () => {
  const tiers = [
    { fromVolume: 0, maker: 0.002, taker: 0.004 },
    { fromVolume: 1000, maker: 0.001, taker: 0.003 },
  ];
  test('the volume decides the tier, from its first unit on', () => {
    expect(tieredFee(tiers, 999).feeRate('taker')).toBe(0.004);
    expect(tieredFee(tiers, 1000).feeRate('taker')).toBe(0.003);
    expect(tieredFee(tiers, 1e9).feeRate('maker')).toBe(0.001);
  });
  test.each([
    [[], 0],
    [[tiers[1]], 0],
    [[tiers[0], tiers[0]], 0],
    [[{ fromVolume: 0, maker: 0, taker: 1.2 }], 0],
    [tiers, -1],
  ])('a schedule that makes no sense is refused %#', (schedule, volume) => {
    expect(() => tieredFee(schedule, volume)).toThrow(ConfigError);
  });
});

describe('latency', () => {
  test('a lognormal latency has its median, and is slow for a while in a burst', () => {
    const quiet = lognormalLatency({ medianMs: 50, sigma: 0.5 }, createRng(1));
    expect(median(Float64Array.from({ length: 4001 }, () => quiet.latencyMs(0)))).toBeCloseTo(50, -1);
    const bursty = lognormalLatency(
      { medianMs: 50, sigma: 0, burstProbability: 1, burstFactor: 10, burstMs: 1000 },
      createRng(1),
    );
    expect(bursty.latencyMs(0)).toBe(500);
    expect(bursty.latencyMs(999)).toBe(500);
  });
  test('an empirical latency draws from its samples alone', () => {
    const model = empiricalLatency([3, 7], createRng(1));
    expect(new Set(Array.from({ length: 50 }, () => model.latencyMs(0)))).toEqual(new Set([3, 7]));
  });
  test('a saved model draws on', () => {
    const options = { medianMs: 50, sigma: 1, burstProbability: 0.2, burstFactor: 5, burstMs: 30 };
    const model = lognormalLatency(options, createRng(1));
    for (let t = 0; t < 100; t += 10) model.latencyMs(t);
    const other = lognormalLatency(options, createRng(2));
    other.load(structuredClone(model.save()));
    for (let t = 100; t < 300; t += 10) expect(other.latencyMs(t)).toBe(model.latencyMs(t));
  });
  test.each([
    () => constantLatency(-1),
    () => constantLatency(Number.NaN),
    () => lognormalLatency({ medianMs: 1, sigma: -1 }, createRng(1)),
    () => lognormalLatency({ medianMs: 1, sigma: 1, burstFactor: 0.5 }, createRng(1)),
    () => empiricalLatency([], createRng(1)),
    () => empiricalLatency([1, Infinity], createRng(1)),
  ])('what makes no sense is refused %#', (create) => {
    expect(create).toThrow(ConfigError);
  });
});

describe('rate limits and outages', () => {
  test('no window of time sees more orders than allowed', () => {
    const limit = new RateLimit(2, 1000);
    const sent: number[] = [];
    for (let t = 0; t < 5000; t += 150) {
      if (!limit.allows(t)) continue;
      limit.record(t);
      sent.push(t);
    }
    for (const start of sent)
      expect(sent.filter((t) => t >= start && t < start + 1000).length).toBeLessThanOrEqual(2);
    expect(sent.length).toBeGreaterThan(6);
    expect(() => new RateLimit(0, 1)).toThrow(ConfigError);
  });
  test('a venue is down for the share of time that its means say', () => {
    const model = randomOutages(3000, 1000, createRng(1));
    model.start(0);
    let down = 0;
    for (let t = 0; t < 2_000_000; t += 50) down += Number(model.isDown(t));
    expect(down / 40_000).toBeCloseTo(0.25, 1);
    expect(() => randomOutages(0, 1, createRng(1))).toThrow(ConfigError);
  });
});

describe('transfers', () => {
  test('terms differ by asset, and a venue can suspend what leaves it', () => {
    const model = constantTransfers({
      delayMs: 10,
      baseFee: 0.1,
      quoteFee: 2,
      quoteMinimum: 50,
      suspended: [1],
    });
    expect(model.terms('base', 0, 1, 0)).toEqual({ delayMs: 10, fee: 0.1, minimum: 0.1 });
    expect(model.terms('quote', 0, 1, 0)).toEqual({ delayMs: 10, fee: 2, minimum: 50 });
    expect(model.terms('base', 1, 0, 0)).toBeUndefined();
    expect(() => constantTransfers({ delayMs: -1, baseFee: 0, quoteFee: 0 })).toThrow(ConfigError);
  });
  test('what is sent is under way until it arrives, less its fee', () => {
    const accounts = new VenueAccounts(2);
    accounts.reset([5, 5], [100, 100]);
    expect(accounts.transfer('base', 0, 1, 2, 0.5, 1000)).toBe(true);
    accounts.receive(999);
    expect([...accounts.base, accounts.underWay[0], accounts.totalBase()]).toEqual([3, 5, 2, 10]);
    accounts.receive(1000);
    expect([...accounts.base, accounts.underWay[0], accounts.fees[2]]).toEqual([3, 6.5, 0, 0.5]);
  });
});
