/** Collects the times of a file, and settles what only the whole column can tell: units, order of day and month, zone. */
import { DataError } from '../../core/errors.ts';
import { formatTime } from '../candles/timestamps.ts';
import { FlagColumn, GrowingColumn } from './growing.ts';
import { type DateOrder, readClockText, readCompact, readEpoch, readTimeText } from './time-text.ts';
import { toUtcInPlace, UTC, type Zone } from './zones.ts';

export interface TimeOptions {
  /** Of times that do not say; where it is undefined they are taken for UTC. */
  readonly zone?: Zone;
  /** Of dates such as 01/02/2023; where it is undefined the whole column decides. */
  readonly dates?: DateOrder;
}

export interface SettledTimes {
  /** [N] UTC epoch */
  readonly timeMs: Float64Array;
  /** Names of the notations, in order of appearance. */
  readonly forms: readonly string[];
  readonly notes: readonly string[];
}

/** What a text of a time column can be wrong with. */
export type TimeFault = 'empty-cell' | 'invalid-time-text';

export class TimeColumn {
  #ms = new GrowingColumn();
  /** Made when the first date comes whose order of day and month is open. */
  #monthFirst: GrowingColumn | undefined;
  /** Where the time is UTC whatever the zone. */
  readonly #absolute = new FlagColumn();
  readonly #forms = new Set<string>();
  /** The flags are not kept: the column was made whole, of times that are all UTC. */
  #areAllAbsolute = false;
  #lastForm = '';
  #notation = 0;
  #numAbsolute = 0;
  #example = '';
  #separateClock = false;

  get length(): number {
    return this.#ms.length;
  }

  /** Makes room for so many times in all. */
  reserve(capacity: number): void {
    this.#ms.reserve(capacity);
  }

  /**
   * Appends the time that a cell, or a date and its clock, stands for.
   * @returns what is wrong; then nothing was appended
   */
  pushText(text: string, clock?: string): TimeFault | undefined {
    if (text === '') return 'empty-cell';
    if (clock !== undefined) return this.#pushWithClock(text, clock);
    if (/^\d+$/.test(text)) return this.#pushDigits(text) ? undefined : 'invalid-time-text';
    const epoch = /^(\d{9,16})\.(\d*)$/.exec(text);
    if (epoch !== null) return this.#pushFraction(epoch[1], epoch[2]) ? undefined : 'invalid-time-text';
    const reading = readTimeText(text, this.#notation);
    if (reading === undefined) return 'invalid-time-text';
    const { ms, monthFirstMs, isAbsolute, form } = reading;
    if (Number.isNaN(ms) && Number.isNaN(monthFirstMs ?? Number.NaN)) return 'invalid-time-text';
    this.#notation = reading.notation;
    if (monthFirstMs !== undefined && this.#example === '') this.#example = text;
    this.#append(ms, isAbsolute, form, monthFirstMs);
    return undefined;
  }

  /**
   * Appends a number since 1970 that can be nothing else: whole milliseconds from 2001 on, or seconds up to 2030.
   * @returns false for any other, which `pushText` looks at with care
   */
  pushNumber(value: number): boolean {
    if (!Number.isInteger(value)) return false;
    if (value >= 1e12 && value < 4.1e12) this.#append(value, true, 'unix ms');
    else if (value >= 1e9 && value < 1.9e9) this.#append(value * 1000, true, 'unix s');
    else return false;
    return true;
  }

  /**
   * A column of numbers since 1970 that can all be nothing else, as `pushNumber` has it.
   * @returns undefined where one of them may be something else
   */
  static ofNumbers(values: Float64Array): TimeColumn | undefined {
    const column = new TimeColumn();
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (!(value >= 1e12 && value < 4.1e12 && Number.isInteger(value))) return undefined;
    }
    column.#ms = GrowingColumn.of(values);
    column.#numAbsolute = values.length;
    column.#areAllAbsolute = true;
    column.#forms.add('unix ms');
    return column;
  }

  /**
   * A column of times that the file declares to be times, UTC epoch ms.
   * @returns undefined where one is missing
   */
  static ofDeclared(ms: ArrayLike<number>, isAbsolute: boolean): TimeColumn | undefined {
    if (!(ms instanceof Float64Array) || ms.some(Number.isNaN)) return undefined;
    const column = new TimeColumn();
    column.#ms = GrowingColumn.of(ms);
    column.#numAbsolute = isAbsolute ? ms.length : 0;
    column.#areAllAbsolute = isAbsolute;
    column.#forms.add('timestamp');
    return column;
  }

  /** Appends a time that the file holds as a number since 1970 of a known unit, or as a date. */
  pushMs(ms: number, form: string, isAbsolute = true): void {
    this.#append(ms, isAbsolute, form);
  }

  pop(): void {
    if (this.#absolute.at(this.length - 1)) this.#numAbsolute--;
    this.#ms.pop();
    this.#absolute.pop();
    this.#monthFirst?.pop();
  }

  /**
   * @param describeRow how the file calls a row, for messages
   * @throws DataError `ambiguous-dates`, `invalid-time-text`, `skipped-hour`
   */
  settle(path: string, { zone, dates }: TimeOptions, describeRow: (row: number) => string): SettledTimes {
    const notes: string[] = [];
    const timeMs = this.#settleOrder(path, dates, notes, describeRow);
    const units = [...this.#forms].filter((form) => form.startsWith('unix'));
    if (units.length > 1)
      notes.push(`Times are mixed in unit: ${units.join(', ')}; each was read by its size.`);
    else if (this.#forms.size > 1)
      notes.push(`Times are written in several ways: ${[...this.#forms].join(', ')}.`);
    const numLocal = this.length - this.#numAbsolute;
    if (numLocal > 0) {
      if (zone !== undefined && zone !== UTC) {
        const { repeated, firstRepeated } = toUtcInPlace(
          timeMs,
          (row) => this.#areAllAbsolute || this.#absolute.at(row),
          zone,
          (row) => `${path}: ${describeRow(row)}`,
        );
        notes.push(`Times were converted from ${zone.name} to UTC.`);
        if (repeated > 0) {
          const first = formatTime(firstRepeated).slice(0, 16).replace('T', ' ');
          notes.push(
            `${repeated} times lie in an hour that ${zone.name} has twice, when summer time ends, the first at ${first}; ` +
              'they were told apart by the order of the rows.',
          );
        }
      } else if (zone === undefined && (this.#separateClock || !isMidnight(timeMs))) {
        notes.push('Times name no zone and were taken for UTC; --timezone says otherwise.');
      }
    }
    return { timeMs, forms: [...this.#forms], notes };
  }

  #append(ms: number, isAbsolute: boolean, form: string, monthFirstMs = ms): void {
    if (monthFirstMs !== ms && this.#monthFirst === undefined) {
      this.#monthFirst = new GrowingColumn();
      for (let row = 0; row < this.#ms.length; row++) this.#monthFirst.push(this.#ms.at(row));
    }
    this.#ms.push(ms);
    this.#monthFirst?.push(monthFirstMs);
    this.#absolute.push(isAbsolute);
    if (isAbsolute) this.#numAbsolute++;
    if (form !== this.#lastForm) this.#forms.add(form);
    this.#lastForm = form;
  }

  #pushDigits(digits: string): boolean {
    const compact = readCompact(digits);
    if (!Number.isNaN(compact) && (digits.length !== 10 || this.#notationIsCompact(digits))) {
      this.#append(compact, false, 'yearmonthday');
      return true;
    }
    const epoch = readEpoch(digits);
    if (epoch === undefined) return false;
    this.#append(epoch.ms, true, `unix ${epoch.unit}`);
    return true;
  }

  /** Ten digits may be an hour (2023010315) or seconds, then of 2029 to 2036: no recorded market is from there. */
  #notationIsCompact(digits: string): boolean {
    return digits >= '1900000000' && !this.#forms.has('unix s');
  }

  #pushFraction(whole: string, fraction: string): boolean {
    const epoch = readEpoch(whole);
    if (epoch === undefined) return false;
    const rest = epoch.unit === 's' ? Number(fraction.padEnd(3, '0').slice(0, 3)) : 0;
    this.#append(epoch.ms + rest, true, `unix ${epoch.unit}`);
    return true;
  }

  #pushWithClock(date: string, clock: string): TimeFault | undefined {
    const fault = this.pushText(date);
    if (fault !== undefined) return fault;
    const row = this.length - 1;
    const ofDay = readClockText(clock);
    if (Number.isNaN(ofDay)) {
      this.pop();
      return clock === '' ? 'empty-cell' : 'invalid-time-text';
    }
    this.#separateClock = true;
    this.#ms.set(row, this.#ms.at(row) + ofDay);
    this.#monthFirst?.set(row, this.#monthFirst.at(row) + ofDay);
    return undefined;
  }

  #settleOrder(
    path: string,
    dates: DateOrder | undefined,
    notes: string[],
    describeRow: (row: number) => string,
  ): Float64Array {
    const dayFirst = this.#ms.view();
    const monthFirst = this.#monthFirst?.view();
    if (monthFirst === undefined) return dayFirst;
    const order = dates ?? decideOrder(dayFirst, monthFirst);
    if (order === undefined) {
      throw new DataError(
        'ambiguous-dates',
        `${path}: dates such as "${this.#example}" can be day first or month first, and no row tells which; ` +
          'say --dates dmy or --dates mdy.',
      );
    }
    const chosen = order === 'dmy' ? dayFirst : monthFirst;
    const bad = chosen.findIndex((ms) => Number.isNaN(ms));
    if (bad >= 0) {
      const words = order === 'dmy' ? 'day first' : 'month first';
      throw new DataError(
        'invalid-time-text',
        `${path}: ${describeRow(bad)}: the date does not exist ${words}, as other rows are; correct or remove the row.`,
      );
    }
    const words =
      order === 'dmy' ? 'day first: 01/02/2023 is 1 February' : 'month first: 01/02/2023 is 2 January';
    if (dates === undefined) notes.push(`Dates between slashes were read ${words}.`);
    return chosen;
  }
}

/** @returns undefined where both orders are possible and as well sorted */
function decideOrder(dayFirst: Float64Array, monthFirst: Float64Array): DateOrder | undefined {
  const invalid = (column: Float64Array) =>
    column.reduce((count, ms) => count + (Number.isNaN(ms) ? 1 : 0), 0);
  const [badDays, badMonths] = [invalid(dayFirst), invalid(monthFirst)];
  if (badDays === 0 && badMonths > 0) return 'dmy';
  if (badMonths === 0 && badDays > 0) return 'mdy';
  if (badDays > 0) return badDays < badMonths ? 'dmy' : badMonths < badDays ? 'mdy' : undefined;
  const [breaksDay, breaksMonth] = [countTurns(dayFirst), countTurns(monthFirst)];
  if (4 * breaksDay < breaksMonth) return 'dmy';
  if (4 * breaksMonth < breaksDay) return 'mdy';
  return undefined;
}

/** How often the column runs against its own direction. */
function countTurns(column: Float64Array): number {
  let up = 0;
  let down = 0;
  for (let row = 1; row < column.length; row++) {
    if (column[row] > column[row - 1]) up++;
    else if (column[row] < column[row - 1]) down++;
  }
  return Math.min(up, down);
}

function isMidnight(timeMs: Float64Array): boolean {
  return timeMs.every((ms) => ms % 86_400_000 === 0);
}
