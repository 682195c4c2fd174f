/** The market data of a run: one series, or several on their common bars. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { resolveConfig } from '../../core/config.ts';
import { DataError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';
import { bookTradingConfig } from '../../envs/trading/book-config.ts';
import { createBookBars } from '../../market/books/bars.ts';
import { alignCandles } from '../../market/candles/align.ts';
import { type Candles, hashCandles } from '../../market/candles/candles.ts';
import { describeCandles } from '../../market/candles/data-quality.ts';
import { listSymbols, loadCandleSeries, type NamedCandles } from '../../market/files/candle-series.ts';
import type { ReadOptions } from '../../market/files/options.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';
import { type Spans, type SplitDates, splitSpans } from '../../trainers/spans.ts';
import { openConverter, symbolOfPath } from '../data/convert.ts';
import { openTapeData, TAPE_PREFIX } from '../live/tape-source.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { SHIPPED_DATA, shippedDataPath } from '../plugins/catalog.ts';
import { expandFiles } from './data-files.ts';
import { type FundingRequest, hashFunding, loadRunFunding } from './funding.ts';

export interface RunMarket {
  /** Where the data come from, such that it can be found from any folder. */
  readonly path: string;
  /** The first series. */
  readonly candles: Candles;
  /** All series, aligned. */
  readonly series: readonly Candles[];
  readonly spans: Spans;
  /** SHA-256 of all columns. */
  readonly sha256: string;
  /** What a reader should know of the files, a sentence each. */
  readonly notes: readonly string[];
  /** Rates of the first series, where they were asked for and found. */
  readonly funding?: FundingSeries;
}

export interface MarketOptions {
  /** How files are read, where they do not say themselves. */
  readonly read?: ReadOptions;
  /** Whether several series can be used; otherwise more than one is refused. Default true. */
  readonly takesSeries?: boolean;
  /** Absent: no funding rates are looked for. */
  readonly funding?: FundingRequest;
}

/** Files that are open at once. */
const FILES_AT_ONCE = 8;

/**
 * @param data `sp500` is the series that comes with the package, anything else a path or a pattern; several are separated
 *   by commas
 * @param access which code a tape may bring along
 * @throws DataError `several-symbols`, `dead-feed`, and as `loadCandleSeries` and `alignCandles`; ConfigError `invalid-split`
 */
export async function loadMarket(
  data: string,
  dates: SplitDates,
  access: PluginAccess = {},
  { read = {}, takesSeries = true, funding: wanted }: MarketOptions = {},
): Promise<RunMarket> {
  const names = expandFiles(data);
  const all: NamedCandles[] = [];
  const notes: string[] = [];
  /** [series] the file of each */
  const sources: string[] = [];
  for (let n = 0; n < names.length; n += FILES_AT_ONCE) {
    const batch = names.slice(n, n + FILES_AT_ONCE);
    const loaded = await Promise.all(batch.map((name) => loadSeries(name, read, access)));
    for (const [i, part] of loaded.entries()) {
      all.push(...part.series);
      sources.push(...part.series.map(() => batch[i]));
      notes.push(...part.notes.map((note) => `${batch[i]}: ${note}`));
    }
  }
  if (read.convert !== undefined) {
    const converter = await openConverter(read.convert);
    for (const [n, { symbol, candles }] of all.entries()) {
      const converted = converter.candles(candles, symbol ?? symbolOfPath(sources[n]));
      all[n] = { symbol, candles: converted.candles };
      notes.push(...converted.notes);
    }
  }
  const labels = all.map(({ symbol }, n) => symbol ?? sources[n]);
  if (all.length > 1 && !takesSeries) {
    throw new DataError(
      'several-symbols',
      `${data} holds ${all.length} series, ${listSymbols(labels)}, and the env trades one; choose it with --symbol ${labels[0]}, or use env portfolio.`,
    );
  }
  for (const [n, { candles }] of all.entries()) {
    if (!describeCandles(candles).isDead) continue;
    throw new DataError(
      'dead-feed',
      `${labels[n]}: the price never changes in ${candles.length} bars; the feed was dead, and nothing can be learnt from it.`,
    );
  }
  const series = all.length === 1 ? [all[0].candles] : alignCandles(all.map(({ candles }) => candles));
  for (const [n, { candles }] of all.entries()) {
    const lost = candles.length - series[n].length;
    if (lost > 0)
      notes.push(
        `${labels[n]}: ${lost} of ${candles.length} bars were left out, which not all ${all.length} series have.`,
      );
  }
  const funding = wanted && (await loadRunFunding(names, wanted, read));
  const hashes = [...series.map(hashCandles), ...(funding ? [hashFunding(funding)] : [])];
  return {
    path: names.map(absolute).join(','),
    candles: series[0],
    series,
    spans: splitSpans(series[0], dates),
    sha256: hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join()).digest('hex'),
    notes,
    ...(funding && { funding }),
  };
}

async function loadSeries(
  name: string,
  read: ReadOptions,
  access: PluginAccess,
): Promise<{ series: readonly NamedCandles[]; notes: readonly string[] }> {
  if (name.startsWith(TAPE_PREFIX)) {
    const { candles, notes } = await candlesOfTape(name, access);
    return { series: [{ symbol: undefined, candles }], notes };
  }
  const { series, report } = await loadCandleSeries(name === SHIPPED_DATA ? shippedDataPath() : name, read);
  return { series, notes: report.notes };
}

/** The usual length of a bar, ms. */
export function usualBarMs({ timeMs, length }: Candles): number {
  return median(Array.from({ length: length - 1 }, (_, i) => timeMs[i + 1] - timeMs[i]));
}

function absolute(name: string): string {
  if (name === SHIPPED_DATA) return name;
  if (!name.startsWith(TAPE_PREFIX)) return resolve(name);
  return `${TAPE_PREFIX}${resolve(name.slice(TAPE_PREFIX.length))}`;
}

/** Bars of the mid price, as long as the tape's own session made them; a minute where it made none. */
async function candlesOfTape(
  name: string,
  access: PluginAccess,
): Promise<{ candles: Candles; notes: readonly string[] }> {
  const { books, trades, notes, header } = await openTapeData(name, access);
  const { barMs } = resolveConfig(
    bookTradingConfig,
    header.config.mode === 'trading' ? header.config.env : {},
    'the tape',
  );
  return { candles: createBookBars(books, 0, barMs, trades).candles, notes };
}
