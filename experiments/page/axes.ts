/** Lays the settings of a search's trials out on axes from 0 to 1: ranges, ranges by the logarithm, and choices. */
import { log } from '../../core/math.ts';
import type { Json } from '../../core/snapshot.ts';
import type { TrialRecord } from '../search/trial-record.ts';

export interface Axis {
  readonly name: string;
  /** Words at places of the axis, from 0 to 1. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** The place of a value; undefined where a trial has none. */
  placeOf(value: Json | undefined): number | undefined;
}

/** A positive range that is wider than this is shown by its logarithm. */
const LOG_RATIO = 20;
/** Numbers with no more distinct values are choices. */
const FEW = 6;

/** Of every setting that any trial has, in the order in which they appear. */
export function axesOf(trials: readonly TrialRecord[]): Axis[] {
  const names = [...new Set(trials.flatMap(({ point }) => Object.keys(point)))];
  return names.map((name) => {
    const values = trials.map(({ point }) => point[name]).filter((value) => value !== undefined);
    const numbers = values.filter((value) => typeof value === 'number');
    const distinct = new Set(values.map((value) => JSON.stringify(value)));
    return numbers.length === values.length && distinct.size > FEW
      ? rangeAxis(name, numbers)
      : choiceAxis(name, values);
  });
}

/** Of numbers, as those of an objective. */
export function rangeAxis(name: string, values: readonly number[]): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const isLog = low > 0 && high / low > LOG_RATIO;
  const scale = (value: number): number => (isLog ? log(value) : value);
  const width = scale(high) - scale(low);
  const placeOf = (value: number): number => (width > 0 ? (scale(value) - scale(low)) / width : 0.5);
  return {
    name: isLog ? `${name} (log)` : name,
    ticks:
      width > 0
        ? [
            { at: 0, text: short(low) },
            { at: 1, text: short(high) },
          ]
        : [{ at: 0.5, text: short(low) }],
    placeOf: (value) => (typeof value === 'number' && Number.isFinite(value) ? placeOf(value) : undefined),
  };
}

function choiceAxis(name: string, values: readonly Json[]): Axis {
  const texts = [...new Set(values.map((value) => JSON.stringify(value)))].sort((a, b) =>
    Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a < b ? -1 : 1,
  );
  const placeAt = (index: number): number => (texts.length === 1 ? 0.5 : index / (texts.length - 1));
  return {
    name,
    ticks: texts.map((text, index) => ({ at: placeAt(index), text: text.replaceAll('"', '') })),
    placeOf: (value) => (value === undefined ? undefined : placeAt(texts.indexOf(JSON.stringify(value)))),
  };
}

/** Three digits that count. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}
