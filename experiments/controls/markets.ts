/** Makes markets of which it is known what can be learnt: the bars of another one in another order, with or without an edge. */
import { exp } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import { standardDeviation } from '../../core/statistics.ts';
import { type Candles, createCandles } from '../../market/candles/candles.ts';
import { periodsPerYear } from '../../market/candles/periods.ts';

/**
 * The same bars, each relative to the close before it, drawn without replacement: every moment of returns, gaps, ranges and volumes
 * stays, and nothing of a bar tells of the next.
 */
export function permuteBars(candles: Candles, rng: Rng): Candles {
  const { length, timeMs } = candles;
  const order = Uint32Array.from({ length: length - 1 }, (_, i) => i + 1);
  rng.shuffle(order);
  const columns = copyOf(candles);
  for (let row = 1; row < length; row++) {
    const from = order[row - 1];
    const factor = columns.close[row - 1] / candles.close[from - 1];
    for (const key of ['open', 'high', 'low', 'close'] as const)
      columns[key][row] = factor * candles[key][from];
    columns.volume[row] = candles.volume[from];
  }
  return createCandles({ ...columns, timeMs }, 'permuted bars');
}

/**
 * Bars in another order that go on, on average, where the bar before went: who is long after a rise and short after a fall earns, without
 * costs, the given Sharpe ratio a year.
 * @param sharpePerYear of that rule, ≥ 0
 */
export function plantEdge(candles: Candles, rng: Rng, sharpePerYear: number): Candles {
  const permuted = permuteBars(candles, rng);
  const { length, timeMs } = candles;
  const returns = Float64Array.from(
    { length: length - 1 },
    (_, i) => candles.close[i + 1] / candles.close[i] - 1,
  );
  const step = (sharpePerYear * standardDeviation(returns)) / Math.sqrt(periodsPerYear(timeMs));
  const columns = copyOf(permuted);
  let shift = 0;
  for (let row = 2; row < length; row++) {
    const before = exp(shift);
    shift += step * Math.sign(columns.close[row - 1] - columns.close[row - 2]);
    const after = exp(shift);
    columns.open[row] = permuted.open[row] * before;
    columns.close[row] = permuted.close[row] * after;
    columns.high[row] = permuted.high[row] * Math.max(before, after);
    columns.low[row] = permuted.low[row] * Math.min(before, after);
  }
  return createCandles({ ...columns, timeMs }, 'bars with an edge');
}

function copyOf({ open, high, low, close, volume }: Candles) {
  return {
    open: open.slice(),
    high: high.slice(),
    low: low.slice(),
    close: close.slice(),
    volume: volume.slice(),
  };
}
