/** Brings what is held of a combination to a target, and keeps collateral where contracts need it. */
import type { Side } from '../../market/execution/book-matcher.ts';
import type { ComboConfig } from './config.ts';
import { type ComboMarket, DUST } from './market.ts';

/** A transfer of collateral between exchanges is for no less than this part of what is needed. */
const LEAST_TRANSFER = 0.25;

/**
 * Collateral moves inside an exchange at once and free, so that contracts have `collateralRate` of their value; between
 * exchanges as transfers do. A trade is as large as balances, collateral and the displayed books allow.
 */
export class Targets {
  readonly #market: ComboMarket;
  readonly #config: ComboConfig;

  constructor(market: ComboMarket, config: ComboConfig) {
    this.#market = market;
    this.#config = config;
  }

  /**
   * Trades what is missing.
   * @param target value held, fraction of the equity; forwards positive
   * @returns whether something was sent
   */
  trade(combo: number, target: number): boolean {
    const market = this.#market;
    const { targetBand, maxEdgeRate } = this.#config;
    const { desk, equity } = market;
    if (desk.numUnderWay > 0) return false;
    const distance = target * equity - market.held(combo);
    const direction = distance > 0 ? 1 : -1;
    const edge = market.edges[2 * combo + (direction === 1 ? 0 : 1)];
    const least = target === 0 ? DUST : Math.max(DUST, targetBand);
    const isWanted = Math.abs(distance) >= least * equity && Math.abs(edge) <= maxEdgeRate;
    const wanted = isWanted ? Math.min(Math.abs(distance), this.#collateralLimit(combo, direction)) : 0;
    this.#moveCollateral(combo, direction, wanted);
    const value = Math.min(wanted, this.#tradable(combo, direction));
    return value >= DUST * equity && market.trade(combo, direction, value);
  }

  /** What every leg can trade now, in value: by balances, margin and the displayed book within the limit. */
  #tradable(combo: number, direction: 1 | -1): number {
    const { desk, plan, nowMs } = this.#market;
    let value = Infinity;
    for (const leg of plan.combos[combo].legs) {
      const { market } = leg;
      const side = (leg.side * direction) as Side;
      if (!desk.canSend(market, nowMs)) return 0;
      const limit = this.#market.limit(market, side);
      const size = desk.affordable(market, side, limit);
      const shown = desk.matchers[market].quote(side, size, limit);
      value = Math.min(value, shown / this.#market.legSize(market, 1));
    }
    // What one leg's rounding adds must not be more than another can pay.
    return value * (1 - 1e-9);
  }

  /** Value that can be traded so that spot is paid for and contracts keep their collateral, inside each exchange. */
  #collateralLimit(combo: number, direction: 1 | -1): number {
    const { desk, plan, values } = this.#market;
    const { collateralRate, limitRate } = this.#config;
    let limit = Infinity;
    for (let p = 0; p < plan.pockets.length; p++) {
      if (!plan.pockets[p].isMargin) continue;
      const spot = this.#spotBeside(p);
      const rate = values[plan.pockets[p].currency];
      let there = desk.worth(p) * rate + (spot < 0 ? 0 : desk.free(spot) * rate);
      let needed = 0;
      for (let m = 0; m < plan.markets.length; m++) {
        if (plan.quotePocket[m] === p) there -= collateralRate * this.#contractValue(m);
      }
      for (const { market, side } of plan.combos[combo].legs) {
        const own = side * direction;
        if (plan.quotePocket[market] === p) {
          needed += own * desk.pockets.positions[market] < 0 ? -collateralRate : collateralRate;
          needed += desk.takerFees[market];
        } else if (plan.quotePocket[market] === spot && own === 1) {
          needed += (1 + limitRate) * (1 + desk.takerFees[market]);
        }
      }
      if (needed > 0) limit = Math.min(limit, Math.max(0, there) / needed);
    }
    return limit;
  }

  /** Brings every collateral to what its contracts need after a trade of a value; what is lacking comes from elsewhere. */
  #moveCollateral(combo: number, direction: 1 | -1, value: number): void {
    const { desk, plan, values } = this.#market;
    const { collateralRate, limitRate } = this.#config;
    const now = this.#market.nowMs;
    for (let p = 0; p < plan.pockets.length; p++) {
      if (!plan.pockets[p].isMargin) continue;
      const rate = values[plan.pockets[p].currency];
      const spot = this.#spotBeside(p);
      let wanted = 0;
      let spent = 0;
      for (let m = 0; m < plan.markets.length; m++) {
        if (plan.quotePocket[m] === p) wanted += this.#contractValue(m);
      }
      for (const { market, side } of plan.combos[combo].legs) {
        const own = side * direction;
        if (plan.quotePocket[market] === p) {
          wanted += own * desk.pockets.positions[market] < 0 ? -value : value;
        } else if (plan.quotePocket[market] === spot && own === 1) {
          spent += value * (1 + limitRate) * (1 + desk.takerFees[market]);
        }
      }
      let lacking = (collateralRate * wanted) / rate - desk.worth(p);
      if (spot >= 0) {
        const spare = desk.free(spot) - spent / rate;
        const amount = lacking > 0 ? Math.min(lacking, Math.max(0, spare)) : 0;
        // Collateral that is over goes where spot is bought; the rest may stay.
        const back = spare < 0 ? Math.min(-spare, -lacking, desk.free(p)) : 0;
        if (amount > 0) desk.pockets.transfer(spot, p, amount, 0, now);
        if (back > 0) desk.pockets.transfer(p, spot, back, 0, now);
        desk.pockets.receive(now);
        lacking -= amount;
      }
      if (lacking > 0 && this.#config.transfers) this.#fetchCollateral(p, lacking, wanted);
    }
  }

  /** Sends collateral from another exchange that has more than its contracts need, when what is lacking is much. */
  #fetchCollateral(pocket: number, lacking: number, wanted: number): void {
    const { desk, plan, values } = this.#market;
    const { collateralRate } = this.#config;
    const { currency } = plan.pockets[pocket];
    const rate = values[currency];
    // What is on its way already is waited for; less than a quarter of what is needed is left alone.
    if (lacking - desk.pockets.underWay[currency] < LEAST_TRANSFER * ((collateralRate * wanted) / rate))
      return;
    for (let r = 0; r < plan.routes.length; r++) {
      const { from, to } = plan.routes[r];
      if (to !== pocket || plan.pockets[from].exchange === plan.pockets[to].exchange) continue;
      if (this.#market.movable(r) === 0) continue;
      let kept = 0;
      for (let m = 0; m < plan.markets.length; m++) {
        if (plan.quotePocket[m] === from && plan.pockets[from].isMargin) {
          kept += (collateralRate * this.#contractValue(m)) / rate;
        }
      }
      const spare = plan.pockets[from].isMargin
        ? Math.min(desk.free(from), desk.worth(from) - kept)
        : desk.free(from);
      const fee = this.#market.transferFee(r);
      const amount = Math.min(lacking + fee, spare);
      if (amount <= 2 * fee || amount * rate < DUST * this.#config.initialEquity) continue;
      desk.pockets.transfer(from, to, amount, fee, this.#market.nowMs + this.#config.transferDelayMs);
      return;
    }
  }

  /** The pocket of spot beside one of collateral: same exchange and currency; −1: none. */
  #spotBeside(pocket: number): number {
    const { pockets } = this.#market.plan;
    const { exchange, currency } = pockets[pocket];
    for (let p = 0; p < pockets.length; p++) {
      const other = pockets[p];
      if (!other.isMargin && other.currency === currency && other.exchange === exchange) return p;
    }
    return -1;
  }

  /** What the contracts of a market stand for, in the currency of values, ≥ 0. */
  #contractValue(market: number): number {
    const { desk, plan, values } = this.#market;
    if (plan.basePocket[market] >= 0) return 0;
    const size = Math.abs(desk.pockets.positions[market]);
    return size * desk.mids[market] * values[plan.quoteCurrency[market]];
  }
}
