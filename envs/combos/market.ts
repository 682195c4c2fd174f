/** Simulates the markets of an arbitrage over several: books, funding and orders in the order of time, and what it is all worth. */
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreArrayInto, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import { Deleveraging } from '../../market/arbitrage/legs/deleveraging.ts';
import { LegDesk, type LegDeskOptions } from '../../market/arbitrage/legs/desk.ts';
import type { LegPlan } from '../../market/arbitrage/legs/plan.ts';
import { QuoteDesk } from '../../market/arbitrage/legs/quotes.ts';
import { BookMatcher, type Side } from '../../market/execution/book-matcher.ts';
import { lognormalLatency } from '../../market/execution/latency.ts';
import type { LegTape } from '../../market/synthetic/leg-markets.ts';
import type { ComboConfig } from './config.ts';
import { FundingNews } from './funding-news.ts';
import type { ComboKind } from './kinds.ts';

/** Deviations from what one began with that are rounding, fractions of the capital. */
export const DUST = 1e-4;

const NOW = 0;
const EQUITY = 1;
const NEXT_FUNDING = 2;

export class ComboMarket {
  readonly desk: LegDesk;
  /** Resting orders, for a kind that has a maker. */
  readonly quotes: QuoteDesk | undefined;
  readonly plan: LegPlan;
  /** [K], in the currency of values */
  readonly values: Float64Array;
  /** [C, 2] gain of a unit of value traded forwards and backwards, fees paid, fraction; NaN where a side is missing */
  readonly edges: Float64Array;
  /** [K], units of each currency at the beginning of the episode */
  readonly before: Float64Array;
  /** The last event seen. */
  row = 0;
  readonly #kind: ComboKind;
  readonly #config: ComboConfig;
  readonly #state = new Float64Array(3);
  readonly #start: Float64Array; // [P]
  readonly #deleveraging: Deleveraging | undefined;
  #tape: LegTape;
  /** Fundings that are told message by message; undefined: they are those of the tape. */
  readonly #news: FundingNews | undefined;

  constructor(
    kind: ComboKind,
    plan: LegPlan,
    tape: LegTape,
    config: ComboConfig,
    rng: Rng,
    onFill?: LegDeskOptions['onFill'],
  ) {
    this.#kind = kind;
    this.#config = config;
    this.#tape = tape;
    this.plan = plan;
    const isPerpetual = plan.markets.map(({ instrument }) => instrument.isPerpetual);
    this.#news = tape.contracts && new FundingNews(tape.contracts, isPerpetual);
    this.desk = new LegDesk({
      plan,
      matchers: plan.markets.map(({ instrument }) => {
        const { lotSize } = instrument.settings;
        return new BookMatcher(tape.books.depth, config.staleMs, { lotSize, minSize: 0, tickSize: 0 });
      }),
      latencies: plan.markets.map((_, m) =>
        lognormalLatency(
          { medianMs: config.latencyMs, sigma: config.latencySigma },
          rng.fork(`latency ${m}`),
        ),
      ),
      onFill,
    });
    this.quotes =
      kind.maker && new QuoteDesk({ desk: this.desk, ...kind.maker, hedgeLimitRate: config.hedgeLimitRate });
    const { deleverageMoveRate: moveRate, deleverageWindowMs: windowMs, deleverageShare: share } = config;
    if (moveRate > 0) this.#deleveraging = new Deleveraging(this.desk, { moveRate, windowMs, share });
    this.values = new Float64Array(plan.currencies.length);
    this.before = new Float64Array(plan.currencies.length);
    this.edges = new Float64Array(2 * plan.combos.length);
    this.#start = new Float64Array(plan.pockets.length);
  }

  get tape(): LegTape {
    return this.#tape;
  }

  get nowMs(): number {
    return this.#state[NOW];
  }

  /** Capital, in the currency of values: what was there and every change of amounts, at today's values. */
  get equity(): number {
    return this.#state[EQUITY];
  }

  /** Restarts the randomness of latencies. */
  reseed(rng: Rng): void {
    this.desk.latencies.forEach((latency, m) => {
      const { latencyMs: medianMs, latencySigma: sigma } = this.#config;
      latency.load(lognormalLatency({ medianMs, sigma }, rng.fork(`latency ${m}`)).save());
    });
  }

  /** Opens the balances after event `row`; events before it run the statistics in. @param onEvent after each */
  begin(tape: LegTape, row: number, onEvent: () => void): void {
    const { initialEquity, warmupEvents } = this.#config;
    const { basePocket, quotePocket, baseCurrency, quoteCurrency } = this.plan;
    this.#tape = tape;
    const { timeMs } = tape.books;
    const first = Math.max(0, row - warmupEvents + 1);
    if (tape.contracts !== undefined) this.#news?.begin(tape.contracts, tape.books, row);
    this.desk.reset(this.#start.fill(0), this.#news?.series ?? tape.funding, timeMs[row]);
    this.#deleveraging?.reset();
    this.#showLastBooks(first);
    this.#state[NEXT_FUNDING] = Infinity;
    for (let r = first; r <= row; r++) {
      this.#takeBook(r);
      this.#value();
      onEvent();
    }
    for (const { market, asset, share } of this.#kind.start) {
      const pocket = asset === 'base' ? basePocket[market] : quotePocket[market];
      const currency = asset === 'base' ? baseCurrency[market] : quoteCurrency[market];
      this.#start[pocket] += (share * initialEquity) / this.values[currency];
    }
    const { pockets } = this.desk;
    pockets.amounts.set(this.#start);
    for (let k = 0; k < this.before.length; k++) this.before[k] = pockets.total(k);
    this.quotes?.reset(tape.trades, timeMs[row]);
    this.#findNextFunding();
    this.#value();
  }

  /** Moves to the next decision. @param onEvent after each book */
  advance(onEvent: () => void): void {
    const { decisionMs } = this.#config;
    const { books } = this.#tape;
    const { timeMs, length } = books;
    // A decision after a book of every market, where no time is asked for.
    const numEvents = decisionMs === 0 ? this.plan.markets.length : Infinity;
    const until = decisionMs === 0 ? Infinity : this.#state[NOW] + decisionMs;
    for (let n = 0; n < numEvents && this.row + 1 < length && timeMs[this.row + 1] <= until; n++) {
      this.step(onEvent);
    }
    if (until < Infinity) {
      if (this.#news !== undefined) this.#hear(this.#news, until);
      if (this.#state[NEXT_FUNDING] <= until) this.#fundUpTo(until);
      this.quotes?.upTo(until, true);
      this.desk.arrive(until, true);
      this.#state[NOW] = until;
    }
    this.#value();
  }

  /** Moves to the next event, of which there must be one. @param onEvent after it */
  step(onEvent: () => void): void {
    const at = this.#tape.books.timeMs[this.row + 1];
    if (this.#news !== undefined) this.#hear(this.#news, at);
    if (this.#state[NEXT_FUNDING] <= at) this.#fundUpTo(at);
    this.quotes?.upTo(at, true);
    if (this.desk.nextArrivalMs < at) this.desk.arrive(at, false);
    this.#takeBook(this.row + 1);
    if (this.quotes !== undefined) this.#showQuotes(at);
    this.desk.liquidate(at);
    this.#deleveraging?.onBook(this.#tape.books.venue[this.row], at);
    this.#value();
    // Whoever says what to hold leaves it to the desk to trade back what one leg did and another did not.
    if (
      this.#config.actions === 'targets' &&
      this.quotes === undefined &&
      this.desk.counts[1] + this.desk.counts[2] > 0
    )
      this.flatten();
    onEvent();
  }

  /** Base units of a leg for a value of each. */
  legSize(market: number, value: number): number {
    return value / this.values[this.plan.baseCurrency[market]];
  }

  /** Whether a combination can be sent now, one way or the other: every leg open and paid for. */
  canTrade(combo: number, direction: 1 | -1, value: number): boolean {
    const { desk, plan } = this;
    const edge = this.edges[2 * combo + (direction === 1 ? 0 : 1)];
    if (!(Math.abs(edge) <= this.#config.maxEdgeRate) || desk.numUnderWay > 0) return false;
    const { legs } = plan.combos[combo];
    for (let i = 0; i < legs.length; i++) {
      const { market } = legs[i];
      const side = (legs[i].side * direction) as Side;
      if (!desk.canSend(market, this.#state[NOW])) return false;
      if (desk.affordable(market, side, this.limit(market, side)) < this.legSize(market, value)) return false;
    }
    return true;
  }

  /** Sends every leg of a combination at once; false, and nothing sent, when one could not be. */
  trade(combo: number, direction: 1 | -1, value: number): boolean {
    if (!this.canTrade(combo, direction, value)) return false;
    const { desk, plan } = this;
    const now = this.#state[NOW];
    for (const { market, side } of plan.combos[combo].legs) {
      const own = (side * direction) as Side;
      desk.send(market, own, this.legSize(market, value), this.limit(market, own), now);
    }
    this.#meetAtOnce();
    return true;
  }

  /** Value of a combination that is held, forwards positive: what its first leg's market holds beyond the beginning. */
  held(combo: number): number {
    const { market, side } = this.plan.combos[combo].legs[0];
    const { pockets } = this.desk;
    const pocket = this.plan.basePocket[market];
    const size = pocket < 0 ? pockets.positions[market] : pockets.amounts[pocket] - this.#start[pocket];
    return side * size * this.values[this.plan.baseCurrency[market]];
  }

  /** Units of a currency above or below those of the beginning; 0 where they are dust, or the currency is that of values. */
  exposure(currency: number): number {
    if (currency === 0) return 0;
    const difference = this.desk.pockets.total(currency) - this.before[currency];
    const isDust = Math.abs(difference * this.values[currency]) < DUST * this.#config.initialEquity;
    return isDust ? 0 : difference;
  }

  /** Trades what is open back, each currency on the first market that can; false where nothing could be sent. */
  flatten(isTrial = false): boolean {
    const { desk, plan } = this;
    if (desk.numUnderWay > 0) return false;
    let isSent = false;
    for (let k = 1; k < plan.currencies.length; k++) {
      const open = this.exposure(k);
      if (open === 0) continue;
      for (let m = 0; m < plan.markets.length; m++) {
        const isBase = plan.baseCurrency[m] === k && plan.quoteCurrency[m] === 0;
        const isQuote = plan.quoteCurrency[m] === k && plan.baseCurrency[m] === 0;
        if (!(isBase || isQuote) || !desk.canSend(m, this.#state[NOW])) continue;
        const side: Side = open > 0 === isBase ? -1 : 1;
        const size = isBase ? Math.abs(open) : Math.abs(open) * this.values[k];
        const limit = this.limit(m, side);
        if (desk.affordable(m, side, limit) < size * 0.5) continue;
        if (isTrial) return true;
        isSent = desk.send(m, side, size, limit, this.#state[NOW]) > 0 || isSent;
        break;
      }
    }
    if (isSent) this.#meetAtOnce();
    return isSent;
  }

  /** What a transfer begun now would move; 0 where it is not possible. */
  movable(route: number): number {
    const { from, to } = this.plan.routes[route];
    const { pockets, currencies } = this.plan;
    const { exchange, currency } = pockets[from];
    const isInside = exchange === pockets[to].exchange;
    if (!isInside && this.#config.suspended.includes(`${exchange}:${currencies[currency]}`)) return 0;
    const amount = this.desk.free(from) * this.#config.transferShare;
    const isWorthIt = amount * this.values[currency] > DUST * this.#config.initialEquity;
    return isWorthIt && amount > this.transferFee(route) ? amount : 0;
  }

  /** Begins a transfer; false where it is not possible. */
  move(route: number): boolean {
    const amount = this.movable(route);
    if (amount === 0) return false;
    const { from, to } = this.plan.routes[route];
    const { pockets } = this.plan;
    const isInside = pockets[from].exchange === pockets[to].exchange;
    const arrivalMs = this.#state[NOW] + (isInside ? 0 : this.#config.transferDelayMs);
    const isSent = this.desk.pockets.transfer(from, to, amount, this.transferFee(route), arrivalMs);
    if (isInside) this.desk.pockets.receive(this.#state[NOW]);
    return isSent;
  }

  save(): Snapshot {
    const { values, edges, before } = this;
    const arrays = { values, edges, before, state: this.#state, start: this.#start };
    return joinSnapshots({
      desk: this.desk.save(),
      ...(this.quotes && { quotes: this.quotes.save() }),
      ...(this.#deleveraging && { deleveraging: this.#deleveraging.save() }),
      own: {
        arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
        values: this.#news === undefined ? {} : { numNews: this.#news.numTaken },
      },
    });
  }

  /** Messages about perpetuals taken so far. */
  get numNews(): number {
    return this.#news?.numTaken ?? 0;
  }

  /** Goes on with a tape without the first rows and messages. */
  forget(numRows: number, numMessages: number, rest: LegTape): void {
    this.#tape = rest;
    this.row -= numRows;
    if (rest.contracts !== undefined) this.#news?.forget(numMessages, rest.contracts);
  }

  /** Whether the funding to come is known of every perpetual, or the last one was exchanged no longer ago than this. */
  isFundingKnown(staleMs: number): boolean {
    return (this.#news?.series ?? []).every((series) => {
      if (series === undefined) return true;
      const { timeMs, length } = series;
      return length > 0 && this.nowMs - timeMs[length - 1] <= staleMs;
    });
  }

  /** @param tape the one that was saved from, at the row that was saved at */
  restore(snapshot: Snapshot, tape: LegTape, row: number): void {
    this.#tape = tape;
    this.row = row;
    if (tape.contracts !== undefined)
      this.#news?.restore(tape.contracts, Number(snapshot.values['own/numNews']));
    this.desk.restore(snapshotPart(snapshot, 'desk'), this.#news?.series ?? tape.funding);
    this.#deleveraging?.load(snapshotPart(snapshot, 'deleveraging'));
    this.quotes?.restore(snapshotPart(snapshot, 'quotes'), tape.trades);
    restoreArrayInto(this.values, snapshot, 'own/values');
    restoreArrayInto(this.edges, snapshot, 'own/edges');
    restoreArrayInto(this.before, snapshot, 'own/before');
    restoreArrayInto(this.#state, snapshot, 'own/state');
    restoreArrayInto(this.#start, snapshot, 'own/start');
  }

  /** Units of its currency that a transfer costs. */
  transferFee(route: number): number {
    const { from, to } = this.plan.routes[route];
    const { pockets, currencies } = this.plan;
    if (pockets[from].exchange === pockets[to].exchange) return 0;
    return this.#config.transferFees[currencies[pockets[from].currency]] ?? 0;
  }

  /** Worst price of an order sent now, quote units. */
  limit(market: number, side: Side): number {
    return this.desk.matchers[market].bestPrice(side) * (1 + side * this.#config.limitRate);
  }

  #takeBook(row: number): void {
    const { books } = this.#tape;
    const market = books.venue[row];
    this.row = row;
    this.#state[NOW] = books.timeMs[row];
    this.desk.matchers[market].setBook(books, row * books.depth, books.timeMs[row]);
    this.desk.markFromBook(market);
  }

  /** Markets that are silent in the warm-up show their last book, as old as it is. */
  #showLastBooks(first: number): void {
    const { books } = this.#tape;
    for (let m = 0; m < this.plan.markets.length; m++) {
      let row = first - 1;
      while (row >= 0 && books.venue[row] !== m) row--;
      if (row < 0) continue;
      this.desk.matchers[m].setBook(books, row * books.depth, books.timeMs[row]);
      this.desk.markFromBook(m);
    }
  }

  #showQuotes(nowMs: number): void {
    const quotes = this.quotes!;
    if (this.#tape.books.venue[this.row] === quotes.market) quotes.onBook(nowMs);
    quotes.hedgeOpen(nowMs);
  }

  #fundUpTo(timeMs: number): void {
    while (this.#state[NEXT_FUNDING] <= timeMs) {
      const at = this.#state[NEXT_FUNDING];
      this.quotes?.upTo(at, false);
      // What arrives at the very time of a funding has arrived too late for it.
      this.desk.arrive(at, false);
      this.desk.fund(at);
      this.#findNextFunding();
    }
  }

  /** Takes what was said of perpetuals up to a time and before the next book. */
  #hear(news: FundingNews, untilMs: number): void {
    const { books } = this.#tape;
    for (
      let at = news.nextBefore(books, this.row + 1);
      at <= untilMs;
      at = news.nextBefore(books, this.row + 1)
    ) {
      if (this.#state[NEXT_FUNDING] <= at) this.#fundUpTo(at);
      news.take();
      this.#findNextFunding();
    }
  }

  #findNextFunding(): void {
    let next = Infinity;
    const { funding, nextFunding } = this.desk;
    for (let m = 0; m < funding.length; m++) {
      const time = funding[m]?.timeMs[nextFunding[m]];
      if (time !== undefined && time < next) next = time;
    }
    this.#state[NEXT_FUNDING] = next;
  }

  #meetAtOnce(): void {
    const now = this.#state[NOW];
    if (this.desk.nextArrivalMs <= now) this.desk.arrive(now, true);
  }

  /** Brings values, edges and equity up to the books. */
  #value(): void {
    const { values, plan, desk, edges, before } = this;
    const { mids, matchers, takerFees, pockets } = desk;
    const { steps, combos, baseCurrency, quoteCurrency } = plan;
    values[0] = 1;
    for (let s = 0; s < steps.length; s++) {
      const { currency, from, market, givesBase } = steps[s];
      values[currency] = givesBase ? values[from] * mids[market] : values[from] / mids[market];
    }
    for (let c = 0; c < combos.length; c++) {
      const { legs } = combos[c];
      let forwards = 0;
      let backwards = 0;
      for (let i = 0; i < legs.length; i++) {
        const { market, side } = legs[i];
        const matcher = matchers[market];
        const toValue = values[quoteCurrency[market]] / values[baseCurrency[market]];
        const ask = matcher.bestPrice(1) * toValue;
        const bid = matcher.bestPrice(-1) * toValue;
        const buys = 1 - ask * (1 + takerFees[market]);
        const sells = bid * (1 - takerFees[market]) - 1;
        const isOpen = ask > 0 && bid > 0;
        forwards += isOpen ? (side === 1 ? buys : sells) : Number.NaN;
        backwards += isOpen ? (side === 1 ? sells : buys) : Number.NaN;
      }
      edges[2 * c] = forwards;
      edges[2 * c + 1] = backwards;
    }
    let equity = this.#config.initialEquity;
    for (let k = 0; k < values.length; k++) equity += (pockets.total(k) - before[k]) * values[k];
    // A contract is worth its own price, not that of the thing: a basis is earned when it has closed.
    for (let m = 0; m < mids.length; m++) {
      const position = pockets.positions[m];
      if (position === 0) continue;
      equity += position * (mids[m] * values[quoteCurrency[m]] - values[baseCurrency[m]]);
    }
    this.#state[EQUITY] = equity;
  }
}
