import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import type { BookTape } from '../../market/book-tape.ts';
import { testEnv } from '../contracts/test-env.ts';
import { type RandomTapeOptions, randomTape, tapeOf, venuesOf } from './book-tapes.ts';

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
