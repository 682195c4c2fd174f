/** The market data of a run: one series, or several on their common bars. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { resolveConfig } from '../../core/config.ts';
import { median } from '../../core/statistics.ts';
import { bookTradingConfig } from '../../envs/trading/book-config.ts';
import { createBookBars } from '../../market/books/bars.ts';
import { alignCandles } from '../../market/candles/align.ts';
import { type Candles, hashCandles } from '../../market/candles/candles.ts';
import { loadCandles } from '../../market/files/load-candles.ts';
import { type Spans, type SplitDates, splitSpans } from '../../trainers/spans.ts';
import { openTapeData, TAPE_PREFIX } from '../live/tape-source.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { SHIPPED_DATA, shippedDataPath } from '../plugins/catalog.ts';

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
}

/**
 * @param data `sp500` is the series that comes with the package, anything else a path; several are separated by commas
 * @param access which code a tape may bring along
 * @throws DataError as `loadCandles` and `alignCandles`; ConfigError `invalid-split`
 */
export async function loadMarket(
  data: string,
  dates: SplitDates,
  access: PluginAccess = {},
): Promise<RunMarket> {
  const names = data.split(',');
  const loaded = await Promise.all(
    names.map((name) =>
      name.startsWith(TAPE_PREFIX)
        ? candlesOfTape(name, access)
        : loadCandles(name === SHIPPED_DATA ? shippedDataPath() : name),
    ),
  );
  const all = loaded.map(({ candles }) => candles);
  const series = all.length === 1 ? all : alignCandles(all);
  const hashes = series.map(hashCandles);
  return {
    path: names.map(absolute).join(','),
    candles: series[0],
    series,
    spans: splitSpans(series[0], dates),
    sha256: hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join()).digest('hex'),
    notes: loaded.flatMap(({ report }, i) => report.notes.map((note) => `${names[i]}: ${note}`)),
  };
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
): Promise<{ candles: Candles; report: { notes: readonly string[] } }> {
  const { books, trades, notes, header } = await openTapeData(name, access);
  const { barMs } = resolveConfig(
    bookTradingConfig,
    header.config.mode === 'trading' ? header.config.env : {},
    'the tape',
  );
  return { candles: createBookBars(books, 0, barMs, trades).candles, report: { notes } };
}
