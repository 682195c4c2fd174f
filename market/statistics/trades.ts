/** Describes the trading itself from a record of fills and equity: round trips, turnover, time in the market. */
import { DataError } from '../../core/errors.ts';
import type { Fill } from '../execution/fill.ts';

/**
 * One round trip: from the fill that opened a position to the one that left it flat or the other way round. A fill
 * that flips the position ends one trade and begins the next.
 */
export interface Trade {
  direction: 1 | -1;
  entryTimeMs: number;
  exitTimeMs: number;
  entryRow: number;
  exitRow: number;
  /** Largest position held, base units, > 0. */
  size: number;
  /** What the trade added to the account, quote units, after fees, slippage and interest. */
  profit: number;
  /** Cut off by the end of the record and valued at its price, not closed by a fill. */
  open: boolean;
}

/** What a fill, or several at once, did to a position. */
export type PositionChange = Pick<
  Fill,
  'timeMs' | 'row' | 'baseChange' | 'cashChange' | 'interestSettled' | 'position'
>;

/** The end of a record: what a position still open is valued at. */
export interface RecordEnd {
  timeMs: number;
  row: number;
  price: number;
  /** Interest not yet settled, quote units. Default 0. */
  interestOwed?: number;
}

/**
 * Folds an account's fills, in order, into its round trips. The cash of a flip is divided between the two trades by
 * the base units that closed the one and opened the other. The profits sum to the account's gain.
 * @param fills every fill since the account was flat, in order; each is read before the next is asked for
 * @param end values a position that is still open; without it that position is left out
 */
export function roundTrips(fills: Iterable<Readonly<PositionChange>>, end?: RecordEnd): Trade[] {
  const trades: Trade[] = [];
  let trade: Trade | undefined;
  let position = 0;
  for (const fill of fills) {
    const { baseChange, cashChange, timeMs, row } = fill;
    position = fill.position;
    if (trade !== undefined) {
      // Base interest shows in what is held before the fill: buying it back costs cash of this trade.
      const held = position - baseChange;
      const closes = position * held <= 0;
      trade.profit += cashChange * (closes ? -held / baseChange : 1) - fill.interestSettled;
      if (closes) {
        trades.push({ ...trade, exitTimeMs: timeMs, exitRow: row, open: false });
        trade = undefined;
      } else trade.size = Math.max(trade.size, Math.abs(position));
    }
    if (trade === undefined && position !== 0) {
      trade = {
        direction: position > 0 ? 1 : -1,
        entryTimeMs: timeMs,
        exitTimeMs: timeMs,
        entryRow: row,
        exitRow: row,
        size: Math.abs(position),
        profit: cashChange * (position / baseChange),
        open: true,
      };
    }
  }
  if (trade !== undefined && end !== undefined) {
    const profit = trade.profit + position * end.price - (end.interestOwed ?? 0);
    trades.push({ ...trade, profit, exitTimeMs: end.timeMs, exitRow: end.row });
  }
  return trades;
}

export interface TradeStatistics {
  numTrades: number;
  /** Share of trades with a profit above zero; NaN without trades. */
  winRate: number;
  /** Σ profits / Σ losses; NaN without a loss. */
  profitFactor: number;
  /** Mean profit, quote units; NaN without trades. */
  averageProfit: number;
  /** Mean time from entry to exit, milliseconds; NaN without trades. */
  averageHoldingMs: number;
  /** Mean number of bars from entry to exit; NaN without trades. */
  averageHoldingBars: number;
}

export function summarizeTrades(trades: readonly Trade[]): TradeStatistics {
  const numTrades = trades.length;
  let wins = 0;
  let gains = 0;
  let losses = 0;
  let holdingMs = 0;
  let holdingBars = 0;
  for (const { profit, entryTimeMs, exitTimeMs, entryRow, exitRow } of trades) {
    if (profit > 0) {
      wins++;
      gains += profit;
    } else losses -= profit;
    holdingMs += exitTimeMs - entryTimeMs;
    holdingBars += exitRow - entryRow;
  }
  return {
    numTrades,
    winRate: wins / numTrades,
    profitFactor: losses > 0 ? gains / losses : Number.NaN,
    averageProfit: (gains - losses) / numTrades,
    averageHoldingMs: holdingMs / numTrades,
    averageHoldingBars: holdingBars / numTrades,
  };
}

/** A backtest step by step, as an env's info tells it. */
export interface ActivityRecord {
  /** [n] quote units, after each step */
  readonly equity: ArrayLike<number>;
  /** [n] signed fraction of equity, after each step */
  readonly exposure: ArrayLike<number>;
  /** [n] quote units, in each step */
  readonly tradedNotional: ArrayLike<number>;
}

export interface Activity {
  /** Traded notional a year as a multiple of the mean equity. */
  turnover: number;
  /** Mean |exposure|, fraction of equity. */
  averageExposure: number;
  /** Share of steps that end with a position. */
  timeInMarket: number;
}

/**
 * How much was traded and held.
 * @param periodsPerYear steps a year
 * @throws DataError `length-mismatch` when the columns differ in length or are empty
 */
export function summarizeActivity(record: ActivityRecord, periodsPerYear: number): Activity {
  const { equity, exposure, tradedNotional } = record;
  const n = equity.length;
  if (n === 0 || exposure.length !== n || tradedNotional.length !== n) {
    throw new DataError(
      'length-mismatch',
      `A record needs columns of one length above zero, got ${n}, ${exposure.length} and ${tradedNotional.length}.`,
    );
  }
  let notional = 0;
  let equitySum = 0;
  let exposureSum = 0;
  let held = 0;
  for (let i = 0; i < n; i++) {
    notional += tradedNotional[i];
    equitySum += equity[i];
    exposureSum += Math.abs(exposure[i]);
    if (exposure[i] !== 0) held++;
  }
  return {
    turnover: (notional / equitySum) * periodsPerYear,
    averageExposure: exposureSum / n,
    timeInMarket: held / n,
  };
}
