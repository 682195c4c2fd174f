/** Recognises the date and time notations that market files use, and writes times for messages. */

const MAX_TIME_MS = 8.64e15;

/** Whether a time lies in the range that a date can express. */
export function isValidTime(timeMs: number): boolean {
  return Math.abs(timeMs) <= MAX_TIME_MS;
}

/** ISO 8601 in UTC, for people: `2020-01-31T13:00:00.000Z`; `an invalid time` where there is none. */
export function formatTime(timeMs: number): string {
  return isValidTime(timeMs) ? new Date(timeMs).toISOString() : 'an invalid time';
}

/** The time a text stands for, as UTC epoch milliseconds; NaN when the text is not of the form. */
export interface TimeForm {
  /** How the form is called in reports. */
  readonly name: string;
  parse(text: string): number;
}

const CLOCK = String.raw`(?<hour>\d{1,2})(?::(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?`;
const HALF_DAY = String.raw`(?:[\s-]*(?<half>[AP])\.?M\.?)?`;
const ZONE = String.raw`\s*(?:Z|UTC|GMT)?(?:(?<sign>[+-])(?<zoneHour>\d{2}):?(?<zoneMinute>\d{2})?)?`;
const AFTER_DATE = `(?:[T\\s]+${CLOCK}${HALF_DAY}${ZONE})?$`;

/**
 * Every form that is known, none of which can be taken for another. A time without a zone is UTC; one finer
 * than a millisecond is cut to it; a date without a time is that day's midnight, UTC.
 * Between slashes the month comes first, unless the year does: 7/1/2019 is 1 July.
 */
export const timeForms: readonly TimeForm[] = [
  { name: 'unix time', parse: parseUnixTime },
  dateForm(
    'year-month-day',
    String.raw`^(?<year>\d{4})(?<mark>[-/.])(?<month>\d{1,2})\k<mark>(?<day>\d{1,2})`,
  ),
  dateForm('yearmonthday', String.raw`^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})`),
  dateForm('day.month.year', String.raw`^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})`),
  dateForm('month/day/year', String.raw`^(?<month>\d{1,2})/(?<day>\d{1,2})/(?<year>\d{4})`),
];

/**
 * Makes a parser that tries the form that worked last first; `seen` collects the names of those that worked.
 * @returns UTC epoch milliseconds, or NaN for a text of no known form or a day or hour that does not exist
 */
export function createTimeParser(seen: Set<string> = new Set()): (text: string) => number {
  let last = timeForms[0];
  return (text) => {
    let timeMs = last.parse(text);
    if (!Number.isNaN(timeMs)) {
      seen.add(last.name);
      return timeMs;
    }
    for (const form of timeForms) {
      timeMs = form.parse(text);
      if (Number.isNaN(timeMs)) continue;
      last = form;
      seen.add(form.name);
      return timeMs;
    }
    return Number.NaN;
  };
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970 by magnitude, from March 1973 on. */
function parseUnixTime(text: string): number {
  if (!/^\d{9,19}(?:\.\d*)?$/.test(text)) return Number.NaN;
  const value = Number(text);
  if (value < 1e8) return Number.NaN;
  if (value < 1e11) return Math.round(value * 1e3);
  if (value < 1e14) return Math.floor(value);
  if (value < 1e17) return Math.floor(value / 1e3);
  return Math.floor(value / 1e6);
}

function dateForm(name: string, datePattern: string): TimeForm {
  const pattern = new RegExp(datePattern + AFTER_DATE, 'i');
  return {
    name,
    parse(text) {
      const parts = pattern.exec(text)?.groups;
      return parts === undefined ? Number.NaN : dayMs(parts) + clockMs(parts) - zoneMs(parts);
    },
  };
}

type Parts = Readonly<Record<string, string | undefined>>;

/** The midnight, UTC, that begins the day; NaN for a day that the calendar does not have. */
function dayMs({ year, month, day }: Parts): number {
  const timeMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const date = new Date(timeMs);
  const exists =
    date.getUTCFullYear() === Number(year) &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day);
  return exists ? timeMs : Number.NaN;
}

/** Since midnight; 0 where there is no clock, NaN for a time that no clock shows. */
function clockMs({ hour = '0', minute = '0', second = '0', fraction = '', half }: Parts): number {
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return Number.NaN;
    hours = (hours % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  }
  if (hours > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  return ((hours * 60 + Number(minute)) * 60 + Number(second)) * 1000 + milliseconds;
}

/** How far the zone's clocks are ahead of UTC; NaN for more than 14 hours, which no zone is. */
function zoneMs({ sign, zoneHour = '0', zoneMinute = '0' }: Parts): number {
  if (Number(zoneHour) > 14 || Number(zoneMinute) > 59) return Number.NaN;
  const size = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return sign === '-' ? -size : size;
}
