/** Sizes a pair of orders, bought at one venue and sold at another, by how much of it is worth sending. */
import type { BookMatcher } from '../execution/book-matcher.ts';

/** A pair of orders to be sent; overwritten by the next plan. */
export interface PairPlan {
  /** Base units for each leg; 0 when there is nothing to trade. */
  size: number;
  /** Worst displayed prices that the plan reaches, quote units. */
  buyPrice: number;
  sellPrice: number;
}

export function createPairPlan(): PairPlan {
  return { size: -0, buyPrice: -0, sellPrice: -0 };
}

/**
 * Net edge of buying at `ask` and selling at `bid`, per unit of quote spent:
 * bid·(1 − sellFee) / (ask·(1 + buyFee)) − 1. Equation of the trade alone; rebalancing is not in it.
 */
export function netEdge(ask: number, bid: number, buyFee: number, sellFee: number): number {
  return (bid * (1 - sellFee)) / (ask * (1 + buyFee)) - 1;
}

/**
 * Walks both books together for as long as the next unit's edge is within `walkRate` of the first unit's.
 * @param maxSize base units
 * @param walkRate how much worse the last unit may be, a fraction ≥ 0
 * @param lowestRatio bid over ask below which nothing is traded
 */
export function planPairInto(
  plan: PairPlan,
  buy: BookMatcher,
  sell: BookMatcher,
  maxSize: number,
  walkRate: number,
  lowestRatio: number,
): void {
  plan.size = 0;
  let k = 0;
  let m = 0;
  let asked = buy.sizeAt(1, 0);
  let offered = sell.sizeAt(-1, 0);
  let worstRatio = 0;
  let left = maxSize;
  while (left > 0) {
    while (asked <= 0 && ++k < buy.depth) asked = buy.sizeAt(1, k);
    while (offered <= 0 && ++m < sell.depth) offered = sell.sizeAt(-1, m);
    if (k >= buy.depth || m >= sell.depth) return;
    const ask = buy.priceAt(1, k);
    const bid = sell.priceAt(-1, m);
    if (ask === 0 || bid === 0) return;
    const ratio = bid / ask;
    if (worstRatio === 0) worstRatio = Math.max(ratio * (1 - walkRate), lowestRatio);
    if (ratio < worstRatio) return;
    const size = Math.min(left, asked, offered);
    left -= size;
    asked -= size;
    offered -= size;
    plan.size += size;
    plan.buyPrice = ask;
    plan.sellPrice = bid;
  }
}
