/**
 * Defines what judging needs of a task: envs for one pass through a span, and where baselines can trade the same bars.
 */
import type { ConfigOverrides } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import type { Env } from '../envs/env.ts';
import { describeSpace } from '../envs/spaces.ts';
import type { tradingConfig } from '../envs/trading/config.ts';
import type { Candles } from '../market/candles/candles.ts';
import { periodsPerYear } from '../market/candles/periods.ts';
import type { Fill } from '../market/execution/fill.ts';
import type { AccountPass, PassAxis } from './account-pass.ts';
import { createPassEnv } from './backtest.ts';
import { type ExposureMarket, takesExposures } from './baselines.ts';
import type { TradingCosts } from './signal-backtest.ts';
import { isoDate, type Span, type Spans } from './spans.ts';

export interface JudgedTask {
  readonly spans: Spans;
  /**
   * An env that passes once through a span, with the keys of `AccountInfo` in its info.
   * @param onFill called after each fill, by an env that tells of them; the object is reused
   */
  createEnv(span: Span, onFill?: (fill: Readonly<Fill>) => void): Env;
  /** Of every reset. */
  readonly seed: number;
  /** All bars of the market, for rules that look back; absent where books are traded. */
  readonly candles?: Candles;
  /** Costs of baselines that cannot trade in the env itself. */
  readonly costs?: TradingCosts;
}

/** Trading candles with the trading env, by its complete configuration; the spans take the place of its range. */
export function tradingTask(
  candles: Candles,
  config: ConfigOverrides<typeof tradingConfig>,
  spans: Spans,
): JudgedTask {
  const createEnv: JudgedTask['createEnv'] = ({ fromRow, toRow }, onFill) =>
    createPassEnv({ candles, config: { ...config, fromRow, toRow }, onFill });
  return { spans, createEnv, seed: 0, candles };
}

/**
 * Where rules trade: the env itself where its actions are exposures, else the trading env on the bars that were judged.
 * @throws ConfigError `no-exposures` where there are no bars either
 */
export function exposureMarket(
  { seed, candles, costs = {} }: JudgedTask,
  env: Env,
  axis: PassAxis,
): { market: ExposureMarket; note?: string } {
  const { actionSpace } = env;
  if (takesExposures(actionSpace)) return { market: { env, seed, candles } };
  if (candles === undefined) {
    throw new ConfigError(
      'no-exposures',
      `Baselines cannot trade in this env: its actions, ${describeSpace(actionSpace)}, are no exposures. Give a discrete ` +
        'space values, the exposure of each choice, or take a box of one exposure.',
    );
  }
  const rowAt = (timeMs: number): number => candles.timeMs.findLastIndex((time) => time <= timeMs);
  const config = {
    ...costs,
    window: 1,
    actions: 'continuous' as const,
    fromRow: rowAt(axis.timeMs[0]),
    toRow: rowAt(axis.timeMs[axis.length - 1]) + 1,
  };
  const nothing = { numRows: candles.length, numColumns: 1, columns: ['nothing'], firstRow: 0 };
  const features = { ...nothing, values: new Float32Array(candles.length) };
  const paid = Object.entries(costs).map(([key, value]) => `${key} ${value}`);
  return {
    market: { env: createPassEnv({ candles, features, config }), seed, candles },
    note:
      `The actions of this env, ${describeSpace(actionSpace)}, are no exposures, so the baselines trade the same bars in the ` +
      `env "trading"${paid.length > 0 ? `, with ${paid.join(', ')}` : ', at its own default costs'}.`,
  };
}

/** The axis to the end of the span, where ruin has ended even the longest pass: an account at nothing has bars too. */
export function extendPastRuin(axis: AccountPass, { candles }: JudgedTask, { toRow }: Span): PassAxis {
  const last = axis.length - 1;
  if (candles === undefined || axis.equity[last] > 0) return axis;
  const from = candles.timeMs.findIndex((timeMs) => timeMs > axis.timeMs[last]);
  const rows = from < 0 ? [toRow, toRow] : [from, Math.max(from, toRow)];
  const timeMs = Float64Array.from([...axis.timeMs, ...candles.timeMs.subarray(...rows)]);
  const price = Float64Array.from([...axis.price, ...candles.close.subarray(...rows)]);
  return { length: timeMs.length, timeMs, price };
}

/** Steps of a pass in a year: bars a year of the whole series, times the steps that the pass takes a bar; of the pass itself without bars. */
export function stepsPerYear({ candles }: JudgedTask, axis: PassAxis): number | undefined {
  if (candles === undefined) return undefined;
  const [fromMs, toMs] = [axis.timeMs[0], axis.timeMs[axis.length - 1]];
  const rowAt = (time: number): number => candles.timeMs.findLastIndex((timeMs) => timeMs <= time);
  const numBars = rowAt(toMs) - rowAt(fromMs);
  return numBars > 0 ? periodsPerYear(candles.timeMs) * ((axis.length - 1) / numBars) : undefined;
}

/** Rows at the end of a span that a pass may leave out, as a share of the span: the last orders need bars to fill in. */
const TOLERATED_SHARE = 0.02;

/** Says so where the env ended its pass well before the end of the span. */
export function partialPassNote(
  { candles }: JudgedTask,
  { name, fromRow, toRow }: Span,
  axis: PassAxis,
): string | undefined {
  if (candles === undefined) return undefined;
  const endMs = axis.timeMs[axis.length - 1];
  const left = toRow - 1 - candles.timeMs.findLastIndex((time) => time <= endMs);
  if (left <= Math.max(1, TOLERATED_SHARE * (toRow - fromRow))) return undefined;
  return (
    `The env ended its pass of the ${name} span on ${isoDate(endMs)}, ${left} rows before the end, and is judged up to there ` +
    'alone; where its context has onePass, leave out what cuts its episodes.'
  );
}
