/** Carries out target exposures on the order book of one venue, replayed or live: the same code, event by event. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { ConfigError, EnvError } from '../../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import { Account, type AccountView } from './account.ts';
import { type BookLevels, BookMatcher, noRules, type Side, type VenueRules } from './book-matcher.ts';
import type { Broker } from './broker.ts';
import { type FeeModel, proportionalFee } from './fees.ts';
import { createFill, type Fill } from './fill.ts';
import { constantLatency, type LatencyModel } from './latency.ts';
import { sizeAfterCosts } from './trade-size.ts';

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
  /** A request trades when it differs from the last accepted one by more than this, ≥ 0. Default 0. */
  rebalanceBand?: number;
  /** Called when an order leaves. */
  onOrder?: (order: Readonly<BookOrder>) => void;
  /** Called after every fill; the object is reused by the next one. */
  onFill?: (fill: Readonly<Fill>) => void;
}

const YEAR_MS = 365 * 86_400_000;
/** An order of which this share stays unfilled counts as filled: rounding. */
const NEGLIGIBLE = 1e-6;

/**
 * Books and the ends of bars go in, in order of time; fills come out. A request becomes one order, which travels for its
 * latency, is sized by the account as it is on arrival, walks the book that is there then, and cancels the rest. While an
 * order is under way a new request waits for it. What could not be filled is asked for again with the next request.
 *
 * Biases. A buyer's order is filled as displayed, whoever else is on the way; other traders do not react to it. The
 * account is valued at the mid of bid and ask, so a round trip shows its spread at once.
 */
export class BookBroker implements Broker {
  readonly account: AccountView;
  readonly lastFill: Fill = createFill();
  targetExposure = DOUBLE_ZERO;
  numFills = 0;
  equity = DOUBLE_ZERO;
  mark = DOUBLE_ZERO;
  row = 0;
  timeMs = DOUBLE_ZERO;
  /** Orders that found no book to trade on: stale, empty, or beyond the limit. */
  numUnfilled = 0;

  readonly #account: Account;
  readonly #matcher: BookMatcher;
  readonly #fees: FeeModel;
  readonly #latency: LatencyModel;
  readonly #limitRate: number;
  readonly #initialEquity: number;
  readonly #borrowRatePerMs: number;
  readonly #rebalanceBand: number;
  readonly #onFill: ((fill: Readonly<Fill>) => void) | undefined;
  readonly #terms = {
    exposure: DOUBLE_ZERO,
    price: DOUBLE_ZERO,
    feeRate: DOUBLE_ZERO,
    slippageRate: DOUBLE_ZERO,
    size: DOUBLE_ZERO,
  };
  /** Price and time of the account's last valuation, for interest and ruin; one entry each. */
  readonly #mid = new Float64Array(1);
  readonly #onOrder: ((order: Readonly<BookOrder>) => void) | undefined;
  /** The order under way; its arrival is Infinity when there is none. */
  readonly #order: BookOrder = {
    timeMs: DOUBLE_ZERO,
    arrivalMs: Infinity,
    exposure: DOUBLE_ZERO,
    mid: DOUBLE_ZERO,
  };
  /** Less was filled than ordered: asking for the same exposure again is no repetition. */
  #isOpen = false;
  /** A request came while an order was under way. */
  #isWaiting = false;

  /** @throws ConfigError `invalid-broker`, `invalid-matcher` */
  constructor(options: BookBrokerOptions) {
    const {
      depth,
      initialEquity = 10_000,
      fees = proportionalFee(0),
      latency = constantLatency(0),
      staleMs = Infinity,
      limitRate = 0.01,
      rules = noRules,
      borrowRatePerYear = 0,
      rebalanceBand = 0,
    } = options;
    requireOption(
      initialEquity > 0 && initialEquity < Infinity,
      `an initial equity > 0, got ${initialEquity}`,
    );
    requireOption(limitRate > 0 && limitRate < 1, `a limit rate in (0, 1), got ${limitRate}`);
    requireOption(
      borrowRatePerYear >= 0 && borrowRatePerYear < Infinity,
      `a borrow rate ≥ 0, got ${borrowRatePerYear}`,
    );
    requireOption(rebalanceBand >= 0, `a rebalance band ≥ 0, got ${rebalanceBand}`);
    this.#matcher = new BookMatcher(depth, staleMs, rules);
    this.#fees = fees;
    this.#latency = latency;
    this.#limitRate = limitRate;
    this.#initialEquity = initialEquity;
    this.#borrowRatePerMs = borrowRatePerYear / YEAR_MS;
    this.#rebalanceBand = rebalanceBand;
    this.#onOrder = options.onOrder;
    this.#onFill = options.onFill;
    this.#account = new Account(initialEquity);
    this.account = this.#account;
    this.equity = initialEquity;
  }

  /** Whether an order is on its way. */
  get isOrderUnderWay(): boolean {
    return this.#order.arrivalMs < Infinity;
  }

  /** Mid of the last book, quote units; 0 before the first. */
  get mid(): number {
    return this.#mid[0];
  }

  /**
   * Opens a new, flat account at the end of bar `row`, keeping the book.
   * @param timeMs end of the bar, UTC epoch
   * @param mark the price at which accounts are valued then
   */
  reset(row: number, timeMs: number, mark: number): void {
    this.#account.reset(this.#initialEquity);
    this.row = row;
    this.timeMs = timeMs;
    this.mark = mark;
    this.equity = this.#initialEquity;
    this.targetExposure = 0;
    this.numFills = 0;
    this.numUnfilled = 0;
    this.#dropOrders();
  }

  /** Updates of the book were lost: nothing fills until the next book. */
  loseBook(): void {
    this.#matcher.loseBook();
  }

  /** Forgets the book. */
  clear(): void {
    this.#matcher.clear();
    this.#mid[0] = 0;
    this.#dropOrders();
  }

  /** Goes on with the randomness of another latency model of the same kind. */
  reseed(latency: LatencyModel): void {
    this.#latency.load(latency.save());
  }

  /** @throws EnvError `invalid-exposure` unless the exposure is finite */
  requestExposure(exposure: number): void {
    const difference = Math.abs(exposure - this.targetExposure);
    if (!(difference < Infinity)) {
      throw new EnvError('invalid-exposure', `A target exposure must be finite, got ${exposure}.`);
    }
    if (!this.#account.alive) return;
    if (difference > this.#rebalanceBand) this.targetExposure = exposure;
    else if (!this.#isOpen) return;
    this.#request();
  }

  /** Asks for no exposure at all: the rebalance band, which spares small trades, leaves nothing open here. */
  requestFlat(): void {
    if (!this.#account.alive || (this.targetExposure === 0 && !this.#isOpen)) return;
    this.targetExposure = 0;
    this.#request();
  }

  /**
   * The venue's book has changed. The arrays are kept, not copied, until the next book comes.
   * @param offset where in the arrays the levels begin
   * @param timeMs of receipt, UTC epoch, never falling
   */
  takeBook(levels: BookLevels, offset: number, timeMs: number): void {
    this.#arriveUpTo(timeMs, false);
    const waits = this.#order.arrivalMs < timeMs;
    // A book that was stale before the next one came filled nothing.
    if (waits && !this.#matcher.isOpen(timeMs)) this.#arriveAt(timeMs);
    this.#matcher.setBook(levels, offset, timeMs);
    this.timeMs = timeMs;
    const bid = this.#matcher.priceAt(-1, 0);
    const ask = this.#matcher.priceAt(1, 0);
    if (bid > 0 && ask > 0) {
      this.#mid[0] = 0.5 * (bid + ask);
      if (this.#account.base !== 0) this.#liquidateIfRuined();
    }
    if (this.#order.arrivalMs < timeMs) this.#arriveAt(timeMs);
  }

  /**
   * A bar has ended: what has arrived by then is filled, interest is charged, the account is valued.
   * @param row the bar's number
   * @param endMs UTC epoch
   * @param barMs its length, for the interest
   * @param mark its last price
   */
  closeBar(row: number, endMs: number, barMs: number, mark: number): void {
    this.#arriveUpTo(endMs, true);
    const account = this.#account;
    this.row = row;
    this.timeMs = endMs;
    this.mark = mark;
    if (account.base !== 0) {
      account.accrueInterest({ rate: this.#borrowRatePerMs * barMs, price: mark });
      this.#liquidateIfRuined();
    }
    this.equity = account.alive ? account.equity(mark) : -account.deficit;
  }

  save(): Snapshot {
    const own: Snapshot = {
      arrays: {},
      values: {
        row: this.row,
        timeMs: this.timeMs,
        mark: this.mark,
        mid: this.#mid[0],
        equity: this.equity,
        targetExposure: this.targetExposure,
        numFills: this.numFills,
        numUnfilled: this.numUnfilled,
        order: { ...this.#order, arrivalMs: this.isOrderUnderWay ? this.#order.arrivalMs : null },
        isOpen: this.#isOpen,
        isWaiting: this.#isWaiting,
        lastFill: { ...this.lastFill },
      },
    };
    return joinSnapshots({
      own,
      account: this.#account.save(),
      matcher: this.#matcher.save(),
      latency: this.#latency.save(),
    });
  }

  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    this.#account.load(snapshotPart(snapshot, 'account'));
    this.#matcher.load(snapshotPart(snapshot, 'matcher'));
    this.#latency.load(snapshotPart(snapshot, 'latency'));
    this.row = restoreNumber(own, 'row');
    this.timeMs = restoreNumber(own, 'timeMs');
    this.mark = restoreNumber(own, 'mark');
    this.#mid[0] = restoreNumber(own, 'mid');
    this.equity = restoreNumber(own, 'equity');
    this.targetExposure = restoreNumber(own, 'targetExposure');
    this.numFills = restoreNumber(own, 'numFills');
    this.numUnfilled = restoreNumber(own, 'numUnfilled');
    Object.assign(this.#order, own.values.order);
    // JSON has no Infinity.
    this.#order.arrivalMs ??= Infinity;
    this.#isOpen = own.values.isOpen === true;
    this.#isWaiting = own.values.isWaiting === true;
    Object.assign(this.lastFill, own.values.lastFill);
  }

  /** What `save` tells of the book as one: it is lost, or its venue is down. */
  get matcherFlags(): { isDown: boolean; isLost: boolean } {
    const { isDown, isLost } = this.#matcher;
    return { isDown, isLost };
  }

  /** After `load`: both apart. */
  restoreFlags({ isDown, isLost }: BookBroker['matcherFlags']): void {
    this.#matcher.isDown = isDown;
    if (isLost) this.#matcher.loseBook();
  }

  /** Sends the order for the target, behind one that is under way. */
  #request(): void {
    if (this.isOrderUnderWay) this.#isWaiting = true;
    else this.#send(this.timeMs);
  }

  #send(nowMs: number): void {
    // Where there has been no book yet, the next request tries again.
    this.#isOpen = this.#mid[0] === 0;
    if (this.#isOpen) return;
    const order = this.#order;
    order.timeMs = nowMs;
    order.exposure = this.targetExposure;
    order.mid = this.#mid[0];
    order.arrivalMs = nowMs + this.#latency.latencyMs(nowMs);
    this.#onOrder?.(order);
    if (order.arrivalMs <= nowMs && !this.#matcher.isLate(nowMs)) this.#arrive();
  }

  /** Orders that arrive by then meet the book, unless it is late: they wait for the next one. */
  #arriveUpTo(timeMs: number, inclusive: boolean): void {
    const order = this.#order;
    while (order.arrivalMs < timeMs || (inclusive && order.arrivalMs === timeMs)) {
      if (this.#matcher.isLate(order.arrivalMs)) return;
      this.#arrive();
    }
  }

  #arriveAt(timeMs: number): void {
    this.#order.arrivalMs = timeMs;
    this.#arrive();
  }

  /** The order meets the book as it is now. */
  #arrive(): void {
    const arrivalMs = this.#order.arrivalMs;
    this.#order.arrivalMs = Infinity;
    this.#fill(arrivalMs);
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#send(arrivalMs);
  }

  #fill(arrivalMs: number): void {
    const account = this.#account;
    const matcher = this.#matcher;
    const terms = this.#terms;
    const mid = this.#mid[0];
    if (!account.alive) return;
    terms.exposure = this.#order.exposure;
    terms.price = mid;
    terms.feeRate = this.#fees.feeRate('taker');
    const equity = account.equity(mid);
    const wanted = (terms.exposure * equity) / mid - (account.base - account.baseInterest);
    if (Math.abs(wanted) * mid <= NEGLIGIBLE * equity) return;
    const side: Side = wanted > 0 ? 1 : -1;
    const limit = this.#order.mid * (1 + side * this.#limitRate);
    const size = matcher.acceptedSize(
      this.#sizeAfterCosts(side, wanted, limit),
      matcher.bestPrice(side) || Infinity,
    );
    // What is less than the venue takes is no order: it is not asked for again until more is wanted.
    if (size === 0) return;
    const filled = matcher.take(side, size, limit, arrivalMs);
    if (filled < size * (1 - NEGLIGIBLE)) {
      this.#isOpen = true;
      if (filled === 0) {
        this.numUnfilled++;
        return;
      }
    }
    terms.size = side * filled;
    terms.slippageRate = Math.abs(matcher.notional / (filled * mid) - 1);
    account.tradeSize(this.lastFill, terms);
    this.#announceFill(arrivalMs);
    this.#liquidateIfRuined();
  }

  /** Base units that the venue must fill: after the fee, and the slippage that the size before costs would meet. */
  #sizeAfterCosts(side: Side, wanted: number, limit: number): number {
    const terms = this.#terms;
    const shown = this.#matcher.quote(side, Math.abs(wanted), limit);
    terms.slippageRate = shown > 0 ? Math.abs(this.#matcher.notional / (shown * terms.price) - 1) : 0;
    terms.size = wanted;
    sizeAfterCosts(terms);
    return Math.abs(terms.size);
  }

  /** Ends the account when nothing is left of it at the mid. */
  #liquidateIfRuined(): void {
    const account = this.#account;
    if (account.equity(this.#mid[0]) > 0) return;
    account.liquidate(this.lastFill, this.#mid[0]);
    this.targetExposure = 0;
    // What the lender lacks is owed: an account that may lose no more than it has would earn on any market that moves.
    this.equity = -account.deficit;
    this.#dropOrders();
    this.#announceFill(this.timeMs);
  }

  #dropOrders(): void {
    this.#order.arrivalMs = Infinity;
    this.#isOpen = false;
    this.#isWaiting = false;
  }

  #announceFill(timeMs: number): void {
    this.lastFill.row = this.row;
    this.lastFill.timeMs = timeMs;
    this.numFills++;
    this.#onFill?.(this.lastFill);
  }
}

function requireOption(holds: boolean, expectation: string): void {
  if (!holds) throw new ConfigError('invalid-broker', `A book broker needs ${expectation}.`);
}
