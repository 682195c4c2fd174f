/** What a broker on books is made of, and what it may be asked for. */
import { ConfigError } from '../../core/errors.ts';
import type { VenueRules } from './book-matcher.ts';
import type { FeeModel } from './fees.ts';
import type { Fill } from './fill.ts';
import type { LatencyModel } from './latency.ts';
import type { MarginTerms } from './margin-account.ts';

/** An order on its way. The broker reuses the object: copy what is to be kept. */
export interface BookOrder {
  /** UTC epoch of the decision. */
  timeMs: number;
  /** UTC epoch at which it meets the book. */
  arrivalMs: number;
  /** The signed fraction of equity that it is to reach. */
  exposure: number;
  /** Mid at the decision: its limit is measured from it. */
  mid: number;
}

export interface BookBrokerOptions {
  /** Levels a side, ≥ 1. */
  depth: number;
  /** Quote units, > 0. Default 10 000. */
  initialEquity?: number;
  fees?: FeeModel;
  /** From the decision to the venue's book. Default none. */
  latency?: LatencyModel;
  /** Age past which a book fills nothing, ms, > 0. Default Infinity. */
  staleMs?: number;
  /** Fraction by which a price may be worse than the best one at the decision, in (0, 1). Default 0.01. */
  limitRate?: number;
  rules?: VenueRules;
  /** Interest on borrowed base and borrowed quote, fraction a year of 365 days, ≥ 0. Default 0. */
  borrowRatePerYear?: number;
  /** A linear perpetual is traded, with margin and funding; absent: spot. */
  margin?: MarginTerms;
  /** A request trades when it differs from the last accepted one by more than this, ≥ 0. Default 0. */
  rebalanceBand?: number;
  /** Called when an order leaves. */
  onOrder?: (order: Readonly<BookOrder>) => void;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

/** @throws ConfigError `invalid-broker` */
export function requireBookBrokerOptions({
  initialEquity,
  limitRate,
  borrowRatePerYear,
  rebalanceBand,
}: Required<
  Pick<BookBrokerOptions, 'initialEquity' | 'limitRate' | 'borrowRatePerYear' | 'rebalanceBand'>
>): void {
  requireOption(initialEquity > 0 && initialEquity < Infinity, `an initial equity > 0, got ${initialEquity}`);
  requireOption(limitRate > 0 && limitRate < 1, `a limit rate in (0, 1), got ${limitRate}`);
  requireOption(
    borrowRatePerYear >= 0 && borrowRatePerYear < Infinity,
    `a borrow rate ≥ 0, got ${borrowRatePerYear}`,
  );
  requireOption(rebalanceBand >= 0, `a rebalance band ≥ 0, got ${rebalanceBand}`);
}

function requireOption(holds: boolean, expectation: string): void {
  if (!holds) throw new ConfigError('invalid-broker', `A book broker needs ${expectation}.`);
}
