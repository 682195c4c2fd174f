/** What envs, and the rewards and costs within one, show of market data. */
import { resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { Registry } from '../../core/registry.ts';
import { createRng } from '../../core/rng.ts';
import { missingAccountKeys } from '../../envs/account-info.ts';
import { syntheticBooks } from '../../envs/arbitrage/synthetic.ts';
import type { Env, EnvPlugin } from '../../envs/env.ts';
import { builtInParts } from '../../envs/parts.ts';
import { type RewardPlugin, rewardShape } from '../../envs/trading/rewards.ts';
import { TradingEnv, type TradingEnvOptions } from '../../envs/trading.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { type FeePlugin, feeShape } from '../../market/execution/fees.ts';
import { type SlippagePlugin, slippageShape } from '../../market/execution/slippage.ts';
import { bookMarket, type Change, candleMarket } from './market.ts';
import { type Observed, traceEnv } from './trace.ts';
import type { LookAheadOptions, Tracer } from './tracer.ts';

const DEFAULT_STEPS = 300;
/** Series of an env that trades several. */
const NUM_SERIES = 3;
/** Features that need no warm-up. */
const PLAIN = { features: ['return:1'], normalize: 'none' as const, window: 1 };

/** A reward, a fee or a slippage model, at work in the trading env. */
export function partTracer(
  plugin: RewardPlugin | FeePlugin | SlippagePlugin,
  { config = {}, steps = DEFAULT_STEPS }: LookAheadOptions,
  candles: Candles,
): Tracer {
  const { kind } = plugin;
  const settings = config as { [key: string]: never };
  const withPart = (): Pick<TradingEnvOptions, 'reward' | 'parts' | 'config'> => {
    if (kind === feeShape.kind) {
      const fees = new Registry<FeePlugin>(feeShape.kind, [plugin as FeePlugin]);
      return {
        parts: { ...builtInParts, fees },
        config: { ...PLAIN, feeModel: plugin.name, feeSettings: settings },
      };
    }
    if (kind === slippageShape.kind) {
      const slippages = new Registry<SlippagePlugin>(slippageShape.kind, [plugin as SlippagePlugin]);
      return {
        parts: { ...builtInParts, slippages },
        config: { ...PLAIN, slippageModel: plugin.name, slippageSettings: settings },
      };
    }
    const reward = plugin as RewardPlugin;
    return { reward: { ...reward, create: (context) => reward.create(context, config) }, config: PLAIN };
  };
  const { changed, ...market } = candleMarket(candles);
  const trace = (change?: Change): Observed[] => {
    const data = changed(change);
    const fromRow = change !== undefined && 'before' in change ? change.before.length + 1 : 1;
    const made = withPart();
    const range = { fromRow, episodeStart: 'sequential' as const };
    return traceEnv(new TradingEnv({ candles: data, ...made, config: { ...made.config, ...range } }), {
      steps,
    });
  };
  const name = `${kind ?? rewardShape.kind} "${plugin.name}"`;
  return { name, ...market, close: candles.close, trace, isPrefix: false, ignoresRowNumber: true };
}

export function envTracer(plugin: EnvPlugin, options: LookAheadOptions, candles: Candles): Tracer {
  if (plugin.needsBooks) return bookTracer(plugin, options);
  const { config = {}, steps = DEFAULT_STEPS, rowOf, span, parts } = options;
  const name = `env "${plugin.name}"`;
  if (!plugin.needsCandles) {
    throw new ConfigError(
      'look-ahead-subject',
      `The ${name} reads no candles: there is nothing to look ahead at.`,
    );
  }
  const { changed, ...market } = candleMarket(candles);
  const create = (change?: Change): Env => {
    const data = changed(change);
    const series = plugin.takesSeries ? severalOf(data) : [data];
    const rows = span && plugin.usesSpan ? { span } : {};
    return plugin.create({ seed: 1, candles: data, series, parts, ...rows }, config);
  };
  return {
    name,
    ...market,
    close: candles.close,
    trace: (change) => traceEnv(create(change), { steps, rowOf }),
    isPrefix: false,
    ...(hasAccount(create()) && {
      account: (change: Change | undefined, otherFrom: number) =>
        traceEnv(create(change), { steps, rowOf, otherFrom }),
    }),
  };
}

/** An entry's place is the last event that had come by its time: by the end of the bar, where the env makes bars. */
function bookTracer(plugin: EnvPlugin, options: LookAheadOptions): Tracer {
  const { config = {}, steps = DEFAULT_STEPS, parts, books = proofBooks() } = options;
  const { changed, ...market } = bookMarket(books);
  const { barMs } = resolveConfig(plugin.config, config, `env "${plugin.name}"`);
  const untilMs = typeof barMs === 'number' ? barMs - 1 : 0;
  const timeOf = (info: object): number => ((info as { timeMs?: number }).timeMs ?? Number.NaN) + untilMs;
  const rowOf = options.rowOf ?? ((info: object) => eventAt(books, timeOf(info)));
  const create = (change?: Change): Env => plugin.create({ seed: 1, books: changed(change), parts }, config);
  return {
    name: `env "${plugin.name}"`,
    ...market,
    trace: (change) => traceEnv(create(change), { steps, rowOf }),
    isPrefix: false,
  };
}

function proofBooks(): BookTape {
  return syntheticBooks()(createRng('look-ahead'));
}

/** @returns NaN where the info tells no time */
function eventAt({ timeMs, length }: BookTape, time: number): number {
  if (Number.isNaN(time)) return Number.NaN;
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeMs[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The series itself, and others that follow it row by row. */
function severalOf(candles: Candles): Candles[] {
  return Array.from({ length: NUM_SERIES }, (_, m) => {
    const factor = (row: number): number => 1 + 0.1 * m * (1 + ((row * (m + 2)) % 7) / 7);
    const scaled = (column: Float64Array) => column.map((value, row) => value * factor(row));
    const { open, high, low, close } = candles;
    return m === 0
      ? candles
      : { ...candles, open: scaled(open), high: scaled(high), low: scaled(low), close: scaled(close) };
  });
}

function hasAccount(env: Env): boolean {
  return missingAccountKeys(env.reset({ seed: 1 }).info).length === 0;
}
