/** Models how much worse than the quoted price an order fills. */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import {
  definePart,
  type PartDefinition,
  type PartPlugin,
  type PluginShape,
  requirePart,
} from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import type { Candles } from '../candles/candles.ts';

/** What a model may look at; all of it is known when the order is sent. One reused object, not to be kept. */
export interface SlippageOrder {
  /** Signed base units: positive buys. */
  readonly size: number;
  /** Quoted price before slippage, quote units. */
  readonly price: number;
  /** Mean volume of the last bars that have closed, base units per bar. */
  readonly volume: number;
  /** Root mean square log return of the last bars that have closed, per bar. */
  readonly volatility: number;
}

export interface SlippageModel {
  /** Fraction of the price, in [0, 1): a buy fills at price·(1 + rate), a sale at price·(1 − rate). */
  slippageRate(order: SlippageOrder): number;
}

/** Fills at the quoted price. */
export function noSlippage(): SlippageModel {
  return { slippageRate: () => 0 };
}

/**
 * Every fill pays half of a constant bid-ask spread.
 * @param halfSpreadRate (ask − bid) / (2·mid), in [0, 0.5)
 * @throws ConfigError `invalid-slippage` outside the range
 */
export function spreadSlippage(halfSpreadRate: number): SlippageModel {
  checkRange('Half-spread rate', halfSpreadRate, 0.5);
  return { slippageRate: () => halfSpreadRate };
}

/** The impact model never charges more than this unless told otherwise. */
export const DEFAULT_MAX_IMPACT_RATE = 0.1;

/**
 * rate = min(coefficient · volatility · √(|size| / volume), maxRate); `maxRate` where nothing was traded.
 * Source: the square-root law; Almgren, Thum, Hauptmann & Li, "Direct Estimation of Equity Market Impact" (2005).
 * Differences from the source: the exponent is 1/2 instead of the fitted 3/5, volume and volatility are means
 * over recent bars instead of days, and all of the impact is paid at once and leaves no trace in later prices.
 * @param options.coefficient dimensionless, in [0, 100); about 1 for liquid stocks
 * @param options.maxRate upper bound of the rate, in [0, 0.5)
 * @throws ConfigError `invalid-slippage` outside the ranges
 */
export function squareRootImpact(options: { coefficient: number; maxRate?: number }): SlippageModel {
  const { coefficient, maxRate = DEFAULT_MAX_IMPACT_RATE } = options;
  checkRange('Impact coefficient', coefficient, 100);
  checkRange('Maximum impact rate', maxRate, 0.5);
  return {
    slippageRate(order) {
      if (order.size === 0 || coefficient === 0) return 0;
      if (order.volume <= 0) return maxRate;
      const rate = coefficient * order.volatility * Math.sqrt(Math.abs(order.size) / order.volume);
      return Math.min(rate, maxRate);
    },
  };
}

/** The sum of two models' rates: a spread and an impact on top of it. */
export function addSlippage(first: SlippageModel, second: SlippageModel): SlippageModel {
  return { slippageRate: (order) => first.slippageRate(order) + second.slippageRate(order) };
}

/** What a slippage model is made for: the settings of the env that concern it. */
export interface SlippageContext {
  /** Half of the bid-ask spread, fraction of price, in [0, 0.5). */
  readonly slippageRate: number;
  /** Of the square-root impact, dimensionless, in [0, 100). */
  readonly impactCoefficient: number;
}

export type SlippagePlugin = PartPlugin<SlippageContext, SlippageModel>;

export const slippageShape: PluginShape = {
  kind: 'slippage model',
  define: 'defineSlippageModel',
  methods: ['create'],
};

/**
 * Makes a slippage model that the setting `slippageModel` of env trading can name.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const doubled = defineSlippageModel({
 *   name: 'doubled',
 *   description: "Twice the env's half-spread",
 *   create: ({ slippageRate }) => ({ slippageRate: () => 2 * slippageRate }),
 * });
 */
export function defineSlippageModel<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, SlippageContext, SlippageModel>,
): SlippagePlugin {
  return definePart(slippageShape, plugin);
}

const spreadAndImpact = defineSlippageModel({
  name: 'spread-and-impact',
  description: "The env's slippageRate, and the square-root impact of its impactCoefficient on top",
  create({ slippageRate, impactCoefficient }) {
    const spread = spreadSlippage(slippageRate);
    if (impactCoefficient === 0) return spread;
    return addSlippage(spread, squareRootImpact({ coefficient: impactCoefficient }));
  },
});

const linearImpact = defineSlippageModel({
  name: 'linear-impact',
  description: "The env's slippageRate, and an impact in proportion to the part of the volume that is traded",
  config: z.object({
    coefficient: z
      .number()
      .min(0)
      .lt(100)
      .default(0.1)
      .describe('fraction of price that an order as large as a mean bar moves it by, in [0, 100)'),
    maxRate: z
      .number()
      .min(0)
      .lt(0.5)
      .default(DEFAULT_MAX_IMPACT_RATE)
      .describe('upper bound of the impact, fraction of price, in [0, 0.5)'),
  }),
  create: ({ slippageRate }, { coefficient, maxRate }) => ({
    slippageRate({ size, volume }) {
      if (size === 0) return slippageRate;
      const impact = volume > 0 ? (coefficient * Math.abs(size)) / volume : maxRate;
      return slippageRate + Math.min(impact, maxRate);
    },
  }),
});

/** The slippage models that come with the framework. */
export const builtInSlippages = new Registry<SlippagePlugin>(slippageShape.kind, [
  spreadAndImpact,
  linearImpact,
]);

/**
 * The slippage model of a plugin, checked where it is a user's.
 * @throws ConfigError `invalid-plugin`; while trading, `invalid-slippage` for a rate that is none
 */
export function createSlippage(
  plugin: SlippagePlugin,
  context: SlippageContext,
  settings: Readonly<Record<string, unknown>>,
): SlippageModel {
  const owner = `slippage model "${plugin.name}"`;
  const model = requirePart(plugin.create(context, settings), owner, ['slippageRate']);
  if (builtInSlippages.has(plugin.name)) return model;
  return {
    slippageRate(order) {
      const rate = model.slippageRate(order);
      if (rate >= 0 && rate < 1) return rate;
      throw new ConfigError(
        'invalid-slippage',
        `The ${owner} gave ${String(rate)} for an order of ${order.size}; it must return a fraction of price in [0, 1).`,
      );
    },
  };
}

/** What an order meets at each bar's close; row t looks at bars up to and including t. */
export interface BarLiquidity {
  /** [T] mean base volume per bar */
  readonly volume: Float64Array;
  /** [T] root mean square of close-to-close log returns, per bar */
  readonly volatility: Float64Array;
}

/**
 * Trailing means over the last `window` bars, over fewer at the start; the volatility of bar 0 is 0.
 * @param window number of bars, a whole number ≥ 1
 * @throws ConfigError `invalid-slippage` for another window
 */
export function barLiquidity(candles: Candles, window = 20): BarLiquidity {
  if (!Number.isInteger(window) || window < 1) {
    throw new ConfigError(
      'invalid-slippage',
      `The liquidity window must be a whole number of bars ≥ 1, got ${window}.`,
    );
  }
  const { length, close, volume } = candles;
  const squares = new Float64Array(length);
  for (let t = 1; t < length; t++) {
    const logReturn = log(close[t] / close[t - 1]);
    squares[t] = logReturn * logReturn;
  }
  const meanVolume = new Float64Array(length);
  const volatility = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    // Each window is summed anew: a running sum would carry rounding from bars that have left it.
    const first = Math.max(0, t - window + 1);
    let volumeSum = 0;
    let squareSum = 0;
    for (let s = first; s <= t; s++) {
      volumeSum += volume[s];
      squareSum += squares[s];
    }
    meanVolume[t] = volumeSum / (t - first + 1);
    const numReturns = t - Math.max(1, first) + 1;
    volatility[t] = numReturns > 0 ? Math.sqrt(squareSum / numReturns) : 0;
  }
  return { volume: meanVolume, volatility };
}

function checkRange(what: string, value: number, bound: number): void {
  if (!(value >= 0 && value < bound)) {
    throw new ConfigError('invalid-slippage', `${what} must be in [0, ${bound}), got ${value}.`);
  }
}
