/**
 * Configures trading on order books: as trading on bars, but for how orders fill, and for rows: a span is a tape of its
 * own.
 */
import { type ConfigOf, z } from '../../core/config.ts';
import { PRICE_STEP_TABLES } from '../../market/instruments/price-steps.ts';
import { perpetualShape, tradingConfig } from './config.ts';

const { marginMode, leverage, maintenanceTiers, liquidationFeeRate, partialLiquidation, fundingIntervalMs } =
  perpetualShape;

const perpetualKeys = Object.fromEntries(Object.keys(perpetualShape).map((key) => [key, true])) as {
  [Key in keyof typeof perpetualShape]: true;
};

export const bookTradingConfig = tradingConfig
  .omit({
    execution: true,
    slippageRate: true,
    slippageModel: true,
    slippageSettings: true,
    impactCoefficient: true,
    fromRow: true,
    toRow: true,
    ...perpetualKeys,
  })
  .extend({
    marginMode,
    leverage,
    maintenanceTiers,
    liquidationFeeRate,
    partialLiquidation,
    fundingIntervalMs,
    barMs: z
      .int()
      .min(1)
      .default(60_000)
      .describe('length of a bar, and time between decisions, milliseconds'),
    latencyMs: z
      .number()
      .min(0)
      .default(250)
      .describe('median time from a decision to the venue’s book, milliseconds'),
    latencySigma: z
      .number()
      .min(0)
      .lt(10)
      .default(0)
      .describe('deviation of the logarithm of that time; 0: always the median'),
    latencyModel: z.string().default('lognormal').describe('name of the latency model'),
    latencySettings: z
      .record(z.string(), z.json())
      .default({})
      .describe("the latency model's own settings, where it has any"),
    staleMs: z
      .number()
      .positive()
      .default(10_000)
      .describe('age past which a book fills nothing, milliseconds'),
    limitRate: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.01)
      .describe('how much worse than the mid at the decision a fill may be, fraction'),
    lotSize: z.number().min(0).default(0).describe('sizes are multiples of this, base units; 0: any'),
    minSize: z.number().min(0).default(0).describe('smallest order, base units'),
    minNotional: z.number().min(0).default(0).describe('smallest value of an order, quote units'),
    tickSize: z
      .union([z.number().min(0), z.enum(PRICE_STEP_TABLES)])
      .default(0)
      .describe(
        'limits are multiples of this, quote units; 0: any; upbit-krw: the steps of won markets, by price',
      ),
  });

export type BookTradingConfig = ConfigOf<typeof bookTradingConfig>;
