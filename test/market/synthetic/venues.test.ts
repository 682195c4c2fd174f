import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { mean, standardDeviation } from '../../../core/statistics.ts';
import { loadBooks } from '../../../market/books/load.ts';
import { describeBooks } from '../../../market/books/quality.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { checkTape } from '../../../market/books/tape-builder.ts';
import { fitSyntheticVenues } from '../../../market/synthetic/venue-fit.ts';
import { compareFit } from '../../../market/synthetic/venue-fit-report.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { syntheticVenuesPresets } from '../../../market/synthetic/venues-config.ts';
import { sharedPath } from '../../shared.ts';
import { isSoak } from '../../soak.ts';
import { TWO_VENUES, topTape } from '../book-tapes.ts';

const copy = (tape: BookTape): BookTape => structuredClone(tape);

/** The largest best bid / best ask − 1 between the latest books of two venues, before fees. */
function largestEdge({ venues, venue, depth, length, bidPrices, askPrices }: BookTape): number {
  const bids = new Map<number, number>();
  const asks = new Map<number, number>();
  let largest = -Infinity;
  for (let n = 0; n < length; n++) {
    bids.set(venue[n], bidPrices[n * depth]);
    asks.set(venue[n], askPrices[n * depth]);
    for (let v = 0; v < venues.length; v++) {
      if (v === venue[n] || !bids.has(v)) continue;
      const [bid, ask] = [bids.get(v) as number, asks.get(v) as number];
      largest = Math.max(largest, bid / askPrices[n * depth] - 1, bidPrices[n * depth] / ask - 1);
    }
  }
  return largest;
}

describe('the synthetic venues', () => {
  test('are decided by the seed, into the same arrays', () => {
    const market = new SyntheticVenues({ events: 2000 });
    const first = copy(market.generate(createRng(1)));
    const other = market.generate(createRng(2));
    expect(other.bidPrices).not.toEqual(first.bidPrices);
    expect(market.generate(createRng(1))).toEqual(first);
    expect(market.generate(createRng(1))).toBe(other);
  });

  test('make sound tapes whatever the parameters', () => {
    const venue = fc.record({
      intervalMs: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
      repeatShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
      basisBps: fc.double({ min: -500, max: 500, noNaN: true }),
      noiseBps: fc.double({ min: 0, max: 100, noNaN: true }),
      spreadBps: fc.double({ min: 1e-4, max: 500, noNaN: true }),
      spreadDeviation: fc.double({ min: 0, max: 2, noNaN: true }),
      levelSizes: fc.array(fc.double({ min: 1e-9, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 4 }),
      levelGapsBps: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 4 }),
      levelRenewal: fc.double({ min: 0, max: 1, noNaN: true }),
      lagMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
      latencyMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
      outagesPerDay: fc.constantFrom(0, 1000),
    });
    const parameters = fc.record({
      depth: fc.integer({ min: 1, max: 25 }),
      tick: fc.constantFrom(1e-5, 0.01, 0.5, 1, 100),
      startPrice: fc.constantFrom(0.5, 100, 60_000),
      volatilityPerYear: fc.double({ min: 0, max: 10, noNaN: true }),
      jumpsPerDay: fc.constantFrom(0, 5000),
      burst: fc.constantFrom({}, { perDay: 500 }),
      maxEdgeBps: fc.constantFrom(null, 0, 5),
      venues: fc.array(venue, { minLength: 1, maxLength: 4 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(parameters, ({ seed, venues, ...rest }) => {
        const named = venues.map((each, i) => ({ ...each, name: `v${i}` }));
        const tape = new SyntheticVenues({ ...rest, venues: named, events: 300 }).generate(createRng(seed));
        checkTape(tape);
        expect(tape.exchangeTimeMs.every((time, n) => time <= tape.timeMs[n])).toBe(true);
        // Rounding to ticks and back may leave the last bit.
        if (rest.maxEdgeBps !== null)
          expect(largestEdge(tape)).toBeLessThanOrEqual(rest.maxEdgeBps * 1e-4 + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('have the spreads, bases, depth, times and repeats that were asked for', () => {
    const own = {
      spreadDeviation: 0.4,
      repeatShare: 0.3,
      basisHalfLifeMs: 2000,
      latencyDeviation: 0.5,
      noiseBps: 0,
    };
    const venues = [
      { ...own, name: 'a', spreadBps: 4, basisDeviationBps: 0, levelSizes: [2, 3, 1] },
      { ...own, name: 'b', spreadBps: 8, basisBps: 10, basisDeviationBps: 5, latencyMs: 80 },
    ];
    const tape = new SyntheticVenues({ venues, events: 60_000, depth: 3 }).generate(createRng(3));
    const { venues: found, pairs } = describeBooks(tape);
    expect(found[0].spreadBps.median).toBeCloseTo(4, 0);
    expect(found[1].spreadBps.median).toBeCloseTo(8, 0);
    expect(found[1].spreadBps.mean).toBeCloseTo(8 * Math.exp(0.08), 0);
    expect(found[0].unchangedTopShare).toBeCloseTo(0.3, 1);
    expect(found[0].intervalMs).toBeCloseTo(100, -1);
    for (const [k, size] of [2, 3, 1].entries()) expect(found[0].levelSizes[k] / size).toBeCloseTo(1, 1);
    expect(found[1].clockOffset?.medianMs).toBeCloseTo(80, -1);
    expect(pairs[0].midSpreadBps?.mean).toBeCloseTo(-10, 0);
    expect(pairs[0].midSpreadBps?.deviation).toBeCloseTo(5, 0);
  });

  test('move with the volatility that was asked for, and jump', () => {
    const quiet = {
      basisDeviationBps: 0,
      noiseBps: 0,
      repeatShare: 0,
      spreadDeviation: 0,
      intervalDeviation: 0,
    };
    const options = { venues: [{ ...quiet, name: 'a' }], events: 50_000, depth: 1 };
    const returns = (tape: BookTape) =>
      tape.bidPrices.subarray(1).map((price, i) => Math.log(price / tape.bidPrices[i]) * 10_000);
    const calm = returns(new SyntheticVenues(options).generate(createRng(5)));
    const perStep = 0.6 * Math.sqrt(100 / (365 * 86_400_000)) * 10_000;
    expect(standardDeviation(calm) / perStep).toBeCloseTo(1, 1);
    const jumpy = new SyntheticVenues({ ...options, jumpsPerDay: 1440, jumpDeviationBps: 50 }).generate(
      createRng(5),
    );
    const jumps = returns(jumpy).filter((value) => Math.abs(value) > 10 * perStep);
    expect(jumps.length).toBeGreaterThan(60);
    expect(jumps.length).toBeLessThan(110);
  });

  test('go silent in outages and hurry in bursts', () => {
    const venues = [{ name: 'a', outagesPerDay: 2000, outageMs: 10_000, intervalDeviation: 0 }];
    const [quality] = describeBooks(
      new SyntheticVenues({ venues, events: 20_000 }).generate(createRng(6)),
    ).venues;
    const lengths = quality.gaps.map(({ fromMs, toMs }) => toMs - fromMs);
    expect(lengths.length).toBeGreaterThan(25);
    expect(mean(lengths)).toBeGreaterThan(7000);
    const burst = { perDay: 1e9, meanMs: 1e9, rateFactor: 4, latencyFactor: 10 };
    const tape = new SyntheticVenues({ burst, events: 5000 }).generate(createRng(7));
    const [hurried] = describeBooks(tape).venues;
    expect(hurried.intervalMs).toBeCloseTo(25, -1);
    expect(hurried.clockOffset?.medianMs).toBeCloseTo(200, -2);
  });

  test('offer nothing under the preset without arbitrage, and something by default', () => {
    const fair = new SyntheticVenues({ ...syntheticVenuesPresets['no-arbitrage'], events: 30_000 });
    const open = new SyntheticVenues({ events: 30_000 });
    for (let seed = 0; seed < 3; seed++) {
      expect(largestEdge(fair.generate(createRng(seed)))).toBeLessThanOrEqual(0);
      expect(largestEdge(open.generate(createRng(seed)))).toBeGreaterThan(2e-4);
    }
  });

  test('refuse parameters out of range, and two venues of one name', () => {
    expect(() => new SyntheticVenues({ depth: 0 })).toThrowError(/"depth" of market "syntheticVenues"/);
    const same = [{ name: 'a' }, { name: 'a' }];
    expect(() => new SyntheticVenues({ venues: same })).toThrowError(/two venues have one name/);
    const unknown = { evnets: 3 } as object;
    expect(() => new SyntheticVenues(unknown)).toThrowError(/Did you mean "events"/);
  });
});

describe('a fit', () => {
  test('recovers the parameters of a synthetic market', () => {
    const own = {
      intervalMs: 500,
      repeatShare: 0.4,
      latencyMs: 30,
      latencyDeviation: 0.4,
      levelSizes: [2, 3, 1],
      noiseBps: 0,
    };
    const venues = [
      { ...own, name: 'a', spreadBps: 4, basisDeviationBps: 0 },
      { ...own, name: 'b', spreadBps: 6, basisBps: 8, basisDeviationBps: 5, basisHalfLifeMs: 5000 },
    ];
    const tape = copy(
      new SyntheticVenues({ venues, events: 12_000, depth: 3, volatilityPerYear: 0.8 }).generate(
        createRng(8),
      ),
    );
    const fit = fitSyntheticVenues(tape);
    expect(fit).toMatchObject({
      events: 12_000,
      depth: 3,
      tick: 0.01,
      base: 'BTC',
      quote: 'USDT',
      startMs: tape.timeMs[0],
    });
    expect(fit.volatilityPerYear).toBeCloseTo(0.8, 0);
    const [a, b] = fit.venues ?? [];
    expect(a?.spreadBps).toBeCloseTo(4, 0);
    expect(b?.spreadBps).toBeCloseTo(6, 0);
    expect(b?.basisBps).toBeCloseTo(8, 0);
    expect(b?.basisDeviationBps).toBeCloseTo(5, 0);
    expect(a?.repeatShare).toBeCloseTo(0.4, 1);
    expect(a?.levelSizes?.map(Math.round)).toEqual([2, 3, 1]);
    expect(a?.latencyMs).toBeCloseTo(30, -1);
    const rows = new Map(compareFit(tape, fit, 3).map((row) => [row.name, row]));
    for (const name of ['a: spread, mean', 'b: spread, mean', 'a: interval', 'a/b: mid spread, deviation']) {
      const { data = 0, model = 0 } = rows.get(name) ?? {};
      expect(Math.abs(model / data - 1), name).toBeLessThan(0.15);
    }
    const { data = 0, model = 0 } = rows.get('buy a, sell b: spells') ?? {};
    expect(Math.abs(Math.log(model / data))).toBeLessThan(0.5);
  });

  test('refuses tapes too short, and venues that cannot be compared', () => {
    const tape = topTape([
      [0, 0, 1, 2],
      [1, 1, 1, 2],
    ]);
    expect(() => fitSyntheticVenues(tape)).toThrowError(/1 books of "a"; a fit needs at least 50/);
    const mixed = { ...tape, venues: [TWO_VENUES[0], { ...TWO_VENUES[1], quote: 'USD' }] };
    expect(() => fitSyntheticVenues(mixed)).toThrowError(/quotes in USDT and "b" in USD/);
  });

  const brl = isSoak ? sharedPath('data/books/btc-brl_two-venues_2020-06-21.jsonl.gz') : undefined;
  test.skipIf(brl === undefined)(
    'to the BTC/BRL books has their spreads, depth and share of edge',
    async () => {
      const { tape } = await loadBooks(brl as string, { depth: 5 });
      const fit = fitSyntheticVenues(tape);
      const rows = compareFit(tape, fit, 4);
      const ratio = (name: string): number => {
        const row = rows.find((each) => each.name === name);
        return row === undefined ? Number.NaN : row.model / row.data;
      };
      for (const name of [
        'EX1: spread, mean',
        'EX1: spread, deviation',
        'EX1: size of level 1',
        'EX1: interval',
      ]) {
        expect(ratio(name), name).toBeCloseTo(1, 1);
      }
      for (const name of ['EX2: spread, mean', 'EX2/EX1: mid spread, deviation']) {
        expect(Math.abs(ratio(name) - 1), name).toBeLessThan(0.25);
      }
      expect(ratio('buy EX1, sell EX2: edge above 0')).toBeGreaterThan(0.6);
      expect(ratio('buy EX1, sell EX2: edge above 0')).toBeLessThan(1.7);
    },
  );
});
