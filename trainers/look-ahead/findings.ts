/** What a look-ahead proof can find, and how it is told. */
import type { LookAhead } from './perturbation.ts';
import type { Tracer } from './tracer.ts';

/** One column that knows what it must not. */
export interface LeakFinding {
  /**
   * `look-ahead`: later data change it. `foreknowledge`: it follows no bar, and yet tells the next one. `same-close`: orders fill
   * at a close that the observation had shown. `own-data`: it goes by the row's number, so by data of its own that cannot be changed.
   */
  readonly kind: 'look-ahead' | 'foreknowledge' | 'same-close' | 'own-data';
  readonly column: string;
  readonly row?: number;
  /** When the row opens, or the event came. */
  readonly time?: string;
  /** Rows that it reads, the nearest and the last that were found. */
  readonly reads?: readonly [from: number, to: number];
  /** A sentence. */
  readonly message: string;
}

export interface LookAheadProof {
  /** `feature "peek"` */
  readonly subject: string;
  /** `unproven`: it shows nothing that the proof could change, or goes by data of its own. */
  readonly status: 'sound' | 'leak' | 'unproven';
  readonly findings: readonly LeakFinding[];
  /** Why, where there are no findings and it is not sound. */
  readonly reason?: string;
  /** Rows after which all data were changed. */
  readonly numCuts: number;
}

/** Bars that are changed one at a time, to find the nearest one that is read. */
const SEARCHED_BARS = 16;

/** @param place in the entry's values; −1: the entry itself */
export function columnOf({ entry }: Pick<LookAhead, 'entry'>, place: number): string {
  return entry.names?.[place] ?? (place < 0 ? entry.label : `${entry.label}[${place}]`);
}

/** Says of one value that later data changed how far ahead it reads. @param index of its entry in the original run; −1: it has none there */
export async function explainLookAhead(
  { name, trace, timeOf, length }: Tracer,
  found: LookAhead,
  place: number,
  index: number,
): Promise<LeakFinding> {
  const row = Math.floor(found.entry.time);
  const column = columnOf(found, place);
  const where = `column "${column}" at row ${found.entry.time}`;
  const known = { kind: 'look-ahead' as const, column, row, time: timeOf(row) };
  // What is there alone when later data change has no counterpart to search by.
  if (index < 0) return { ...known, message: `The ${name} looks ahead: ${where} appears.` };
  const changes = async (from: number, until?: number): Promise<boolean> => {
    const entry = (await trace({ from, until }))[index];
    if (entry === undefined) return true;
    if (place >= 0) return !Object.is(entry.values[place], found.entry.values[place]);
    return entry.time !== found.entry.time || entry.label !== found.entry.label;
  };
  let low = found.cut;
  let high = length - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await changes(middle)) low = middle;
    else high = middle;
  }
  const last = low + 1 - row;
  let nearest = last;
  for (let ahead = 1; ahead < Math.min(last, SEARCHED_BARS); ahead++) {
    if (!(await changes(row + ahead - 1, row + ahead + 1))) continue;
    nearest = ahead;
    break;
  }
  const far =
    nearest === last ? `${last} bar${last === 1 ? '' : 's'} ahead` : `${nearest} to ${last} bars ahead`;
  return {
    ...known,
    reads: [row + nearest, row + last],
    message: `The ${name} looks ahead: ${where} reads ${far}.`,
  };
}
