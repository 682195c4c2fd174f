/** Finds spells in which a series stands still, and jumps between one bar and the next. */
import { exp, log } from '../../core/math.ts';
import type { Candles } from './candles.ts';

/** A run of bars. */
export interface BarSpell {
  readonly fromRow: number;
  readonly bars: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** An open far from the close before, in a bar that is like others itself: another contract, a split, or a mistake. */
export interface Jump {
  readonly row: number;
  readonly timeMs: number;
  /** Open over the close before. */
  readonly ratio: number;
  /** The split that the ratio is near to, shares after and before: [2, 1]; undefined for none. */
  readonly split: readonly [number, number] | undefined;
}

const MIN_SPELL = 20;
const DEVIATIONS = 10;
/** A jump that is near to no split is one from here on: markets fall as far as that in a night. */
const JUMP_DEVIATIONS = 15;
/** A price that is back after so many bars was a bad one, no other contract. */
const STAYS = 3;
const STEPS = 1.5;
/** Nights from which their own usual size is told. */
const MIN_NIGHTS = 20;
const SPLITS = [2, 3, 4, 5, 8, 10, 15, 20, 25, 50, 100];
const SPLIT_SLACK = 0.03;

/** Runs of at least 20 bars of which each `holds`, longest first. */
export function findSpells({ timeMs, length }: Candles, holds: (row: number) => boolean): BarSpell[] {
  const spells: BarSpell[] = [];
  let from = -1;
  for (let row = 0; row <= length; row++) {
    if (row < length && holds(row)) {
      if (from < 0) from = row;
      continue;
    }
    if (from >= 0 && row - from >= MIN_SPELL)
      spells.push({ fromRow: from, bars: row - from, fromMs: timeMs[from], toMs: timeMs[row - 1] });
    from = -1;
  }
  return spells.sort((a, b) => b.bars - a.bars);
}

/**
 * @param scale usual size of a log return from close to close, > 0
 * @param stepMs usual step; a bar after a longer one is measured against other such bars
 */
export function findJumps({ timeMs, open, close, length }: Candles, scale: number, stepMs: number): Jump[] {
  const isNight = (row: number) => timeMs[row] - timeMs[row - 1] > STEPS * stepMs;
  const nights: number[] = [];
  for (let row = 1; row < length; row++)
    if (isNight(row)) nights.push(Math.abs(log(open[row] / close[row - 1])));
  nights.sort((a, b) => a - b);
  const nightScale = nights.length < MIN_NIGHTS ? Infinity : 1.4826 * nights[nights.length >> 1];
  const jumps: Jump[] = [];
  for (let row = 1; row < length; row++) {
    const size = Math.abs(log(open[row] / close[row - 1]));
    const own = Math.abs(log(close[row] / open[row]));
    if (!(size > DEVIATIONS * scale) || own > DEVIATIONS * scale) continue;
    const ratio = open[row] / close[row - 1];
    const stays = log(close[Math.min(row + STAYS, length - 1)] / close[row - 1]) / log(ratio);
    if (!(stays > 0.5)) continue;
    const split = splitOf(ratio);
    const usual = isNight(row) ? Math.max(scale, nightScale) : scale;
    if (split === undefined && !(size > JUMP_DEVIATIONS * usual)) continue;
    jumps.push({ row, timeMs: timeMs[row], ratio, split });
  }
  return jumps;
}

function splitOf(ratio: number): readonly [number, number] | undefined {
  const isNear = (wanted: number) => Math.abs(log(ratio / wanted)) < SPLIT_SLACK;
  const after = SPLITS.find((n) => isNear(1 / n));
  if (after !== undefined) return [after, 1];
  const before = SPLITS.find((n) => isNear(n));
  return before === undefined ? undefined : [1, before];
}

/** `+12 %` */
export const changeOf = (logReturn: number): string => {
  const fraction = exp(logReturn) - 1;
  return `${fraction < 0 ? '−' : '+'}${Number((100 * Math.abs(fraction)).toPrecision(3))} %`;
};
