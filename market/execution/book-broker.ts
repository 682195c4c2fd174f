/** Carries out target exposures on the order book of one venue, replayed or live: the same code, event by event. */

import { DOUBLE_ZERO } from '../../core/doubles.ts';
import { EnvError } from '../../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import { Account, type AccountView } from './account.ts';
import { type BookBrokerOptions, type BookOrder, requireBookBrokerOptions } from './book-broker-options.ts';
import { type BookLevels, BookMatcher, noRules, type Side } from './book-matcher.ts';
import type { Broker } from './broker.ts';
import { type ContractNews, ContractState } from './contract-news.ts';
import { type FeeModel, proportionalFee } from './fees.ts';
import { createFill, type Fill } from './fill.ts';
import { constantLatency, type LatencyModel } from './latency.ts';
import { type BookAccount, MarginBookAccount } from './margin-book-account.ts';
import { sizeAfterCosts } from './trade-size.ts';

const YEAR_MS = 365 * 86_400_000;
/** An order of which this share stays unfilled counts as filled: rounding. */
const NEGLIGIBLE = 1e-6;

/**
 * Books and the ends of bars go in, in order of time; fills come out. A request becomes one order, which travels for its
 * latency, is sized by the account as it is on arrival, walks the book that is there then, and cancels the rest. While an
 * order is under way a new request waits for it. What could not be filled is asked for again with the next request.
 *
 * With `margin`, what the venue says of the contract goes in too: funding is exchanged at its times on the position held
 * then, at the mark; a position is liquidated at the mark that its margin does not bear, with every mark, book and fill.
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

  /** What the venue has said of the contract; undefined for spot. */
  readonly contract: ContractState | undefined;
  /** The account of a perpetual; undefined for spot. */
  readonly margin: MarginBookAccount | undefined;
  readonly #account: BookAccount;
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
    requireBookBrokerOptions({ initialEquity, limitRate, borrowRatePerYear, rebalanceBand });
    this.#matcher = new BookMatcher(depth, staleMs, rules);
    this.#fees = fees;
    this.#latency = latency;
    this.#limitRate = limitRate;
    this.#initialEquity = initialEquity;
    this.#borrowRatePerMs = borrowRatePerYear / YEAR_MS;
    this.#rebalanceBand = rebalanceBand;
    this.#onOrder = options.onOrder;
    this.#onFill = options.onFill;
    this.margin = options.margin && new MarginBookAccount(initialEquity, options.margin);
    this.contract = this.margin && new ContractState();
    this.#account = this.margin ?? new Account(initialEquity);
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

  /** Forgets the book, what was said of the contract, and the account. */
  clear(): void {
    this.#account.reset(this.#initialEquity);
    this.contract?.clear();
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
   * The venue says something of the contract.
   * @param timeMs of receipt, UTC epoch, never falling
   */
  takeContract(news: ContractNews, timeMs: number): void {
    const { contract } = this;
    if (contract === undefined) return;
    this.#fundUpTo(timeMs);
    this.#arriveUpTo(timeMs, false);
    this.timeMs = timeMs;
    // The venue has gone on to the next one: this one is over, whatever the clock here says.
    if (news.fundingTimeMs > contract.fundingMs) this.#fund();
    contract.take(news, timeMs);
    if (this.#account.base !== 0) this.#liquidateIfRuined();
  }

  /**
   * The venue's book has changed. The arrays are kept, not copied, until the next book comes.
   * @param offset where in the arrays the levels begin
   * @param timeMs of receipt, UTC epoch, never falling
   */
  takeBook(levels: BookLevels, offset: number, timeMs: number): void {
    if (this.contract !== undefined) this.#fundUpTo(timeMs);
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
    if (this.contract !== undefined) this.#fundUpTo(endMs);
    this.#arriveUpTo(endMs, true);
    const account = this.#account;
    this.row = row;
    this.timeMs = endMs;
    this.mark = mark;
    if (account.base !== 0) {
      account.accrueInterest({ rate: this.#borrowRatePerMs * barMs, price: mark });
      this.#liquidateIfRuined();
    }
    this.equity = account.alive ? account.equity(mark) : this.#ruin;
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
      ...(this.contract !== undefined && { contract: this.contract.save() }),
    });
  }

  load(snapshot: Snapshot): void {
    const own = snapshotPart(snapshot, 'own');
    this.#account.load(snapshotPart(snapshot, 'account'));
    this.#matcher.load(snapshotPart(snapshot, 'matcher'));
    this.#latency.load(snapshotPart(snapshot, 'latency'));
    this.contract?.load(snapshotPart(snapshot, 'contract'));
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
    if (this.margin !== undefined) {
      if (!(equity > 0)) return;
      terms.exposure = this.margin.allowed(terms.exposure, equity);
    }
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
    if (this.margin === undefined) sizeAfterCosts(terms);
    else this.margin.sizeAfterCosts(terms);
    return Math.abs(terms.size);
  }

  /** Ends the account when nothing is left of it at the mid. */
  #liquidateIfRuined(): void {
    const account = this.#account;
    if (this.margin !== undefined) {
      this.#callMargin(this.margin);
      return;
    }
    if (account.equity(this.#mid[0]) > 0) return;
    account.liquidate(this.lastFill, this.#mid[0]);
    this.targetExposure = 0;
    // What the lender lacks is owed: an account that may lose no more than it has would earn on any market that moves.
    this.equity = this.#ruin;
    this.#dropOrders();
    this.#announceFill(this.timeMs);
  }

  /** Equity of an account that is used up: a venue's fund bears what a margin account lacks, a lender is owed it. */
  get #ruin(): number {
    return this.margin === undefined ? -this.#account.deficit : 0;
  }

  /** Liquidates, tier by tier, what the margin does not bear at the mark. */
  #callMargin({ margin }: MarginBookAccount): void {
    const told = this.contract?.mark ?? Number.NaN;
    const mark = told > 0 ? told : this.#mid[0];
    if (!margin.isBelowMaintenance(mark)) return;
    margin.liquidate(this.lastFill, mark);
    this.targetExposure = margin.exposure(mark);
    if (!margin.alive) this.equity = 0;
    this.#dropOrders();
    this.#announceFill(this.timeMs);
  }

  /** Exchanges a funding whose time has come; what arrives at that very time has arrived too late for it. */
  #fundUpTo(timeMs: number): void {
    const { fundingMs } = this.contract!;
    if (!(fundingMs <= timeMs)) return;
    this.#arriveUpTo(fundingMs, false);
    this.#fund();
  }

  #fund(): void {
    this.margin!.exchangeFunding(this.contract!, this.#mid[0]);
    this.#liquidateIfRuined();
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
