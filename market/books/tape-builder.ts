/** Builds book tapes event by event, and lets nothing onto them that is not a book. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { formatTime, isValidTime } from '../candles/timestamps.ts';
import { BOOK_FAULTS, type BookFault, type BookLevels, findBookFault } from './faults.ts';
import type { BookTape, Venue } from './tape.ts';

export const MAX_DEPTH = 1000;
const MAX_VENUES = 256;
const INITIAL_CAPACITY = 1024;

/** What becomes of an event that is no book: an error at once, or left out and counted. */
export type FaultPolicy = 'throw' | 'reject';

/** Events of one venue left out for one reason. */
export interface Rejection {
  readonly venue: string;
  readonly fault: BookFault;
  readonly events: number;
  /** Where the first of them stands. */
  readonly first: string;
}

export interface TapeBuilderOptions {
  /** More can be added later. */
  readonly venues: readonly Venue[];
  /** Levels a side, 1 … 1000. */
  readonly depth: number;
  /** `throw` by default. */
  readonly policy?: FaultPolicy;
  /** For messages: a file name or the like. `book tape` by default. */
  readonly source?: string;
  /** Events that were received longer than this before the last one may be left out, ms. Default: none is. */
  readonly keepMs?: number;
}

export class BookTapeBuilder {
  readonly #venues: Venue[];
  readonly #depth: number;
  readonly #policy: FaultPolicy;
  readonly #source: string;
  readonly #keepMs: number;
  readonly #rejections = new Map<
    string,
    { venue: string; fault: BookFault; events: number; first: string }
  >();
  #columns: Columns;
  #capacity = INITIAL_CAPACITY;
  #length = 0;

  /** @throws ConfigError `invalid-depth`, `invalid-venues` */
  constructor({
    venues,
    depth,
    policy = 'throw',
    source = 'book tape',
    keepMs = Infinity,
  }: TapeBuilderOptions) {
    checkDepth(depth);
    if (venues.length > 0) checkShape(venues, depth);
    this.#venues = venues.map(({ name, base, quote }) => ({ name, base, quote }));
    this.#depth = depth;
    this.#policy = policy;
    this.#source = source;
    this.#keepMs = keepMs;
    this.#columns = createColumns(INITIAL_CAPACITY, depth);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Makes room for one more venue.
   * @returns its index
   * @throws ConfigError `invalid-venues`
   */
  addVenue({ name, base, quote }: Venue): number {
    checkShape([...this.#venues, { name, base, quote }], this.#depth);
    return this.#venues.push({ name, base, quote }) - 1;
  }

  /** What was left out so far, in order of first appearance; nothing under the policy `throw`. */
  get rejections(): readonly Rejection[] {
    return [...this.#rejections.values()].map((rejection) => ({ ...rejection }));
  }

  /**
   * Copies one event's levels to the end of the tape.
   * @param levels [≥ offset + depth] each, best first, zeros behind the last level
   * @param offset where the event's levels begin in them
   * @param exchangeTimeMs NaN where the venue does not say
   * @param describe how the source calls the event, for messages
   * @returns false when it was left out
   * @throws DataError with the fault's code, under the policy `throw`; ConfigError `invalid-venues`
   */
  append(
    venue: number,
    timeMs: number,
    exchangeTimeMs: number,
    levels: BookLevels,
    offset = 0,
    describe: () => string = () => `event ${this.#length}`,
  ): boolean {
    if (!(venue in this.#venues)) {
      throw new ConfigError(
        'invalid-venues',
        `${this.#source}: venue ${venue} is none of the ${this.#venues.length} on the tape; number them from 0.`,
      );
    }
    const previous = this.#length > 0 ? this.#columns.timeMs[this.#length - 1] : -Infinity;
    const fault = findBookFault(levels, offset, this.#depth, timeMs, previous);
    if (fault !== undefined) {
      this.#refuse(venue, fault, timeMs, describe);
      return false;
    }
    if (this.#length === this.#capacity) this.#makeRoom(timeMs - this.#keepMs);
    const n = this.#length;
    const columns = this.#columns;
    columns.timeMs[n] = timeMs;
    columns.exchangeTimeMs[n] = exchangeTimeMs;
    columns.venue[n] = venue;
    const to = n * this.#depth;
    for (let k = 0; k < this.#depth; k++) {
      columns.bidPrices[to + k] = levels.bidPrices[offset + k];
      columns.bidSizes[to + k] = levels.bidSizes[offset + k];
      columns.askPrices[to + k] = levels.askPrices[offset + k];
      columns.askSizes[to + k] = levels.askSizes[offset + k];
    }
    this.#length++;
    return true;
  }

  /**
   * The tape of all events so far, as a copy.
   * @throws DataError `empty-tape` when there are none; the message says what was left out
   */
  build(): BookTape {
    if (this.#length === 0) {
      const reasons = this.rejections.map((rejection) => ` ${describeRejection(rejection)}`).join('');
      throw new DataError('empty-tape', `${this.#source}: there are no order books.${reasons}`);
    }
    return {
      venues: [...this.#venues],
      depth: this.#depth,
      length: this.#length,
      ...copyColumns(this.#columns, 0, this.#length, this.#depth),
    };
  }

  #refuse(venue: number, fault: BookFault, timeMs: number, describe: () => string): void {
    const { name } = this.#venues[venue];
    const time = isValidTime(timeMs) ? ` (${formatTime(timeMs)})` : '';
    const first = `${describe()}${time}`;
    if (this.#policy === 'throw') {
      throw new DataError(fault, `${this.#source}: ${first}, venue "${name}": ${BOOK_FAULTS[fault]}.`);
    }
    const key = `${venue} ${fault}`;
    const known = this.#rejections.get(key);
    if (known === undefined) this.#rejections.set(key, { venue: name, fault, events: 1, first });
    else known.events++;
  }

  /** Leaves out what is older than asked for, if that is half of all; else grows. */
  #makeRoom(fromMs: number): void {
    const columns = this.#columns;
    let first = 0;
    while (first < this.#length && columns.timeMs[first] < fromMs) first++;
    if (2 * first < this.#length) {
      this.#grow();
      return;
    }
    for (const name of COLUMN_NAMES) {
      const width = LEVEL_COLUMNS.has(name) ? this.#depth : 1;
      columns[name].copyWithin(0, first * width);
    }
    this.#length -= first;
  }

  #grow(): void {
    const larger = createColumns(2 * this.#capacity, this.#depth);
    for (const name of COLUMN_NAMES) larger[name].set(this.#columns[name]);
    this.#columns = larger;
    this.#capacity *= 2;
  }
}

/** `EX1: 3 events left out, crossed-book: the best bid is above the best ask; the first is line 7.` */
export function describeRejection({ venue, fault, events, first }: Rejection): string {
  return `${venue}: ${events} events left out, ${fault}: ${BOOK_FAULTS[fault]}; the first is ${first}.`;
}

/**
 * Checks a tape made elsewhere; what passes can be trusted everywhere.
 * @param minVenues how many venues it must have, 1 by default
 * @throws ConfigError `invalid-depth`, `invalid-venues`; DataError `empty-tape`, `column-length`, `one-venue`, and the
 *   codes of `BOOK_FAULTS`
 */
export function checkTape(tape: BookTape, source = 'book tape', minVenues = 1): void {
  const { venues, depth, length } = tape;
  checkShape(venues, depth);
  if (length === 0) throw new DataError('empty-tape', `${source}: there are no order books.`);
  for (const name of COLUMN_NAMES) {
    const expected = LEVEL_COLUMNS.has(name) ? length * depth : length;
    if (tape[name].length === expected) continue;
    throw new DataError(
      'column-length',
      `${source}: column "${name}" has ${tape[name].length} values, expected ${expected} for ${length} events of ` +
        `${depth} levels; give every column its shape.`,
    );
  }
  const seen = new Set<number>();
  for (let n = 0; n < length; n++) {
    const venue = tape.venue[n];
    if (venue >= venues.length) {
      throw new ConfigError(
        'invalid-venues',
        `${source}: event ${n} is of venue ${venue}, of ${venues.length}.`,
      );
    }
    seen.add(venue);
    const previous = n > 0 ? tape.timeMs[n - 1] : -Infinity;
    const fault = findBookFault(tape, n * depth, depth, tape.timeMs[n], previous);
    if (fault === undefined) continue;
    throw new DataError(
      fault,
      `${source}: event ${n}, venue "${venues[venue].name}": ${BOOK_FAULTS[fault]}.`,
    );
  }
  if (seen.size < minVenues) {
    throw new DataError(
      'one-venue',
      `${source}: there are books of ${seen.size} venue${seen.size === 1 ? '' : 's'}, ${minVenues} are needed; merge ` +
        'the tapes of several venues.',
    );
  }
}

export const COLUMN_NAMES = [
  'timeMs',
  'exchangeTimeMs',
  'venue',
  'bidPrices',
  'bidSizes',
  'askPrices',
  'askSizes',
] as const;

const LEVEL_COLUMNS: ReadonlySet<string> = new Set(['bidPrices', 'bidSizes', 'askPrices', 'askSizes']);

type Columns = Pick<BookTape, (typeof COLUMN_NAMES)[number]>;

/** Zeroed columns for `length` events. */
export function createColumns(length: number, depth: number): Columns {
  return {
    timeMs: new Float64Array(length),
    exchangeTimeMs: new Float64Array(length),
    venue: new Uint8Array(length),
    bidPrices: new Float64Array(length * depth),
    bidSizes: new Float64Array(length * depth),
    askPrices: new Float64Array(length * depth),
    askSizes: new Float64Array(length * depth),
  };
}

/** The events `from` to `to`, the last one not included, as a copy. */
export function copyColumns(columns: Columns, from: number, to: number, depth: number): Columns {
  const levels = (values: Float64Array) => values.slice(from * depth, to * depth);
  return {
    timeMs: columns.timeMs.slice(from, to),
    exchangeTimeMs: columns.exchangeTimeMs.slice(from, to),
    venue: columns.venue.slice(from, to),
    bidPrices: levels(columns.bidPrices),
    bidSizes: levels(columns.bidSizes),
    askPrices: levels(columns.askPrices),
    askSizes: levels(columns.askSizes),
  };
}

function checkDepth(depth: number): void {
  if (!(Number.isInteger(depth) && depth >= 1 && depth <= MAX_DEPTH)) {
    throw new ConfigError('invalid-depth', `A book tape has 1 to ${MAX_DEPTH} levels a side, got ${depth}.`);
  }
}

function checkShape(venues: readonly Venue[], depth: number): void {
  checkDepth(depth);
  const names = new Set(venues.map(({ name }) => name));
  if (venues.length >= 1 && venues.length <= MAX_VENUES && names.size === venues.length) return;
  throw new ConfigError(
    'invalid-venues',
    `A book tape has 1 to ${MAX_VENUES} venues, each with a name of its own, got ${JSON.stringify(
      venues.map(({ name }) => name),
    )}.`,
  );
}
