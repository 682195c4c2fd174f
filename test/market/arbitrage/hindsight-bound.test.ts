import { describe, expect, test } from 'vitest';
import { edgeThreshold } from '../../../agents/rules/edge-threshold.ts';
import { createRng } from '../../../core/rng.ts';
import { arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import { ArbitrageEnv } from '../../../envs/arbitrage.ts';
import type { Discrete } from '../../../envs/spaces.ts';
import { ConcaveValue } from '../../../market/arbitrage/concave-value.ts';
import { hindsightBound } from '../../../market/arbitrage/hindsight-bound.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { buildFor } from '../../../trainers/arbitrage/baselines.ts';
import { boundBps } from '../../../trainers/arbitrage/judge.ts';
import { playEpisode } from '../../../trainers/episode.ts';
import { type BookEvent, randomTape, tapeOf } from '../../envs/book-tapes.ts';

const FEES = [0.001, 0.0005] as const;

/** Books of whole sizes, a new one of each venue between two decisions a second apart. */
function tapeInSteps(seed: number, numSteps: number, depth: number): BookTape {
  const rng = createRng(`steps ${seed}`);
  const events: BookEvent[] = [];
  for (let step = 0; step < numSteps; step++) {
    for (const venue of [0, 1]) {
      const mid = 1000 * (1 + 0.004 * rng.gaussian());
      const levels = (side: number) =>
        Array.from(
          { length: depth },
          (_, k) => [mid + side * (0.5 + k + rng.uniform()), 1 + rng.integer(2)] as const,
        );
      events.push({ timeMs: step * 1000 + venue, venue, bids: levels(-1), asks: levels(1) });
    }
  }
  return tapeOf(events);
}

/** All ways to trade whole units at every decision, tried out. */
function bruteForce(tape: BookTape, numSteps: number, base: number): number {
  const { depth, askPrices, askSizes, bidPrices, bidSizes } = tape;
  const units = (row: number, prices: Float64Array, sizes: Float64Array): number[] =>
    Array.from({ length: depth }, (_, k) => row * depth + k).flatMap((at) =>
      new Array(sizes[at]).fill(prices[at]),
    );
  const earned = (buy: number, sell: number, step: number, count: number): number => {
    const asks = units(2 * step + buy, askPrices, askSizes);
    const bids = units(2 * step + sell, bidPrices, bidSizes);
    if (count > Math.min(asks.length, bids.length)) return -Infinity;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += bids[i] * (1 - FEES[sell]) - asks[i] * (1 + FEES[buy]);
    return sum;
  };
  const best = (step: number, x: number): number => {
    if (step === numSteps) return 0;
    let most = -Infinity;
    for (let to = -base; to <= base; to++) {
      const gain = to >= x ? earned(0, 1, step, to - x) : earned(1, 0, step, x - to);
      if (gain > -Infinity) most = Math.max(most, gain + best(step + 1, to));
    }
    return most;
  };
  return best(0, 0);
}

describe('the value of a store', () => {
  test('is the sum of what rises earn, as far as there is room', () => {
    const value = new ConcaveValue(-1, 2);
    value.addRise(3, 1);
    value.addRise(5, 2);
    value.cut();
    expect(value.maximum).toBe(10);
    value.addFall(-1, 2); // Costs 1 a unit to make room …
    value.cut();
    value.addRise(4, 5); // … for 4 a unit.
    value.cut();
    expect(value.maximum).toBe(10 - 2 + 8);
  });
});

describe('the hindsight bound', () => {
  test('is what brute force finds where each lot meets one book of the other venue', () => {
    for (let seed = 0; seed < 40; seed++) {
      const [numSteps, depth, base] = [5, 1 + (seed % 3), 1 + (seed % 2)];
      const tape = tapeInSteps(seed, numSteps, depth);
      // The first decision comes when both venues have shown a book, the others a second apart each.
      const bound = hindsightBound(
        {
          ...tape,
          length: tape.length + 1,
          timeMs: Float64Array.of(...tape.timeMs, numSteps * 1000),
          venue: Uint8Array.of(...tape.venue, 0),
        },
        {
          fromRow: 1,
          lastRow: tape.length,
          base: [base, base],
          feeRates: FEES,
          latencyMs: [0, 0],
          staleMs: 5000,
          decisionMs: 1000,
        },
      );
      expect(bound).toBeCloseTo(bruteForce(tape, numSteps, base), 8);
    }
  });

  test('no trader beats it: random, greedy, and the best of many tries with hindsight', () => {
    const shares: number[] = [];
    for (let seed = 0; seed < 25; seed++) {
      const books = randomTape(seed, { length: 60, depth: 1 + (seed % 3), basisBps: 15, repeats: 0.4 });
      const latencyMs = [[0], [0, 0], [70]][seed % 3];
      const config = {
        warmupEvents: 5,
        latencyMs,
        takerFeeRates: [0.0002],
        decisionMs: seed % 2 === 0 ? 0 : 180,
        minEdgeRate: -0.1,
        walkRate: seed % 4 === 0 ? 0.01 : 0,
        limitRate: 0.01,
        initialEquity: 8000, // 2 base a venue, of the order of what the books show
        sizes: [0.3, 1],
        maxPairs: 10,
        legPolicy: 'cancel' as const,
        staleMs: 400,
      };
      const env = new ArbitrageEnv({ books, config });
      const rng = createRng(seed);
      const { n } = env.actionSpace as Discrete;
      let best = 0;
      for (let attempt = 0; attempt < 120; attempt++) {
        const sequence: number[] = [];
        env.reset({ seed: 0 });
        // Actions that hold more often find better sequences than uniform ones.
        const hold = rng.uniform();
        for (let isOver = false; !isOver; ) {
          const action = rng.uniform() < hold ? 0 : rng.integer(n);
          sequence.push(action);
          const { info, terminated, truncated } = env.step(action);
          isOver = terminated || truncated;
          const earned =
            latencyMs[0] === 0 ? (info.equity / 8000 - 1) * 1e4 : (info.matchedProfit / 8000) * 1e4;
          best = Math.max(best, earned);
        }
      }
      const wholeConfig = { ...env.config, episodeStart: 'sequential' as const };
      const bound = boundBps(books, wholeConfig, { fromRow: 0, toRow: 0 });
      expect(best).toBeLessThanOrEqual(bound + 1e-6);
      if (bound > 0) shares.push(best / bound);
    }
    // It is not so high as to say nothing.
    expect(Math.max(...shares)).toBeGreaterThan(0.4);
  });

  test('no threshold rule beats it, with latency, one way or both, whatever it gives to trade back', () => {
    const shares: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const books = randomTape(seed, { length: 200, depth: 3, basisBps: 15, repeats: 0.4 });
      const config = arbitrageConfig.parse({
        warmupEvents: 5,
        latencyMs: [70],
        takerFeeRates: [0.0002],
        decisionMs: seed % 2 === 0 ? 0 : 180,
        initialEquity: 8000,
        sizes: [0.3, 1],
        maxPairs: 10,
        legPolicy: 'cancel',
        staleMs: 400,
      });
      const bound = boundBps(books, config, { fromRow: 0, toRow: 0 });
      let best = 0;
      for (const there of [0, 4, 8, 16]) {
        for (const back of [-16, -8, 0, 8, 1e6]) {
          for (const slopeBps of [0, 10]) {
            const env = new ArbitrageEnv({ books, config });
            const rule = buildFor(edgeThreshold, env, { thresholdBps: [there, back], slopeBps });
            let earned = 0;
            playEpisode(rule, env, ({ matchedProfit }) => {
              earned = (matchedProfit / 8000) * 1e4;
            });
            best = Math.max(best, earned);
          }
        }
      }
      expect(best).toBeLessThanOrEqual(bound + 1e-6);
      if (bound > 0) shares.push(best / bound);
    }
    expect(Math.max(...shares)).toBeGreaterThan(0.3);
  });

  test('needs two venues', () => {
    const tape = randomTape(1, { length: 30, numVenues: 3 });
    const options = {
      fromRow: 3,
      lastRow: 29,
      base: [1, 1] as const,
      feeRates: FEES,
      latencyMs: [0, 0] as const,
      staleMs: 1e9,
      decisionMs: 0,
    };
    expect(() => hindsightBound(tape, options)).toThrow(/that of two venues, but the tape has 3/);
  });
});
