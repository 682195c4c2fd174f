/** Cuts book tapes to a span and merges those of several venues into one. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { formatTime } from '../candles/timestamps.ts';
import type { BookTape } from './tape.ts';
import { copyColumns, createColumns } from './tape-builder.ts';

/**
 * The events received in [fromMs, toMs), as a copy.
 * @throws DataError `invalid-slice` when there are none
 */
export function sliceTape(tape: BookTape, fromMs = -Infinity, toMs = Infinity): BookTape {
  const from = firstAtOrAfter(tape.timeMs, fromMs);
  const to = firstAtOrAfter(tape.timeMs, toMs);
  if (!(from < to)) {
    const time = (timeMs: number) => (Number.isFinite(timeMs) ? formatTime(timeMs) : String(timeMs));
    throw new DataError(
      'invalid-slice',
      `No event of the tape was received from ${time(fromMs)} to ${time(toMs)}; it runs from ` +
        `${time(tape.timeMs[0])} to ${time(tape.timeMs[tape.length - 1])}.`,
    );
  }
  const { venues, depth } = tape;
  return { venues, depth, length: to - from, ...copyColumns(tape, from, to, depth) };
}

/**
 * One tape of all venues, in order of local receive time; at equal times the earlier tape's event comes first. Tapes
 * of fewer levels get levels that are not there.
 * @param tapes of different venues
 * @param options for spans that differ
 * @param options.overlap `require` (the default) refuses tapes that share no span of time; `ignore` merges any
 * @throws DataError `no-common-span`; ConfigError `invalid-venues` when two tapes have a venue of the same name
 */
export function mergeTapes(
  tapes: readonly BookTape[],
  { overlap = 'require' }: { overlap?: 'require' | 'ignore' } = {},
): BookTape {
  const venues = tapes.flatMap((tape) => tape.venues);
  const twice = venues.find(({ name }, i) => venues.findIndex((venue) => venue.name === name) !== i);
  if (tapes.length === 0 || twice !== undefined) {
    const problem = twice === undefined ? 'there are no tapes' : `two of them have a venue "${twice.name}"`;
    throw new ConfigError('invalid-venues', `The tapes cannot be merged: ${problem}; name each venue once.`);
  }
  if (overlap === 'require') requireCommonSpan(tapes);
  const depth = Math.max(...tapes.map((tape) => tape.depth));
  const length = tapes.reduce((sum, tape) => sum + tape.length, 0);
  const merged = createColumns(length, depth);
  const firstVenue = tapes.map((_, i) =>
    tapes.slice(0, i).reduce((sum, tape) => sum + tape.venues.length, 0),
  );
  const next = new Int32Array(tapes.length);
  for (let n = 0; n < length; n++) {
    let best = -1;
    let bestTime = Infinity;
    for (let i = 0; i < tapes.length; i++) {
      if (next[i] === tapes[i].length || tapes[i].timeMs[next[i]] >= bestTime) continue;
      best = i;
      bestTime = tapes[i].timeMs[next[i]];
    }
    const tape = tapes[best];
    const row = next[best]++;
    merged.timeMs[n] = bestTime;
    merged.exchangeTimeMs[n] = tape.exchangeTimeMs[row];
    merged.venue[n] = firstVenue[best] + tape.venue[row];
    for (const name of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
      merged[name].set(tape[name].subarray(row * tape.depth, (row + 1) * tape.depth), n * depth);
    }
  }
  return { venues, depth, length, ...merged };
}

/**
 * The tape of some of its venues, in the order of `names`.
 * @throws ConfigError `invalid-venues` for a name that it lacks; DataError `empty-tape` when they have no events
 */
export function selectVenues(tape: BookTape, names: readonly string[]): BookTape {
  const from = names.map((name) => tape.venues.findIndex((venue) => venue.name === name));
  const missing = names.find((_, i) => from[i] < 0);
  if (missing !== undefined || names.length === 0) {
    const known = tape.venues.map(({ name }) => name).join(', ');
    throw new ConfigError('invalid-venues', `The tape has no venue "${missing ?? ''}"; it has ${known}.`);
  }
  const rows = Int32Array.from(Array.from(tape.venue.keys()).filter((row) => from.includes(tape.venue[row])));
  if (rows.length === 0) {
    throw new DataError('empty-tape', `The tape has no events of ${names.join(', ')}.`);
  }
  const { depth } = tape;
  const columns = createColumns(rows.length, depth);
  rows.forEach((row, n) => {
    columns.timeMs[n] = tape.timeMs[row];
    columns.exchangeTimeMs[n] = tape.exchangeTimeMs[row];
    columns.venue[n] = from.indexOf(tape.venue[row]);
    for (const name of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
      columns[name].set(tape[name].subarray(row * depth, (row + 1) * depth), n * depth);
    }
  });
  return { venues: from.map((venue) => tape.venues[venue]), depth, length: rows.length, ...columns };
}

/** The first index whose value is not below `value`, in values that never fall; their number when there is none. */
export function firstAtOrAfter(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireCommonSpan(tapes: readonly BookTape[]): void {
  const from = Math.max(...tapes.map((tape) => tape.timeMs[0]));
  const to = Math.min(...tapes.map((tape) => tape.timeMs[tape.length - 1]));
  if (from <= to) return;
  throw new DataError(
    'no-common-span',
    `The tapes have no common span: one ends at ${formatTime(to)}, another begins at ${formatTime(from)}; give tapes ` +
      'of the same time.',
  );
}
