/**
 * Features of coarser bars, made of the market's own as they close: `return:20@4h` on minutes is the return of 20 bars of
 * 4 hours. A coarse bar is known when its last bar has closed, and not before; until the next one it is the last known.
 * Normalised as the feature would be on coarse bars: its rolling z-score looks at coarse bars.
 */
import { ConfigError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';
import { BarSeries } from '../candles/bar-series.ts';
import { parseBarSpec } from '../candles/bar-spec.ts';
import type { Candles } from '../candles/candles.ts';
import type { Feature } from './features.ts';

/** Steps from which the usual length of a bar is told: the first ones, so that no later bar changes it. */
const STEPS = 500;

/** What stands behind `@` of a spec, and what stands before it; undefined where there is none. */
export function splitTimeframe(spec: string): { base: string; text: string; barMs: number } | undefined {
  const at = spec.lastIndexOf('@');
  if (at < 0) return undefined;
  const text = spec.slice(at + 1);
  const bars = parseBarSpec(text);
  if (bars.by === 'time') return { base: spec.slice(0, at), text, barMs: bars.barMs };
  throw new ConfigError(
    'invalid-feature',
    `Feature "${spec}": bars behind "@" are of time, e.g. return:20@4h.`,
  );
}

/** The usual length of a bar, ms; NaN for fewer than two bars. */
export function usualStepMs({ timeMs, length }: Candles): number {
  const steps = Math.min(length - 1, STEPS);
  return steps < 1 ? Number.NaN : median(Array.from({ length: steps }, (_, i) => timeMs[i + 1] - timeMs[i]));
}

/** The one feature on coarse bars, as a pipeline offers it. */
interface CoarsePipeline {
  readonly warmupRows: number;
  stream(): (candles: Candles, row: number, out: Float32Array) => void;
}

/**
 * @param inner the pipeline of the one feature on coarse bars
 * @param stepMs length of the market's bars; undefined: not known yet, and the lookback is NaN
 * @throws ConfigError `invalid-feature` where coarse bars are no whole number of bars
 */
export function timeframeFeature(
  spec: string,
  inner: CoarsePipeline,
  barMs: number,
  stepMs: number | undefined,
): Feature {
  const ratio = barMs / (stepMs ?? Number.NaN);
  if (stepMs !== undefined && !(Number.isInteger(ratio) && ratio >= 1)) {
    throw new ConfigError(
      'invalid-feature',
      `Feature "${spec}": bars of ${barMs / 1000} s cannot be made of bars of ${stepMs / 1000} s; give a whole multiple.`,
    );
  }
  // One more than the inner pipeline needs is not whole yet, and one is cut off where the window begins.
  const rows = (inner.warmupRows + 2) * ratio;
  return {
    name: spec,
    description: spec,
    bounded: true,
    lookback: () => rows,
    create: () => {
      const stream = inner.stream();
      const out = new Float32Array(1);
      let bars = new CoarseBars(barMs);
      let lastRow = Number.NaN;
      let lastBar = -1;
      return (candles, row) => {
        if (row !== lastRow + 1) {
          bars = new CoarseBars(barMs);
          lastBar = -1;
          for (let r = Math.max(0, row - rows); r < row; r++) bars.append(candles, r);
        }
        bars.append(candles, row);
        lastRow = row;
        const known = bars.known(candles.timeMs[row] + (stepMs as number));
        // Where bars are missing, the window must reach as far back whatever row the series began with.
        if (known < inner.warmupRows || row - bars.firstRows[known - inner.warmupRows] > rows)
          return Number.NaN;
        if (known !== lastBar) stream(bars.series, known, out);
        lastBar = known;
        return out[0];
      };
    },
  };
}

/** Coarse bars that grow; the one that the first row may have cut is left out. */
class CoarseBars {
  readonly series = new BarSeries();
  /** Rows with which the bars begin. */
  readonly firstRows: number[] = [];
  readonly #barMs: number;
  #startMs = Number.NaN;

  constructor(barMs: number) {
    this.#barMs = barMs;
  }

  append(candles: Candles, row: number): void {
    const { series } = this;
    const timeMs = candles.timeMs[row];
    const startMs = Math.floor(timeMs / this.#barMs) * this.#barMs;
    const isFirst = Number.isNaN(this.#startMs);
    if (startMs !== this.#startMs) {
      this.#startMs = startMs;
      if (isFirst && timeMs !== startMs) return;
      const { open, high, low, close, volume } = candles;
      series.append(startMs, open[row], high[row], low[row], close[row], volume[row]);
      this.firstRows.push(row);
      return;
    }
    const bar = series.length - 1;
    if (bar < 0) return;
    series.high[bar] = Math.max(series.high[bar], candles.high[row]);
    series.low[bar] = Math.min(series.low[bar], candles.low[row]);
    series.close[bar] = candles.close[row];
    series.volume[bar] += candles.volume[row];
  }

  /** The last bar that has closed by then; −1 before the first. */
  known(nowMs: number): number {
    const last = this.series.length - 1;
    return last >= 0 && nowMs >= this.series.timeMs[last] + this.#barMs ? last : last - 1;
  }
}
