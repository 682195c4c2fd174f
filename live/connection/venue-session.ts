/**
 * Decides everything between a venue's protocol and the outside that needs no socket: what is valid, what is stale,
 * what was lost, what is counted, and when to give up. A function of its inputs and their times alone.
 */

import type { PlainState } from '../../core/plain-state.ts';
import { printable } from '../../core/printable.ts';
import { ClockOffset } from './clock-offset.ts';
import { createFrameCounters, type FrameCounters } from './frame-counters.ts';
import { MarketFeed } from './market-feed.ts';
import {
  FrameError,
  type LossReason,
  type ProtocolHost,
  type VenueCommand,
  type VenueEvent,
  type VenueInput,
  type VenueProtocol,
  type VenueSetup,
} from './venue.ts';
import { type ConnectionLimits, pacedLimits } from './venue-config.ts';
import type { Channel, VenueMarket } from './venue-markets.ts';

export interface VenueSessionOptions {
  readonly setup: VenueSetup;
  readonly markets: readonly VenueMarket[];
  readonly channels: readonly Channel[];
  onEvent(event: VenueEvent): void;
  onCommand(command: VenueCommand): void;
}

/** A price that changes by more than this factor from one book to the next is believed when a whole book anew says so. */
const MAX_JUMP = 4;

const isJump = (mid: number, before: number): boolean => mid > MAX_JUMP * before || mid * MAX_JUMP < before;

type SessionState = 'closed' | 'open' | 'leaving' | 'disabled';

/** What `save` gives. */
interface SavedSession {
  readonly counters: FrameCounters;
  readonly clockOffset: PlainState;
  readonly failures: readonly number[];
  readonly unknown: readonly number[];
  readonly notBeforeMs: number;
  readonly state: SessionState;
  readonly timeMs: number;
  /** Absent in what was saved before it was kept. */
  readonly speed?: number;
  readonly openedMs: number;
  readonly lastMessageMs: number;
  readonly trading: boolean;
  readonly disabledReason: string | null;
  readonly feeds: readonly PlainState[];
  readonly protocol: PlainState;
}

export class VenueSession implements ProtocolHost {
  readonly feeds: readonly MarketFeed[];
  readonly counters: FrameCounters = createFrameCounters();
  readonly clockOffset = new ClockOffset();
  readonly #feedBySymbol: ReadonlyMap<string, MarketFeed>;
  /** As they were set, and as they are on the present connection. */
  readonly #setLimits: ConnectionLimits;
  #limits: ConnectionLimits;
  /** Times as fast as the machine's that the time of the present connection passes. */
  #speed = 1;
  readonly #channels: readonly Channel[];
  readonly #protocol: VenueProtocol;
  readonly #onEvent: (event: VenueEvent) => void;
  readonly #onCommand: (command: VenueCommand) => void;
  /** Times of the losses and failures that still count. */
  readonly #failures: number[] = [];
  /** Times of the unknown messages that still count. */
  readonly #unknown: number[] = [];
  /** No snapshot is asked for before this: the venue said so, and means every connection. */
  #notBeforeMs = -Infinity;
  #state: SessionState = 'closed';
  #timeMs = -Infinity;
  #openedMs = Number.NaN;
  #lastMessageMs = -Infinity;
  #trading = true;
  #disabledReason: string | undefined;

  constructor({ setup, markets, channels, onEvent, onCommand }: VenueSessionOptions) {
    this.feeds = markets.map((market) => new MarketFeed(market));
    this.#feedBySymbol = new Map(this.feeds.map((feed) => [feed.symbol, feed]));
    this.#setLimits = setup.limits;
    this.#limits = setup.limits;
    this.#channels = channels;
    this.#onEvent = onEvent;
    this.#onCommand = onCommand;
    this.#protocol = setup.createProtocol(this);
  }

  /** Why the venue was given up, or undefined while it was not. */
  get disabledReason(): string | undefined {
    return this.#disabledReason;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** When something last came in, UTC epoch. */
  get lastMessageMs(): number {
    return this.#lastMessageMs;
  }

  feed(symbol: string): MarketFeed | undefined {
    return this.#feedBySymbol.get(symbol);
  }

  /** Whether a market may be traded on: its book is good, the venue trades, and the connection is alive. */
  isTradable(symbol: string, nowMs: number): boolean {
    const { staleAfterMs, silenceMs } = this.#limits;
    return (
      this.#state === 'open' &&
      this.#trading &&
      nowMs - this.#lastMessageMs <= silenceMs &&
      this.#feedBySymbol.get(symbol)?.isGood(nowMs, staleAfterMs, this.#speed) === true
    );
  }

  /** Takes one input; events and commands come back before it returns. @param timeMs never below the last one's */
  handle(input: VenueInput, timeMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    if (this.#state === 'disabled') return;
    if (input.kind === 'open') {
      this.#open(input.speed);
      return;
    }
    if (input.kind === 'close') {
      this.#close(input.reason);
      return;
    }
    if (this.#state !== 'open') return;
    switch (input.kind) {
      case 'frame':
        this.counters.frames++;
        this.#lastMessageMs = this.#timeMs;
        this.#guard(undefined, () => this.#protocol.frame(input.text, this.#timeMs));
        return;
      case 'binary':
        this.counters.frames++;
        this.#reject(new FrameError('unreadable', `a binary frame of ${input.bytes} bytes`));
        return;
      case 'heartbeat':
        this.#lastMessageMs = this.#timeMs;
        return;
      case 'snapshot': {
        const feed = this.#feedBySymbol.get(input.symbol);
        if (feed === undefined) return;
        this.counters.snapshots++;
        this.#guard(feed, () => this.#protocol.snapshot?.(feed, input.body, this.#timeMs));
        return;
      }
      case 'snapshot-failed': {
        const feed = this.#feedBySymbol.get(input.symbol);
        if (feed === undefined) return;
        this.counters.snapshotFailures++;
        const { status, retryAfterMs } = input;
        const detail = printable(input.detail);
        this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#timeMs + retryAfterMs);
        if (this.#spend(`snapshot of ${input.symbol} failed: ${status} ${detail}`))
          this.#protocol.snapshotFailed?.(feed, status, retryAfterMs, detail);
        return;
      }
      case 'tick':
        this.#tick();
        return;
    }
  }

  // What the protocol asks for.

  has(channel: Channel): boolean {
    return this.#channels.includes(channel);
  }

  send(text: string): void {
    this.#onCommand({ kind: 'send', text });
  }

  fetchSnapshot(symbol: string, url: string, delayMs: number): void {
    const atLeastMs = Math.max(delayMs, this.#notBeforeMs - this.#timeMs);
    this.#onCommand({ kind: 'fetch-snapshot', symbol, url, delayMs: atLeastMs });
  }

  publish(feed: MarketFeed, exchangeTimeMs: number, asOfMs = this.#timeMs): void {
    if (this.#state !== 'open') return;
    const { book } = feed;
    const timeMs = this.#timeMs;
    if (book.isCrossed) {
      this.lose([feed], 'crossed-book', `bid ${book.bestBid} is not below ask ${book.bestAsk}`);
      return;
    }
    const mid = 0.5 * (book.bestBid + book.bestAsk);
    if (isJump(mid, feed.lastMid)) {
      this.lose([feed], 'price-jump', `the middle goes from ${feed.lastMid} to ${mid} at once`);
      return;
    }
    feed.wasEverGood = true;
    if (mid > 0) feed.lastMid = mid;
    feed.valid = true;
    feed.waitingSinceMs = Number.NaN;
    feed.staleReported = false;
    feed.confirmedMs = asOfMs;
    feed.pace.add(asOfMs);
    feed.exchangeTimeMs = exchangeTimeMs;
    feed.lagMs = Number.isNaN(exchangeTimeMs) ? 0 : this.clockOffset.add(asOfMs, exchangeTimeMs);
    this.counters.bookUpdates++;
    this.#onEvent({ kind: 'book', timeMs, symbol: feed.symbol, book, exchangeTimeMs });
  }

  trade({ symbol }: MarketFeed, trade: Parameters<ProtocolHost['trade']>[1]): void {
    this.counters.trades++;
    this.#onEvent({ kind: 'trade', timeMs: this.#timeMs, symbol, ...trade });
  }

  ticker({ symbol }: MarketFeed, ticker: Parameters<ProtocolHost['ticker']>[1]): void {
    this.counters.tickers++;
    this.#onEvent({ kind: 'ticker', timeMs: this.#timeMs, symbol, ...ticker });
  }

  contract({ symbol, lastMid }: MarketFeed, contract: Parameters<ProtocolHost['contract']>[1]): void {
    // Margin is called at the mark: one that the book contradicts would close a position.
    if (isJump(contract.mark, lastMid)) {
      const detail = `a mark of ${contract.mark} beside a book around ${lastMid}`;
      throw new FrameError('malformed', detail);
    }
    // Counted where there are any: what a session of spot markets keeps is as it was before there were perpetuals.
    this.counters.contracts = (this.counters.contracts ?? 0) + 1;
    this.#onEvent({ kind: 'contract', timeMs: this.#timeMs, symbol, ...contract });
  }

  instrument({ symbol }: MarketFeed, instrument: Parameters<ProtocolHost['instrument']>[1]): void {
    this.#onEvent({ kind: 'instrument', timeMs: this.#timeMs, symbol, ...instrument });
  }

  lose(feeds: readonly MarketFeed[], reason: LossReason, detail: string): void {
    if (this.#state !== 'open') return;
    this.counters.losses[reason] = (this.counters.losses[reason] ?? 0) + 1;
    for (const feed of feeds) this.#invalidate(feed, reason, detail);
    const names = feeds.map(({ symbol }) => symbol).join(', ');
    if (!this.#spend(`${reason} in ${names}: ${detail}`)) return;
    this.counters.resyncs++;
    this.#protocol.resync(feeds, this.#timeMs);
  }

  countDuplicate(): void {
    this.counters.duplicates++;
  }

  reconnect(reason: string): void {
    this.#leave(reason, true);
  }

  retry(reason: string): void {
    this.#leave(reason, false);
  }

  setTrading(trading: boolean, detail: string): void {
    if (trading === this.#trading) return;
    this.#trading = trading;
    this.#onEvent({ kind: 'venue-status', timeMs: this.#timeMs, trading, detail });
  }

  refuse(detail: string): void {
    this.#disable(`the venue refuses: ${detail}`);
  }

  /** All that its future depends on; undefined where its protocol cannot say. */
  save(): PlainState {
    if (this.#protocol.save === undefined || this.#protocol.load === undefined) return undefined;
    return {
      counters: structuredClone(this.counters) as unknown as PlainState,
      clockOffset: this.clockOffset.save(),
      failures: this.#failures,
      unknown: this.#unknown,
      notBeforeMs: this.#notBeforeMs,
      state: this.#state,
      timeMs: this.#timeMs,
      speed: this.#speed,
      openedMs: this.#openedMs,
      lastMessageMs: this.#lastMessageMs,
      trading: this.#trading,
      disabledReason: this.#disabledReason ?? null,
      feeds: this.feeds.map((feed) => feed.save()),
      protocol: this.#protocol.save(),
    };
  }

  /** @param state as `save` gave it, of a session for the same markets */
  load(state: PlainState): void {
    const saved = state as unknown as SavedSession;
    Object.assign(this.counters, saved.counters);
    this.clockOffset.load(saved.clockOffset);
    this.#failures.splice(0, Infinity, ...saved.failures);
    this.#unknown.splice(0, Infinity, ...saved.unknown);
    this.#notBeforeMs = saved.notBeforeMs;
    this.#state = saved.state;
    this.#timeMs = saved.timeMs;
    this.#setSpeed(saved.speed ?? 1);
    this.#openedMs = saved.openedMs;
    this.#lastMessageMs = saved.lastMessageMs;
    this.#trading = saved.trading;
    this.#disabledReason = saved.disabledReason ?? undefined;
    for (const [index, feed] of this.feeds.entries()) feed.load(saved.feeds[index]);
    this.#protocol.load?.(saved.protocol);
  }

  // How the connection lives.

  #setSpeed(speed: number): void {
    this.#speed = speed;
    this.#limits = pacedLimits(this.#setLimits, speed);
  }

  #open(speed = 1): void {
    const timeMs = this.#timeMs;
    this.#setSpeed(speed);
    this.#state = 'open';
    this.#openedMs = timeMs;
    this.#lastMessageMs = timeMs;
    this.#trading = true;
    this.counters.connections++;
    for (const feed of this.feeds) feed.invalidate(timeMs);
    this.#onEvent({ kind: 'connected', timeMs });
    this.#protocol.open(timeMs);
  }

  #close(text: string): void {
    const reason = printable(text);
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    for (const feed of this.feeds) this.#invalidate(feed, 'disconnected', reason);
    this.#onEvent({ kind: 'disconnected', timeMs: this.#timeMs, reason });
    if (wasOpen) this.#spend(`the connection closed: ${reason}`);
  }

  #tick(): void {
    const nowMs = this.#timeMs;
    const limits = this.#limits;
    const silentMs = nowMs - this.#lastMessageMs;
    if (silentMs > limits.silenceMs) {
      this.#leave(`nothing heard for ${silentMs} ms`, false);
      return;
    }
    if (nowMs - this.#openedMs > limits.rotateAfterMs) {
      this.#leave('the connection is old', true);
      return;
    }
    this.#protocol.tick?.(nowMs, silentMs);
    if (!this.has('book')) return;
    for (const feed of this.feeds) {
      if (this.#state !== 'open') return;
      const ageMs = nowMs - feed.confirmedMs;
      if (!feed.valid) {
        // While the venue wants to be left alone, a book cannot come.
        const waitedMs = nowMs - Math.max(feed.waitingSinceMs, this.#notBeforeMs);
        if (waitedMs > limits.syncDeadlineMs) {
          this.counters.losses['no-snapshot'] = (this.counters.losses['no-snapshot'] ?? 0) + 1;
          this.#leave(`no book of ${feed.symbol} within ${waitedMs} ms`, false);
          return;
        }
      } else if (ageMs > limits.streamDeadlineMs) {
        this.lose([feed], 'stream-silent', `nothing for ${ageMs} ms`);
      } else if (ageMs > limits.staleAfterMs && !feed.staleReported) {
        feed.staleReported = true;
        this.counters.stale++;
        this.#onEvent({ kind: 'book-stale', timeMs: nowMs, symbol: feed.symbol, ageMs });
      }
    }
  }

  /** Runs what reads a message; what it cannot use is counted, and books that it may concern are not trusted. */
  #guard(feed: MarketFeed | undefined, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#reject(error);
      // An unreadable snapshot says nothing about the connection: it is asked for again.
      if (feed !== undefined && this.#spend(`snapshot of ${feed.symbol}: ${error.message}`))
        this.#protocol.snapshotFailed?.(feed, 0, 0, error.message);
    }
  }

  #reject({ reason, message: detail }: FrameError): void {
    this.counters.rejected[reason]++;
    this.#onEvent({ kind: 'rejected', timeMs: this.#timeMs, reason, detail });
    // What was in it nobody knows: any book may lack it.
    if (reason === 'unreadable') this.#leave(`unreadable frame: ${detail}`, false);
    else if (reason === 'unknown-message') this.#countUnknown(detail);
  }

  /** A venue that says nothing else any more is as good as silent. */
  #countUnknown(detail: string): void {
    const unknown = this.#unknown;
    const { unknownBudget, resyncWindowMs } = this.#limits;
    while (unknown.length > 0 && this.#timeMs - unknown[0] > resyncWindowMs) unknown.shift();
    unknown.push(this.#timeMs);
    if (unknown.length <= unknownBudget) return;
    const count = unknown.length;
    unknown.length = 0;
    this.#leave(`${count} messages of no known kind, the last: ${detail}`, false);
  }

  #invalidate(feed: MarketFeed, reason: LossReason, detail: string): void {
    const { valid, symbol } = feed;
    feed.invalidate(this.#timeMs);
    if (valid) this.#onEvent({ kind: 'book-lost', timeMs: this.#timeMs, symbol, reason, detail });
  }

  #leave(reason: string, planned: boolean): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    for (const feed of this.feeds) this.#invalidate(feed, 'disconnected', reason);
    if (planned || this.#spend(reason)) this.#onCommand({ kind: 'reconnect', reason, planned });
  }

  /** Counts a loss or failure. @returns whether the budget bears it; if not, the venue is disabled */
  #spend(reason: string): boolean {
    if (this.#disabledReason !== undefined) return false;
    const failures = this.#failures;
    const { resyncBudget, resyncWindowMs } = this.#limits;
    while (failures.length > 0 && this.#timeMs - failures[0] > resyncWindowMs) failures.shift();
    failures.push(this.#timeMs);
    if (failures.length <= resyncBudget) return true;
    this.#disable(
      `${failures.length} losses or failures within ${resyncWindowMs / 1000} s, the last: ${reason}`,
    );
    return false;
  }

  #disable(text: string): void {
    if (this.#disabledReason !== undefined) return;
    const reason = printable(text);
    const timeMs = this.#timeMs;
    this.#disabledReason = reason;
    for (const feed of this.feeds) this.#invalidate(feed, 'disconnected', reason);
    this.#state = 'disabled';
    this.#onEvent({ kind: 'disabled', timeMs, reason });
    this.#onCommand({ kind: 'disable', reason });
  }
}
