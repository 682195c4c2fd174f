/** Loads candles from files of any format: one series, or several symbols one below or beside the other. */
import { DataError } from '../../core/errors.ts';
import type { Candles, ExtraColumns } from '../candles/candles.ts';
import { joinCandles } from '../candles/join.ts';
import { buildCandles, PRICES, type PriceColumns } from './candle-rows.ts';
import { quote, RowFaults } from './faults.ts';
import { KIND_WORDS, type OpenedTable, openTables } from './open.ts';
import type { ReadOptions } from './options.ts';
import { findWideBars, type WideBars } from './shapes/wide-bars.ts';
import type { Columns, ReadPlan } from './table.ts';
import { chooseVolume, type VolumeChoice } from './volumes.ts';
import { findZone, type Zone } from './zones.ts';

/** How a file was understood. */
export interface LoadReport {
  readonly path: string;
  /** `CSV`, `JSON`, `Parquet` … */
  readonly format: string;
  readonly kind: 'candles' | 'wide';
  readonly rows: number;
  /** Of CSV files: `,` `;` tab or `|` */
  readonly delimiter: string | undefined;
  /** Which of the file's columns each of ours was read from. */
  readonly columns: Readonly<Record<string, string>>;
  /** Names of the notations in which times were written. */
  readonly timeForms: readonly string[];
  /** The zone that times were converted from; undefined where they were UTC, or taken for it. */
  readonly zone: string | undefined;
  /** The file had its newest row first; the candles have the oldest first, as always. */
  readonly reversed: boolean;
  /** What a reader should know, a sentence each: everything that was not taken as it stood. */
  readonly notes: readonly string[];
}

export interface NamedCandles {
  /** Undefined where the file names none. */
  readonly symbol: string | undefined;
  readonly candles: Candles;
}

export interface LoadedSeries {
  /** In order of appearance; at least one. */
  readonly series: readonly NamedCandles[];
  readonly report: LoadReport;
}

/**
 * Loads every series of a file. Nothing is filled in, and nothing left out in silence.
 * @throws DataError `not-candles` for a file of another kind, `unknown-symbol`, `invalid-…` codes of rows, and those of
 *   `openTables`, `TimeColumn.settle` and `createCandles`; each names file, line, column and the option that helps
 */
export async function loadCandleSeries(path: string, options: ReadOptions = {}): Promise<LoadedSeries> {
  const tables = await openTables(path, options);
  const parts: Part[] = [];
  for (const table of tables) parts.push(await readPart(table, options));
  const [first] = parts;
  const notes = [...new Set(parts.flatMap((part) => part.notes))];
  if (parts.length > 1)
    notes.unshift(`The zip has ${parts.length} files, which were put one behind the other.`);
  const bySymbol = new Map<string | undefined, Part['series'][number][]>();
  for (const part of parts) {
    for (const series of part.series) {
      const known = bySymbol.get(series.symbol);
      if (known === undefined) bySymbol.set(series.symbol, [series]);
      else known.push(series);
    }
  }
  const series = [...bySymbol].map(([symbol, pieces]) => ({
    symbol,
    candles: joinCandles(
      pieces.map(({ candles }) => candles),
      path,
    ),
  }));
  const report: LoadReport = {
    ...first.report,
    path,
    rows: series.reduce((sum, { candles }) => sum + candles.length, 0),
    notes,
  };
  return { series, report };
}

interface Part {
  readonly series: readonly NamedCandles[];
  readonly report: Omit<LoadReport, 'notes' | 'rows'>;
  readonly notes: readonly string[];
}

async function readPart(table: OpenedTable, options: ReadOptions): Promise<Part> {
  const { source, understanding } = table;
  const { kind, roles } = understanding;
  const { path, names } = source;
  if (kind !== 'candles' && kind !== 'wide') {
    const remedy =
      kind === 'trades'
        ? `make bars of them with "market-gym data import ${path} --bars 1m --out DIR"`
        : 'give a file of candles, or use an env on order books';
    throw new DataError('not-candles', `${path} holds ${KIND_WORDS[kind]}, not candles; ${remedy}.`);
  }
  const faults = new RowFaults();
  const volumes = [
    ...new Set([
      roles.volume,
      roles.tickVolume,
      roles.quoteVolume,
      ...understanding.volumes,
      ...understanding.allVolumes,
    ]),
  ].filter((c) => c !== undefined);
  const exogenous = findExogenous(path, names, options.exogenous ?? [], kind);
  const plan: ReadPlan = {
    time: roles.time,
    clock: roles.clock,
    numbers:
      kind === 'wide'
        ? []
        : [
            ...PRICES.map((name) => roles[name] as number),
            ...(roles.volume === undefined ? [] : [roles.volume]),
          ],
    optionalNumbers: [
      ...(kind === 'wide' ? understanding.extra : volumes.filter((column) => column !== roles.volume)),
      ...exogenous
        .map(({ column }) => column)
        .filter((column) => !volumes.includes(column) && !PRICES.some((name) => roles[name] === column)),
      ...(options.adjust && roles.adjustedClose !== undefined ? [roles.adjustedClose] : []),
    ],
    blankNumbers: roles.volume === undefined ? [] : [roles.volume],
    words: roles.symbol === undefined ? [] : [roles.symbol],
  };
  const columns = await source.read(plan, faults);
  const notes = [...source.notes];
  notes.push(...faults.settle(path, columns.numRows + faults.count, options.badRows ?? 'fail'));
  const zoneWord = options.timezone ?? understanding.zone;
  const zone: Zone | undefined = zoneWord === undefined ? undefined : findZone(zoneWord);
  const times = (columns.time as NonNullable<typeof columns.time>).settle(
    path,
    { zone, dates: options.dates },
    columns.describeRow,
  );
  notes.push(...times.notes);
  const used: Record<string, string> = { time: names[roles.time as number] };
  if (roles.clock !== undefined) used.clock = names[roles.clock];
  let reversed = false;
  let series: NamedCandles[];
  if (kind === 'wide') {
    const made = readWide(table, columns, times.timeMs, { time: used.time }, options, notes);
    series = made.series;
    reversed = made.reversed;
    const gaps = series.filter(({ candles }) => candles.length < columns.numRows).length;
    if (gaps > 0)
      notes.push(
        `${gaps} of ${series.length} series lack prices in some rows; those rows are no bars of theirs.`,
      );
  } else {
    const prices = Object.fromEntries(
      PRICES.map((name) => [name, columns.numbers.get(roles[name] as number)!.view()]),
    ) as Record<(typeof PRICES)[number], Float64Array>;
    const volume: VolumeChoice = chooseVolume(names, understanding, columns, prices, times.timeMs);
    notes.push(...volume.notes);
    for (const name of PRICES) used[name] = names[roles[name] as number];
    if (volume.column !== undefined) used.volume = names[volume.column];
    if (volume.quoteColumn !== undefined) used.quoteVolume = names[volume.quoteColumn];
    const adjusted = options.adjust ? adjust(path, columns, roles.adjustedClose, prices, notes) : prices;
    const extra: ExtraColumns | undefined =
      exogenous.length === 0
        ? undefined
        : Object.fromEntries(
            exogenous.map(({ name, column }) => [name, columns.numbers.get(column)!.view()]),
          );
    series = groupRows(path, columns, roles.symbol, options.symbol).map(({ symbol, rows }) => {
      const built = buildCandles(
        path,
        times.timeMs,
        adjusted,
        volume.values,
        rows,
        {
          columns,
          names: used,
          options,
          notes,
        },
        extra,
      );
      reversed = built.reversed;
      return { symbol, candles: built.candles };
    });
    if (roles.adjustedClose !== undefined && !options.adjust) used.adjustedClose = names[roles.adjustedClose];
  }
  if (reversed) notes.unshift('The file has its newest row first; the rows were reversed.');
  return {
    series,
    report: {
      path,
      format: source.format,
      kind,
      delimiter: source.delimiter,
      columns: used,
      timeForms: times.forms,
      zone: zone?.name,
      reversed,
    },
    notes,
  };
}

/** Which columns hold what stands beside the bars; a name is found whatever its case, unless two differ by that. */
function findExogenous(
  path: string,
  names: readonly string[],
  wanted: readonly string[],
  kind: 'candles' | 'wide',
): { name: string; column: number }[] {
  return wanted.map((name) => {
    const exact = names.indexOf(name);
    const alike = names.flatMap((known, c) => (known.toLowerCase() === name.toLowerCase() ? [c] : []));
    const column = exact >= 0 ? exact : alike.length === 1 ? alike[0] : -1;
    if (column >= 0 && kind === 'candles') return { name, column };
    const problem = kind === 'wide' ? 'holds several series side by side, and' : 'has';
    throw new DataError(
      'missing-columns',
      `${path} ${problem} no column "${name}" for the feature column:${name}; it has ${listSymbols(names)}.`,
    );
  });
}

/** Series side by side: bars of several symbols, or one price each. */
function readWide(
  { source: { path, names }, understanding: { extra } }: OpenedTable,
  columns: Columns,
  timeMs: Float64Array,
  used: Readonly<Record<string, string>>,
  options: ReadOptions,
  notes: string[],
): { series: NamedCandles[]; reversed: boolean } {
  const bars = findWideBars(path, names, extra);
  if (bars === undefined)
    notes.push('A row has one price a series: it was taken for open, high, low and close, and volume is 0.');
  const all: readonly WideBars[] =
    bars ??
    extra.map((close) => ({
      symbol: names[close],
      open: close,
      high: close,
      low: close,
      close,
      volume: undefined,
    }));
  const chosen = all.filter(({ symbol }) => options.symbol === undefined || symbol === options.symbol);
  if (chosen.length === 0)
    throw unknownSymbol(
      path,
      options.symbol as string,
      all.map(({ symbol }) => symbol),
    );
  let reversed = false;
  const series = chosen.map(({ symbol, volume, ...prices }) => {
    const view = (column: number) => columns.numbers.get(column)!.view();
    const own = {
      open: view(prices.open),
      high: view(prices.high),
      low: view(prices.low),
      close: view(prices.close),
    };
    const volumes =
      volume === undefined
        ? new Float64Array(timeMs.length)
        : view(volume).map((v) => (Number.isNaN(v) ? 0 : v));
    const built = buildCandles(path, timeMs, own, volumes, rowsWith(own.close), {
      columns,
      names: { ...used, ...Object.fromEntries(PRICES.map((name) => [name, names[prices[name]]])) },
      options,
      notes,
    });
    reversed = built.reversed;
    return { symbol, candles: built.candles };
  });
  return { series, reversed };
}

interface RowGroup {
  readonly symbol: string | undefined;
  /** Undefined for all rows. */
  readonly rows: Int32Array | undefined;
}

function groupRows(
  path: string,
  columns: Columns,
  symbolColumn: number | undefined,
  wanted: string | undefined,
): RowGroup[] {
  const words = symbolColumn === undefined ? undefined : columns.words.get(symbolColumn);
  if (words === undefined) {
    if (wanted === undefined) return [{ symbol: undefined, rows: undefined }];
    throw new DataError('unknown-symbol', `${path} has no column of symbols; leave out --symbol ${wanted}.`);
  }
  if (words.words.length === 1 && (wanted === undefined || wanted === words.words[0])) {
    return [{ symbol: words.words[0], rows: undefined }];
  }
  if (wanted !== undefined && !words.words.includes(wanted)) throw unknownSymbol(path, wanted, words.words);
  const counts = new Int32Array(words.words.length);
  for (let row = 0; row < columns.numRows; row++) counts[words.code(row)]++;
  const groups = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  for (let row = 0; row < columns.numRows; row++) {
    const code = words.code(row);
    groups[code][counts[code]++] = row;
  }
  return groups
    .map((rows, code) => ({ symbol: words.words[code], rows }))
    .filter(({ symbol }) => wanted === undefined || symbol === wanted);
}

function unknownSymbol(path: string, wanted: string, there: readonly string[]): DataError {
  return new DataError('unknown-symbol', `${path} has no symbol "${wanted}"; it has ${listSymbols(there)}.`);
}

/** `"AAA", "BBB" and 12 more` */
export function listSymbols(symbols: readonly string[]): string {
  const shown = symbols.slice(0, 10).map(quote).join(', ');
  return symbols.length > 10 ? `${shown} and ${symbols.length - 10} more` : shown;
}

function rowsWith(values: Float64Array): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row++) if (!Number.isNaN(values[row])) rows.push(row);
  return Int32Array.from(rows);
}

function adjust(
  path: string,
  columns: Columns,
  adjustedClose: number | undefined,
  prices: PriceColumns,
  notes: string[],
): PriceColumns {
  const adjusted = adjustedClose === undefined ? undefined : columns.numbers.get(adjustedClose)?.view();
  if (adjusted === undefined) {
    throw new DataError(
      'missing-columns',
      `${path} has no adjusted close to adjust by; leave out --adjust, or name it with --columns adjustedClose=NAME.`,
    );
  }
  const scaled = Object.fromEntries(
    PRICES.map((name) => [name, new Float64Array(adjusted.length)]),
  ) as Record<(typeof PRICES)[number], Float64Array>;
  for (let row = 0; row < adjusted.length; row++) {
    const factor = adjusted[row] / prices.close[row];
    for (const name of PRICES) scaled[name][row] = prices[name][row] * factor;
    scaled.close[row] = adjusted[row];
    // The product may pass the close by its last bit.
    scaled.high[row] = Math.max(scaled.high[row], scaled.close[row]);
    scaled.low[row] = Math.min(scaled.low[row], scaled.close[row]);
  }
  notes.push('Prices were adjusted for splits and dividends by the adjusted close; volume is as it stands.');
  return scaled;
}
