/** A market that changes by chance, kept in the plainest way, and every state it was in: what books are compared with. */
import type { Rng } from '../../core/rng.ts';

export type Level = readonly [price: string, size: string];

export interface Change {
  readonly firstId: number;
  readonly lastId: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

const START_TICK = 30_000;
const LEVELS = 16;
const VIEW = 10;

export class FakeMarket {
  readonly base: string;
  readonly quote: string;
  /** Sizes by price in ticks of 0.1. */
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  readonly #rng: Rng;
  /** What `levels` gave last, while it holds. */
  readonly #written: { bid: Level[] | undefined; ask: Level[] | undefined } = {
    bid: undefined,
    ask: undefined,
  };
  /** Until when each state of the best levels was the present one, ms. */
  readonly #supersededMs = new Map<string, number>();
  #view = '';
  updateId = 1000;

  constructor(base: string, quote: string, rng: Rng) {
    this.base = base;
    this.quote = quote;
    this.#rng = rng;
    for (let i = 1; i <= LEVELS; i++) {
      this.#bids.set(START_TICK - i, this.#size());
      this.#asks.set(START_TICK + i, this.#size());
    }
    this.#view = viewOf(this.levels('bid'), this.levels('ask'));
    this.#supersededMs.set(this.#view, Infinity);
  }

  /** Best first. */
  levels(side: 'bid' | 'ask'): readonly Level[] {
    const sign = side === 'bid' ? -1 : 1;
    this.#written[side] ??= [...(side === 'bid' ? this.#bids : this.#asks)]
      .sort((a, b) => sign * (a[0] - b[0]))
      .map(([tick, size]) => [priceText(tick), sizeText(size)]);
    return this.#written[side];
  }

  /** Moves on, and says what changed. */
  advance(nowMs: number): Change {
    const rng = this.#rng;
    const changes = { bid: new Map<number, number>(), ask: new Map<number, number>() };
    const set = (side: 'bid' | 'ask', tick: number, size: number) => {
      const levels = side === 'bid' ? this.#bids : this.#asks;
      this.#written[side] = undefined;
      if (size === 0) levels.delete(tick);
      else levels.set(tick, size);
      changes[side].set(tick, size);
    };
    const bestBid = Math.max(...this.#bids.keys());
    const bestAsk = Math.min(...this.#asks.keys());
    const numChanges = 1 + rng.integer(3);
    for (let i = 0; i < numChanges; i++) {
      const isBid = rng.uniform() < 0.5;
      const depth = rng.integer(LEVELS);
      set(isBid ? 'bid' : 'ask', isBid ? bestBid - depth : bestAsk + depth, this.#size());
    }
    // The price moves: one side loses its best level, the other fills the room.
    const up = rng.uniform();
    if (up < 0.3 && this.#asks.size > VIEW + 2) {
      set('ask', bestAsk, 0);
      if (bestAsk - 1 > bestBid) set('bid', bestAsk - 1, this.#size());
      set('ask', Math.max(...this.#asks.keys()) + 1, this.#size());
    } else if (up > 0.7 && this.#bids.size > VIEW + 2) {
      set('bid', bestBid, 0);
      if (bestBid + 1 < bestAsk) set('ask', bestBid + 1, this.#size());
      set('bid', Math.min(...this.#bids.keys()) - 1, this.#size());
    }
    for (const side of ['bid', 'ask'] as const) {
      const levels = side === 'bid' ? this.#bids : this.#asks;
      while (levels.size > 2 * LEVELS)
        set(side, side === 'bid' ? Math.min(...levels.keys()) : Math.max(...levels.keys()), 0);
    }
    const firstId = this.updateId + 1;
    this.updateId += 1 + rng.integer(3);
    this.#supersededMs.set(this.#view, nowMs);
    this.#view = viewOf(this.levels('bid'), this.levels('ask'));
    this.#supersededMs.set(this.#view, Infinity);
    const written = (levels: Map<number, number>): Level[] =>
      [...levels].map(([tick, size]) => [priceText(tick), sizeText(size)]);
    return { firstId, lastId: this.updateId, bids: written(changes.bid), asks: written(changes.ask) };
  }

  /** For how long a state of the best levels has been history, ms; NaN when the market was never in it. */
  ageOf(view: string, nowMs: number): number {
    const until = this.#supersededMs.get(view) ?? Number.NaN;
    return until === Infinity ? 0 : nowMs - until;
  }

  #size(): number {
    return 1 + this.#rng.integer(9999);
  }
}

/** The best ten levels of each side, as one text. */
export function viewOf(bids: readonly Level[], asks: readonly Level[]): string {
  const plain = (levels: readonly Level[]) =>
    levels.slice(0, VIEW).map(([price, size]) => `${Number(price)}x${Number(size)}`);
  return `${plain(bids).join(' ')} | ${plain(asks).join(' ')}`;
}

function priceText(tick: number): string {
  return (tick / 10).toFixed(1);
}

function sizeText(size: number): string {
  return (size / 1000).toFixed(3);
}
