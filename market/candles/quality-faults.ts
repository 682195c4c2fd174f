/** Lists what is wrong with a series, a sentence each, with where it is: for a report that shows it. */
import { log } from '../../core/math.ts';
import type { DataQuality } from './data-quality.ts';
import { formatDuration, percent, shortTime } from './data-quality.ts';
import { changeOf } from './spells.ts';

export type FaultKind =
  | 'dead-feed'
  | 'gap'
  | 'outlier'
  | 'jump'
  | 'still-price'
  | 'no-volume'
  | 'step-change'
  | 'off-grid'
  | 'no-direction'
  | 'note';

export interface QualityFault {
  readonly kind: FaultKind;
  readonly text: string;
  /** Where it is, UTC epoch; absent for what concerns the whole series. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Of each kind the worst so many; the rest is counted. */
const MAX_EACH = 20;
const MOSTLY = 0.5;
/** Notes that speak of what was wrong, not of how a file is written. */
const FAULTY_NOTE = /mixed|repeat|left out|dropped|0 throughout|no volume|several ways|lack|Dates between/;

/**
 * @param notes what was said of the file when it was read: duplicates, mixed units, rows that were dropped
 * @returns the gravest kinds first, within a kind the largest first
 */
export function listQualityFaults(quality: DataQuality, notes: readonly string[] = []): QualityFault[] {
  const { rows, gaps, outliers, jumps, frames } = quality;
  const faults: QualityFault[] = [];
  if (quality.isDead)
    faults.push({
      kind: 'dead-feed',
      text: 'The price never changes: the feed is dead, and nothing can be learnt.',
    });
  const jumpRows = new Set(jumps.map(({ row }) => row));
  add(
    jumps.toSorted((a, b) => Math.abs(log(b.ratio)) - Math.abs(log(a.ratio))),
    ({ timeMs, ratio, split }) => ({
      kind: 'jump',
      text:
        `The open is ${changeOf(log(ratio))} from the close before, at ${shortTime(timeMs)}: ` +
        (split === undefined
          ? 'another contract or symbol, or a mistake.'
          : `a split of ${split[0]} for ${split[1]}, it seems.`),
      fromMs: timeMs,
      toMs: timeMs,
    }),
  );
  add(
    outliers
      .filter(({ row }) => !jumpRows.has(row))
      .toSorted((a, b) => Math.abs(b.deviations) - Math.abs(a.deviations)),
    ({ timeMs, logReturn, deviations }) => ({
      kind: 'outlier',
      text: `${changeOf(logReturn)} from close to close at ${shortTime(timeMs)}, ${Math.round(Math.abs(deviations))} deviations.`,
      fromMs: timeMs,
      toMs: timeMs,
    }),
  );
  add(
    gaps.filter(({ kind }) => kind === 'gap').toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs)),
    ({ fromMs, toMs }) => ({
      kind: 'gap',
      text: `No bars for ${formatDuration(toMs - fromMs)}, from ${shortTime(fromMs)} to ${shortTime(toMs)}.`,
      fromMs,
      toMs,
    }),
  );
  if (!quality.isDead) {
    add(quality.stillSpells, ({ bars, fromMs, toMs }) => ({
      kind: 'still-price',
      text: `The price stands still for ${bars} bars, from ${shortTime(fromMs)} to ${shortTime(toMs)}.`,
      fromMs,
      toMs,
    }));
  }
  if (quality.zeroVolumeBars === rows)
    faults.push({ kind: 'no-volume', text: 'No bar has volume: features of volume are empty.' });
  else {
    add(quality.zeroVolumeSpells, ({ bars, fromMs, toMs }) => ({
      kind: 'no-volume',
      text: `No volume for ${bars} bars, from ${shortTime(fromMs)} to ${shortTime(toMs)}.`,
      fromMs,
      toMs,
    }));
  }
  for (const { stepMs, bars, fromMs } of frames) {
    faults.push({
      kind: 'step-change',
      text: `Bars of ${formatDuration(stepMs)} from ${shortTime(fromMs)} on, ${percent(bars / rows)} of all: the file holds more than one time frame.`,
      fromMs,
      toMs: fromMs,
    });
  }
  if (quality.offGrid > 0)
    faults.push({
      kind: 'off-grid',
      text: `${percent(quality.offGrid)} of the bars do not begin where the others do.`,
    });
  if (!quality.isDead && quality.unchangedCloses > MOSTLY) {
    faults.push({
      kind: 'no-direction',
      text: `The close is that of the bar before in ${percent(quality.unchangedCloses)} of the bars: most labels of direction are neither up nor down.`,
    });
  }
  for (const text of notes) if (FAULTY_NOTE.test(text)) faults.push({ kind: 'note', text });
  return faults;

  function add<Item>(items: readonly Item[], describe: (item: Item) => QualityFault): void {
    for (const item of items.slice(0, MAX_EACH)) faults.push(describe(item));
    const more = items.length - MAX_EACH;
    if (more > 0) faults.push({ kind: describe(items[0]).kind, text: `And ${more} more of this kind.` });
  }
}
