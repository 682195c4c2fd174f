/** Trades a model's predictions with costs, by the same env and broker as every agent. */
import { SIGNAL_COLUMN, signal, VOLATILITY_COLUMN } from '../agents/rules/signal.ts';
import type { ConfigOverrides } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import type { Registry } from '../core/registry.ts';
import { createRng } from '../core/rng.ts';
import type { EnvParts } from '../envs/parts.ts';
import type { TradingConfig } from '../envs/trading/config.ts';
import type { Candles } from '../market/candles/candles.ts';
import { periodsPerYear } from '../market/candles/periods.ts';
import type { FeatureMatrix } from '../market/features/pipeline.ts';
import { returnDeviation } from '../market/features/return-deviation.ts';
import type { TrainedModel } from '../models/model.ts';
import { nextExposure, type SignalRulePlugin, signalConfig } from '../models/signals/exposure.ts';
import { predictSignal } from '../models/signals/predict.ts';
import type { Predictions } from '../models/signals/predictions.ts';
import type { PassAxis } from './account-pass.ts';
import { type Backtest, backtest } from './backtest.ts';
import { type ExposureMarket, type ExposureRule, largestExposure, SLOW_BARS } from './baselines.ts';

/** Bars of the realised volatility by default. */
const VOLATILITY_BARS = 20;

/** What a signal's backtest takes from the trading env's settings: costs, their models, and execution. */
export type TradingCosts = Partial<
  Pick<
    TradingConfig,
    | 'feeRate'
    | 'feeModel'
    | 'feeSettings'
    | 'slippageRate'
    | 'impactCoefficient'
    | 'slippageModel'
    | 'slippageSettings'
    | 'borrowRatePerYear'
    | 'execution'
    | 'initialEquity'
  >
>;

export interface SignalBacktestOptions {
  readonly signal?: ConfigOverrides<typeof signalConfig>;
  /** The rules that it may name; absent: those that come with the framework. */
  readonly rules?: Registry<SignalRulePlugin>;
  readonly costs?: TradingCosts;
  /** The models of costs that they may name; absent: those that come with the framework. */
  readonly parts?: EnvParts;
  /** Bars of the realised volatility, where one is aimed at, ≥ 2. Default 20. */
  readonly volatilityBars?: number;
}

/** The env's settings of a signal's backtest, for baselines on the same bars with the same costs. */
export function signalTradingConfig(
  predictions: Predictions,
  { signal: overrides = {}, costs = {}, volatilityBars = VOLATILITY_BARS }: SignalBacktestOptions,
): Partial<TradingConfig> {
  const { maxExposure, targetVolatility } = signalConfig.parse(overrides);
  const [firstRow] = predictions.rows;
  return {
    ...costs,
    window: 1,
    actions: 'continuous',
    maxLeverage: maxExposure,
    // The moving-average baseline needs its history before the first bar, so that all trade the same ones.
    fromRow: Math.max(firstRow, SLOW_BARS, targetVolatility > 0 ? volatilityBars : 0),
    toRow: predictions.rows[predictions.rows.length - 1] + 1,
  };
}

/**
 * @param predictions of neighbouring rows of the candles
 * @throws ConfigError `gap-in-predictions` where a row between has none
 */
export function backtestSignal(
  candles: Candles,
  predictions: Predictions,
  options: SignalBacktestOptions = {},
): Backtest {
  const config = signalTradingConfig(predictions, options);
  const features = signalFeatures(candles, predictions, options.volatilityBars ?? VOLATILITY_BARS);
  return backtest({ candles, features, config, parts: options.parts }, ({ observationSpace, actionSpace }) =>
    signal.build(
      {
        observationSpace,
        actionSpace,
        numEnvs: 1,
        rng: createRng(0),
        totalSteps: 0,
        signalRules: options.rules,
      },
      { ...options.signal, maxLeverage: config.maxLeverage },
    ),
  );
}

/**
 * A model as a baseline: its signal by sign, with the actions and the costs of a judged agent. It stays out of the market
 * until it has its first window. Its name says where it had learnt from the bars.
 * @param axis the bars that are judged
 * @throws ConfigError `pipeline-missing` for a model that was trained on a table, `candles-needed` on books
 */
export function modelRule(
  model: TrainedModel,
  { env, candles }: ExposureMarket,
  axis: PassAxis,
): ExposureRule {
  if (candles === undefined) {
    throw new ConfigError(
      'candles-needed',
      `The ${model.kind} model reads candles, and this env trades on books; leave out --baseline.`,
    );
  }
  const predictions = predictSignal(model, { candles });
  const { values, firstRow } = signalFeatures(candles, predictions, VOLATILITY_BARS);
  const rowAt = (timeMs: number): number => candles.timeMs.findLastIndex((time) => time <= timeMs);
  const [from, to] = [rowAt(axis.timeMs[0]), rowAt(axis.timeMs[axis.length - 1])];
  const knew = predictions.rows.some(
    (row, i) => row >= from && row <= to && predictions.provenance[i] === 'in-sample',
  );
  const settings = signalConfig.parse({ maxExposure: Math.min(1, largestExposure(env.actionSpace)) });
  let row = from;
  let wanted = 0;
  return {
    name: `${model.kind} signal${knew ? ' (seen in training)' : ''}`,
    exposure({ timeMs }) {
      while (candles.timeMs[row + 1] <= timeMs) row++;
      wanted = row < firstRow ? 0 : nextExposure(values[2 * row], values[2 * row + 1], wanted, settings);
      return wanted;
    },
  };
}

/** The score and the realised volatility a year as columns; NaN in rows without a prediction. */
export function signalFeatures(
  candles: Candles,
  predictions: Predictions,
  volatilityBars: number,
): FeatureMatrix {
  const { rows, scores } = predictions;
  const gap = rows.findIndex((row, i) => i > 0 && row !== rows[i - 1] + 1);
  if (gap >= 0) {
    throw new ConfigError(
      'gap-in-predictions',
      `Rows ${rows[gap - 1] + 1} to ${rows[gap] - 1} have no prediction, so the signal cannot be traded through; ` +
        'predict all rows between.',
    );
  }
  const values = new Float32Array(candles.length * 2).fill(Number.NaN);
  const rootYear = Math.sqrt(periodsPerYear(candles.timeMs));
  rows.forEach((row, i) => {
    values[2 * row] = scores[i];
    values[2 * row + 1] =
      row >= volatilityBars ? returnDeviation(candles.close, row, volatilityBars) * rootYear : 0;
  });
  return {
    numRows: candles.length,
    numColumns: 2,
    columns: [SIGNAL_COLUMN, VOLATILITY_COLUMN],
    firstRow: rows[0],
    values,
  };
}
