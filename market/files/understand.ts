/** Understands what a table is — candles, trades, quotes, books — and which column is what, from names and values. */
import {
  columnsOf,
  isTimeName,
  isVolumeName,
  type LevelColumn,
  levelColumns,
  plainName,
  volumesByCurrency,
  zoneInName,
} from './names.ts';
import { parseNumber } from './numbers.ts';
import type { Role } from './shapes/column-words.ts';
import { readCompact, readEpoch, readTimeText } from './time-text.ts';

/** The kinds of market data that are known. */
export type Kind = 'candles' | 'trades' | 'quotes' | 'book-snapshots' | 'book-changes' | 'wide' | 'funding';

/** Column indices by role. */
export type Roles = Readonly<Partial<Record<Role, number>>>;

export interface Understanding {
  readonly kind: Kind;
  readonly roles: Roles;
  /** Of book snapshots with a column for every level. */
  readonly levels: readonly LevelColumn[];
  /** Volumes whose currency is in their name; which is the base is told by the values. */
  readonly volumes: readonly number[];
  /** All columns of numbers that may be volumes, in any unit: what they say of one another tells which is in base units. */
  readonly allVolumes: readonly number[];
  /** Numbers that are none of ours, by column. */
  readonly extra: readonly number[];
  /** The zone that the time column's name tells. */
  readonly zone: string | undefined;
}

/** What a table lacks to be understood. */
export interface Misunderstanding {
  /** In the words a message needs; those of candles where nothing is nearer. */
  readonly missing: readonly string[];
  /** How many of the needed columns were recognised. */
  readonly numRecognised: number;
}

/** A role given by the user: `--columns time=Zeit,close=Kurs`. */
export type GivenColumns = Readonly<Partial<Record<Role, string>>>;

/** Names of a column of funding rates, in plain form, best first. */
export const FUNDING_RATES = [
  'realized rate',
  'realizedrate',
  'funding rate',
  'fundingrate',
  'last funding rate',
  'funding',
];

const TIME_WORDS = 'a time column (such as date, time, timestamp, unix)';

/**
 * @param names as they stand in the file
 * @param sample the first rows as text, [N][columns]
 */
export function understand(
  names: readonly string[],
  sample: readonly (readonly string[])[],
  given: GivenColumns = {},
): Understanding | Misunderstanding {
  const plain = names.map(plainName);
  const roles: Partial<Record<Role, number>> = {};
  const taken = new Set<number>();
  const take = (role: Role, accept: (column: number) => boolean = () => true): boolean => {
    if (roles[role] !== undefined) return true;
    const column = columnsOf(role, plain, taken).find(accept);
    if (column === undefined) return false;
    roles[role] = column;
    taken.add(column);
    return true;
  };
  for (const [role, name] of Object.entries(given)) {
    const column = names.indexOf(name);
    roles[role as Role] = column < 0 ? plain.indexOf(plainName(name)) : column;
    taken.add(roles[role as Role] as number);
  }
  const isTime = (column: number) => looksLikeTime(sample, column);
  const isNumber = (column: number) => looksLikeNumber(sample, column);
  /** A side as a number: 1 and −1. What 0, 1 and 2 mean differs by vendor. */
  const isSign = (column: number) =>
    sample.every((row) => /^[+-]?1(?:\.0)?$|^$/.test(row[column] ?? '')) &&
    sample.some((row) => row[column]?.startsWith('-'));
  takeTimes(names, plain, roles, taken, sample);
  const levels = levelColumns(plain).filter(({ column }) => !taken.has(column));
  const has = { open: take('open', isNumber), high: take('high', isNumber), low: take('low', isNumber) };
  const numPrices = Number(has.open) + Number(has.high) + Number(has.low);
  let close = take('close', isNumber);
  // Investing.com and others call the close the price.
  if (!close && numPrices === 3) close = takeAs('close', 'price');
  take('adjustedClose');
  take('venue', (column) => !isNumber(column));
  take('symbol', (column) => !isTime(column) && (!isNumber(column) || plain[column] !== 'name'));
  const zone = zoneOf(names, roles);
  const found = (kind: Kind, rest: Partial<Understanding> = {}): Understanding => ({
    kind,
    roles,
    levels: [],
    volumes: [],
    allVolumes: [],
    extra: names.flatMap((_, c) => (taken.has(c) || !isNumber(c) ? [] : [c])),
    zone,
    ...rest,
  });

  if (roles.time !== undefined && numPrices === 3 && close) {
    if (hasVolumeInDollars(plain)) takeAs('quoteVolume', 'volume');
    else take('volume', isNumber);
    take('tickVolume', isNumber);
    const volumes = volumesByCurrency(plain).map(({ column }) => column);
    for (const column of volumes) taken.add(column);
    if (volumes.length === 0 || roles.volume !== undefined) take('quoteVolume', isNumber);
    const allVolumes = plain.flatMap((name, c) =>
      isNumber(c) && (isVolumeName(name) || volumes.includes(c)) ? [c] : [],
    );
    return found('candles', { volumes, allVolumes: hasVolumeInDollars(plain) ? [] : allVolumes });
  }
  if (
    roles.time !== undefined &&
    levels.some(({ side }) => side === 'bid') &&
    levels.some(({ side }) => side === 'ask')
  ) {
    for (const { column } of levels) taken.add(column);
    return found('book-snapshots', { levels });
  }
  if (roles.time !== undefined && numPrices === 0 && FUNDING_RATES.some((name) => plain.includes(name))) {
    return found('funding');
  }
  if (roles.time !== undefined && numPrices === 0) {
    if (take('bids', (c) => !isNumber(c)) && take('asks', (c) => !isNumber(c)))
      return found('book-snapshots');
    if (take('bidPrice', isNumber) && take('askPrice', isNumber)) {
      const hasSizes = take('bidSize', isNumber) && take('askSize', isNumber);
      const areTrades = !hasSizes && take('price', isNumber) && take('size', isNumber);
      if (!areTrades) return found('quotes');
    }
    take('price', isNumber);
    take('isSnapshot');
    take('size', isNumber);
    take('side', (column) => !isNumber(column) || isSign(column) || plain[column] === 'aggressor side');
    take('buyerIsMaker');
    if (roles.price === undefined && roles.close !== undefined && roles.size !== undefined)
      roles.price = roles.close;
    if (roles.price !== undefined && roles.size !== undefined) {
      return found(roles.isSnapshot !== undefined && roles.side !== undefined ? 'book-changes' : 'trades');
    }
    const series = names.flatMap((_, c) => (c !== roles.time && c !== roles.clock && isNumber(c) ? [c] : []));
    const others = names.length - series.length - (roles.clock === undefined ? 1 : 2);
    const isWide = series.length >= 2 && others === 0 && roles.price === undefined && !close;
    if (isWide && !looksLikeBars(sample, series)) return found('wide', { extra: series });
  }
  const unread = names.findIndex((_, c) => isTimeName(timeNames(names, plain)[c]));
  const example = unread < 0 ? '' : (sample.find((row) => row[unread] !== '')?.[unread] ?? '');
  const timeWords =
    example === ''
      ? TIME_WORDS
      : `${TIME_WORDS}: "${names[unread]}" has "${example.slice(0, 40)}", which is no time`;
  const needed = { [timeWords]: roles.time !== undefined, ...has, close };
  const missing = Object.entries(needed).flatMap(([name, there]) => (there ? [] : [name]));
  return { missing, numRecognised: 5 - missing.length };

  function takeAs(role: Role, other: Role): boolean {
    const column = columnsOf(other, plain, taken).find(isNumber);
    if (column === undefined) return false;
    roles[role] = column;
    taken.add(column);
    return true;
  }
}

export const isUnderstood = (result: Understanding | Misunderstanding): result is Understanding =>
  'kind' in result;

/** A `time` beside a `date` is the clock that belongs to it, or the whole time written again, or of no use. */
function takeTimes(
  names: readonly string[],
  plain: readonly string[],
  roles: Partial<Record<Role, number>>,
  taken: Set<number>,
  sample: readonly (readonly string[])[],
): void {
  const isTime = (column: number) => looksLikeTime(sample, column);
  const withoutZone = timeNames(names, plain);
  const local = columnsOf('localTime', plain, taken).find(isTime);
  const candidates = columnsOf('time', withoutZone, taken).filter(
    (column) => column !== local && isTime(column),
  );
  // pandas writes its index without a name, first.
  if (candidates.length === 0 && (names[0] === '' || /^unnamed: 0$/i.test(names[0])) && isTime(0))
    candidates.push(0);
  const time = roles.time ?? candidates[0] ?? local;
  if (time === undefined) return;
  roles.time = time;
  taken.add(time);
  if (local !== undefined && local !== time) {
    roles.localTime = local;
    taken.add(local);
  }
  if (roles.clock !== undefined || !looksLikeDay(sample, time)) return;
  const clock = columnsOf('clock', withoutZone, taken).find((column) => column !== time);
  if (clock === undefined) return;
  if (looksLikeClock(sample, clock)) {
    roles.clock = clock;
    taken.add(clock);
  } else if (looksLikeTime(sample, clock)) roles.time = clock;
}

/** Names in plain form, without a zone where that makes them those of a time. */
const timeNames = (names: readonly string[], plain: readonly string[]): string[] =>
  plain.map((name, c) => (isTimeName(name) ? name : (zoneInName(names[c])?.rest ?? name)));

/** CoinMarketCap's volume is in dollars; its market value beside the times of a bar, or a running number, tells its files. */
const hasVolumeInDollars = (plain: readonly string[]): boolean =>
  (plain.includes('marketcap') || plain.includes('market cap')) &&
  ['time open', 'timeopen', 'sno'].some((name) => plain.includes(name));

/** Of so many rows one column is always the highest of the first four, and another the lowest, close to it. */
const MIN_BAR_ROWS = 5;
const MAX_BAR_RANGE = 1.5;

/** Open, high, low and close under names that are not known would else be four series of one price each. */
function looksLikeBars(sample: readonly (readonly string[])[], series: readonly number[]): boolean {
  if (series.length < 4 || series.length > 6 || sample.length < MIN_BAR_ROWS) return false;
  const rows = sample.map((row) => series.slice(0, 4).map((c) => parseNumber(row[c] ?? '')));
  const always = (kind: 'max' | 'min') =>
    series.slice(0, 4).some((_, k) => rows.every((row) => row[k] === Math[kind](...row)));
  const areClose = rows.every((row) => Math.max(...row) <= MAX_BAR_RANGE * Math.min(...row));
  return areClose && always('max') && always('min');
}

function zoneOf(names: readonly string[], roles: Roles): string | undefined {
  for (const role of ['time', 'clock'] as const) {
    const column = roles[role];
    const zone = column === undefined ? undefined : zoneInName(names[column])?.zone;
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** Most cells that are not empty; a file with one bad cell is still what it is. */
function most(
  sample: readonly (readonly string[])[],
  column: number,
  accept: (text: string) => boolean,
): boolean {
  let some = 0;
  let good = 0;
  for (const row of sample) {
    const text = row[column]?.trim() ?? '';
    if (text === '') continue;
    some++;
    if (accept(text)) good++;
  }
  // A column without a value is anything; the rows say what is missing.
  return good * 2 >= some;
}

export function looksLikeTime(sample: readonly (readonly string[])[], column: number): boolean {
  return most(sample, column, isTimeText);
}

export function isTimeText(text: string): boolean {
  if (/^\d+$/.test(text)) return !Number.isNaN(readCompact(text)) || readEpoch(text) !== undefined;
  const epoch = /^(\d{9,16})\.\d*$/.exec(text);
  if (epoch !== null) return readEpoch(epoch[1]) !== undefined;
  const reading = readTimeText(text);
  return (
    reading !== undefined && !(Number.isNaN(reading.ms) && Number.isNaN(reading.monthFirstMs ?? Number.NaN))
  );
}

const looksLikeNumber = (sample: readonly (readonly string[])[], column: number): boolean =>
  most(
    sample,
    column,
    (text) => !Number.isNaN(parseNumber(text)) || !Number.isNaN(parseNumber(text, 'comma')),
  );

/** Days without a clock. */
const looksLikeDay = (sample: readonly (readonly string[])[], column: number): boolean =>
  most(
    sample,
    column,
    (text) => /^\d{8}$/.test(text) || (!/^\d+(?:\.\d*)?$/.test(text) && !/\d:\d/.test(text)),
  );

const looksLikeClock = (sample: readonly (readonly string[])[], column: number): boolean =>
  most(sample, column, (text) => /^\d{1,6}$/.test(text) || /^\d{1,2}:\d{2}/.test(text));
