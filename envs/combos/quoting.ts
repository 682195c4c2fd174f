/** Prices and asks for the quotes of a maker, so that a fill which is hedged at the best prices now earns a wanted edge. */
import { makerAsk, makerBid } from '../../market/arbitrage/maker-taker.ts';
import type { Side } from '../../market/execution/book-matcher.ts';
import type { ComboMarket } from './market.ts';

/** Of a market of a kind that has a maker. */
export class Quoting {
  readonly #market: ComboMarket;
  /** A quote as near as this to the wanted price keeps its place, fraction. */
  readonly #nearRate: number;

  constructor(market: ComboMarket, requoteBps: number) {
    this.#market = market;
    this.#nearRate = requoteBps * 1e-4;
  }

  /**
   * Price of an order that rests at the maker's market, so that its fill, hedged at the best prices now, earns an edge,
   * fees paid; 0 where a book is missing. Where it would trade at once it joins the best price of its side.
   * @param edgeBps basis points of the price
   */
  price(side: Side, edgeBps: number): number {
    const { market, hedge, makerFee } = this.#market.quotes!;
    const { matchers, takerFees } = this.#market.desk;
    const price = matchers[hedge].bestPrice(-side as Side);
    const bid = matchers[market].bestPrice(-1);
    const ask = matchers[market].bestPrice(1);
    if (!(price > 0 && bid > 0 && ask > 0)) return 0;
    const terms = { rate: this.#rate(), minProfit: edgeBps * 1e-4, makerFee, takerFee: takerFees[hedge] };
    if (side === 1) {
      const wanted = makerBid({ sell: price, buy: 0 }, terms);
      return wanted < ask ? wanted : bid;
    }
    const wanted = makerAsk({ sell: 0, buy: price }, terms);
    return wanted > bid ? wanted : ask;
  }

  /** What a fill at a price would earn, hedged at the best prices now, fees paid, fraction; NaN where a book is missing. */
  edge(side: Side, price: number): number {
    const { hedge, makerFee } = this.#market.quotes!;
    const { matchers, takerFees } = this.#market.desk;
    const other = matchers[hedge].bestPrice(-side as Side);
    if (!(other > 0 && price > 0)) return Number.NaN;
    const hedged = other * this.#rate() * (1 - side * takerFees[hedge]);
    const paid = price * (1 + side * makerFee);
    return side === 1 ? hedged / paid - 1 : paid / hedged - 1;
  }

  /** Whether a quote of a side could be set to an edge now, or withdrawn where that is undefined. */
  canSet(side: Side, edgeBps: number | undefined): boolean {
    const { quotes, desk, nowMs } = this.#market;
    if (quotes!.isPending(side)) return false;
    return edgeBps === undefined || (desk.canSend(quotes!.market, nowMs) && this.price(side, edgeBps) > 0);
  }

  /**
   * Asks for a quote of a value at an edge, or withdraws it where that is undefined; one that stands near enough is left.
   * @returns whether it is as it is wanted, or has been asked for
   */
  set(side: Side, edgeBps: number | undefined, value: number): boolean {
    const quotes = this.#market.quotes!;
    const { nowMs } = this.#market;
    if (!this.canSet(side, edgeBps)) return false;
    const standing = quotes.price(side);
    let isAsked: boolean;
    if (edgeBps === undefined) isAsked = standing === 0 || quotes.cancel(side, nowMs);
    else {
      const price = this.price(side, edgeBps);
      const size = this.#market.legSize(quotes.market, value);
      const isNear = Math.abs(standing / price - 1) <= this.#nearRate && quotes.open(side) >= size / 2;
      isAsked = isNear || quotes.place(side, price, size, nowMs) > 0;
    }
    quotes.upTo(nowMs, true);
    return isAsked;
  }

  /** Value of the hedge's currency in units of the maker's. */
  #rate(): number {
    const { values, plan, quotes } = this.#market;
    return values[plan.quoteCurrency[quotes!.hedge]] / values[plan.quoteCurrency[quotes!.market]];
  }
}
