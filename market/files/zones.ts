/** Turns local times into UTC, by the rules of a time zone with its summer times. */
import { IANAZone } from 'luxon';
import { ConfigError, DataError } from '../../core/errors.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What files call zones, where that is not the zone's name. Those that mean several zones are in `AMBIGUOUS`. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  UTC: 'UTC',
  GMT: 'UTC',
  Z: 'UTC',
  EET: 'EET',
  CET: 'CET',
  WET: 'WET',
  MET: 'CET',
  EST: 'America/New_York',
  EDT: 'America/New_York',
  ET: 'America/New_York',
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  CT: 'America/Chicago',
  CDT: 'America/Chicago',
  KST: 'Asia/Seoul',
  JST: 'Asia/Tokyo',
  HKT: 'Asia/Hong_Kong',
  SGT: 'Asia/Singapore',
  MSK: 'Europe/Moscow',
  BRT: 'America/Sao_Paulo',
  AEST: 'Australia/Sydney',
  AEDT: 'Australia/Sydney',
};
const AMBIGUOUS: Readonly<Record<string, string>> = {
  CST: 'America/Chicago or Asia/Shanghai',
  IST: 'Asia/Kolkata, Europe/Dublin or Asia/Jerusalem',
  BST: 'Europe/London or Asia/Dhaka',
  AST: 'America/Halifax or Asia/Riyadh',
};

/** Offsets whose value does not depend on the day; fixed abbreviations in a value stand for these. */
const FIXED_OFFSETS_HOURS: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  WET: 0,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
  MSK: 3,
  HKT: 8,
  SGT: 8,
  KST: 9,
  JST: 9,
  BRT: -3,
  AEST: 10,
  AEDT: 11,
};

export interface Zone {
  /** As the time zone database has it, or `UTC+02:00`. */
  readonly name: string;
  /** How far local clocks are ahead of UTC at a time, ms. */
  offsetMs(utcMs: number): number;
}

export const UTC: Zone = { name: 'UTC', offsetMs: () => 0 };

/**
 * Finds a zone by the word that a user or a header gives: `Asia/Seoul`, `KST`, `UTC`, `+09:00`.
 * @throws ConfigError `unknown-zone`, also for an abbreviation that several zones share
 */
export function findZone(word: string): Zone {
  const upper = word.toUpperCase();
  const shared = AMBIGUOUS[upper];
  if (shared !== undefined) {
    throw new ConfigError(
      'unknown-zone',
      `"${word}" means several time zones; give ${shared} with --timezone.`,
    );
  }
  const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(word);
  if (offset !== null) return fixedZone(offset[1], Number(offset[2]), Number(offset[3] ?? 0), word);
  const name = ABBREVIATIONS[upper] ?? word;
  if (name === 'UTC') return UTC;
  if (!IANAZone.isValidZone(name)) {
    throw new ConfigError(
      'unknown-zone',
      `There is no time zone "${word}"; give a name of the time zone database, e.g. Asia/Seoul, Europe/Berlin, UTC.`,
    );
  }
  return cachedZone(IANAZone.create(name));
}

/** @returns undefined for a word that is no zone, in a header say */
export function knownZone(word: string): string | undefined {
  const upper = word.toUpperCase();
  if (upper in ABBREVIATIONS || upper in AMBIGUOUS) return upper;
  if (/^(?:UTC|GMT)[+-]\d{1,2}(?::?\d{2})?$/i.test(word)) return upper;
  return /^[a-z_]+\/[a-z_/]+$/i.test(word) && IANAZone.isValidZone(word) ? word : undefined;
}

/** The offset that an abbreviation behind a value stands for, ms; undefined where it is not known or ambiguous. */
export function fixedOffsetMs(abbreviation: string): number | undefined {
  const hours = FIXED_OFFSETS_HOURS[abbreviation.toUpperCase()];
  return hours === undefined ? undefined : hours * HOUR_MS;
}

function fixedZone(sign: string, hours: number, minutes: number, word: string): Zone {
  if (hours > 14 || minutes > 59) {
    throw new ConfigError('unknown-zone', `No time zone is "${word}" from UTC; give one up to 14 hours.`);
  }
  const size = (hours * 60 + minutes) * 60_000;
  const offsetMs = sign === '-' ? -size : size;
  return {
    name: `UTC${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`,
    offsetMs: () => offsetMs,
  };
}

/** Asking the time zone database takes microseconds; a day without a change of offset is asked for once. */
function cachedZone(zone: IANAZone): Zone {
  const offsetOfDay = new Map<number, number>();
  const ask = (utcMs: number) => zone.offset(utcMs) * 60_000;
  return {
    name: zone.name,
    offsetMs(utcMs) {
      const day = Math.floor(utcMs / DAY_MS);
      let offset = offsetOfDay.get(day);
      if (offset === undefined) {
        const first = ask(day * DAY_MS);
        offset = first === ask((day + 1) * DAY_MS - 1) ? first : Number.NaN;
        offsetOfDay.set(day, offset);
      }
      return Number.isNaN(offset) ? ask(utcMs) : offset;
    },
  };
}

export interface LocalTimes {
  /** Local times that came twice, in the hour that is repeated in autumn. */
  readonly repeated: number;
  /** The first of those, local; NaN where there are none. */
  readonly firstRepeated: number;
}

/**
 * Turns local times into UTC in place. A time of the hour that is repeated in autumn is the first of the two, unless the
 * row before in time is later than that.
 * @param timesMs [N] local clock readings as if they were UTC; those with `isAbsolute` 1 are UTC already and stay
 * @throws DataError `skipped-hour` for a time that no clock showed, in spring
 */
export function toUtcInPlace(
  timesMs: Float64Array,
  isAbsolute: (row: number) => boolean,
  zone: Zone,
  describeRow: (row: number) => string,
): LocalTimes {
  let repeated = 0;
  let firstRepeated = Number.NaN;
  let previous = -Infinity;
  const { length } = timesMs;
  const newestFirst = timesMs[0] > timesMs[length - 1];
  for (let n = 0; n < length; n++) {
    const row = newestFirst ? length - 1 - n : n;
    const local = timesMs[row];
    if (isAbsolute(row) || Number.isNaN(local)) continue;
    const before = zone.offsetMs(local - DAY_MS);
    const after = zone.offsetMs(local + DAY_MS);
    let utc = local - before;
    if (before !== after) {
      const isBefore = zone.offsetMs(local - before) === before;
      const isAfter = zone.offsetMs(local - after) === after;
      if (isBefore && isAfter) {
        if (Number.isNaN(firstRepeated)) firstRepeated = local;
        repeated++;
        if (utc <= previous) utc = local - after;
      } else if (isAfter) {
        utc = local - after;
      } else if (!isBefore) {
        const text = new Date(local).toISOString().slice(0, 19).replace('T', ' ');
        throw new DataError(
          'skipped-hour',
          `${describeRow(row)}: ${text} was on no clock in ${zone.name}, where summer time began that hour; ` +
            'give the right zone with --timezone.',
        );
      }
    }
    timesMs[row] = utc;
    previous = utc;
  }
  return { repeated, firstRepeated };
}
