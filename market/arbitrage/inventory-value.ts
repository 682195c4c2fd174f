/** Values base held above or below zero by what it would bring, or cost, if it were traded back now. */
import type { VenueDesk } from './venue-desk.ts';

/**
 * Quote units, negative for a shortfall: at the volume-weighted price, fee paid, of the venue whose best price is best
 * after fees; what its book does not show is valued at the last level shown. 0 where no venue shows a price.
 * @param base signed base units
 */
export function inventoryValue(desk: VenueDesk, base: number): number {
  if (base === 0) return 0;
  const side = base > 0 ? -1 : 1;
  let best = -1;
  let bestPrice = 0;
  for (let v = 0; v < desk.venues.length; v++) {
    const price = desk.venues[v].matcher.bestPrice(side) * (1 + side * desk.takerFees[v]);
    if (price > 0 && (best < 0 || side * (price - bestPrice) < 0)) {
      best = v;
      bestPrice = price;
    }
  }
  if (best < 0) return 0;
  const { matcher } = desk.venues[best];
  const size = Math.abs(base);
  const filled = matcher.quote(side, size, side === 1 ? Infinity : 0);
  const worst = filled > 0 ? matcher.worstPrice : matcher.bestPrice(side);
  const notional = matcher.notional + (size - filled) * worst;
  return -side * notional * (1 + side * desk.takerFees[best]);
}
