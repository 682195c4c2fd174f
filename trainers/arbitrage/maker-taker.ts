/**
 * Plays the maker-taker rule on a tape: it quotes at one venue and hedges each fill at the other.
 *
 * A quote is filled when the maker venue's next book crosses its price, up to the size that crosses, at the quote's own
 * price; what stands in the queue at that price without a crossing is not filled, as books do not show who was served.
 */

import { createRng } from '../../core/rng.ts';
import { perVenue, planArbitrage } from '../../envs/arbitrage/config.ts';
import {
  cancelsAsk,
  cancelsBid,
  HEDGE_BUFFER,
  type MakerTerms,
  makerAsk,
  makerBid,
} from '../../market/arbitrage/maker-taker.ts';
import type { BookTape } from '../../market/books/tape.ts';
import type { Side } from '../../market/execution/book-matcher.ts';
import type { RowSpan } from './judge.ts';
import { type JudgedConfig, marketOf } from './judged-config.ts';

export interface MakerTakerSettings {
  readonly makerVenue: number;
  readonly takerVenue: number;
  readonly minProfit: number;
  /** Profit below which a quote is withdrawn. */
  readonly cancelThreshold: number;
  readonly makerFee: number;
}

export interface MakerTakerOutcome {
  readonly profitBps: number;
  /** Fills of quotes. */
  readonly fills: number;
  /** Base units left unhedged at the end. */
  readonly exposure: number;
}

/** A quote can be filled from the maker venue's next book on, never by the book it was reckoned from. */
export function playMakerTaker(
  books: BookTape,
  config: JudgedConfig,
  span: RowSpan,
  settings: MakerTakerSettings,
): MakerTakerOutcome {
  const whole: JudgedConfig = { ...config, ...span, episodeEvents: 0, decisionMs: 0 };
  const { firstRow, lastRow } = planArbitrage(whole, books);
  const market = marketOf(whole, books, createRng(0));
  market.begin(books, firstRow);
  const { makerVenue, takerVenue, cancelThreshold } = settings;
  const { desk } = market;
  const maker = desk.venues[makerVenue].matcher;
  const taker = desk.venues[takerVenue].matcher;
  const terms: MakerTerms = {
    rate: 1,
    minProfit: settings.minProfit,
    makerFee: settings.makerFee,
    takerFee: desk.takerFees[takerVenue],
  };
  /** Prices of our quotes, bid and ask; 0: none. */
  const quotes = { bid: 0, ask: 0 };
  let fills = 0;
  const size = market.sizes[market.sizes.length - 1];

  /** Books a fill of our quote, and sends its hedge. */
  const fill = (side: Side, price: number, crossing: number): void => {
    const accounts = desk.accounts;
    const canPay =
      side === 1
        ? accounts.freeQuote(makerVenue) / (price * (1 + settings.makerFee))
        : accounts.freeBase(makerVenue);
    const hedgeSide: Side = side === 1 ? -1 : 1;
    const reference = taker.bestPrice(hedgeSide);
    if (reference === 0) return;
    const limit = reference * (1 + hedgeSide * HEDGE_BUFFER);
    const filled = Math.min(
      size,
      crossing,
      Math.max(0, canPay),
      desk.affordable(takerVenue, hedgeSide, limit),
    );
    if (filled <= 0 || !desk.canSend(takerVenue, market.nowMs)) return;
    accounts.settle(makerVenue, side, filled, filled * price, settings.makerFee);
    fills++;
    market.orders.sendSingle(takerVenue, hedgeSide, filled, limit, market.nowMs);
  };

  for (let row = firstRow; row < lastRow; row++) {
    market.advance();
    if (books.venue[market.row] === makerVenue) {
      for (const [side, price] of [
        [1, quotes.bid],
        [-1, quotes.ask],
      ] as const) {
        const crossing = price > 0 ? maker.quote(side, Number.MAX_VALUE, price) : 0;
        if (crossing === 0) continue;
        fill(side, price, crossing);
        // What is left of it is withdrawn: the next quote is reckoned anew.
        if (side === 1) quotes.bid = 0;
        else quotes.ask = 0;
      }
    }
    const sold = taker.quote(-1, size, 0);
    const sell = sold > 0 ? taker.notional / sold : 0;
    const bought = taker.quote(1, size, Infinity);
    const buy = bought > 0 ? taker.notional / bought : 0;
    const isOpen = taker.isOpen(market.nowMs) && maker.isOpen(market.nowMs);
    if (!isOpen || sell === 0 || buy === 0) {
      quotes.bid = 0;
      quotes.ask = 0;
      continue;
    }
    const prices = { sell, buy };
    if (quotes.bid === 0 || cancelsBid(quotes.bid, prices, terms, cancelThreshold))
      quotes.bid = makerBid(prices, terms);
    if (quotes.ask === 0 || cancelsAsk(quotes.ask, prices, terms, cancelThreshold))
      quotes.ask = makerAsk(prices, terms);
    // A quote that would take at once waits for a price at which it can rest.
    if (quotes.bid >= maker.bestPrice(1)) quotes.bid = 0;
    if (quotes.ask <= maker.bestPrice(-1)) quotes.ask = 0;
  }
  return {
    profitBps: (market.equity / config.initialEquity - 1) * 1e4,
    fills,
    exposure: market.exposure,
  };
}

const MIN_PROFITS = [0, 0.0005, 0.001, 0.002, 0.003];

/** The maker venue and the least profit that earn most on a span, of two venues; makers pay what takers pay. */
export function tuneMakerTaker(books: BookTape, config: JudgedConfig, span: RowSpan): MakerTakerSettings {
  let chosen: MakerTakerSettings | undefined;
  let most = -Infinity;
  for (const makerVenue of [0, 1]) {
    for (const minProfit of MIN_PROFITS) {
      const settings = {
        makerVenue,
        takerVenue: 1 - makerVenue,
        minProfit,
        cancelThreshold: minProfit / 2,
        makerFee: perVenue(config.takerFeeRates, 2)[makerVenue],
      };
      const { profitBps } = playMakerTaker(books, config, span, settings);
      if (profitBps <= most) continue;
      most = profitBps;
      chosen = settings;
    }
  }
  return chosen!;
}
