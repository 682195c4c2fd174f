/** Reads one time as text, in any notation that market files use. */
import { fixedOffsetMs } from './zones.ts';

/** How a notation orders day and month where both are numbers and nothing else tells. */
export type DateOrder = 'dmy' | 'mdy';

export interface TimeReading {
  /** The notation, as reports call it. */
  readonly form: string;
  /** UTC epoch where `isAbsolute`; else the local clock as if it were UTC. NaN for a day or hour that does not exist. */
  readonly ms: number;
  /** The reading with the month first, where `ms` is the one with the day first and the text allows both orders. */
  readonly monthFirstMs?: number;
  /** The text says how far it is from UTC, or counts from the epoch. */
  readonly isAbsolute: boolean;
}

/** Whole numbers from here on are 2100, in seconds; earlier units than this are not meant. */
const LAST_SECONDS = 4_102_444_800;
/** The first day that a count of seconds or milliseconds is taken for: 3 March 1970, after which no row number comes. */
const FIRST_COUNT = 100_000_000;

/**
 * Reads a count since 1970 by the coarsest unit that does not lie after the year 2100.
 * @param digits whole digits, without sign
 * @returns the unit and UTC epoch ms, cut; undefined for a number that is no plausible time
 */
export function readEpoch(digits: string): { unit: 's' | 'ms' | 'µs' | 'ns'; ms: number } | undefined {
  if (digits.length > 19) return undefined;
  const value = Number(digits);
  if (value < FIRST_COUNT) return undefined;
  if (value < LAST_SECONDS) return { unit: 's', ms: value * 1000 };
  if (value < LAST_SECONDS * 1e3) return { unit: 'ms', ms: value };
  // Digits are cut, not divided: beyond 2^53 a number no longer holds them all.
  if (value < LAST_SECONDS * 1e6) return { unit: 'µs', ms: Number(digits.slice(0, -3)) };
  if (value < LAST_SECONDS * 1e9) return { unit: 'ns', ms: Number(digits.slice(0, -6)) };
  return undefined;
}

const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{3,9})?)?)?)?$/;

/** `20230103`, `2023010315`, `202301031530`, `20230103153000`, and with a fraction behind; NaN for other digits. */
export function readCompact(digits: string): number {
  const parts = COMPACT.exec(digits);
  if (parts === null) return Number.NaN;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = parts;
  if (Number(year) < 1900 || Number(year) > 2099) return Number.NaN;
  return (
    dayMs(Number(year), Number(month), Number(day)) +
    clockMs(Number(hour), Number(minute), Number(second), fraction)
  );
}

const CLOCK = String.raw`(?:(?<half>오전|오후|[AP]\.?M\.?)\s*)?(?<hour>\d{1,2})(?:(?::|시\s*)(?<minute>\d{2})(?:(?::|분\s*)(?<second>\d{2})초?(?:[.,:](?<fraction>\d{1,9}))?)?분?|시)?(?:[\s-]*(?<halfAfter>[AP]\.?M\.?))?`;
const COMPACT_CLOCK = String.raw`(?<hh>\d{2})(?<mm>\d{2})(?:(?<ss>\d{2})(?<ff>\d{3,9})?)?`;
const ZONE = String.raw`(?:\s*(?:(?<zero>Z|UTC|GMT)|(?<letters>[A-Z]{3,4})))?\s*(?:(?<sign>[+-])(?<zoneHour>\d{2}):?(?<zoneMinute>\d{2})?)?(?:\[[\w/]+\])?`;
const AFTER_DATE = String.raw`(?:[TD_,\s]+(?:${CLOCK}|${COMPACT_CLOCK})${ZONE})?$`;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH = String.raw`(?<word>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`;
const WEEKDAY = String.raw`^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?`;

interface Notation {
  readonly form: string;
  readonly pattern: RegExp;
}

/** No text is of two of these, but for the order of day and month. */
const NOTATIONS: readonly Notation[] = [
  [
    'year-month-day',
    String.raw`^(?<year>\d{4})(?<mark>[-/.])\s*(?<month>\d{1,2})\k<mark>\s*(?<day>\d{1,2})\.?`,
  ],
  ['year년 month월 day일', String.raw`^(?<year>\d{4})년\s*(?<month>\d{1,2})월\s*(?<day>\d{1,2})일`],
  ['year年month月day日', String.raw`^(?<year>\d{4})年\s*(?<month>\d{1,2})月\s*(?<day>\d{1,2})日`],
  ['yearmonthday', String.raw`^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})`],
  ['day.month.year', String.raw`^(?<day>\d{1,2})\.\s?(?<month>\d{1,2})\.\s?(?<year>\d{4})`],
  ['day/month/year', String.raw`^(?<first>\d{1,2})(?<mark>[-/])(?<then>\d{1,2})\k<mark>(?<year>\d{4}|\d{2})`],
  [
    'month name day, year',
    String.raw`${WEEKDAY}${MONTH}\s+(?<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<year>\d{4})`,
  ],
  [
    'day month name year',
    String.raw`${WEEKDAY}(?<day>\d{1,2})(?:st|nd|rd|th)?[\s-]${MONTH}[\s,-]+(?<year>\d{4}|\d{2})`,
  ],
].map(([form, pattern]) => ({ form, pattern: new RegExp(pattern + AFTER_DATE, 'i') }));

/**
 * Reads a text that is no whole number as a time.
 * @param last the notation to try first: that of the row before
 * @returns undefined for a text of no known notation
 */
export function readTimeText(text: string, last = 0): (TimeReading & { notation: number }) | undefined {
  for (let n = -1; n < NOTATIONS.length; n++) {
    const notation = n < 0 ? last : n;
    if (n === last) continue;
    const parts = NOTATIONS[notation].pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    return { ...interpret(NOTATIONS[notation].form, parts), notation };
  }
  return undefined;
}

type Parts = Readonly<Record<string, string | undefined>>;

function interpret(form: string, parts: Parts): TimeReading {
  const { zero, letters, sign, zoneHour = '0', zoneMinute = '0' } = parts;
  let offsetMs = 0;
  let isAbsolute = zero !== undefined || sign !== undefined;
  if (letters !== undefined) {
    offsetMs = fixedOffsetMs(letters) ?? Number.NaN;
    isAbsolute = true;
  }
  if (sign !== undefined) {
    const size = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
    offsetMs = Number(zoneHour) > 14 || Number(zoneMinute) > 59 ? Number.NaN : sign === '-' ? -size : size;
  }
  const clock = readClock(parts) - offsetMs;
  const year = fullYear(parts.year as string);
  if (parts.first !== undefined) {
    const [first, then] = [Number(parts.first), Number(parts.then)];
    const ms = dayMs(year, then, first) + clock;
    const monthFirstMs = dayMs(year, first, then) + clock;
    return { form, ms, monthFirstMs, isAbsolute };
  }
  const month = parts.word === undefined ? Number(parts.month) : MONTHS.indexOf(parts.word.toLowerCase()) + 1;
  return { form, ms: dayMs(year, month, Number(parts.day)) + clock, isAbsolute };
}

function readClock(parts: Parts): number {
  const { hour, minute = '0', second = '0', fraction = '', hh, mm = '0', ss = '0', ff = '' } = parts;
  if (hh !== undefined) return clockMs(Number(hh), Number(mm), Number(ss), ff);
  if (hour === undefined) return 0;
  const half = parts.half ?? parts.halfAfter;
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return Number.NaN;
    hours = (hours % 12) + (/^(?:p|오후)/i.test(half) ? 12 : 0);
  }
  return clockMs(hours, Number(minute), Number(second), fraction);
}

/** `93000`, `153000`, `930`, `1530` or `15:30:00`: a time of day in a column of its own; NaN for anything else. */
export function readClockText(text: string): number {
  if (/^\d{1,6}$/.test(text)) {
    const digits = text.padStart(text.length > 4 ? 6 : 4, '0');
    return clockMs(
      Number(digits.slice(0, 2)),
      Number(digits.slice(2, 4)),
      Number(digits.slice(4, 6) || '0'),
      '',
    );
  }
  const parts = CLOCK_ALONE.exec(text)?.groups;
  return parts === undefined ? Number.NaN : readClock(parts);
}

const CLOCK_ALONE = new RegExp(`^${CLOCK}$`, 'i');

/** `23` is 2023, `98` is 1998. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

/** The midnight that begins a day; NaN for a day that the calendar does not have. */
function dayMs(year: number, month: number, day: number): number {
  if (year < 1700 || year > 2100) return Number.NaN;
  const ms = Date.UTC(year, month - 1, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : Number.NaN;
}

/** Since midnight; NaN for a time that no clock shows. 24:00 is the midnight that ends the day. */
function clockMs(hour: number, minute: number, second: number, fraction: string): number {
  if (hour > 24 || minute > 59 || second > 59 || (hour === 24 && minute + second > 0)) return Number.NaN;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  return ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
}

/**
 * Reads one time alone, such as an option of the command line; a time without a zone is UTC.
 * @returns UTC epoch ms; NaN for a text of no known notation, and for 01/02/2023, of which no other row tells the order
 */
export function parseTime(text: string): number {
  if (/^\d+$/.test(text)) {
    const compact = readCompact(text);
    return Number.isNaN(compact) || text.length === 10 ? (readEpoch(text)?.ms ?? Number.NaN) : compact;
  }
  const epoch = /^(\d{9,11})\.(\d+)$/.exec(text);
  if (epoch !== null)
    return (readEpoch(epoch[1])?.ms ?? Number.NaN) + Number(epoch[2].padEnd(3, '0').slice(0, 3));
  const reading = readTimeText(text);
  if (reading === undefined) return Number.NaN;
  const { ms, monthFirstMs = ms } = reading;
  if (Number.isNaN(ms)) return monthFirstMs;
  return Number.isNaN(monthFirstMs) || monthFirstMs === ms ? ms : Number.NaN;
}
