/**
 * Bounds what any sequence of trades of one combination could have earned on a tape, funding included, knowing all of it.
 *
 * With x the base units held, a unit bought at decision τ earns its edge there, every funding after it, and at the end the
 * distance of the contract from the thing; a unit given back earns the opposite. So funding turns into a term of each
 * trade, and what remains is a store of base with limits, solved exactly by `ConcaveValue`. Above what is possible where
 * books are thinner than a trade, orders take time, or collateral has to be moved.
 */
import { createRng } from '../../../core/rng.ts';
import type { ComboConfig } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import { ComboMarket } from '../../../envs/combos/market.ts';
import { planComboRows, planCombos } from '../../../envs/combos/plan.ts';
import { ConcaveValue } from '../../../market/arbitrage/concave-value.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';

import { comboLimits } from './limits.ts';
import { makerBoundBps } from './maker-bound.ts';

const nothing = (): void => {};
/** Collateral that no loss uses up. */
const ENDLESS = 1e15;

/**
 * @param config complete; its rows, sizes, fees and capital count, its latency does not
 * @returns profit, basis points of the capital
 */
export function comboBoundBps(kind: ComboKind, config: ComboConfig, tape: LegTape): number {
  if (kind.maker !== undefined) return makerBoundBps(kind, config, tape);
  const plan = planCombos(kind, config, tape.books.venues);
  const market = new ComboMarket(kind, plan, tape, config, createRng(0));
  const { firstRow, lastRow } = planComboRows(kind, { ...config, episodeEvents: 0 }, tape.books);
  const { legs } = plan.combos[0];
  const base = plan.baseCurrency[legs[0].market];
  const decisions: { price: number; ahead: number; astern: number; funded: number }[] = [];
  market.begin(tape, firstRow, nothing);
  const { pockets } = market.desk;
  // One unit held forwards throughout, on collateral without end, says what funding brings, at the desk's own marks.
  for (const { market: m, side } of legs) {
    if (!plan.markets[m].instrument.isMargined) continue;
    pockets.positions[m] = side;
    pockets.amounts[plan.quotePocket[m]] = ENDLESS;
  }
  const received = new Float64Array(pockets.funding.length);
  const start = market.values[base];
  let cheapest = start;
  // What a unit held forwards has received in funding up to now.
  let funded = 0;
  while (true) {
    decisions.push({ price: market.values[base], ahead: market.edges[0], astern: market.edges[1], funded });
    if (market.row >= lastRow) break;
    market.advance(nothing);
    for (let k = 0; k < received.length; k++) {
      funded += (pockets.funding[k] - received[k]) * market.values[k];
      received[k] = pockets.funding[k];
    }
    cheapest = Math.min(cheapest, market.values[base]);
  }
  // At the end a contract is worth its own price, not the thing's.
  let last = 0;
  for (const { market: m, side } of legs) {
    if (!plan.markets[m].instrument.isMargined) continue;
    last += side * (market.desk.mids[m] * market.values[plan.quoteCurrency[m]] - market.values[base]);
  }
  const value = new ConcaveValue(...comboLimits(kind, config, plan, start, cheapest));
  // A target is reached in one trade, of whatever size.
  const largest =
    (config.actions === 'targets' ? 1e6 : config.sizes[config.sizes.length - 1]) * config.initialEquity;
  // The last decision is the end: nothing traded there is seen to fill.
  for (const { price, ahead, astern, funded: before } of decisions.slice(0, -1)) {
    if (Number.isNaN(ahead + astern)) continue;
    const later = funded - before + last;
    value.addRise(ahead * price + later, largest / price);
    value.addFall(astern * price - later, largest / price);
    value.cut();
  }
  return (value.maximum / config.initialEquity) * 1e4;
}
