/** Reads the last hours of a tape that grows: each record once, keeping nothing for longer than it may be asked for. */
import type { ConfigSchema } from '../core/config.ts';
import type { VenuePlugin } from '../live/connection/venue.ts';
import { type TapeData, TapeDataCollector } from '../live/tape/data.ts';
import { sliceTape } from '../market/books/tape-span.ts';
import { TapeReader } from '../storage/tape.ts';

/**
 * A book is the work of all messages since its connection began, and whether a venue counts as lost is that of all before.
 * So reading cannot begin in the middle; it goes on where it ended instead.
 */
export class TapeWindow {
  readonly #path: string;
  readonly #plugins: readonly VenuePlugin<ConfigSchema>[];
  readonly #spanMs: number;
  #reader: TapeReader;
  #collector: TapeDataCollector;
  #cutMs = -Infinity;

  /** @param spanMs how far back from a cut the data reaches */
  constructor(path: string, plugins: readonly VenuePlugin<ConfigSchema>[], spanMs: number) {
    this.#path = path;
    this.#plugins = plugins;
    this.#spanMs = spanMs;
    this.#reader = new TapeReader(path);
    this.#collector = new TapeDataCollector(plugins, spanMs);
  }

  /** Records of the tape that were read since the reading last began anew. */
  get numRead(): number {
    return this.#reader.numRecords;
  }

  /**
   * What was received in [cutMs − spanMs, cutMs), the same as from a reading from the beginning: the books to the bit, and
   * of the trades all that any bar of them counts. A line that is just being written is left for later.
   * @param cutMs UTC epoch; one before the last cut makes the reading begin anew
   * @throws StorageError as `readTape`; LiveError, DataError as `readTapeData`; DataError `invalid-slice` without a book
   */
  upTo(cutMs: number): TapeData {
    if (cutMs < this.#cutMs) this.#beginAnew();
    this.#cutMs = cutMs;
    try {
      for (const { index, record } of this.#reader.read({ onTorn: () => {} })) {
        // The first record describes the session: it belongs to every window.
        if (index > 0 && record[1] >= cutMs) break;
        this.#collector.take(record);
      }
    } catch (error) {
      this.#beginAnew();
      throw error;
    }
    const data = this.#collector.data();
    return { ...data, books: sliceTape(data.books, cutMs - this.#spanMs, cutMs) };
  }

  #beginAnew(): void {
    this.#reader = new TapeReader(this.#path);
    this.#collector = new TapeDataCollector(this.#plugins, this.#spanMs);
    this.#cutMs = -Infinity;
  }
}
