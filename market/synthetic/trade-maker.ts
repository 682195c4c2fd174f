/** Makes the trades of others between the books of a tape: market orders that walk the levels which are shown. */
import { log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { BookTape, Venue } from '../books/tape.ts';
import type { TRADE_COLUMNS, TradeTape } from '../books/trade-tape.ts';

type Trade = readonly [timeMs: number, venue: number, price: number, size: number, side: 1 | -1];

/** Orders come at the times of a Poisson process, buy or sell with the same chance, and have exponential sizes. */
export class TradeMaker {
  readonly #venues: readonly Venue[];
  readonly #trades: Trade[] = [];
  /** Where the step under way begins. */
  #from = 0;

  constructor(venues: readonly Venue[]) {
    this.#venues = venues;
  }

  clear(): void {
    this.#trades.length = 0;
    this.#from = 0;
  }

  /**
   * Adds the orders that meet one book until the next one.
   * @param row of the book
   * @param untilMs time to the next step, ms
   * @param perStep mean number of orders
   * @param meanSize base units
   * @returns orders that bought less those that sold
   */
  addBetween(
    books: BookTape,
    row: number,
    untilMs: number,
    perStep: number,
    meanSize: number,
    rng: Rng,
  ): number {
    const { depth, bidPrices, bidSizes, askPrices, askSizes } = books;
    let net = 0;
    const wait = (): number => -log(1 - rng.uniform()) / perStep;
    for (let at = wait(); at < 1; at += wait()) {
      const side = rng.uniform() < 0.5 ? 1 : -1;
      const prices = side === 1 ? askPrices : bidPrices;
      const sizes = side === 1 ? askSizes : bidSizes;
      let left = -log(1 - rng.uniform()) * meanSize;
      // Later than the books of this step, earlier than those of the next.
      const timeMs = books.timeMs[row] + Math.max(1, Math.ceil(at * (untilMs - 1)));
      for (let level = 0; level < depth && left > 0; level++) {
        const size = Math.min(left, sizes[row * depth + level]);
        this.#trades.push([timeMs, books.venue[row], prices[row * depth + level], size, side]);
        left -= size;
      }
      net += side;
    }
    return net;
  }

  /** Puts the trades of a step in the order of their times. */
  sort(): void {
    const step = this.#trades.splice(this.#from).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const trade of step) this.#trades.push(trade);
    this.#from = this.#trades.length;
  }

  tape(): TradeTape {
    const trades = this.#trades;
    const column = (place: number) => Float64Array.from(trades, (trade) => trade[place]);
    const columns: Record<(typeof TRADE_COLUMNS)[number], ArrayLike<number>> = {
      timeMs: column(0),
      exchangeTimeMs: column(0),
      venue: Uint8Array.from(trades, ([, venue]) => venue),
      prices: column(2),
      sizes: column(3),
      sides: Int8Array.from(trades, ([, , , , side]) => side),
    };
    return { venues: this.#venues, length: trades.length, ...columns } as TradeTape;
  }
}
