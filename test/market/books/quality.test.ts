import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { loadBooksOrCapture } from '../../../live/tape/capture.ts';
import { gridReturns, measureLeadLag } from '../../../market/arbitrage/lead-lag.ts';
import { loadBooks } from '../../../market/books/load.ts';
import { describeBooks } from '../../../market/books/quality.ts';
import { formatBookQuality } from '../../../market/books/quality-text.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { mergeTapes } from '../../../market/books/tape-span.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { sharedPath } from '../../shared.ts';
import { type TopEvent, TWO_VENUES, topTape } from '../book-tapes.ts';

describe('describeBooks', () => {
  test('finds gaps, stale spells and locked books of one venue', () => {
    const times = [0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29].map((second) => second * 1000);
    const events = times.map(
      (time, i): TopEvent => [0, time, i >= 6 && i <= 12 ? 100 : 50 + i, i === 3 ? 53 : 110],
    );
    const [quality] = describeBooks(topTape(events, [TWO_VENUES[0]])).venues;
    expect(quality).toMatchObject({
      events: 15,
      intervalMs: 1000,
      gapMs: 5000,
      lockedBooks: 1,
      crossedBooks: 0,
    });
    expect(quality.gaps).toEqual([{ fromMs: 4000, toMs: 20_000 }]);
    expect(quality.unchangedTopShare).toBeCloseTo(6 / 14, 12);
    expect([quality.staleSpells, quality.longestStale]).toEqual([1, { fromMs: 21_000, toMs: 27_000 }]);
    expect(quality.clockOffset).toBeUndefined();
    expect(quality.levelSizes).toEqual([1]);
  });

  test('counts a spell of edge from its first sample to the one after its last', () => {
    const bids = [9, 11, 11.5, 9, 9, 12];
    const tape = topTape([[0, 0, 9.5, 10], ...bids.map((bid, i): TopEvent => [1, 10 * (i + 1), bid, 13])]);
    const [pair] = describeBooks(tape).pairs;
    expect(pair.buyASellB).toMatchObject({ samples: 6, spells: 2 });
    // Of 50 ms, 20; the last quotes stand for no time that is known.
    expect(pair.buyASellB?.positiveShare).toBeCloseTo(0.4, 12);
    expect(pair.buyASellB?.above20Share).toBeCloseTo(0.4, 12);
    expect(pair.buyASellB).toMatchObject({ meanSpellSamples: 1.5, meanSpellMs: 10 });
    expect(pair.buyASellB?.maxBps).toBeCloseTo(2000, 9);
    expect(pair.buyBSellA).toMatchObject({ positiveShare: 0, spells: 0, meanSpellMs: 0 });
  });

  test('applies all books of one receive time before it looks for an edge', () => {
    const events = [100, 101, 99, 102].flatMap((bid, i): TopEvent[] => [
      [0, 60_000 * i, bid, bid + 0.1],
      [1, 60_000 * i, bid, bid + 0.1],
    ]);
    const [pair] = describeBooks(topTape(events)).pairs;
    expect(pair.midSpreadBps).toEqual({ mean: 0, deviation: 0 });
    expect(
      [pair.buyASellB, pair.buyBSellA].map((edges) => [edges?.samples, edges?.positiveShare, edges?.spells]),
    ).toEqual([
      [4, 0, 0],
      [4, 0, 0],
    ]);
  });

  test('compares no quote that is stale, and says how much of the time one was', () => {
    // B is silent from 1 s to 101 s, in which A rises; quotes older than five intervals of the slower are not compared.
    const events: TopEvent[] = [
      [0, 0, 10, 11],
      [1, 0, 10, 11],
    ];
    for (let second = 1; second <= 100; second++)
      events.push([0, 1000 * second, 10 + 0.1 * second, 11 + 0.1 * second]);
    events.push([1, 101_000, 20, 21]);
    const [pair] = describeBooks(topTape(events), { gapMs: 5000 }).pairs;
    expect(pair.staleMs).toBe(5000);
    expect(pair.staleShare).toBeCloseTo(96 / 101, 12);
    expect(pair.buyBSellA?.samples).toBe(7);
    expect(pair.buyBSellA?.maxBps).toBeLessThan(0);
  });

  test('does not compare unlike quotes or bases, and says so', () => {
    const events: TopEvent[] = [
      [0, 0, 10, 11],
      [1, 1, 10, 11],
    ];
    const usd = describeBooks(topTape(events, [TWO_VENUES[0], { ...TWO_VENUES[1], quote: 'USD' }]));
    expect(usd.pairs[0]).toMatchObject({
      mismatch: 'USDT against USD',
      midSpreadBps: undefined,
      buyASellB: undefined,
    });
    expect(formatBookQuality(usd)).toContain('not compared   USDT against USD');
    const eth = describeBooks(topTape(events, [TWO_VENUES[0], { ...TWO_VENUES[1], base: 'ETH' }]));
    expect(eth.pairs[0].mismatch).toBe('BTC against ETH');
  });
});

describe('lead and lag', () => {
  const market = (lagMs: number): BookTape => {
    const common = { basisDeviationBps: 0, noiseBps: 0, latencyMs: 0, repeatShare: 0, intervalMs: 20 };
    const venues = [
      { ...common, name: 'a' },
      { ...common, name: 'b', lagMs },
    ];
    return new SyntheticVenues({ venues, events: 20_000, depth: 1, volatilityPerYear: 3 }).generate(
      createRng(4),
    );
  };

  test.each([0, 300, 1000])(
    'finds that a venue follows %d ms later, and that the other then leads',
    (lagMs) => {
      const tape = market(lagMs);
      const forward = measureLeadLag(tape, 0, 1, { stepMs: 100 });
      const backward = measureLeadLag(tape, 1, 0, { stepMs: 100 });
      expect(forward).toMatchObject({ bestLagMs: lagMs, significant: true });
      expect(backward?.bestLagMs).toBe(lagMs === 0 ? 0 : -lagMs);
      expect(forward?.bestCorrelation).toBeGreaterThan(0.5);
    },
  );

  test('takes at each point of the grid the last book known by then', () => {
    const tape = topTape([
      [0, 0, 1, 1],
      [1, 5, 9, 9],
      [0, 10, 2, 2],
      [0, 11, 4, 4],
      [0, 29, 8, 8],
    ]);
    const returns = gridReturns(tape, 0, 0, 10, 4);
    for (const [i, ratio] of [2, 2, 2].entries()) expect(returns[i]).toBeCloseTo(Math.log(ratio), 12);
  });

  test('finds none where there is none, and nothing in a tape too short', () => {
    const [a, b] = [market(0), new SyntheticVenues({ events: 20_000, depth: 1 }).generate(createRng(9))];
    const rename = (tape: BookTape, prefix: string) => ({
      ...tape,
      venues: tape.venues.map((venue) => ({ ...venue, name: prefix + venue.name })),
    });
    const both = mergeTapes([rename(a, 'x'), rename(b, 'y')]);
    expect(measureLeadLag(both, 0, 2, { stepMs: 100 })?.significant).toBe(false);
    expect(
      measureLeadLag(
        topTape([
          [0, 0, 1, 2],
          [1, 1, 1, 2],
        ]),
        0,
        1,
        { stepMs: 1 },
      ),
    ).toBeUndefined();
    expect(() => measureLeadLag(a, 0, 1, { stepMs: 0 })).toThrowError(/step above 0/);
  });
});

const brl = sharedPath('data/books/btc-brl_two-venues_2020-06-21.jsonl.gz');
test.skipIf(brl === undefined)(
  'the BTC/BRL books have the figures that another program finds in them',
  async () => {
    const { tape } = await loadBooks(brl as string);
    const { venues, pairs } = describeBooks(tape);
    expect(venues.map(({ events, gaps }) => [events, gaps.length])).toEqual([
      [8939, 0],
      [8880, 6],
    ]);
    expect(venues[1].spreadBps.mean).toBeCloseTo(28.60964, 4);
    const [{ midSpreadBps, buyASellB, buyBSellA, leadLag }] = pairs;
    expect(midSpreadBps?.mean).toBeCloseTo(13.780813926357814, 9);
    expect(midSpreadBps?.deviation).toBeCloseTo(14.133565314614476, 9);
    expect(buyASellB).toMatchObject({ positiveShare: 0, spells: 0 });
    expect(buyASellB?.maxBps).toBeCloseTo(-4.010427, 5);
    expect(buyBSellA).toMatchObject({
      samples: 17_781,
      spells: 145,
      medianSpellSamples: 6,
    });
    expect(buyBSellA?.positiveShare).toBeCloseTo(0.2378824818245026, 12);
    expect(buyBSellA?.above20Share).toBeCloseTo(0.10528755934697137, 12);
    expect(buyBSellA?.maxBps).toBeCloseTo(37.947259, 5);
    expect(buyBSellA?.meanSpellSamples).toBeCloseTo(29.344827586206897, 9);
    expect(pairs[0].staleMs).toBe(19_645);
    expect(pairs[0].staleShare).toBeCloseTo(0.004064929559383645, 12);
    expect(leadLag?.significant).toBe(false);
  },
);

const binance = sharedPath('data/raw-messages/binance-spot_btcusdt_2024-08-08.gz');
test.skipIf(binance === undefined)('a local clock that runs behind shows as negative latency', async () => {
  const quality = describeBooks((await loadBooksOrCapture(binance as string)).tape);
  expect(quality.venues[0].clockOffset?.medianMs).toBeCloseTo(-1272, 0);
  expect(quality.venues[0].clockOffset?.negative).toBe(3449);
  expect(formatBookQuality(quality)).toContain('arrive before they are sent: one of the clocks is wrong');
});
