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
import type { LegPlan } from '../../../market/arbitrage/legs/plan.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';

const nothing = (): void => {};
/** Collateral that no loss uses up. */
const ENDLESS = 1e15;

/**
 * @param config complete; its rows, sizes, fees and capital count, its latency does not
 * @returns profit, basis points of the capital
 */
export function comboBoundBps(kind: ComboKind, config: ComboConfig, tape: LegTape): number {
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
  const value = new ConcaveValue(...limits(kind, config, plan, start, cheapest));
  const largest = config.sizes[config.sizes.length - 1] * config.initialEquity;
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

/**
 * How much may be held backwards and forwards, base units: what is sold must be there, unless transfers bring it; contracts
 * reach as far as leverage; a circle at one exchange leaves nothing held.
 */
function limits(
  { combos, markets, start: owned }: ComboKind,
  config: ComboConfig,
  plan: LegPlan,
  start: number,
  cheapest: number,
): [number, number] {
  const { legs } = combos[0];
  const isSpot = (market: number): boolean => markets[market].kind === 'spot';
  const isCircle = legs.every(
    ({ market }) => isSpot(market) && markets[market].exchange === markets[0].exchange,
  );
  if (isCircle) return [-Infinity, Infinity];
  const whole = config.initialEquity / cheapest;
  if (!legs.some(({ market }) => isSpot(market))) {
    const leverage = Math.max(...plan.markets.map(({ instrument }) => instrument.settings.leverage));
    return [-whole * leverage, whole * leverage];
  }
  const most = (sold: 1 | -1): number => {
    let limit = whole;
    for (const { market, side } of legs) {
      if (side !== sold || !isSpot(market)) continue;
      const there = owned.find((part) => part.market === market && part.asset === 'base')?.share ?? 0;
      if (there === 0 || !config.transfers) limit = Math.min(limit, (there * config.initialEquity) / start);
    }
    return limit;
  };
  return [-most(1), most(-1)];
}
