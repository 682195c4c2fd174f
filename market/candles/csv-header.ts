/** Finds the delimiter and the columns of a candle file from its header line. */
import { splitCells } from './csv-lines.ts';

/** Cell indices. */
export interface CandleCells {
  readonly time: number;
  /** The time of day, where it may stand in a cell of its own beside the date. */
  readonly clock?: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** In base units; absent when the file has none. */
  readonly volume?: number;
  /** In quote units, beside a volume in base units. */
  readonly quoteVolume?: number;
}

export interface Header {
  readonly delimiter: string;
  /** As they stand in the file. */
  readonly names: readonly string[];
  /** Undefined when a needed column is missing. */
  readonly cells: CandleCells | undefined;
  /** What is missing, in the words a message needs. */
  readonly missing: readonly string[];
  /** How many of the needed columns were recognised, of five. */
  readonly numRecognised: number;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** Best first: what cannot be mistaken, then what may be a day alone. */
const TIME_NAMES = [
  'unix',
  'unix timestamp',
  'unix time',
  'epoch',
  'ts',
  'ts ms',
  'time ms',
  'timems',
  'timestamp',
  'open time',
  'opentime',
  'datetime',
  'date time',
  'gmt time',
  'utc time',
  'start time',
  'local time',
  'date',
  'time',
];

const VOLUME_NAMES = ['volume', 'vol', 'vol.', 'base volume', 'volume base', 'tickvol', 'tick volume'];

const QUOTE_CURRENCIES = new Set(
  'usd usdt usdc busd dai eur gbp jpy krw try brl aud cad chf currency quote'.split(' '),
);

/** Reads a line as a header, whatever it is; `numRecognised` says how much of a header it is. */
export function readHeader(line: string): Header {
  const delimiter = findDelimiter(line);
  const names = (splitCells(line, delimiter) ?? []).map((name) => name.trim());
  const plain = names.map(plainName);
  const find = (candidates: readonly string[]): number | undefined => {
    const name = candidates.find((candidate) => plain.includes(candidate));
    return name === undefined ? undefined : plain.indexOf(name);
  };
  const time = find(TIME_NAMES);
  const [open, high, low, close] = ['open', 'high', 'low', 'close'].map((name) => find([name]));
  const needed = { 'a time column (such as date, time, timestamp, unix)': time, open, high, low, close };
  const missing = Object.entries(needed).flatMap(([name, cell]) => (cell === undefined ? [name] : []));
  const header = { delimiter, names, missing, numRecognised: 5 - missing.length };
  if (
    time === undefined ||
    open === undefined ||
    high === undefined ||
    low === undefined ||
    close === undefined
  ) {
    return { ...header, cells: undefined };
  }
  const clock = plain[time] === 'date' ? find(['time']) : undefined;
  const named = plain.flatMap((name, cell) => (name.startsWith('volume ') ? [{ cell, name }] : []));
  const isQuote = ({ name }: { name: string }) => QUOTE_CURRENCIES.has(name.slice('volume '.length));
  const volume = find(VOLUME_NAMES) ?? named.find((column) => !isQuote(column))?.cell;
  const quoteVolume = named.find((column) => isQuote(column) && column.cell !== volume)?.cell;
  return { ...header, cells: { time, clock, open, high, low, close, volume, quoteVolume } };
}

/** The delimiter that splits the line into the most cells; a comma when none does. */
export function findDelimiter(line: string): string {
  const counts = DELIMITERS.map((delimiter) => splitCells(line, delimiter)?.length ?? 0);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** `<TICKVOL>` → `tickvol`, `Open_Time` → `open time`, `Volume_(BTC)` → `volume`. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^<(.*)>$/, '$1')
    .replace(/[_\s-]+/g, ' ')
    .replace(/ ?\(.*\)$/, '')
    .trim();
}
