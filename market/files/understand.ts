/** Understands what a table is — candles, trades, quotes, books — and which column is what, from names and values. */
import {
  columnsOf,
  type LevelColumn,
  levelColumns,
  plainName,
  type Role,
  volumesByCurrency,
  zoneWord,
} from './names.ts';
import { parseNumber } from './numbers.ts';
import { readCompact, readEpoch, readTimeText } from './time-text.ts';
import { knownZone } from './zones.ts';

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
    extra: names.flatMap((_, c) => (taken.has(c) || !isNumber(c) ? [] : [c])),
    zone,
    ...rest,
  });

  if (roles.time !== undefined && numPrices === 3 && close) {
    // CoinMarketCap's volume is in dollars; its market value and six times of a bar tell its files.
    if (plain.includes('timeopen') && plain.includes('marketcap')) takeAs('quoteVolume', 'volume');
    else take('volume', isNumber);
    take('tickVolume', isNumber);
    const volumes = volumesByCurrency(plain).map(({ column }) => column);
    for (const column of volumes) taken.add(column);
    if (volumes.length === 0 || roles.volume !== undefined) take('quoteVolume', isNumber);
    return found('candles', { volumes });
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
      take('bidSize', isNumber);
      take('askSize', isNumber);
      return found('quotes');
    }
    take('price', isNumber);
    take('isSnapshot');
    take('size', isNumber);
    take('side', (column) => !isNumber(column));
    take('buyerIsMaker');
    if (roles.price === undefined && roles.close !== undefined && roles.size !== undefined)
      roles.price = roles.close;
    if (roles.price !== undefined && roles.size !== undefined) {
      return found(roles.isSnapshot !== undefined && roles.side !== undefined ? 'book-changes' : 'trades');
    }
    const series = names.flatMap((_, c) => (c !== roles.time && c !== roles.clock && isNumber(c) ? [c] : []));
    const others = names.length - series.length - (roles.clock === undefined ? 1 : 2);
    if (series.length >= 2 && others === 0 && roles.price === undefined && !close)
      return found('wide', { extra: series });
  }
  const needed = { [TIME_WORDS]: roles.time !== undefined, ...has, close };
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
  const local = columnsOf('localTime', plain, taken).find(isTime);
  const candidates = columnsOf('time', plain, taken).filter((column) => column !== local && isTime(column));
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
  const clock = columnsOf('clock', plain, taken).find((column) => column !== time);
  if (clock === undefined) return;
  if (looksLikeClock(sample, clock)) {
    roles.clock = clock;
    taken.add(clock);
  } else if (looksLikeTime(sample, clock)) roles.time = clock;
}

function zoneOf(names: readonly string[], roles: Roles): string | undefined {
  for (const role of ['time', 'clock'] as const) {
    const column = roles[role];
    const word = column === undefined ? undefined : zoneWord(names[column]);
    const zone = word === undefined ? undefined : knownZone(word);
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
