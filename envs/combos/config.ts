/** Configures arbitrage over several markets: settings and their ranges. */
import { type ConfigOf, z } from '../../core/config.ts';

export const comboConfig = z.object({
  sizes: z
    .array(z.number().positive().max(1))
    .min(1)
    .default([0.1])
    .describe('value of each leg of a trade, rising, fractions of the capital'),
  takerFeeRate: z
    .number()
    .min(0)
    .lt(0.1)
    .default(0.0004)
    .describe('taker fee of every market, fraction of notional, where instruments do not say'),
  instruments: z
    .array(z.record(z.string(), z.json()))
    .default([])
    .describe(
      'settings of each market, in the order of the tape: leverage, maintenanceTiers, feeTiers, priceSteps, …',
    ),
  exchanges: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'exchange of each market, where it is not as the kind has it; markets of one share their balances',
    ),
  valueIn: z
    .string()
    .default('')
    .describe('currency that everything is valued in; empty: the quote of the first market'),
  latencyMs: z.number().min(0).max(600_000).default(250).describe('median time from decision to book, ms'),
  latencySigma: z.number().min(0).max(5).default(0).describe('deviation of the logarithm of the latency'),
  decisionMs: z
    .number()
    .min(0)
    .default(0)
    .describe('time between decisions, ms; 0: after a book of every market'),
  staleMs: z.number().positive().default(7_200_000).describe('age past which a book fills nothing, ms'),
  limitRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.002)
    .describe('how much worse than the price it saw a leg may fill, fraction'),
  maxEdgeRate: z
    .number()
    .positive()
    .default(0.1)
    .describe('an edge beyond this is too good to be true and is not traded, fraction'),
  transfers: z.boolean().default(true).describe('whether balances can be moved; adds the actions for it'),
  transferShare: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('how much of the free balance a transfer moves'),
  transferDelayMs: z
    .number()
    .min(0)
    .default(1_200_000)
    .describe('how long a transfer between exchanges takes, ms'),
  transferFees: z
    .record(z.string(), z.number().min(0))
    .default({ USDT: 1, BTC: 0.0002, ETH: 0.002 })
    .describe('fee of a transfer between exchanges, units of each currency'),
  suspended: z
    .array(z.string())
    .default([])
    .describe('what may not leave, as exchange:currency: ["korea:KRW"]'),
  funding: z
    .enum(['file', 'none'])
    .default('file')
    .describe('rates of perpetuals on recorded books: of a file, or none ever'),
  initialEquity: z
    .number()
    .positive()
    .default(100_000)
    .describe('capital at the beginning, in the currency of values'),
  statisticsMs: z
    .number()
    .positive()
    .default(14_400_000)
    .describe('time constant of the edge statistics, ms'),
  warmupEvents: z
    .int()
    .min(1)
    .default(60)
    .describe('events before an episode from which its first statistics come'),
  episodeEvents: z
    .int()
    .min(0)
    .default(0)
    .describe('events after which an episode is truncated; 0: the whole range'),
  episodeStart: z
    .enum(['random', 'sequential'])
    .default('random')
    .describe(
      '`random`: uniform in the range; `sequential`: where the last episode was due to end, wrapping',
    ),
  fromRow: z.int().min(0).default(0).describe('first event an episode may start at'),
  toRow: z.int().min(0).default(0).describe('event before which every episode ends; 0: end of the tape'),
});

export type ComboConfig = ConfigOf<typeof comboConfig>;
