/**
 * Makes markets that arbitrage connects: several currencies with prices of their own, and books around them with premiums
 * that come and go, spreads and depths; perpetuals with funding.
 *
 * With V the value of each currency, a diffusion, and B_m the premium of market m, an Ornstein–Uhlenbeck process, the
 * middle of market m is V(base) / V(quote) · exp(B_m). Every market shows one book a step, one after another.
 */
import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { ContractTape } from '../books/contract-tape.ts';
import type { BookTape } from '../books/tape.ts';
import { createColumns } from '../books/tape-builder.ts';
import type { TradeTape } from '../books/trade-tape.ts';
import { type FundingSeries, syntheticFunding } from '../instruments/funding-series.ts';
import { TradeMaker } from './trade-maker.ts';

const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;
const BPS = 1e-4;

const positive = () => z.number().positive();

const fundingSchema = z.strictObject({
  intervalMs: positive()
    .default(8 * HOUR_MS)
    .describe('time between fundings, ms'),
  meanBps: z.number().default(1).describe('mean rate of an interval, bp'),
  deviationBps: z.number().min(0).default(3).describe('standard deviation of the rates, bp'),
  halfLifeMs: z
    .number()
    .min(0)
    .default(72 * HOUR_MS)
    .describe('time in which the distance to the mean halves, ms; 0: each rate is drawn anew'),
  leadMs: z
    .number()
    .min(0)
    .default(8 * HOUR_MS)
    .describe('how long before it is exchanged a rate is known, ms'),
});

const tradesSchema = z.strictObject({
  perStep: positive().default(0.3).describe('mean number between two books'),
  value: positive().default(20_000).describe('mean value of one'),
  impactBps: z
    .number()
    .min(0)
    .default(0)
    .describe('how far a trade moves the value of the base for good, bp: others know more than a maker'),
});

const marketSchema = z.strictObject({
  name: z.string().min(1).default('market').describe('as the tape calls it'),
  base: z.string().min(1).default('BTC').describe('what is traded'),
  quote: z.string().min(1).default('USDT').describe('what prices are in'),
  premiumBps: z.number().default(0).describe('mean distance of the middle from the value, bp'),
  premiumDeviationBps: z.number().min(0).default(0).describe('standard deviation of the premium, bp'),
  premiumHalfLifeMs: positive()
    .default(2 * HOUR_MS)
    .describe('time in which the premium halves its distance, ms'),
  spreadBps: positive().default(2).describe('ask − bid, bp of the middle'),
  depth: positive().default(100_000).describe('value of the best level of a side'),
  funding: fundingSchema.optional().describe('of a perpetual'),
  trades: tradesSchema.optional().describe('what others trade between two books; absent: nothing'),
});

export const legMarketsSchema = z.object({
  startMs: z.number().default(1_704_067_200_000).describe('when the market begins, UTC epoch ms'),
  stepMs: z.int().min(1).default(60_000).describe('time between two books of a market, ms'),
  steps: z.int().min(1).default(2000).describe('books of each market'),
  levels: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe('levels a side; each is as far from the next as the spread'),
  currencies: z
    .array(
      z.strictObject({
        name: z.string().min(1).default('BTC').describe('as markets call it'),
        value: positive().default(50_000).describe('value at the beginning'),
        volatilityPerYear: z
          .number()
          .min(0)
          .default(0.6)
          .describe('standard deviation of a year’s log return'),
      }),
    )
    .min(1)
    .describe('every currency, the one that values are in with value 1 and volatility 0'),
  markets: z.array(marketSchema).min(1).max(32).describe('the markets'),
});

export type LegMarketsConfig = z.output<typeof legMarketsSchema>;

export interface LegTape {
  readonly books: BookTape;
  /** Of each venue of the books; undefined for spot. */
  readonly funding: readonly (FundingSeries | undefined)[];
  /** Trades between the books, by the same venues; absent: none are known. */
  readonly trades?: TradeTape;
  /** What the venues said of perpetuals between the books, in the place of `funding`. */
  readonly contracts?: ContractTape;
}

/** Makes a fresh tape for every episode, into the same arrays. */
export class LegMarkets {
  readonly config: LegMarketsConfig;
  readonly #books: BookTape;
  readonly #values: Float64Array; // [K], logs
  readonly #trades: TradeMaker | undefined;

  /** @throws ConfigError `unknown-key`, `invalid-value` for a market in an unknown currency too */
  constructor(overrides: z.input<typeof legMarketsSchema>) {
    this.config = resolveConfig(legMarketsSchema, overrides, 'market "legs"');
    const { steps, levels, markets, currencies } = this.config;
    const known = new Set(currencies.map(({ name }) => name));
    const stray = markets.flatMap(({ base, quote }) => [base, quote]).find((name) => !known.has(name));
    if (stray !== undefined) {
      throw new ConfigError(
        'invalid-value',
        `Market "legs": no currency is called ${stray}; add it to currencies.`,
      );
    }
    const length = steps * markets.length;
    this.#books = {
      venues: markets.map(({ name, base, quote }) => ({ name, base, quote })),
      depth: levels,
      length,
      ...createColumns(length, levels),
    };
    this.#values = new Float64Array(currencies.length);
    if (markets.some(({ trades }) => trades !== undefined)) this.#trades = new TradeMaker(this.#books.venues);
  }

  /** @returns a view that the next call overwrites */
  generate(rng: Rng): LegTape {
    const { startMs, stepMs, steps, levels, currencies, markets } = this.config;
    const { bidPrices, bidSizes, askPrices, askSizes, timeMs, exchangeTimeMs, venue } = this.#books;
    const indexOf = new Map(currencies.map(({ name }, k) => [name, k]));
    const bases = markets.map(({ base }) => indexOf.get(base)!);
    const quotes = markets.map(({ quote }) => indexOf.get(quote)!);
    const logs = this.#values;
    currencies.forEach(({ value }, k) => {
      logs[k] = log(value);
    });
    const rootStep = Math.sqrt(stepMs / YEAR_MS);
    const memory = markets.map(({ premiumHalfLifeMs }) => exp((-log(2) * stepMs) / premiumHalfLifeMs));
    const distance = markets.map(({ premiumDeviationBps }) => premiumDeviationBps * BPS * rng.gaussian());
    const valueAt = (k: number): number => exp(logs[k]);
    this.#trades?.clear();
    for (let step = 0, n = 0; step < steps; step++) {
      if (step > 0) {
        for (let k = 0; k < logs.length; k++) {
          const { volatilityPerYear } = currencies[k];
          if (volatilityPerYear > 0) logs[k] += volatilityPerYear * rootStep * rng.gaussian();
        }
      }
      for (let m = 0; m < markets.length; m++, n++) {
        const { premiumBps, premiumDeviationBps, spreadBps, depth } = markets[m];
        if (step > 0 && premiumDeviationBps > 0) {
          const spread = premiumDeviationBps * BPS * Math.sqrt(1 - memory[m] * memory[m]);
          distance[m] = memory[m] * distance[m] + spread * rng.gaussian();
        }
        const middle = exp(logs[bases[m]] - logs[quotes[m]] + premiumBps * BPS + distance[m]);
        const value = valueAt(bases[m]);
        // A millisecond apart, so that each book is an event of its own.
        timeMs[n] = startMs + step * stepMs + m;
        exchangeTimeMs[n] = timeMs[n];
        venue[n] = m;
        for (let level = 0; level < levels; level++) {
          const away = (0.5 + level) * spreadBps * BPS;
          const at = n * levels + level;
          bidPrices[at] = middle * (1 - away);
          askPrices[at] = middle * (1 + away);
          bidSizes[at] = ((0.5 + rng.uniform()) * depth) / value;
          askSizes[at] = ((0.5 + rng.uniform()) * depth) / value;
        }
      }
      for (let m = 0; m < markets.length && this.#trades !== undefined; m++) {
        const { trades } = markets[m];
        if (trades === undefined) continue;
        const size = trades.value / valueAt(bases[m]);
        const row = n - markets.length + m;
        const bought = this.#trades.addBetween(this.#books, row, stepMs - m, trades.perStep, size, rng);
        logs[bases[m]] += bought * trades.impactBps * BPS;
      }
      this.#trades?.sort();
    }
    const toMs = startMs + steps * stepMs;
    const funding = markets.map(({ funding: terms }) =>
      terms === undefined
        ? undefined
        : syntheticFunding(
            {
              fromMs: startMs,
              toMs: toMs + 2 * terms.intervalMs,
              intervalMs: terms.intervalMs,
              mean: terms.meanBps * BPS,
              deviation: terms.deviationBps * BPS,
              halfLifeMs: terms.halfLifeMs,
              leadMs: terms.leadMs,
              capRate: 0.03,
            },
            rng,
          ),
    );
    return { books: this.#books, funding, ...(this.#trades && { trades: this.#trades.tape() }) };
  }
}
