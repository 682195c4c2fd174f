/** Loads order books and trades from any file: of books as such, or of frames as a venue sent them. */
import { DataError } from '../../core/errors.ts';
import { detectTapeFile, loadBooks, loadTrades } from '../../market/books/load.ts';
import type { LoadBooksOptions, LoadedBooks } from '../../market/books/tape-loading.ts';
import type { TradeTape } from '../../market/books/trade-tape.ts';
import { loadBinanceFrames } from './binance-frames.ts';

/** @throws DataError those of `loadBooks`; for a capture those of `loadBinanceFrames` */
export async function loadBooksOrCapture(path: string, options: LoadBooksOptions = {}): Promise<LoadedBooks> {
  const isCapture = (await detectTapeFile(path)) === 'binance-frames';
  return isCapture ? loadBinanceFrames(path, options) : loadBooks(path, options);
}

/** @throws DataError `no-trades` for a capture without any; those of `loadTrades` and `loadBinanceFrames` */
export async function loadTradesOrCapture(path: string, options: LoadBooksOptions = {}): Promise<TradeTape> {
  if ((await detectTapeFile(path)) !== 'binance-frames') return loadTrades(path, options);
  const { trades } = await loadBinanceFrames(path, { ...options, stream: 'quotes' });
  if (trades !== undefined) return trades;
  throw new DataError(
    'no-trades',
    `${path} holds frames of a venue, but no trades among them; record its trades too.`,
  );
}
