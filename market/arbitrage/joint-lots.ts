/** Finds what two venues show together at each decision's arrivals, and which of it had not been there before. */
import type { BookTape } from '../books/tape.ts';

// K: levels a side.

/** Called with a pair of lots: price to buy at, price to sell at, base units. */
export type PairVisitor = (ask: number, bid: number, size: number) => void;

/** Which decisions there are, and what an order of each still meets. */
export interface DecisionOptions {
  /** First event after which a decision can be made. */
  readonly fromRow: number;
  /** The last event; the last decision is made after the one before. */
  readonly lastRow: number;
  /** Constant latencies, ms. */
  readonly latencyMs: readonly [number, number];
  /** Age past which a quote fills nothing, ms. */
  readonly staleMs: number;
  /** Time between decisions, ms; 0: at every event. */
  readonly decisionMs: number;
}

export class JointLots {
  readonly #tape: BookTape;
  readonly #options: DecisionOptions;
  /** The event that an order to each venue meets; −1 before its first. */
  readonly #rows = [-1, -1];
  /** The next event to be looked at, per venue. */
  readonly #cursors = [0, 0];
  /** Per venue, bids then asks: 1 for a lot that no decision could have traded yet. */
  readonly #isNew: readonly [Uint8Array, Uint8Array]; // [2, K] each
  /** The decision, as the event it follows where there is one at every event. */
  #decision: number;
  #timeMs: number;
  #wasOpen = false;

  constructor(tape: BookTape, options: DecisionOptions) {
    this.#tape = tape;
    this.#options = options;
    this.#isNew = [new Uint8Array(2 * tape.depth), new Uint8Array(2 * tape.depth)];
    this.#decision = options.fromRow - 1;
    this.#timeMs = tape.timeMs[options.fromRow] - options.decisionMs;
  }

  /** Goes to the next decision; false when there is none. */
  next(): boolean {
    const { decisionMs, lastRow, latencyMs } = this.#options;
    const { timeMs } = this.#tape;
    if (decisionMs === 0) {
      if (this.#decision + 1 >= lastRow) return false;
      this.#timeMs = timeMs[++this.#decision];
    } else {
      this.#timeMs += decisionMs;
      if (this.#timeMs >= timeMs[lastRow]) return false;
    }
    for (const v of [0, 1]) {
      if (this.#wasOpen) this.#isNew[v].fill(0);
      const until = this.#timeMs + latencyMs[v];
      // Without latency an order meets the book it was decided on, be there other events in the same millisecond.
      const last = decisionMs === 0 && latencyMs[v] === 0 ? this.#decision : lastRow;
      for (let row = this.#cursors[v]; row <= last && timeMs[row] <= until; row++) {
        if (this.#tape.venue[row] === v) this.#show(v, row);
        this.#cursors[v] = row + 1;
      }
    }
    this.#wasOpen = [0, 1].every((v) => {
      const age = this.#timeMs + latencyMs[v] - timeMs[this.#rows[v]];
      return this.#rows[v] >= 0 && age <= this.#options.staleMs;
    });
    return true;
  }

  /** Pairs of lots, bought at a venue and sold at the other, that meet for the first time, the best first. */
  forEachPair(buy: 0 | 1, visit: PairVisitor): void {
    if (!this.#wasOpen) return;
    this.#match(
      buy,
      (ask) => ask,
      () => true,
      visit,
    );
    this.#match(
      buy,
      (ask) => !ask,
      (bid) => bid,
      visit,
    );
  }

  /** Matches the asks and the bids that pass, by whether they are new, in the order of their prices. */
  #match(
    buy: 0 | 1,
    asks: (isNew: boolean) => boolean,
    bids: (isNew: boolean) => boolean,
    visit: PairVisitor,
  ) {
    const { depth, askPrices, askSizes, bidPrices, bidSizes } = this.#tape;
    const sell = buy === 0 ? 1 : 0;
    const a = this.#rows[buy] * depth;
    const b = this.#rows[sell] * depth;
    let k = -1;
    let m = -1;
    let asked = 0;
    let offered = 0;
    for (;;) {
      while (asked === 0 && ++k < depth) if (asks(this.#isNew[buy][depth + k] === 1)) asked = askSizes[a + k];
      while (offered === 0 && ++m < depth) if (bids(this.#isNew[sell][m] === 1)) offered = bidSizes[b + m];
      if (k >= depth || m >= depth) return;
      const size = Math.min(asked, offered);
      visit(askPrices[a + k], bidPrices[b + m], size);
      asked -= size;
      offered -= size;
    }
  }

  /** A venue's next book: what it shows unchanged stays as it was. */
  #show(v: number, row: number): void {
    const { depth } = this.#tape;
    const before = this.#rows[v];
    const old = this.#isNew[v].slice();
    this.#rows[v] = row;
    const { bidPrices, bidSizes, askPrices, askSizes } = this.#tape;
    for (const [side, prices, sizes] of [
      [0, bidPrices, bidSizes],
      [1, askPrices, askSizes],
    ] as const) {
      for (let k = 0; k < depth; k++) {
        let isNew = 1;
        for (let m = 0; m < depth && before >= 0; m++) {
          if (prices[before * depth + m] !== prices[row * depth + k]) continue;
          if (sizes[before * depth + m] === sizes[row * depth + k]) isNew = old[side * depth + m];
          break;
        }
        this.#isNew[v][side * depth + k] = isNew;
      }
    }
  }
}
