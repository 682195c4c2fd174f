/**
 * Labels each bar with what a model is to predict: the return ahead, its sign, or which barrier the price touches
 * first. Source of the triple barrier: M. López de Prado, "Advances in Financial Machine Learning" (2018), section 3.4.
 * Differences from the source: the barriers' unit is the sample deviation of the last `volatilityBars` log returns,
 * a finite window, where the book uses an exponential average; prices may be the bars' extremes instead of closes.
 */
import { type ConfigOf, type ConfigOverrides, resolveConfig, z } from '../../core/config.ts';
import { DataError } from '../../core/errors.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { returnDeviation } from '../../market/features/return-deviation.ts';

export const labelConfig = z.object({
  label: z
    .enum(['sign', 'triple-barrier', 'forward-return'])
    .default('sign')
    .describe(
      '`forward-return`: the return over the horizon, a number; `sign`: its sign, with a dead band; ' +
        '`triple-barrier`: whether profit or stop is touched first within the horizon',
    ),
  horizon: z.number().int().min(1).max(100_000).default(5).describe('bars the label looks ahead, ≥ 1'),
  deadBand: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('`sign`: returns within ± this are `flat`, fraction; 0: two classes, up and down'),
  profitBarrier: z
    .number()
    .positive()
    .default(1)
    .describe(
      '`triple-barrier`: distance of the profit barrier, deviations of the return over the horizon, > 0',
    ),
  stopBarrier: z
    .number()
    .positive()
    .default(1)
    .describe('`triple-barrier`: distance of the stop barrier, in the same unit, > 0'),
  volatilityBars: z
    .number()
    .int()
    .min(2)
    .default(20)
    .describe('`triple-barrier`: bars that the deviation is taken over, ≥ 2'),
  touch: z
    .enum(['close', 'range'])
    .default('close')
    .describe('`triple-barrier`: prices that touch a barrier: closes, or the whole range of a bar'),
});

export type LabelConfig = ConfigOf<typeof labelConfig>;

export type Task = 'classification' | 'regression';

/** N rows, one for each bar. */
export interface Labels {
  readonly task: Task;
  /** [C], from the lowest to the highest return; empty for regression. */
  readonly classNames: readonly string[];
  /** [N] class or value; NaN where the data end before the label is known, or begin too late. */
  readonly values: Float64Array;
  /** [N] last row that the label depends on. */
  readonly ends: Int32Array;
  /** [N] simple return from the row's close to that of its `ends` row; NaN where there is no label. */
  readonly returns: Float64Array;
}

const DOWN_UP = ['down', 'up'] as const;
const DOWN_FLAT_UP = ['down', 'flat', 'up'] as const;

/**
 * Labels of row r depend on the rows r to `ends[r]` and, for the triple barrier, on `volatilityBars` before.
 * @throws ConfigError for settings out of range; DataError `too-few-rows` when no row gets a label
 */
export function labelCandles(candles: Candles, overrides: ConfigOverrides<typeof labelConfig> = {}): Labels {
  const config = resolveConfig(labelConfig, overrides, 'the label');
  const labels = config.label === 'triple-barrier' ? tripleBarrier(candles, config) : ahead(candles, config);
  if (labels.values.some((value) => !Number.isNaN(value))) return labels;
  throw new DataError(
    'too-few-rows',
    `No row of ${candles.length} has a label: the horizon is ${config.horizon} bars; bring more rows or shorten it.`,
  );
}

function ahead({ length, close }: Candles, { label, horizon, deadBand }: LabelConfig): Labels {
  const values = new Float64Array(length).fill(Number.NaN);
  const returns = new Float64Array(length).fill(Number.NaN);
  const ends = Int32Array.from({ length }, (_, row) => Math.min(row + horizon, length - 1));
  for (let row = 0; row + horizon < length; row++) {
    const change = close[row + horizon] / close[row] - 1;
    returns[row] = change;
    if (label === 'forward-return') values[row] = change;
    else if (deadBand === 0) values[row] = change > 0 ? 1 : 0;
    else values[row] = change > deadBand ? 2 : change < -deadBand ? 0 : 1;
  }
  if (label === 'forward-return') return { task: 'regression', classNames: [], values, ends, returns };
  const classNames = deadBand === 0 ? DOWN_UP : DOWN_FLAT_UP;
  return { task: 'classification', classNames, values, ends, returns };
}

function tripleBarrier(candles: Candles, config: LabelConfig): Labels {
  const { length, close, high, low } = candles;
  const { horizon, profitBarrier, stopBarrier, volatilityBars, touch } = config;
  const values = new Float64Array(length).fill(Number.NaN);
  const returns = new Float64Array(length).fill(Number.NaN);
  const ends = Int32Array.from({ length }, (_, row) => Math.min(row + horizon, length - 1));
  const rootHorizon = Math.sqrt(horizon);
  // A row without its whole horizon gets no label, also where a barrier is touched: those alone would be a biased lot.
  for (let row = volatilityBars; row + horizon < length; row++) {
    const unit = returnDeviation(close, row, volatilityBars) * rootHorizon;
    // Without any movement before there is no unit to set barriers by.
    if (unit === 0) continue;
    const profitPrice = close[row] * (1 + profitBarrier * unit);
    const stopPrice = close[row] * (1 - stopBarrier * unit);
    let end = row;
    let value = 1;
    while (value === 1 && end < row + horizon) {
      end++;
      const highest = touch === 'range' ? high[end] : close[end];
      const lowest = touch === 'range' ? low[end] : close[end];
      // The order of a bar's high and low is unknown: assume that the stop is touched first.
      if (lowest <= stopPrice) value = 0;
      else if (highest >= profitPrice) value = 2;
    }
    values[row] = value;
    ends[row] = end;
    returns[row] = close[end] / close[row] - 1;
  }
  return { task: 'classification', classNames: DOWN_FLAT_UP, values, ends, returns };
}
