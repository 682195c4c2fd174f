/** Configures arbitrage over several markets: settings and their ranges. */
import { type ConfigOf, z } from '../../core/config.ts';
import { HEDGE_BUFFER } from '../../market/arbitrage/maker-taker.ts';
import type { ComboKind } from './kinds.ts';

export const comboConfig = z.object({
  actions: z
    .enum(['trades', 'targets'])
    .default('trades')
    .describe(
      '`trades`: a combination forwards or backwards in a size; `targets`: what is to be held, reached by a trade of the rest',
    ),
  targets: z
    .array(z.number().min(-10).max(10))
    .min(1)
    .max(32)
    .default([0, 0.4, 0.8])
    .describe(
      'of `targets`: value held of a combination, rising, fractions of the equity; backwards negative',
    ),
  targetBand: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('of `targets`: a distance below this is not traded, but back to 0, fraction of the equity'),
  collateralRate: z
    .number()
    .positive()
    .max(10)
    .default(0.2)
    .describe(
      'of `targets`: what contracts are given as collateral, moved with every trade, fraction of their value',
    ),
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
  makerFeeRate: z
    .number()
    .min(-0.01)
    .lt(0.1)
    .default(0.0002)
    .describe(
      'fee of a resting order, fraction of notional, negative for a rebate, where instruments do not say',
    ),
  quoteEdgesBps: z
    .array(z.number())
    .min(1)
    .max(8)
    .default([1, 3, 8])
    .describe(
      'maker-taker: what a fill is to earn after its hedge, fees paid, rising, bp; bid and ask choose of these',
    ),
  requoteBps: z
    .number()
    .min(0)
    .default(0.5)
    .describe('maker-taker: a quote that is as near as this to the wanted price keeps its place, bp'),
  hedgeLimitRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(HEDGE_BUFFER)
    .describe('maker-taker: how much worse than the best price a hedge may fill, fraction'),
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
  deleverageMoveRate: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'auto-deleveraging: a move of the mark that makes the exchange close positions which gained by it, fraction; 0: never',
    ),
  deleverageWindowMs: z
    .number()
    .positive()
    .default(3_600_000)
    .describe('auto-deleveraging: time within which the mark has to move, ms'),
  deleverageShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('auto-deleveraging: part of a position that is closed'),
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

/** The settings with the defaults of a kind. */
export function comboConfigOf({ settings }: Pick<ComboKind, 'settings'>): typeof comboConfig {
  const shape: Record<string, z.ZodType> = { ...comboConfig.shape };
  for (const [key, value] of Object.entries(settings)) {
    const setting = shape[key] as z.ZodType & { default(value: unknown): z.ZodType };
    shape[key] = setting.default(value).describe(setting.description ?? '');
  }
  return z.object(shape) as unknown as typeof comboConfig;
}
