import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { BookTradingEnv } from '../../envs/book-trading.ts';
import { TradingEnv } from '../../envs/trading.ts';
import type { BookTape } from '../../market/books/tape.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { testEnv } from '../../testing/suites.ts';
import { walkingBooks } from '../market/walking-books.ts';

const CONFIG = { barMs: 2000, features: ['return:1', 'volatility:5'], normalizationBars: 20, window: 3 };
const books = walkingBooks({ events: 4000, venues: 2 });
const create = (config = {}, seed = 1, tape = books) =>
  new BookTradingEnv({ books: tape, venue: 1, seed, config: { ...CONFIG, ...config } });

for (const config of [
  {},
  { actions: 'continuous', latencyMs: 3000, latencySigma: 1 },
  { episodeBars: 100, latencyMs: 0 },
] as const) {
  testEnv(`trading-books ${JSON.stringify(config)}`, (seed) => create(config, seed));
}

test('shows what the trading env shows, so that an agent of one can act in the other', () => {
  const candles = geometricBrownian({ rng: createRng(1), length: 100 });
  const { barMs, ...config } = CONFIG;
  const onBars = new TradingEnv({ candles, config });
  const onBooks = create();
  expect(onBooks.observationSpace).toEqual(onBars.observationSpace);
  expect(onBooks.actionSpace).toEqual(onBars.actionSpace);
});

describe('the future', () => {
  /** The tape with every price after an event scaled by another random factor. */
  function perturbAfter(tape: BookTape, event: number): BookTape {
    const rng = createRng(`perturbed ${event}`);
    const copy = {
      ...tape,
      bidPrices: tape.bidPrices.slice(),
      askPrices: tape.askPrices.slice(),
      bidSizes: tape.bidSizes.slice(),
      askSizes: tape.askSizes.slice(),
    };
    for (let e = event + 1; e < tape.length; e++) {
      const factor = 0.8 + 0.4 * rng.uniform();
      for (let i = e * tape.depth; i < (e + 1) * tape.depth; i++) {
        copy.bidPrices[i] *= factor;
        copy.askPrices[i] *= factor;
        copy.bidSizes[i] *= factor;
        copy.askSizes[i] *= factor;
      }
    }
    return copy;
  }

  function trace(tape: BookTape): { timeMs: number; values: number[] }[] {
    const entries: { timeMs: number; values: number[] }[] = [];
    const env = new BookTradingEnv({
      books: tape,
      venue: 1,
      config: { ...CONFIG, actions: 'continuous', latencyMs: 500, latencySigma: 1 },
      onFill: (fill) => entries.push({ timeMs: fill.timeMs, values: [fill.size, fill.price, fill.fee] }),
    });
    const rng = createRng('actions');
    env.reset({ seed: 1 });
    for (let truncated = false; !truncated; ) {
      const result = env.step(Float32Array.of(2 * rng.uniform() - 1));
      const values = [...result.observation, result.reward, result.info.equity];
      entries.push({ timeMs: result.info.timeMs + CONFIG.barMs, values });
      ({ truncated } = result);
    }
    return entries;
  }

  test('changes nothing before it: not an observation, a fill or a reward', () => {
    const original = trace(books);
    for (const cut of [500, 1234, 2000, 3456]) {
      const perturbed = trace(perturbAfter(books, cut));
      const until = books.timeMs[cut];
      const known = (entries: typeof original) => entries.filter(({ timeMs }) => timeMs <= until);
      expect(known(original).length).toBeGreaterThan(50);
      expect(known(perturbed)).toEqual(known(original));
      expect(perturbed).not.toEqual(original);
    }
  });
});

test('settings that do not fit are one clear line', () => {
  expect(() => create({ barMs: 60_000_000 })).toThrowError(
    /no whole bar of 60000000 ms of V1; shorten barMs/,
  );
  expect(() => create({ normalizationBars: 5000 })).toThrowError(/rows/);
  expect(() => create({ levels: [-2, 0] })).toThrowError(/Level -2 of env "trading-books" is beyond/);
  expect(() => new BookTradingEnv({ books, venue: 7 })).toThrowError(/there is no venue 7/);
  const env = create();
  expect(() => env.step(0)).toThrowError(/call reset first/);
  env.reset();
  expect(() => env.step(5)).toThrowError(
    /got the action 5 for the step from row \d+ \(.*\); expected a whole number in \[0, 3\)/,
  );
});
