/** Folds the fills of a session, as its tape has them, into round trips and what they cost. */
import type { Json } from '../../core/snapshot.ts';
import { type PositionChange, roundTrips } from '../../market/statistics/trades.ts';

/** One round trip, over: from the fill that opened a position to the one that left it flat or the other way round. */
export interface OpsTrade {
  readonly entryMs: number;
  readonly exitMs: number;
  /** 1: it was long; −1: short. Of arbitrage: the leg that came first. */
  readonly direction: 1 | -1;
  /** Base units. */
  readonly size: number;
  /** Quote units, after fees, slippage and interest. */
  readonly profit: number;
}

export interface TradeTotals {
  readonly numFills: number;
  /** Quote units that changed hands. */
  readonly notional: number;
  /** Quote units. */
  readonly fees: number;
  /** What the fills lost against the mid or price before slippage, quote units. */
  readonly slippage: number;
  readonly numTrades: number;
  /** Fraction of the round trips with a profit above zero; null without any. */
  readonly winRate: number | null;
  /** Sum over the round trips, quote units. */
  readonly profit: number;
}

/** A position below this part of the largest one is rounding: of arbitrage, halves of one pair differ by it. */
const ROUNDING = 1e-9;

export class TradeTally {
  readonly #onTrade: ((trade: OpsTrade) => void) | undefined;
  /** All that opened the present position, as one change. */
  #open: PositionChange | undefined;
  #openedMs = Number.NaN;
  #size = 0;
  #numFills = 0;
  #notional = 0;
  #fees = 0;
  #slippage = 0;
  #numTrades = 0;
  #numWins = 0;
  #profit = 0;
  /** Net base units since the session began: what a pair of legs leaves is zero. */
  #net = 0;

  constructor(onTrade?: (trade: OpsTrade) => void) {
    this.#onTrade = onTrade;
  }

  /** Takes a record `fill` of the tape. @param detail of a trading session, or of one leg of arbitrage */
  take(timeMs: number, detail: Json): void {
    const fill = detail as Readonly<Record<string, number>>;
    const isLeg = 'filled' in fill;
    if (isLeg && fill.filled === 0) return;
    this.#numFills++;
    this.#notional += fill.notional;
    this.#fees += fill.fee;
    this.#slippage += isLeg ? slippageOf(fill) : fill.slippage;
    this.#change(isLeg ? this.#ofLeg(timeMs, fill) : this.#ofFill(timeMs, fill));
  }

  totals(): TradeTotals {
    return {
      numFills: this.#numFills,
      notional: this.#notional,
      fees: this.#fees,
      slippage: this.#slippage,
      numTrades: this.#numTrades,
      winRate: this.#numTrades === 0 ? null : this.#numWins / this.#numTrades,
      profit: this.#profit,
    };
  }

  #ofFill(timeMs: number, fill: Readonly<Record<string, number>>): PositionChange {
    const { baseChange, cashChange, interestSettled, position } = fill;
    return { timeMs, row: 0, baseChange, cashChange, interestSettled, position };
  }

  #ofLeg(timeMs: number, { side, filled, notional, fee }: Readonly<Record<string, number>>): PositionChange {
    const before = this.#net;
    this.#net += side * filled;
    if (Math.abs(this.#net) < ROUNDING * Math.max(Math.abs(before), filled)) this.#net = 0;
    const cashChange = -side * notional - fee;
    return {
      timeMs,
      row: 0,
      baseChange: this.#net - before,
      cashChange,
      interestSettled: 0,
      position: this.#net,
    };
  }

  #change(change: PositionChange): void {
    const changes = this.#open === undefined ? [change] : [this.#open, change];
    for (const { direction, profit } of roundTrips(changes)) {
      this.#numTrades++;
      if (profit > 0) this.#numWins++;
      this.#profit += profit;
      this.#onTrade?.({
        entryMs: this.#openedMs,
        exitMs: change.timeMs,
        direction,
        size: this.#size,
        profit,
      });
      this.#open = undefined;
    }
    this.#open = this.#merge(change);
  }

  /** What is open after a change as one change from nothing: of what follows, it leads to the same profit. */
  #merge(change: PositionChange): PositionChange | undefined {
    const { timeMs, position, baseChange, cashChange, interestSettled } = change;
    if (position === 0) return undefined;
    if (this.#open === undefined) {
      this.#openedMs = timeMs;
      this.#size = Math.abs(position);
      // A fill that flips belongs in parts to what it closed.
      const share = baseChange === 0 ? 1 : position / baseChange;
      return { ...change, baseChange: position, cashChange: cashChange * share, interestSettled: 0 };
    }
    this.#size = Math.max(this.#size, Math.abs(position));
    const cash = this.#open.cashChange + cashChange - interestSettled;
    return { ...change, baseChange: position, cashChange: cash, interestSettled: 0 };
  }
}

function slippageOf({ side, filled, notional, mid }: Readonly<Record<string, number>>): number {
  return mid > 0 ? side * (notional - filled * mid) : 0;
}
