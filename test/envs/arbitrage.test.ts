import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edgeThreshold } from '../../agents/rules/edge-threshold.ts';
import { createRng } from '../../core/rng.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import type { Discrete } from '../../envs/spaces.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { testEnv } from '../../testing/suites.ts';
import { playEpisode } from '../../trainers/episode.ts';
import { type Observed, traceEnv } from '../../trainers/look-ahead/trace.ts';
import { randomTape, tapeOf, venuesOf } from './book-tapes.ts';

const short = { warmupEvents: 10 };
const tape = randomTape(1, { length: 600 });

describe('arbitrage', () => {
  testEnv(
    'arbitrage',
    (seed) => new ArbitrageEnv({ books: tape, seed, config: { ...short, episodeEvents: 100 } }),
  );
  testEnv(
    'arbitrage with three venues, lognormal latency, outages, transfers and a clock',
    (seed) =>
      new ArbitrageEnv({
        books: randomTape(2, { length: 600, numVenues: 3 }),
        seed,
        config: {
          ...short,
          episodeEvents: 200,
          decisionMs: 150,
          latencySigma: 1,
          burstProbability: 0.1,
          outageEveryMs: 5000,
          outageMs: 1000,
          transfers: true,
          transferDelayMs: 2000,
          transferBaseFee: 0.001,
          transferQuoteFee: 1,
          maxOrdersPerSecond: 4,
          legPolicy: 'reverse',
          valuation: 'outright',
        },
      }),
  );
  testEnv(
    'arbitrage with continuous actions and no latency',
    (seed) =>
      new ArbitrageEnv({ books: tape, seed, config: { ...short, actions: 'continuous', latencyMs: [0] } }),
  );
  testEnv(
    'arbitrage on a new market every episode',
    (seed) =>
      new ArbitrageEnv({
        books: (rng) => randomTape(rng.integer(1e9), { length: 120 }),
        seed,
        config: { ...short, legPolicy: 'cancel', lotSize: 0.01, minSize: 0.02, tickSize: 0.01 },
      }),
    { steps: 400 },
  );
});

type Config = NonNullable<ConstructorParameters<typeof ArbitrageEnv>[0]['config']>;

const physics = fc.record({
  latencyMs: fc.constantFrom(0, 30, 400).map((ms) => [ms]),
  latencySigma: fc.constantFrom(0, 1.5),
  legPolicy: fc.constantFrom('cancel' as const, 'reverse' as const, 'proceed' as const),
  decisionMs: fc.constantFrom(0, 70, 500),
  limitRate: fc.constantFrom(0, 0.001, 0.05),
  walkRate: fc.constantFrom(0, 0.01),
  takerFeeRates: fc.constantFrom(0, 0.001, 0.02).map((rate) => [rate]),
  maxPairs: fc.constantFrom(1, 5),
  maxExposure: fc.constantFrom(0.1, 100),
  outageEveryMs: fc.constantFrom(0, 3000),
  lotSize: fc.constantFrom(0, 0.13),
  baseShare: fc.constantFrom(0, 0.5, 1),
  maxOrdersPerSecond: fc.constantFrom(0, 3),
});

describe('whatever is done', () => {
  test('money is conserved, no balance falls below zero, and no stale quote fills', () => {
    fc.assert(
      fc.property(physics, fc.integer(), fc.constantFrom(2, 3), (config, seed, numVenues) => {
        const staleMs = 300;
        const books = randomTape(seed, { length: 250, numVenues, basisBps: 30 });
        // An account kept beside the env's own, from its fills alone.
        const ledger = { base: 0, quote: 0 };
        const env = new ArbitrageEnv({
          books,
          seed,
          config: {
            ...short,
            ...config,
            staleMs,
            initialEquity: 20_000,
            minEdgeRate: -0.5,
            transfers: true,
            transferDelayMs: 900,
            transferBaseFee: 0.003,
            transferQuoteFee: 2,
          },
          onReport({ side, venue, filled, notional, fee, timeMs }) {
            ledger.base += side * filled;
            ledger.quote -= side * notional + fee;
            const age = timeMs - lastBookMs(books, venue, timeMs);
            if (age > staleMs) expect(filled).toBe(0);
          },
        });
        env.reset();
        const { accounts } = env;
        const [base, quote] = [accounts.totalBase(), accounts.totalQuote()];
        const { n } = env.actionSpace as Discrete;
        const rng = createRng(seed);
        for (let isOver = false; !isOver; ) {
          const { info, terminated, truncated } = env.step(rng.integer(n));
          const [tradeFees, quoteFees, baseFees] = accounts.fees;
          expect(Math.abs(accounts.totalBase() + baseFees - base - ledger.base)).toBeLessThan(1e-9);
          expect(Math.abs(accounts.totalQuote() + quoteFees - quote - ledger.quote) / 20_000).toBeLessThan(
            1e-9,
          );
          expect(info.fees).toBe(tradeFees);
          for (let v = 0; v < numVenues; v++) {
            expect(accounts.freeBase(v)).toBeGreaterThanOrEqual(-1e-9);
            expect(accounts.freeQuote(v)).toBeGreaterThanOrEqual(-1e-6);
            expect(Math.min(accounts.base[v], accounts.quote[v])).toBeGreaterThanOrEqual(-1e-9);
          }
          expect(Number.isFinite(info.equity)).toBe(true);
          isOver = terminated || truncated;
        }
      }),
      { numRuns: 25 },
    );
  });

  test('rewards add up to the change of the equity, in bp of the capital', () => {
    const env = new ArbitrageEnv({ books: randomTape(7, { length: 400, basisBps: 30 }), config: short });
    env.reset();
    const rng = createRng(3);
    let sum = 0;
    for (;;) {
      const { reward, info, truncated } = env.step(rng.integer(6));
      sum += reward;
      if (!truncated) continue;
      expect(sum).toBeCloseTo(info.profitBps, 8);
      expect(info.sent).toBeGreaterThan(5);
      return;
    }
  });

  test('the mask allows nothing that is then refused for lack of balance, venue or room', () => {
    const books = randomTape(8, { length: 400, basisBps: 30, depth: 5 });
    const env = new ArbitrageEnv({
      books,
      config: { ...short, minEdgeRate: -0.5, transfers: true, transferDelayMs: 500, maxOrdersPerSecond: 3 },
    });
    env.reset();
    const rng = createRng(4);
    for (;;) {
      const allowed = [...env.actionMask!()].flatMap((isAllowed, i) => (isAllowed ? [i] : []));
      const { info, truncated } = env.step(allowed[rng.integer(allowed.length)]);
      if (!truncated) continue;
      expect(info.sent).toBeGreaterThan(10);
      expect(info.refused).toBe(0);
      return;
    }
  });
});

describe('a transfer is allowed', () => {
  // A venue has 100 base units and 10 100 quote units; half of what it has is moved.
  test.each<[rule: string, config: Config, base: number, quote: number]>([
    ['where it costs nothing', {}, 1, 1],
    ['of less than a unit too', { transferShare: 0.001 }, 1, 1],
    ['where the fee is less than what is moved', { transferBaseFee: 49.9, transferQuoteFee: 5049 }, 1, 1],
    ['not where the fee takes all of it', { transferBaseFee: 50, transferQuoteFee: 5050 }, 0, 0],
    ['not from a venue that lets nothing out', { suspendedVenues: [0] }, 0, 0],
  ])('%s', (_, config, base, quote) => {
    const env = new ArbitrageEnv({
      books: dearAndCheap(),
      config: { ...byHand, transfers: true, ...config },
    });
    env.reset();
    const { names = [] } = env.actionSpace as Discrete;
    const mask = env.actionMask!();
    const allowed = (name: string) => mask[names.indexOf(name)];
    expect([allowed('move-base:EX1>EX2'), allowed('move-quote:EX1>EX2')]).toEqual([base, quote]);
    const { info } = env.step(names.indexOf('move-base:EX1>EX2'));
    expect([info.transfers, info.refused]).toEqual([base, 1 - base]);
  });
});

/** Two venues of one level each, deep and cheap to reckon with: venue 1 is dear. */
function dearAndCheap(extra: Parameters<typeof tapeOf>[0] = []): BookTape {
  const t0 = 1_600_000_000_000;
  const cheap = { venue: 0, bids: [[99, 10]], asks: [[100, 10]] } as const;
  const dear = { venue: 1, bids: [[102, 10]], asks: [[103, 10]] } as const;
  return tapeOf([
    { timeMs: t0, ...cheap },
    { timeMs: t0 + 100, ...dear },
    ...extra.map((event) => ({ ...event, timeMs: t0 + event.timeMs })),
    { timeMs: t0 + 10_000, ...cheap },
    { timeMs: t0 + 10_100, ...dear },
    { timeMs: t0 + 10_300, ...cheap },
  ]);
}

const byHand = {
  warmupEvents: 2,
  initialEquity: 40_400, // 100 base at a venue, at a mid of 101
  takerFeeRates: [0.001],
  latencyMs: [0],
  limitRate: 0,
  sizes: [0.04],
} satisfies Config;

describe('a trade by hand', () => {
  test('without latency both legs fill at what was seen, and fees are paid in quote', () => {
    const env = new ArbitrageEnv({ books: dearAndCheap(), config: byHand });
    env.reset();
    const { reward, info } = env.step(1);
    const profit = 4 * 102 * 0.999 - 4 * 100 * 1.001;
    expect(info.equity - 40_400).toBeCloseTo(profit, 9);
    expect(reward).toBeCloseTo((profit / 40_400) * 1e4, 9);
    expect([...env.accounts.base]).toEqual([104, 96]);
    expect(info).toMatchObject({ sent: 1, traded: 1, won: 1, legFailures: 0, exposure: 0 });
    expect(info.matchedProfit).toBeCloseTo(profit, 9);
    expect(info.fees).toBeCloseTo(4 * 202 * 0.001, 12);
  });

  test('a leg that comes too late does not fill; left alone, the other stays open and is valued at liquidation', () => {
    const moved = dearAndCheap([{ timeMs: 150, venue: 1, bids: [[99.5, 10]], asks: [[103, 10]] }]);
    const config: Config = { ...byHand, latencyMs: [0, 100], legPolicy: 'cancel' };
    const env = new ArbitrageEnv({ books: moved, config });
    env.reset();
    env.step(1);
    const { info } = env.step(0);
    expect(info).toMatchObject({ sent: 1, traded: 1, won: 0, legFailures: 1 });
    expect(info.exposure).toBeCloseTo(4, 9);
    expect(info.equity - 40_400).toBeCloseTo(4 * 99.5 * 0.999 - 4 * 100 * 1.001, 9);
  });

  test('reverse trades it back where it filled; proceed sends the missing leg again', () => {
    const moved = () => dearAndCheap([{ timeMs: 150, venue: 1, bids: [[99.5, 10]], asks: [[103, 10]] }]);
    const outcome = (legPolicy: 'reverse' | 'proceed') => {
      const env = new ArbitrageEnv({ books: moved(), config: { ...byHand, latencyMs: [0, 100], legPolicy } });
      env.reset();
      env.step(1);
      return [env.step(0).info, [...env.accounts.base]] as const;
    };
    const [reversed, reversedBase] = outcome('reverse');
    expect(reversed.exposure).toBe(0);
    expect(reversedBase).toEqual([100, 100]);
    expect(reversed.equity - 40_400).toBeCloseTo(4 * 99 * 0.999 - 4 * 100 * 1.001, 9);
    const [proceeded, proceededBase] = outcome('proceed');
    expect(proceededBase).toEqual([104, 96]);
    expect(proceeded.equity - 40_400).toBeCloseTo(4 * 99.5 * 0.999 - 4 * 100 * 1.001, 9);
  });

  test('flatten closes what is open', () => {
    const moved = dearAndCheap([{ timeMs: 150, venue: 1, bids: [[99.5, 10]], asks: [[103, 10]] }]);
    const config: Config = { ...byHand, latencyMs: [0, 100], legPolicy: 'cancel' };
    const env = new ArbitrageEnv({ books: moved, config });
    env.reset();
    const flatten = (env.actionSpace as Discrete).names!.indexOf('flatten');
    expect(env.actionMask!()[flatten]).toBe(0);
    env.step(1);
    env.step(0);
    expect(env.actionMask!()[flatten]).toBe(1);
    env.step(flatten);
    expect(env.step(0).info.exposure).toBe(0);
  });

  test('an edge that is too good to be true is not traded, and neither is one below the least allowed', () => {
    for (const limits of [{ maxEdgeRate: 0.01 }, { minEdgeRate: 0.05 }]) {
      const env = new ArbitrageEnv({ books: dearAndCheap(), config: { ...byHand, ...limits } });
      env.reset();
      expect(env.actionMask!()[1]).toBe(0);
      expect(env.step(1).info).toMatchObject({ sent: 0, refused: 1 });
    }
  });

  test('outright, all base has a price; hedged, only the difference', () => {
    const config: Config = { ...byHand, valuation: 'outright' };
    const { info } = new ArbitrageEnv({ books: dearAndCheap(), config }).reset();
    // 200 base at the best bid, of which 10 are shown: the rest is valued at the last level.
    expect(info.equity).toBeCloseTo(20_200 + 200 * 102 * 0.999, 9);
  });

  test('equity that is used up ends the episode for good', () => {
    const crash = dearAndCheap([
      { timeMs: 200, venue: 0, bids: [[0.01, 10]], asks: [[0.02, 10]] },
      { timeMs: 300, venue: 1, bids: [[0.01, 10]], asks: [[0.02, 10]] },
    ]);
    const config: Config = { ...byHand, valuation: 'outright', baseShare: 1, minEdgeRate: -0.9 };
    const env = new ArbitrageEnv({ books: crash, config });
    env.reset();
    env.step(0);
    const { terminated, info } = env.step(0);
    expect(info.equity).toBeGreaterThan(0);
    expect(terminated).toBe(false);
  });
});

describe('latency', () => {
  test('from none to large, what the threshold rule captures falls, within noise', () => {
    const captured = [0, 40, 150, 500, 1500].map((latencyMs) => {
      let sum = 0;
      for (let seed = 0; seed < 6; seed++) {
        const books = randomTape(seed, { length: 800, basisBps: 8 });
        const env = new ArbitrageEnv({
          books,
          config: {
            ...short,
            latencyMs: [latencyMs],
            takerFeeRates: [0.0001],
            legPolicy: 'reverse',
            limitRate: 0.05,
          },
        });
        const agent = edgeThreshold.build(
          {
            observationSpace: env.observationSpace,
            actionSpace: env.actionSpace,
            numEnvs: 1,
            rng: createRng(1),
            totalSteps: 0,
          },
          { thresholdBps: [2] },
        );
        playEpisode(agent, env, (_, reward) => {
          sum += reward;
        });
      }
      return sum;
    });
    for (let i = 1; i < captured.length; i++) {
      expect(captured[i]).toBeLessThan(captured[i - 1] + 0.05 * captured[0]);
    }
    expect(captured[captured.length - 1]).toBeLessThan(0.5 * captured[0]);
  });
});

describe('no look-ahead', () => {
  test('neither observations, nor fills, nor rewards, nor latencies know later books', () => {
    for (const decisionMs of [0, 130]) {
      const build = (books: BookTape): Observed[] =>
        traceEnv(
          new ArbitrageEnv({
            books,
            config: {
              ...short,
              episodeStart: 'sequential',
              decisionMs,
              latencyMs: [80],
              latencySigma: 0.5,
              minEdgeRate: -0.5,
              outageEveryMs: 4000,
              transfers: true,
              transferDelayMs: 700,
            },
          }),
          { steps: 150, seed: 5 },
        );
      const books = randomTape(11, { length: 300, basisBps: 20 });
      const original = build(books);
      for (const cut of [40, 90, 140]) {
        const perturbed = build(perturbBooksAfter(books, cut));
        const known = (entries: Observed[]) => entries.filter(({ time }) => time <= cut);
        expect(known(original).length).toBeGreaterThan(10);
        expect(known(perturbed)).toEqual(known(original));
        expect(perturbed).not.toEqual(original);
      }
    }
  });
});

describe('bad input is refused', () => {
  const refusal = (books: BookTape, config: Config) => () => new ArbitrageEnv({ books, config });
  test.each<[string, () => unknown, RegExp]>([
    [
      'one venue',
      refusal(randomTape(1, { length: 50, numVenues: 1 }), short),
      /at least two venues, got 1: EX1/,
    ],
    [
      'unlike quotes',
      refusal({ ...tape, venues: [venuesOf(2)[0], { ...venuesOf(2)[1], quote: 'USDT' }] }, short),
      /EX1 trades BTC\/USD and EX2 BTC\/USDT: convert/,
    ],
    ['a fee above 100 %', refusal(tape, { ...short, takerFeeRates: [1.2] }), /takerFeeRates/],
    [
      'fees for three of two',
      refusal(tape, { ...short, takerFeeRates: [0, 0, 0] }),
      /one for each of the 2 venues, got 3/,
    ],
    ['sizes that fall', refusal(tape, { ...short, sizes: [0.2, 0.1] }), /sizes must rise/],
    ['a burst without spread', refusal(tape, { ...short, burstProbability: 0.1 }), /latencySigma/],
    [
      'a venue that is not there',
      refusal(tape, { ...short, suspendedVenues: [2] }),
      /venue 2, but there are 2/,
    ],
    ['a range past the end', refusal(tape, { ...short, toRow: 601 }), /there are 600 events/],
    [
      'a range too short',
      refusal(tape, { ...short, fromRow: 590, episodeEvents: 50 }),
      /lower episodeEvents/,
    ],
    ['an unknown key', refusal(tape, { ...short, latency: 3 } as Config), /Unknown key "latency"/],
  ])('%s', (_, create, message) => {
    expect(create).toThrow(message);
  });

  test('actions that are none', () => {
    const env = new ArbitrageEnv({ books: tape, config: short });
    expect(() => env.step(0)).toThrow(/call reset first/);
    env.reset();
    for (const action of [6, -1, 0.5, Float32Array.of(1)])
      expect(() => env.step(action)).toThrow(/whole number in \[0, 6\)/);
    const continuous = new ArbitrageEnv({ books: tape, config: { ...short, actions: 'continuous' } });
    continuous.reset();
    expect(() => continuous.step(Float32Array.of(Number.NaN))).toThrow(/none NaN/);
    expect(() => continuous.step(Float32Array.of(0, 0))).toThrow(/1 numbers/);
  });
});

/** When a venue's last book came, by the tape alone; books at the time itself may not have been seen yet. */
function lastBookMs(books: BookTape, venue: number, timeMs: number): number {
  let last = -Infinity;
  for (let row = 0; row < books.length && books.timeMs[row] <= timeMs; row++) {
    if (books.venue[row] === venue) last = books.timeMs[row];
  }
  return last;
}

/** Other prices, sizes and times from the event after `cut` on. */
function perturbBooksAfter(books: BookTape, cut: number): BookTape {
  const rng = createRng(`perturbation ${cut}`);
  const from = (cut + 1) * books.depth;
  const change = (column: Float64Array, by: () => number): Float64Array =>
    column.map((value, i) => (i < from ? value : value * by()));
  const factor = Float64Array.from({ length: books.length }, () => 0.99 + 0.02 * rng.uniform());
  const scaled = (column: Float64Array): Float64Array =>
    column.map((value, i) => (i < from ? value : value * factor[Math.floor(i / books.depth)]));
  return {
    ...books,
    timeMs: books.timeMs.map((value, row) => (row <= cut ? value : value + 10 * (row - cut))),
    bidPrices: scaled(books.bidPrices),
    askPrices: scaled(books.askPrices),
    bidSizes: change(books.bidSizes, () => 0.5 + rng.uniform()),
    askSizes: change(books.askSizes, () => 0.5 + rng.uniform()),
  };
}
