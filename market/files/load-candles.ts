/** Loads one series of candles from a file of any format. */
import { DataError } from '../../core/errors.ts';
import type { Candles } from '../candles/candles.ts';
import { type LoadReport, listSymbols, loadCandleSeries } from './candle-series.ts';
import type { ReadOptions } from './options.ts';

export interface LoadedCandles {
  readonly candles: Candles;
  readonly report: LoadReport;
}

/**
 * Loads a file of candles: CSV in any dialect and encoding, JSON, Parquet, Arrow and Feather; plain, gzipped or zipped;
 * oldest or newest row first. Nothing is filled in: a cell that cannot be read is an error, and everything that was not
 * taken as it stood is in the report's notes.
 * @param path of the file
 * @example
 * const { candles, report } = await loadCandles('prices.csv');
 * @throws DataError `several-symbols`, and as `loadCandleSeries`
 */
export async function loadCandles(path: string, options: ReadOptions = {}): Promise<LoadedCandles> {
  const { series, report } = await loadCandleSeries(path, options);
  if (series.length === 1) return { candles: series[0].candles, report };
  const symbols = series.map(({ symbol }) => symbol ?? '');
  throw new DataError(
    'several-symbols',
    `${path} holds ${symbols.length} symbols, ${listSymbols(symbols)}; choose one with --symbol ${symbols[0]}.`,
  );
}
