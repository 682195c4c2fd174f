/** Reads what Binance sends about its spot markets and USDT-margined perpetuals. */

/** Price and size as the venue writes them, absolute; size 0 removes the level. */
export type WireLevel = readonly [price: string, size: string];

/** A change of the book, covering the update ids `firstId` to `lastId`. */
export interface BinanceDepth {
  readonly kind: 'depth';
  readonly symbol: string;
  readonly exchangeTimeMs: number;
  readonly firstId: number;
  readonly lastId: number;
  /** Perpetuals only: the `lastId` of the message before. */
  readonly previousId: number | undefined;
  readonly bids: readonly WireLevel[];
  readonly asks: readonly WireLevel[];
}

/** A whole book, as the REST interface gives it. */
export interface BinanceSnapshot {
  readonly kind: 'snapshot';
  readonly lastId: number;
  /** NaN on spot markets, which do not say. */
  readonly exchangeTimeMs: number;
  readonly bids: readonly WireLevel[];
  readonly asks: readonly WireLevel[];
}

/** The best bid and ask. */
export interface BinanceQuote {
  readonly kind: 'quote';
  readonly symbol: string;
  /** NaN on spot markets, which do not say. */
  readonly exchangeTimeMs: number;
  readonly bid: WireLevel;
  readonly ask: WireLevel;
}

export interface BinanceTrade {
  readonly kind: 'trade';
  readonly symbol: string;
  readonly exchangeTimeMs: number;
  readonly price: number;
  readonly size: number;
  /** 1 when the aggressor bought, −1 when it sold. */
  readonly side: 1 | -1;
}

export type BinanceMessage = BinanceDepth | BinanceSnapshot | BinanceQuote | BinanceTrade;

/**
 * @param frame a parsed frame, of a raw or a combined stream, or a REST depth answer
 * @returns undefined for what is none of the four: acknowledgements, candles, trades outside the market such as
 *   liquidation by the insurance fund
 */
export function readBinanceMessage(frame: unknown): BinanceMessage | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const outer = frame as Readonly<Record<string, unknown>>;
  const data = ('stream' in outer && typeof outer.data === 'object' ? outer.data : outer) as Wire;
  if (data.e === 'depthUpdate') {
    return {
      kind: 'depth',
      symbol: data.s,
      exchangeTimeMs: data.E,
      firstId: data.U,
      lastId: data.u,
      previousId: data.pu,
      bids: data.b as unknown as WireLevel[],
      asks: data.a as unknown as WireLevel[],
    };
  }
  if (data.e === 'trade') {
    if (data.X !== undefined && data.X !== 'MARKET') return undefined;
    return {
      kind: 'trade',
      symbol: data.s,
      exchangeTimeMs: data.T,
      price: Number(data.p),
      size: Number(data.q),
      // `m`: the buyer was the maker, so the seller was the aggressor.
      side: data.m ? -1 : 1,
    };
  }
  if (data.lastUpdateId !== undefined && Array.isArray(data.bids) && Array.isArray(data.asks)) {
    const { lastUpdateId: lastId, bids, asks, E: exchangeTimeMs = Number.NaN } = data;
    return { kind: 'snapshot', lastId, exchangeTimeMs, bids, asks };
  }
  // Spot quotes have no "e": they are known by their shape.
  if ((data.e === undefined || data.e === 'bookTicker') && data.B !== undefined && data.A !== undefined) {
    return {
      kind: 'quote',
      symbol: data.s,
      exchangeTimeMs: data.E ?? Number.NaN,
      bid: [data.b, data.B],
      ask: [data.a, data.A],
    };
  }
  return undefined;
}

/** Every field of the four messages, under the venue's names. */
interface Wire {
  e?: string;
  E: number;
  T: number;
  s: string;
  U: number;
  u: number;
  pu?: number;
  b: string;
  a: string;
  B: string;
  A: string;
  p: string;
  q: string;
  m: boolean;
  X?: string;
  lastUpdateId: number;
  bids: WireLevel[];
  asks: WireLevel[];
}
