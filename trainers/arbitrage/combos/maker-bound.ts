/**
 * Bounds what a maker's quotes could have earned on a tape, knowing all of it: every trade of others at its market, and
 * every book that crosses the best price before it, might have met a quote of ours at just that price, with nobody before
 * us, and been hedged at once at the best price of the other market.
 *
 * Which of these fills are taken, and how much of each, is the same question as for a taker's combinations: a store with
 * limits, solved exactly by `ConcaveValue`. Above what is possible, as queues, latency and quotes that do not fit a trade
 * cost all of that.
 */
import { createRng } from '../../../core/rng.ts';
import type { ComboConfig } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import { ComboMarket } from '../../../envs/combos/market.ts';
import { planComboRows, planCombos } from '../../../envs/combos/plan.ts';
import { Quoting } from '../../../envs/combos/quoting.ts';
import { ConcaveValue } from '../../../market/arbitrage/concave-value.ts';
import type { Side } from '../../../market/execution/book-matcher.ts';
import type { LegTape } from '../../../market/synthetic/leg-markets.ts';
import { comboLimits } from './limits.ts';

/**
 * @param config complete; its rows, sizes, fees and capital count, its latency does not
 * @returns profit, basis points of the capital
 */
export function makerBoundBps(kind: ComboKind, config: ComboConfig, tape: LegTape): number {
  const plan = planCombos(kind, config, tape.books.venues);
  // A decision after every event.
  const stepped = { ...config, decisionMs: 0 };
  const market = new ComboMarket(kind, plan, tape, stepped, createRng(0));
  const quoting = new Quoting(market, 0);
  const { firstRow, lastRow } = planComboRows(kind, { ...config, episodeEvents: 0 }, tape.books);
  const { market: maker } = kind.maker!;
  const { books, trades } = tape;
  let cheapest = Infinity;
  for (let row = firstRow; row <= lastRow; row++) {
    if (books.venue[row] === maker)
      cheapest = Math.min(cheapest, books.bidPrices[row * books.depth] || Infinity);
  }
  const base = plan.baseCurrency[maker];
  const { matchers } = market.desk;
  const quote = plan.quoteCurrency[maker];
  const fills: { side: Side; gain: number; size: number }[] = [];
  /** A quote of a side at a price is met now. */
  const meet = (side: Side, price: number, size: number): void => {
    const gain = quoting.edge(side, price);
    const largest = (config.sizes[config.sizes.length - 1] * config.initialEquity) / market.values[base];
    if (gain > 0)
      fills.push({ side, gain: gain * price * market.values[quote], size: Math.min(size, largest) });
  };
  let n = 0;
  let start = 0;
  let bid = 0;
  let ask = 0;
  const see = (): void => {
    if (books.venue[market.row] !== maker || market.row <= firstRow) return;
    // A book that crosses the best price that stood before it would have met a quote there.
    const matcher = matchers[maker];
    const [newBid, newAsk] = [matcher.bestPrice(-1), matcher.bestPrice(1)];
    if (bid > 0 && newAsk > 0 && newAsk <= bid) meet(1, newAsk, Infinity);
    if (ask > 0 && newBid >= ask) meet(-1, newBid, Infinity);
    bid = newBid;
    ask = newAsk;
  };
  market.begin(tape, firstRow, () => {});
  start = market.values[base];
  while (trades !== undefined && n < trades.length && trades.timeMs[n] <= books.timeMs[firstRow]) n++;
  for (let row = firstRow; row < lastRow; row++) {
    const until = books.timeMs[row + 1];
    for (; trades !== undefined && n < trades.length && trades.timeMs[n] <= until; n++) {
      if (trades.venue[n] !== maker) continue;
      if (trades.sides[n] <= 0) meet(1, trades.prices[n], trades.sizes[n]);
      if (trades.sides[n] >= 0) meet(-1, trades.prices[n], trades.sizes[n]);
    }
    market.step(see);
  }
  const value = new ConcaveValue(...comboLimits(kind, config, plan, start, cheapest));
  for (const { side, gain, size } of fills) {
    if (side === 1) value.addRise(gain, size);
    else value.addFall(gain, size);
    value.cut();
  }
  return (value.maximum / config.initialEquity) * 1e4;
}
