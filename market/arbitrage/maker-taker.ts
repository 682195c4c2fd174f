/**
 * Makes a market across venues: quotes at one at prices that are a gain if the fill is hedged at another at once.
 *
 * Source: the rules of Hummingbot's cross-exchange market making (public documentation): maker bid =
 * VWAP_taker_sell(q)·rate/(1 + minProfit), maker ask = VWAP_taker_buy(q)·rate·(1 + minProfit); a quote is cancelled when
 * its hedge falls below the maker price·(1 + cancel threshold), mirrored for asks; fills are hedged at once, with a
 * buffer of 5 % on the hedge's limit.
 * Differences from the source: fees are in the profit that is asked for; every partial fill is hedged, not only whole
 * orders.
 */

/** What a taker's hedge would fetch, quote units per base unit. */
export interface HedgePrices {
  /** Volume-weighted price of selling q at the taker venue. */
  readonly sell: number;
  /** Volume-weighted price of buying q there. */
  readonly buy: number;
}

export interface MakerTerms {
  /** Taker's quote currency in units of the maker's. */
  readonly rate: number;
  /** Least profit after fees, fraction. */
  readonly minProfit: number;
  readonly makerFee: number;
  readonly takerFee: number;
}

/** Bid at the maker venue whose hedge earns the least profit, fees paid. */
export function makerBid({ sell }: HedgePrices, { rate, minProfit, makerFee, takerFee }: MakerTerms): number {
  return ((sell * rate) / (1 + minProfit)) * ((1 - takerFee) / (1 + makerFee));
}

/** Ask at the maker venue, likewise. */
export function makerAsk({ buy }: HedgePrices, { rate, minProfit, makerFee, takerFee }: MakerTerms): number {
  return buy * rate * (1 + minProfit) * ((1 + takerFee) / (1 - makerFee));
}

/**
 * Whether a bid that stands at the maker venue is to be withdrawn: its hedge is below price·(1 + threshold).
 * @param threshold least profit that an open quote may have, fraction
 */
export function cancelsBid(
  price: number,
  { sell }: HedgePrices,
  terms: MakerTerms,
  threshold: number,
): boolean {
  return makerBid({ sell, buy: 0 }, { ...terms, minProfit: threshold }) < price;
}

/** Likewise for an ask. */
export function cancelsAsk(
  price: number,
  { buy }: HedgePrices,
  terms: MakerTerms,
  threshold: number,
): boolean {
  return makerAsk({ sell: 0, buy }, { ...terms, minProfit: threshold }) > price;
}

/** Worst price of a hedge: the fill must not wait. */
export const HEDGE_BUFFER = 0.05;
