/** Says what is odd about a candle series before anything is learnt from it. */
import { exp, log } from '../../core/math.ts';
import { mean } from '../../core/statistics.ts';
import type { Candles } from './candles.ts';
import { findGaps, type Gap, tradesThroughWeekends } from './gaps.ts';
import { type BarSpell, findJumps, findSpells, type Jump } from './spells.ts';
import { formatTime } from './timestamps.ts';

/** A log return more than 10 robust deviations away from the median one. */
export interface Outlier {
  /** The row whose close it is, against the close before. */
  readonly row: number;
  readonly timeMs: number;
  readonly logReturn: number;
  /** Robust deviations from the median. */
  readonly deviations: number;
}

/** A run of bars of one length. */
export interface Frame {
  readonly stepMs: number;
  readonly bars: number;
  readonly fromMs: number;
}

export interface DataQuality {
  readonly rows: number;
  readonly firstTimeMs: number;
  readonly lastTimeMs: number;
  /** Median time from bar to bar, milliseconds; 0 for a single bar. */
  readonly stepMs: number;
  /** Bars come on weekends too: then a weekend without bars is a gap like any other. */
  readonly tradesThroughWeekends: boolean;
  /** In order of time. */
  readonly gaps: readonly Gap[];
  /** Long runs of bars of one length, where there are several lengths: two time frames in one file. In order of time. */
  readonly frames: readonly Frame[];
  /** Bars whose time is off the grid of most, as a fraction. */
  readonly offGrid: number;
  /** The close never changes: the feed is dead. */
  readonly isDead: boolean;
  /** Bars whose close is the close before, as a fraction of those that have one before. */
  readonly unchangedCloses: number;
  readonly zeroVolumeBars: number;
  /** Bars with open = high = low = close. */
  readonly flatBars: number;
  /** The longest run of bars without volume. */
  readonly longestZeroVolume: number;
  /** 1.4826 times the median distance of a log return from their median: the deviation, were they normal. */
  readonly robustDeviation: number;
  /** In order of time. Where most closes are unchanged, the mean absolute log return takes the deviation's place. */
  readonly outliers: readonly Outlier[];
  /** Opens far from the close before. In order of time. */
  readonly jumps: readonly Jump[];
  /** Runs of at least 20 bars at one price without a move, longest first; in a market where most bars move. */
  readonly stillSpells: readonly BarSpell[];
  /** Runs of at least 20 bars without volume, longest first. */
  readonly zeroVolumeSpells: readonly BarSpell[];
  /**
   * Bars whose open is exactly the close before, as a fraction of the bars that have one before. Usual in
   * markets that never close; elsewhere a sign that the opens were made up, and that an execution at the next
   * open is really one at the close.
   */
  readonly openAtPreviousClose: number;
}

const DAY_MS = 86_400_000;
/** A run of bars of one length is a time frame of its own from this many bars and this share of all on. */
const MIN_FRAME_BARS = 10;
const MIN_FRAME_SHARE = 0.05;
const OUTLIER_DEVIATIONS = 10;

export function describeCandles(candles: Candles): DataQuality {
  const { length, timeMs, open, high, low, close, volume } = candles;
  const steps = Float64Array.from({ length: length - 1 }, (_, i) => timeMs[i + 1] - timeMs[i]);
  const returns = Float64Array.from({ length: length - 1 }, (_, i) => log(close[i + 1] / close[i]));
  const stepMs = median(steps);
  const center = median(returns);
  const robustDeviation = 1.4826 * median(returns.map((value) => Math.abs(value - center)));
  const scale = robustDeviation > 0 ? robustDeviation : mean(returns.map(Math.abs));
  const outliers: Outlier[] = [];
  let zeroVolumeBars = 0;
  let flatBars = 0;
  let opensAtPreviousClose = 0;
  let unchanged = 0;
  let zeroRun = 0;
  let longestZeroVolume = 0;
  for (let row = 0; row < length; row++) {
    zeroRun = volume[row] === 0 ? zeroRun + 1 : 0;
    longestZeroVolume = Math.max(longestZeroVolume, zeroRun);
    if (volume[row] === 0) zeroVolumeBars++;
    if (open[row] === close[row] && high[row] === low[row]) flatBars++;
    if (row === 0) continue;
    if (open[row] === close[row - 1]) opensAtPreviousClose++;
    if (close[row] === close[row - 1]) unchanged++;
    const logReturn = returns[row - 1];
    const deviations = (logReturn - center) / scale;
    if (scale > 0 && Math.abs(deviations) > OUTLIER_DEVIATIONS) {
      outliers.push({ row, timeMs: timeMs[row], logReturn, deviations });
    }
  }
  return {
    rows: length,
    firstTimeMs: timeMs[0],
    lastTimeMs: timeMs[length - 1],
    stepMs,
    tradesThroughWeekends: tradesThroughWeekends(timeMs),
    gaps: findGaps(timeMs, stepMs),
    frames: findFrames(timeMs),
    offGrid: shareOffGrid(timeMs, stepMs),
    isDead: length > 1 && unchanged === length - 1,
    unchangedCloses: length > 1 ? unchanged / (length - 1) : 0,
    zeroVolumeBars,
    longestZeroVolume,
    flatBars,
    robustDeviation,
    outliers,
    jumps: scale > 0 ? findJumps(candles, scale, stepMs) : [],
    stillSpells: findSpells(
      candles,
      (row) => high[row] === low[row] && (row === 0 || close[row] === close[row - 1]),
    ),
    zeroVolumeSpells: findSpells(candles, (row) => volume[row] === 0),
    openAtPreviousClose: length > 1 ? opensAtPreviousClose / (length - 1) : 0,
  };
}

/** The report as lines for a terminal. */
export function formatDataQuality(quality: DataQuality): string {
  const { rows, gaps, outliers, robustDeviation } = quality;
  const missing = gaps.filter(({ kind }) => kind === 'gap');
  const count = (kind: Gap['kind']) => gaps.filter((gap) => gap.kind === kind).length;
  const share = (bars: number) => `${bars} (${percent(bars / rows)})`;
  const lines = [
    `rows           ${rows}, ${shortTime(quality.firstTimeMs)} to ${shortTime(quality.lastTimeMs)} UTC`,
    `step           ${formatDuration(quality.stepMs)} (median)`,
    ...frameLines(quality),
    `closed         ${describeClosed(quality, count)}`,
    `gaps           ${missing.length === 0 ? 'none' : `${missing.length}, the largest ${largestGap(missing)}`}`,
    ...(quality.offGrid > 0 ? [`off the grid   ${percent(quality.offGrid)} of the bars`] : []),
    ...(quality.isDead
      ? ['price          never changes: the feed is dead, nothing can be learnt from it']
      : []),
    ...(!quality.isDead && quality.unchangedCloses > 0.5
      ? [
          `price          unchanged in ${percent(quality.unchangedCloses)} of the bars: most labels of direction are neither up nor down`,
        ]
      : []),
    `zero volume    ${share(quality.zeroVolumeBars)}${quality.longestZeroVolume > 1 ? `, ${quality.longestZeroVolume} in a row at most` : ''}`,
    `flat bars      ${share(quality.flatBars)}`,
    `outliers       ${outliers.length === 0 ? 'none' : `${outliers.length} returns`} beyond ${OUTLIER_DEVIATIONS} ` +
      (robustDeviation > 0
        ? `robust deviations of ${percent(robustDeviation)}`
        : 'mean absolute returns, as most closes are unchanged'),
  ];
  const bySize = [...outliers].sort((a, b) => Math.abs(b.deviations) - Math.abs(a.deviations));
  for (const outlier of bySize.slice(0, 3)) {
    lines.push(
      `               ${percent(exp(outlier.logReturn) - 1)} at row ${outlier.row}, ${shortTime(outlier.timeMs)}`,
    );
  }
  for (const { timeMs, ratio, split } of quality.jumps.slice(0, 3)) {
    const why =
      split === undefined ? 'another contract or symbol?' : `a split of ${split[0]} for ${split[1]}?`;
    lines.push(`jump           ${percent(ratio - 1)} from close to open, ${shortTime(timeMs)}: ${why}`);
  }
  if (quality.jumps.length > 3) lines.push(`               and ${quality.jumps.length - 3} more jumps`);
  lines.push(`opens at the close before   ${percent(quality.openAtPreviousClose)} of the bars`);
  return lines.join('\n');
}

/** Runs of one step that are long enough to be meant; none where all of those are of one step. */
function findFrames(timeMs: Float64Array): Frame[] {
  const minBars = Math.max(MIN_FRAME_BARS, MIN_FRAME_SHARE * timeMs.length);
  const frames: Frame[] = [];
  let start = 0;
  for (let row = 1; row < timeMs.length; row++) {
    const stepMs = timeMs[start + 1] - timeMs[start];
    if (row + 1 < timeMs.length && timeMs[row + 1] - timeMs[row] === stepMs) continue;
    const bars = row - start;
    if (bars >= minBars) {
      const last = frames[frames.length - 1];
      if (last?.stepMs === stepMs) frames[frames.length - 1] = { ...last, bars: last.bars + bars };
      else frames.push({ stepMs, bars, fromMs: timeMs[start] });
    }
    start = row;
  }
  return frames.length > 1 ? frames : [];
}

/** Bars do not begin at whole multiples of their step, counted from where most of them begin. */
function shareOffGrid(timeMs: Float64Array, stepMs: number): number {
  if (!(stepMs > 0)) return 0;
  const counts = new Map<number, number>();
  for (const time of timeMs) {
    const offset = time % Math.min(stepMs, DAY_MS);
    counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  return 1 - Math.max(...counts.values()) / timeMs.length;
}

function frameLines({ frames, rows }: DataQuality): string[] {
  if (frames.length === 0) return [];
  const runs = frames.map(
    ({ stepMs, bars, fromMs }) =>
      `${formatDuration(stepMs)} from ${shortTime(fromMs)} (${percent(bars / rows)} of the bars)`,
  );
  return [`step changes   ${runs.join(', then ')}: the file holds more than one time frame`];
}

function describeClosed(quality: DataQuality, count: (kind: Gap['kind']) => number): string {
  if (quality.tradesThroughWeekends) return 'never, bars come on weekends too';
  const parts = [
    [count('weekend'), 'weekends'],
    [count('holiday'), 'holidays'],
    [count('closed'), 'times out of trading hours'],
  ] as const;
  const there = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return there.length > 0 ? there.join(', ') : 'at no time that is seen';
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
