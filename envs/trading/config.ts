/** Configures the trading env: settings, their ranges, and what must hold between them. */
import { type ConfigOf, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { DEFAULT_MAX_IMPACT_RATE } from '../../market/execution/slippage.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import { instrumentSchema } from '../../market/instruments/instrument.ts';
import { planRows, type RowRange } from '../episode-rows.ts';

/** What both spot and perpetuals have. */
const spotConfig = z.object({
  features: z
    .array(z.string())
    .min(1)
    .default(['return:1', 'return:5', 'return:20', 'volatility:20', 'rsi:14'])
    .describe('feature specs, `name` or `name:bars`; ignored when a feature matrix is handed in'),
  window: z.number().int().min(1).max(10_000).default(10).describe('bars in an observation, ≥ 1'),
  normalize: z
    .enum(['rolling', 'none'])
    .default('rolling')
    .describe('`rolling`: unbounded features become rolling z-scores; `none`: features as they are'),
  normalizationBars: z.number().int().min(2).default(252).describe('bars a rolling z-score looks at, ≥ 2'),
  featureClip: z.number().positive().default(5).describe('bound of rolling z-scores, deviations, > 0'),
  actions: z
    .enum(['discrete', 'continuous'])
    .default('discrete')
    .describe('`discrete`: an action is the number of a level; `continuous`: a target exposure'),
  levels: z
    .array(z.number())
    .min(1)
    .default([-1, 0, 1])
    .describe('target exposures of the discrete actions, signed fractions of equity, within ± maxLeverage'),
  maxLeverage: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe('largest exposure that may be requested, fraction of equity, in (0, 100]'),
  feeRate: z.number().min(0).lt(0.5).default(0.001).describe('fee, fraction of notional, in [0, 0.5)'),
  feeModel: z.string().default('proportional').describe('name of the fee model'),
  feeSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the fee model's own settings, where it has any"),
  slippageRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0)
    .describe('half of the bid-ask spread, fraction of price, in [0, 0.5)'),
  impactCoefficient: z
    .number()
    .min(0)
    .lt(100)
    .default(0)
    .describe(
      'square-root impact: coefficient · volatility · √(size / volume), at most 0.1; dimensionless, in [0, 100)',
    ),
  slippageModel: z.string().default('spread-and-impact').describe('name of the slippage model'),
  slippageSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the slippage model's own settings, where it has any"),
  borrowRatePerYear: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe('interest on borrowed base and quote, fraction a year of 365 days, in [0, 100]'),
  execution: z
    .enum(['next-open', 'close'])
    .default('next-open')
    .describe('where an action on bar t fills: at the open of bar t + 1, or at the close just observed'),
  rebalanceBand: z
    .number()
    .min(0)
    .default(0)
    .describe('a target trades when it differs from the last accepted one by more than this, exposure, ≥ 0'),
  reward: z.string().default('log-return').describe('name of the reward'),
  rewardSettings: z
    .record(z.string(), z.json())
    .default({})
    .describe("the reward's own settings, where it has any"),
  sharpeAdaptation: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.01)
    .describe('adaptation rate η of the differential Sharpe ratio, per step, in (0, 1)'),
  drawdownPenalty: z
    .number()
    .min(0)
    .default(1)
    .describe('reward lost per unit of deepening drawdown, for `drawdown-penalised`, ≥ 0'),
  initialEquity: z
    .number()
    .positive()
    .default(10_000)
    .describe('cash at the start of an episode, quote, > 0'),
  episodeBars: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('steps after which an episode is truncated; 0: one episode is the whole range'),
  episodeStart: z
    .enum(['random', 'sequential'])
    .default('random')
    .describe(
      '`random`: uniform in the range; `sequential`: where the last episode was due to end, wrapping',
    ),
  fromRow: z.number().int().min(0).default(0).describe('first row an episode may start at, ≥ 0'),
  toRow: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('row before which every episode ends; 0: end of the data'),
});

const { marginMode, leverage, maintenanceTiers, liquidationFeeRate, fundingIntervalMs, fundingCapRate } =
  instrumentSchema.shape;

/** Settings of perpetuals, which nothing else looks at. */
export const perpetualShape = {
  marginMode,
  leverage,
  maintenanceTiers,
  liquidationFeeRate,
  partialLiquidation: z
    .boolean()
    .default(true)
    .describe('whether a position above the first tier is cut down tier by tier before it is closed'),
  stopRate: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('a position is closed when its price falls this far from its entry, fraction; 0: never'),
  takeProfitRate: z
    .number()
    .min(0)
    .default(0)
    .describe('a position is closed when its price has gained this much since its entry, fraction; 0: never'),
  funding: z
    .enum(['file', 'synthetic', 'none'])
    .default('file')
    .describe('rates of a perpetual: of a file (--funding, or a column of the data), made up, or none ever'),
  fundingIntervalMs,
  fundingCapRate,
  fundingLeadMs: z
    .number()
    .min(0)
    .default(0)
    .describe('how long before it is exchanged a rate is known, ms; 0: nobody knows it before'),
  fundingMean: z
    .number()
    .gt(-0.1)
    .lt(0.1)
    .default(0.0001)
    .describe('synthetic: mean rate of an interval, fraction'),
  fundingDeviation: z
    .number()
    .min(0)
    .lt(0.1)
    .default(0.0002)
    .describe('synthetic: standard deviation of the rates'),
  fundingSeed: z.int().min(0).default(0).describe('synthetic: decides the rates, the same in every env'),
  fundingHalfLifeMs: z
    .number()
    .min(0)
    .default(172_800_000)
    .describe('synthetic: time in which the distance to the mean halves, ms; 0: each rate is drawn anew'),
};

export const tradingConfig = spotConfig.extend({
  instrument: z
    .enum(['spot', 'perpetual'])
    .default('spot')
    .describe(
      '`spot`: base is bought, borrowed and sold; `perpetual`: a linear contract with margin and funding',
    ),
  ...perpetualShape,
});

export type TradingConfig = ConfigOf<typeof tradingConfig>;

/** @throws ConfigError `invalid-value` for a level beyond the leverage */
export function requireLevels(
  { actions, levels, maxLeverage }: Pick<TradingConfig, 'actions' | 'levels' | 'maxLeverage'>,
  env: string,
): void {
  const beyond = actions === 'discrete' ? levels.find((level) => Math.abs(level) > maxLeverage) : undefined;
  if (beyond === undefined) return;
  throw new ConfigError(
    'invalid-value',
    `Level ${beyond} of env "${env}" is beyond ± maxLeverage ${maxLeverage}: raise maxLeverage or drop the level.`,
  );
}

/**
 * Checks what no single key can tell, and finds the rows that episodes may use.
 * @throws ConfigError `invalid-value`, `features-mismatch`, `range-too-short`, `volume-needed`
 */
export function planTrading(config: TradingConfig, candles: Candles, features: FeatureMatrix): RowRange {
  const { maxLeverage, feeRate, slippageRate, impactCoefficient } = config;
  requireLevels(config, 'trading');
  const highestCost = feeRate + slippageRate + (impactCoefficient > 0 ? DEFAULT_MAX_IMPACT_RATE : 0);
  if (highestCost * Math.max(1, maxLeverage) >= 1) {
    throw new ConfigError(
      'invalid-value',
      `Env "trading": costs of up to ${highestCost} per unit traded cannot be paid at maxLeverage ${maxLeverage}; ` +
        'their product must stay below 1.',
    );
  }
  if (impactCoefficient > 0 && candles.volume.every((volume) => volume === 0)) {
    throw new ConfigError(
      'volume-needed',
      'Env "trading": impactCoefficient needs candles with volume, and these have none; set it to 0.',
    );
  }
  if (features.numRows !== candles.length) {
    throw new ConfigError(
      'features-mismatch',
      `Env "trading": the feature matrix has ${features.numRows} rows for ${candles.length} candles; ` +
        'compute it from the same candles.',
    );
  }
  const toRow = config.toRow === 0 ? candles.length : config.toRow;
  if (toRow > candles.length) {
    throw new ConfigError(
      'invalid-value',
      `Env "trading": toRow is ${toRow}, but there are ${candles.length} candles.`,
    );
  }
  return planRows({
    env: 'trading',
    firstRow: Math.max(config.fromRow, features.firstRow + config.window - 1),
    lastRow: toRow - 1,
    episodeSteps: config.episodeBars,
    first: 'the first with a whole observation',
    remedy: 'widen the range or shorten episodeBars, window or the features',
  });
}
