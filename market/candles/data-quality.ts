/** Says what is odd about a candle series before anything is learnt from it. */
import { log } from '../../core/math.ts';
import type { Candles } from './candles.ts';
import { formatTime } from './timestamps.ts';

/** A step between two bars of more than 1.5 times the median step. */
export interface Gap {
  /** Open time of the bar before the gap. */
  readonly fromMs: number;
  /** Open time of the bar after it. */
  readonly toMs: number;
  /** It begins on a Friday or Saturday, ends on a Sunday or Monday (UTC) and is at most three days long. */
  readonly weekend: boolean;
}

/** A log return more than 10 robust deviations away from the median one. */
export interface Outlier {
  /** The row whose close it is, against the close before. */
  readonly row: number;
  readonly timeMs: number;
  readonly logReturn: number;
  /** Robust deviations from the median. */
  readonly deviations: number;
}

export interface DataQuality {
  readonly rows: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  /** Median time from bar to bar, milliseconds; 0 for a single bar. */
  readonly stepMs: number;
  /** In order of time. */
  readonly gaps: readonly Gap[];
  readonly zeroVolumeBars: number;
  /** Bars with open = high = low = close. */
  readonly flatBars: number;
  /** 1.4826 times the median distance of a log return from their median: the deviation, were they normal. */
  readonly robustDeviation: number;
  /** In order of time; none where the robust deviation is 0. */
  readonly outliers: readonly Outlier[];
  /**
   * Bars whose open is exactly the close before, as a fraction of the bars that have one before. Usual in
   * markets that never close; elsewhere a sign that the opens were made up, and that an execution at the next
   * open is really one at the close.
   */
  readonly openAtPreviousClose: number;
}

const DAY_MS = 86_400_000;
const GAP_STEPS = 1.5;
const OUTLIER_DEVIATIONS = 10;

export function describeCandles(candles: Candles): DataQuality {
  const { length, timeMs, open, high, low, close, volume } = candles;
  const steps = Float64Array.from({ length: length - 1 }, (_, i) => timeMs[i + 1] - timeMs[i]);
  const returns = Float64Array.from({ length: length - 1 }, (_, i) => log(close[i + 1] / close[i]));
  const stepMs = median(steps);
  const center = median(returns);
  const robustDeviation = 1.4826 * median(returns.map((value) => Math.abs(value - center)));
  const gaps: Gap[] = [];
  const outliers: Outlier[] = [];
  let zeroVolumeBars = 0;
  let flatBars = 0;
  let opensAtPreviousClose = 0;
  for (let row = 0; row < length; row++) {
    if (volume[row] === 0) zeroVolumeBars++;
    if (open[row] === close[row] && high[row] === low[row]) flatBars++;
    if (row === 0) continue;
    if (open[row] === close[row - 1]) opensAtPreviousClose++;
    if (steps[row - 1] > GAP_STEPS * stepMs) gaps.push(createGap(timeMs[row - 1], timeMs[row]));
    const logReturn = returns[row - 1];
    const deviations = (logReturn - center) / robustDeviation;
    if (robustDeviation > 0 && Math.abs(deviations) > OUTLIER_DEVIATIONS) {
      outliers.push({ row, timeMs: timeMs[row], logReturn, deviations });
    }
  }
  return {
    rows: length,
    firstTimeMs: timeMs[0],
    lastTimeMs: timeMs[length - 1],
    stepMs,
    gaps,
    zeroVolumeBars,
    flatBars,
    robustDeviation,
    outliers,
    openAtPreviousClose: length > 1 ? opensAtPreviousClose / (length - 1) : 0,
  };
}

/** The report as lines for a terminal. */
export function formatDataQuality(quality: DataQuality): string {
  const { rows, gaps, outliers, robustDeviation } = quality;
  const weekends = gaps.filter((gap) => gap.weekend);
  const others = gaps.filter((gap) => !gap.weekend);
  const share = (count: number) => `${count} (${percent(count / rows)})`;
  const lines = [
    `rows           ${rows}, ${shortTime(quality.firstTimeMs)} to ${shortTime(quality.lastTimeMs)} UTC`,
    `step           ${formatDuration(quality.stepMs)} (median)`,
    `weekends       ${weekends.length === 0 ? 'none left out' : `${weekends.length} left out`}`,
    `gaps           ${others.length === 0 ? 'none' : `${others.length}, the largest ${largestGap(others)}`}`,
    `zero volume    ${share(quality.zeroVolumeBars)}`,
    `flat bars      ${share(quality.flatBars)}`,
    `outliers       ${outliers.length === 0 ? 'none' : `${outliers.length} returns`} beyond ${OUTLIER_DEVIATIONS} ` +
      `robust deviations of ${percent(robustDeviation)}`,
  ];
  const bySize = [...outliers].sort((a, b) => Math.abs(b.deviations) - Math.abs(a.deviations));
  for (const outlier of bySize.slice(0, 3)) {
    lines.push(
      `               ${percent(outlier.logReturn)} at row ${outlier.row}, ${shortTime(outlier.timeMs)}`,
    );
  }
  lines.push(`opens at the close before   ${percent(quality.openAtPreviousClose)} of the bars`);
  return lines.join('\n');
}

function createGap(fromMs: number, toMs: number): Gap {
  const from = new Date(fromMs).getUTCDay();
  const to = new Date(toMs).getUTCDay();
  const weekend = (from === 5 || from === 6) && (to === 0 || to === 1) && toMs - fromMs <= 3 * DAY_MS;
  return { fromMs, toMs, weekend };
}

function largestGap(gaps: readonly Gap[]): string {
  const { fromMs, toMs } = gaps.reduce((a, b) => (b.toMs - b.fromMs > a.toMs - a.fromMs ? b : a));
  return `${formatDuration(toMs - fromMs)} from ${shortTime(fromMs)} to ${shortTime(toMs)}`;
}

/** The lower of the two middle values where there are two; 0 of none. */
function median(values: Float64Array): number {
  return values.length === 0 ? 0 : values.slice().sort()[(values.length - 1) >> 1];
}

/** Three digits: `0.123 %`. */
export const percent = (fraction: number): string => `${Number((100 * fraction).toPrecision(3))} %`;

/** Without seconds where they are zero, without a clock at midnight. */
export function shortTime(timeMs: number): string {
  return formatTime(timeMs)
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, '')
    .replace(/:00$/, '')
    .replace(/ 00:00$/, '');
}

/** In the largest unit that it fills: `1.5 h`. */
export function formatDuration(durationMs: number): string {
  const units: [number, string][] = [
    [DAY_MS, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  const [size, name] = units.find(([unit]) => durationMs >= unit) ?? [1, 'ms'];
  return `${Number((durationMs / size).toFixed(2))} ${name}`;
}
