/** Configures the synthetic market of several venues, and names sets of its parameters. */
import { type ConfigOverrides, z } from '../../core/config.ts';

const positive = () => z.number().positive();
const share = () => z.number().min(0).max(1);

const venueSchema = z.strictObject({
  name: z.string().min(1).default('venue').describe('as the tape calls it'),
  intervalMs: positive().default(100).describe('median time from book to book, milliseconds'),
  intervalDeviation: z.number().min(0).max(5).default(0.5).describe('standard deviation of its log'),
  repeatShare: share().max(0.999).default(0.2).describe('share of books that repeat the one before'),
  basisBps: z.number().default(0).describe('mean distance of the middle from the efficient price, bp'),
  basisDeviationBps: z
    .number()
    .min(0)
    .default(3)
    .describe('standard deviation of the basis around its mean, bp'),
  basisHalfLifeMs: positive()
    .default(60_000)
    .describe('time in which the basis loses half its distance to its mean'),
  noiseBps: z
    .number()
    .min(0)
    .default(0.1)
    .describe('standard deviation of what each book adds to the middle, bp'),
  spreadBps: positive().default(2).describe('median of ask − bid, bp of the middle'),
  spreadDeviation: z.number().min(0).max(5).default(0.3).describe('standard deviation of the log spread'),
  spreadPersistence: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.9)
    .describe('correlation of the log spread from one changed book to the next'),
  levelSizes: z
    .array(positive())
    .min(1)
    .default([0.5, 0.7, 0.9, 1.1, 1.3])
    .describe('median size of each level, base units, best first; the last one holds for all behind'),
  sizeDeviation: z.number().min(0).max(5).default(0.8).describe('standard deviation of a log size'),
  levelGapsBps: z
    .array(z.number().min(0))
    .min(1)
    .default([0, 0.3])
    .describe('median distance of each level from the one before, bp; the first is not used'),
  levelGapDeviation: z.number().min(0).max(5).default(0.8).describe('standard deviation of its log'),
  levelRenewal: share().default(0.3).describe('share of levels that change in a changed book'),
  lagMs: z.number().min(0).default(0).describe('how long the venue takes to follow the efficient price'),
  latencyMs: z.number().min(0).default(20).describe('median time from the venue to here, milliseconds'),
  latencyDeviation: z.number().min(0).max(5).default(0.3).describe('standard deviation of its log'),
  outagesPerDay: z.number().min(0).default(0).describe('spells a day in which no book comes'),
  outageMs: z.number().min(0).default(60_000).describe('mean length of such a spell'),
});

const burstSchema = z.strictObject({
  perDay: z.number().min(0).default(0).describe('bursts a day, of all venues together'),
  meanMs: z.number().min(0).default(30_000).describe('mean length of a burst'),
  volatilityFactor: positive().default(3).describe('what a burst multiplies the volatility by'),
  rateFactor: positive().default(3).describe('what a burst multiplies the number of books by'),
  latencyFactor: positive().default(5).describe('what a burst multiplies latencies by'),
});

/** The keys with range, default and meaning; `describeConfig` lists them. */
export const syntheticVenuesSchema = z.object({
  base: z.string().min(1).default('BTC').describe('what is traded'),
  quote: z.string().min(1).default('USDT').describe('what prices are in'),
  startMs: z.number().default(1_704_067_200_000).describe('when the market begins, UTC epoch milliseconds'),
  events: z.int().min(1).default(10_000).describe('books to make, of all venues together'),
  depth: z.int().min(1).max(1000).default(5).describe('levels a side'),
  startPrice: positive().default(50_000).describe('efficient price at the beginning'),
  tick: positive().default(0.01).describe('prices are multiples of this'),
  volatilityPerYear: z
    .number()
    .min(0)
    .default(0.6)
    .describe('standard deviation of the log return of a year'),
  jumpsPerDay: z.number().min(0).default(0).describe('jumps of the efficient price a day'),
  jumpDeviationBps: z.number().min(0).default(20).describe('standard deviation of a jump, bp'),
  burst: burstSchema.prefault({}).describe('spells in which everything happens at once'),
  venues: z
    .array(venueSchema)
    .min(1)
    .max(256)
    .prefault([{ name: 'alpha' }, { name: 'beta', basisBps: 2, lagMs: 150, latencyMs: 40 }])
    .refine(
      (venues) => new Set(venues.map(({ name }) => name)).size === venues.length,
      'two venues have one name',
    )
    .describe('the venues'),
  maxEdgeBps: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe('the most that one latest book offers against another, before fees, bp; null for no limit'),
});

export type SyntheticVenuesConfig = z.output<typeof syntheticVenuesSchema>;
export type VenueConfig = SyntheticVenuesConfig['venues'][number];

/** Named sets of overrides. */
export const syntheticVenuesPresets = {
  /** Two venues that drift apart and come together: edges come and go. */
  default: {},
  /**
   * No latest book can ever be sold into another at a gain, even without fees: holding is best, and an agent that
   * trades has learnt something that is not there.
   */
  'no-arbitrage': { maxEdgeBps: 0, jumpsPerDay: 20 },
} satisfies Record<string, ConfigOverrides<typeof syntheticVenuesSchema>>;
