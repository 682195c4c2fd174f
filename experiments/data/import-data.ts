/** Imports files of others: reads them, makes what is asked for of them, and writes it in our own form with a manifest. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { ConfigError, DataError } from '../../core/errors.ts';
import { loadBooksOrCapture } from '../../live/tape/capture.ts';
import { createBookBars } from '../../market/books/bars.ts';
import {
  detectTapeFile,
  encodeBooks,
  encodeTrades,
  isTradeFile,
  loadTradesWithNotes,
} from '../../market/books/load.ts';
import { type LoadedTrades, streamTableTrades } from '../../market/books/table-trades.ts';
import type { Venue } from '../../market/books/tape.ts';
import type { LoadBooksOptions } from '../../market/books/tape-loading.ts';
import { createTradeBarMaker, type TradeBarMaker } from '../../market/books/trade-bars.ts';
import type { BarSpec } from '../../market/candles/bar-spec.ts';
import { encodeCandleParquet, type SymbolCandles } from '../../market/candles/candle-parquet.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { UNKNOWN_CURRENCY } from '../../market/candles/currencies.ts';
import { joinCandles } from '../../market/candles/join.ts';
import { resampleCandles } from '../../market/candles/resample.ts';
import { formatTime } from '../../market/candles/timestamps.ts';
import { loadCandleSeries } from '../../market/files/candle-series.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { type Converter, openConverter, symbolOfPath } from './convert.ts';

export interface ImportOptions extends LoadBooksOptions {
  /** A file that ends in .parquet, or a folder, in which every series has a file of its own. */
  readonly out: string;
  /** Bars to make of trades, books or finer bars. */
  readonly bars?: BarSpec;
}

/** What was made of one file. */
export interface ImportedFile {
  /** Of what was downloaded: its address. */
  readonly path: string;
  readonly sha256: string;
  readonly format: string;
  readonly kind: 'candles' | 'trades' | 'books';
  /** Rows that were used; what was left out is in the notes. */
  readonly rows: number;
  /** Which of the file's columns became which of ours, for candles. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

export interface WrittenFile {
  readonly path: string;
  readonly kind: 'candles' | 'trades' | 'books';
  readonly symbol: string | undefined;
  readonly rows: number;
  readonly from: string;
  readonly to: string;
  /** Of what was downloaded: its gaps, and what its prices are. */
  readonly notes?: readonly string[];
}

/** What stands beside the files that were written: where every row came from, and what was left out. */
export interface ImportManifest {
  readonly format: 'market-gym-import';
  readonly version: 1;
  readonly inputs: readonly ImportedFile[];
  readonly outputs: readonly WrittenFile[];
}

type Content =
  | { readonly kind: 'candles'; readonly series: SymbolCandles }
  | {
      readonly kind: 'trades' | 'books';
      readonly symbol: string;
      readonly bytes: Uint8Array;
      readonly rows: number;
      readonly fromMs: number;
      readonly toMs: number;
    };

/**
 * Nothing is written before everything was read. Series of one symbol in several files are put one behind the other.
 * @param files paths
 * @throws ConfigError `invalid-out`; DataError as the loaders, and `overlapping-files`; StorageError `write-failed`
 */
export async function importData(files: readonly string[], options: ImportOptions): Promise<ImportManifest> {
  const inputs: ImportedFile[] = [];
  const contents: Content[] = [];
  const converter = options.convert && (await openConverter(options.convert));
  for (const path of files) {
    const read = await readFile(path, options, converter);
    inputs.push({ ...read.input, sha256: await hashFile(path) });
    contents.push(...read.contents);
  }
  const outputs = writeContents(joinFiles(contents), options.out);
  const manifest: ImportManifest = { format: 'market-gym-import', version: 1, inputs, outputs };
  writeFileAtomic(manifestPath(options.out), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** `OUT/manifest.json`, or `FILE.manifest.json` beside a single file. */
export const manifestPath = (out: string): string =>
  isFile(out) ? `${out}.manifest.json` : join(out, 'manifest.json');

const isFile = (out: string): boolean => extname(out) === '.parquet';

async function readFile(
  path: string,
  options: ImportOptions,
  converter: Converter | undefined,
): Promise<{ input: Omit<ImportedFile, 'sha256'>; contents: Content[] }> {
  const kind = await detectTapeFile(path, options);
  if (kind === undefined) return readCandles(path, options, converter);
  const symbol = options.symbol ?? basename(path).replace(/\..*$/, '');
  if (isTradeFile(kind)) {
    if (options.bars !== undefined)
      return readTradeBars(path, symbol, kind, { ...options, bars: options.bars }, converter);
    const { trades, notes } = await loadTradesWithNotes(path, options);
    if (converter !== undefined) {
      throw new ConfigError(
        'invalid-setting',
        `${path} holds trades, which are kept as they are; make bars of them with --bars 1m to convert them.`,
      );
    }
    const bytes = encodeTrades(trades, 'x.parquet');
    const content = {
      kind: 'trades' as const,
      symbol,
      bytes,
      rows: trades.length,
      fromMs: trades.timeMs[0],
      toMs: trades.timeMs[trades.length - 1],
    };
    return { input: { path, format: kind, kind: 'trades', rows: trades.length, notes }, contents: [content] };
  }
  const { trades, report, ...loaded } = await loadBooksOrCapture(path, options);
  const { tape, notes } = converter?.tape(loaded.tape) ?? { tape: loaded.tape, notes: [] };
  const input = {
    path,
    format: report.format,
    kind: 'books' as const,
    rows: tape.length,
    notes: [...report.notes, ...notes],
  };
  if (options.bars === undefined) {
    const bytes = encodeBooks(tape, 'x.parquet');
    return {
      input,
      contents: [
        {
          kind: 'books',
          symbol,
          bytes,
          rows: tape.length,
          fromMs: tape.timeMs[0],
          toMs: tape.timeMs[tape.length - 1],
        },
      ],
    };
  }
  if (options.bars.by !== 'time') {
    throw new ConfigError(
      'invalid-bars',
      `${path} holds order books, which make bars of time alone; give --bars 1m or the like.`,
    );
  }
  const { barMs } = options.bars;
  const contents = tape.venues.map(
    (venue, index): Content => ({
      kind: 'candles',
      series: {
        symbol: nameOf(venue, tape.venues.length, symbol),
        candles: createBookBars(tape, index, barMs, trades).candles,
      },
    }),
  );
  return { input, contents };
}

/** Bars of trades, which need not fit in memory all at once where their file is in order of time. */
async function readTradeBars(
  path: string,
  symbol: string,
  format: string,
  options: ImportOptions & { readonly bars: BarSpec },
  converter: Converter | undefined,
): Promise<{ input: Omit<ImportedFile, 'sha256'>; contents: Content[] }> {
  const { bars } = options;
  const pieces =
    format === 'trade-table' ? streamTableTrades(path, options) : [await loadTradesWithNotes(path, options)];
  const read = await makeBars(pieces, bars).catch(async (error: unknown) => {
    if (!(error instanceof DataError && error.code === 'unsorted-times')) throw error;
    return makeBars([await loadTradesWithNotes(path, options)], bars);
  });
  const made = read.venues.map((venue, index) => ({ venue, ...read.makers[index].finish() }));
  const input = { path, format, kind: 'trades' as const, rows: read.rows };
  const loadNotes = read.notes;
  const conversionNotes: string[] = [];
  const inQuote = (candles: Candles, venue: Venue) => {
    if (converter === undefined) return candles;
    const pair = venue.quote === UNKNOWN_CURRENCY ? undefined : venue;
    const converted = converter.candles(candles, symbol, pair);
    conversionNotes.push(...converted.notes);
    return converted.candles;
  };
  const notes = made.map(
    ({ venue, dropped }) =>
      `${venue.name}: ${dropped} trades lie in bars that are not whole, at the beginning and the end.`,
  );
  const contents = made.map(
    ({ venue, candles }): Content => ({
      kind: 'candles',
      series: { symbol: nameOf(venue, made.length, symbol), candles: inQuote(candles, venue) },
    }),
  );
  return { input: { ...input, notes: [...loadNotes, ...notes, ...conversionNotes] }, contents };
}

async function makeBars(pieces: AsyncIterable<LoadedTrades> | Iterable<LoadedTrades>, bars: BarSpec) {
  let venues: readonly Venue[] = [];
  let makers: TradeBarMaker[] = [];
  let rows = 0;
  const notes = new Set<string>();
  for await (const { trades, notes: said } of pieces) {
    for (const note of said) notes.add(note);
    if (trades.length === 0) continue;
    if (makers.length === 0) {
      venues = trades.venues;
      makers = venues.map((_, index) => createTradeBarMaker(index, bars));
    }
    rows += trades.length;
    for (const maker of makers) maker.take(trades);
  }
  return { venues, makers, rows, notes: [...notes] };
}

const nameOf = ({ name }: { name: string }, of: number, symbol: string): string =>
  of > 1 ? `${symbol}-${name}` : symbol;

async function readCandles(
  path: string,
  options: ImportOptions,
  converter: Converter | undefined,
): Promise<{ input: Omit<ImportedFile, 'sha256'>; contents: Content[] }> {
  const { report, ...loaded } = await loadCandleSeries(path, options);
  const notes = [...report.notes];
  const series = loaded.series.map(({ symbol, candles }) => {
    if (converter === undefined) return { symbol, candles };
    const converted = converter.candles(candles, symbol ?? symbolOfPath(path), options.pair);
    notes.push(...converted.notes);
    return { symbol, candles: converted.candles };
  });
  const { bars } = options;
  const contents = series.map(({ symbol, candles }): Content => {
    if (bars === undefined) return { kind: 'candles', series: { symbol, candles } };
    if (bars.by !== 'time') {
      throw new ConfigError(
        'invalid-bars',
        `${path} holds candles, which make bars of time alone; give --bars 4h or the like.`,
      );
    }
    const resampled = resampleCandles(candles, bars.barMs);
    if (resampled.dropped > 0) {
      notes.push(
        `${symbol === undefined ? '' : `${symbol}: `}${resampled.dropped} bars lie in coarser bars that are not whole, at the beginning and the end.`,
      );
    }
    return { kind: 'candles', series: { symbol, candles: resampled.candles } };
  });
  const { format, rows, columns } = report;
  return { input: { path, format, kind: 'candles', rows, columns, notes }, contents };
}

/** Puts candles of one symbol from several files in order of time. */
function joinFiles(contents: readonly Content[]): Content[] {
  const rest: Content[] = [];
  const bySymbol = new Map<string | undefined, SymbolCandles[]>();
  for (const content of contents) {
    if (content.kind !== 'candles') {
      rest.push(content);
      continue;
    }
    const known = bySymbol.get(content.series.symbol);
    if (known === undefined) bySymbol.set(content.series.symbol, [content.series]);
    else known.push(content.series);
  }
  const joined = [...bySymbol].map(
    ([symbol, pieces]): Content => ({
      kind: 'candles',
      series: {
        symbol,
        candles: joinCandles(
          pieces.map((piece) => piece.candles),
          symbol ?? 'the files',
        ),
      },
    }),
  );
  return [...joined, ...rest];
}

function writeContents(contents: readonly Content[], out: string): WrittenFile[] {
  if (isFile(out)) return writeOne(contents, out);
  if (existsSync(out) && !statSync(out).isDirectory()) {
    throw new ConfigError(
      'invalid-out',
      `"${out}" is a file; name a folder, or a file that ends in .parquet.`,
    );
  }
  mkdirSync(out, { recursive: true });
  return contents.map((content) => {
    const symbol = content.kind === 'candles' ? content.series.symbol : content.symbol;
    const suffix = content.kind === 'candles' ? '' : `.${content.kind}`;
    const path = join(out, `${fileName(symbol ?? 'candles')}${suffix}.parquet`);
    if (content.kind === 'candles') return writeCandles([content.series], path);
    writeFileAtomic(path, content.bytes);
    return {
      path,
      kind: content.kind,
      symbol,
      rows: content.rows,
      from: formatTime(content.fromMs),
      to: formatTime(content.toMs),
    };
  });
}

function writeOne(contents: readonly Content[], out: string): WrittenFile[] {
  mkdirSync(dirname(out), { recursive: true });
  const series = contents.flatMap((content) => (content.kind === 'candles' ? [content.series] : []));
  if (series.length === contents.length) return [writeCandles(series, out)];
  const [content, ...others] = contents;
  if (others.length > 0 || content.kind === 'candles') {
    throw new ConfigError(
      'invalid-out',
      `One file holds candles, or the books or trades of one file; give a folder with --out instead of "${out}".`,
    );
  }
  writeFileAtomic(out, content.bytes);
  const { kind, symbol, rows, fromMs, toMs } = content;
  return [{ path: out, kind, symbol, rows, from: formatTime(fromMs), to: formatTime(toMs) }];
}

function writeCandles(series: readonly SymbolCandles[], path: string): WrittenFile {
  writeFileAtomic(path, encodeCandleParquet(series));
  const firstMs = Math.min(...series.map(({ candles }) => candles.timeMs[0]));
  const lastMs = Math.max(...series.map(({ candles }) => candles.timeMs[candles.length - 1]));
  return {
    path,
    kind: 'candles',
    symbol: series.length === 1 ? series[0].symbol : undefined,
    rows: series.reduce((sum, { candles }) => sum + candles.length, 0),
    from: formatTime(firstMs),
    to: formatTime(lastMs),
  };
}

/** A symbol as the name of a file: `BTC/USDT` → `BTC-USDT`. */
export const fileName = (symbol: string): string =>
  symbol.replace(/[^\w.^=-]+/g, '-').replace(/^\.+/, '') || 'series';

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (error) {
    throw new DataError('unreadable-file', `"${path}" cannot be read again (${(error as Error).message}).`, {
      cause: error,
    });
  }
  return hash.digest('hex');
}
