/** Keeps one venue connected: carries out what its session asks for, on a clock and a transport that are handed in. */
import type { ConfigSchema } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import type { OrderBook } from '../../market/books/order-book.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { FrameCounters } from './frame-counters.ts';
import { connectBoth } from './joined-sockets.ts';
import { createSteadyClock } from './steady-clock.ts';
import type { HttpAnswer, Socket, SocketHandlers, Transport } from './transport.ts';
import type { VenueCommand, VenueEvent, VenueInput, VenuePlugin, VenueSetup } from './venue.ts';
import { CHANNELS, type Channel, parseMarkets, requireChannels } from './venue-markets.ts';
import { VenueSession } from './venue-session.ts';

export interface VenueConnectionOptions {
  readonly plugin: VenuePlugin<ConfigSchema>;
  /** `BTC/USDT`, … */
  readonly markets: readonly string[];
  /** All of them unless told. */
  readonly channels?: readonly Channel[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Decides the jitter of waits alone. */
  readonly rng: Rng;
  readonly onEvent?: (event: VenueEvent) => void;
  /** One that is there already; `onEvent` is its own then, and its commands come through `command`. */
  readonly session?: VenueSession;
  /** Called before each input is taken: what a tape records. @returns the time at which it is taken, where it is another */
  readonly onInput?: (input: VenueInput, timeMs: number) => number | undefined;
  /** Called before the first input of a connection whose other side says how fast its time passes. */
  readonly onSpeed?: (speed: number) => void;
}

export interface VenueStatus {
  readonly venue: string;
  readonly verified: boolean;
  readonly state: 'stopped' | 'connecting' | 'connected' | 'waiting' | 'disabled';
  /** Why the venue was given up. */
  readonly reason: string | undefined;
  readonly counters: FrameCounters;
  /** Local clock − venue's clock, as `ClockOffset` has it, ms; NaN while unknown. */
  readonly clockOffsetMs: number;
  /** When something last came in, UTC epoch; −Infinity before anything did. */
  readonly lastMessageMs: number;
}

const TICK_MS = 250;
/** A tick that comes this much too late, in the machine's own time, means that the machine or this process was suspended. */
const SUSPENDED_MS = 10_000;
const CONNECT_TIMEOUT_MS = 15_000;
const SNAPSHOT_TIMEOUT_MS = 20_000;
/** A connection that lived this long was a good one: the next wait starts from the shortest again. */
const GOOD_CONNECTION_MS = 60_000;

export class VenueConnection {
  readonly plugin: VenuePlugin<ConfigSchema>;
  /** UTC epoch, never falling: the time to ask `isTradable` about. */
  readonly clock: Clock;
  readonly session: VenueSession;
  readonly #setup: VenueSetup;
  readonly #transport: Transport;
  readonly #rng: Rng;
  readonly #onInput: ((input: VenueInput, timeMs: number) => number | undefined) | undefined;
  readonly #onSpeed: ((speed: number) => void) | undefined;
  readonly #commands: VenueCommand[] = [];
  readonly #outgoing: string[] = [];
  readonly #cancelFetch = new Map<string, () => void>();
  #state: VenueStatus['state'] = 'stopped';
  #socket: Socket | undefined;
  #cancelTick = () => {};
  #cancelWait = () => {};
  #cancelSend: (() => void) | undefined;
  #attempt = 0;
  #openedMs = 0;
  #handling = false;

  /** @throws ConfigError for markets, channels or settings that cannot be */
  constructor(options: VenueConnectionOptions) {
    const { plugin, clock, rng, config = {}, channels = CHANNELS } = options;
    const markets = parseMarkets(plugin.name, options.markets, plugin.nativeSymbol);
    this.plugin = plugin;
    this.clock = createSteadyClock(clock);
    this.#setup = plugin.connect(markets, config);
    this.#transport = this.#setup.transport ?? options.transport;
    this.#rng = rng;
    this.#onInput = options.onInput;
    this.#onSpeed = options.onSpeed;
    this.session =
      options.session ??
      new VenueSession({
        setup: this.#setup,
        markets,
        channels: requireChannels(plugin.name, channels),
        onEvent: options.onEvent ?? (() => {}),
        onCommand: (command) => this.command(command),
      });
  }

  /** What the session asks for, carried out when it has taken the present input. */
  command(command: VenueCommand): void {
    this.#commands.push(command);
  }

  /** Connects, and stays connected until `stop` or until the venue is disabled. */
  start(): void {
    if (this.#state === 'stopped') this.#connect();
  }

  stop(): void {
    if (this.#state === 'stopped') return;
    this.#drop('stopped');
    if (this.#state !== 'disabled') this.#state = 'stopped';
  }

  isTradable(symbol: string, nowMs = this.clock.nowMs()): boolean {
    return this.session.isTradable(symbol, nowMs);
  }

  /** Read it only while `isTradable`. @throws ConfigError `unknown-name` for a market that was not asked for */
  book(symbol: string): OrderBook {
    const feed = this.session.feed(symbol);
    if (feed !== undefined) return feed.book;
    throw new ConfigError(
      'unknown-name',
      `Venue "${this.plugin.name}" was not asked for market "${symbol}".`,
    );
  }

  get status(): VenueStatus {
    const { session, plugin } = this;
    return {
      venue: plugin.name,
      verified: plugin.verified,
      state: this.#state,
      reason: session.disabledReason,
      counters: session.counters,
      clockOffsetMs: session.clockOffset.minimumMs,
      lastMessageMs: session.lastMessageMs,
    };
  }

  #connect(): void {
    this.#state = 'connecting';
    const { url, side, limits } = this.#setup;
    // A socket that was given up may still speak; only the present one is listened to.
    let socket: Socket | undefined;
    const ifPresent = (handle: () => void) => {
      if (socket === this.#socket) handle();
    };
    const handlers: SocketHandlers = {
      open: (speed) => ifPresent(() => this.#opened(speed)),
      text: (text) => ifPresent(() => this.#take({ kind: 'frame', text })),
      binary: (bytes) => ifPresent(() => this.#take({ kind: 'binary', bytes })),
      heartbeat: () => ifPresent(() => this.#take({ kind: 'heartbeat' })),
      close: (reason, retryAfterMs) => ifPresent(() => this.#lost(reason, false, retryAfterMs)),
    };
    socket =
      side === undefined
        ? this.#transport.connect(url, limits, handlers)
        : connectBoth(this.#transport, url, side, limits, () => this.clock.monotonicMs(), handlers);
    this.#socket = socket;
    // The machine's time: a handshake takes as long as it takes, however fast a tape is played.
    this.#cancelWait = this.clock.schedule(CONNECT_TIMEOUT_MS * Math.max(1, this.clock.speed ?? 1), () =>
      this.#lost(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`),
    );
  }

  #opened(told: number | undefined): void {
    this.#cancelWait();
    if (told !== undefined) this.#onSpeed?.(told);
    const { speed = 1 } = this.clock;
    this.#state = 'connected';
    this.#openedMs = this.clock.monotonicMs();
    this.#take(speed === 1 ? { kind: 'open' } : { kind: 'open', speed });
    this.#scheduleTick();
  }

  #scheduleTick(): void {
    if (this.#state !== 'connected') return;
    const scheduledMs = this.clock.nowMs();
    this.#cancelTick = this.clock.schedule(TICK_MS, () => {
      const stoodMs = (this.clock.nowMs() - scheduledMs - TICK_MS) / (this.clock.speed ?? 1);
      if (stoodMs > SUSPENDED_MS) {
        // What waits in the socket is as old as the sleep, and would look as if it were new.
        this.#lost(`this machine or process stood still for ${(stoodMs / 1000).toFixed(0)} s`, true);
        return;
      }
      this.#take({ kind: 'tick' });
      this.#scheduleTick();
    });
  }

  #take(input: VenueInput): void {
    const nowMs = this.clock.nowMs();
    // Clocks of several connections may differ by a hair: what is on the tape counts, for who repeats it.
    const timeMs = this.#onInput?.(input, nowMs) ?? nowMs;
    this.session.handle(input, timeMs);
    // A command may lead to the next input: they are carried out one after another, not within each other.
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift())
        this.#carryOut(command);
    } finally {
      this.#handling = false;
    }
  }

  #carryOut(command: VenueCommand): void {
    // What was meant for a connection that is gone is of no use to the next.
    const isConnected = this.#state === 'connected';
    switch (command.kind) {
      case 'send':
        if (!isConnected) return;
        this.#outgoing.push(command.text);
        if (this.#cancelSend === undefined) this.#sendNext();
        return;
      case 'fetch-snapshot':
        if (isConnected) this.#fetch(command.symbol, command.url, command.delayMs);
        return;
      case 'reconnect':
        // Who heard why the connection is left may have stopped it.
        if (this.#state !== 'stopped') this.#lost(command.reason, command.planned);
        return;
      case 'disable':
        this.#drop(command.reason);
        this.#state = 'disabled';
    }
  }

  /** Messages leave one by one, no closer to each other than the venue bears. */
  #sendNext(): void {
    const text = this.#outgoing.shift();
    this.#cancelSend = undefined;
    if (text === undefined) return;
    this.#socket?.send(text);
    this.#cancelSend = this.clock.schedule(this.#setup.limits.sendIntervalMs, () => this.#sendNext());
  }

  #fetch(symbol: string, url: string, delayMs: number): void {
    this.#cancelFetch.get(symbol)?.();
    const done = ({ status, body, retryAfterMs }: HttpAnswer) => {
      this.#cancelFetch.delete(symbol);
      if (status >= 200 && status < 300) this.#take({ kind: 'snapshot', symbol, body });
      else this.#take({ kind: 'snapshot-failed', symbol, status, retryAfterMs, detail: body.slice(0, 200) });
    };
    const cancel = this.clock.schedule(delayMs, () => {
      this.#cancelFetch.set(symbol, this.#transport.get(url, { timeoutMs: SNAPSHOT_TIMEOUT_MS }, done));
    });
    this.#cancelFetch.set(symbol, cancel);
  }

  /** The socket is of no more use: try again after a while, or at once. */
  #lost(reason: string, atOnce = false, retryAfterMs = 0): void {
    const wasGood =
      this.#state === 'connected' && this.clock.monotonicMs() - this.#openedMs > GOOD_CONNECTION_MS;
    this.#drop(reason);
    if (this.session.disabledReason !== undefined) return;
    if (wasGood) this.#attempt = 0;
    const delayMs =
      atOnce && this.#attempt === 0 ? 0 : Math.max(retryAfterMs, backoffMs(this.#attempt, this.#rng));
    this.#attempt++;
    this.#state = 'waiting';
    this.#cancelWait = this.clock.schedule(delayMs, () => this.#connect());
  }

  /** Leaves the socket without waiting for the other side, and forgets all that was meant for it. */
  #drop(reason: string): void {
    this.#socket?.terminate();
    this.#socket = undefined;
    this.#cancelWait();
    this.#cancelTick();
    this.#cancelSend?.();
    this.#cancelSend = undefined;
    this.#outgoing.length = 0;
    for (const cancel of this.#cancelFetch.values()) cancel();
    this.#cancelFetch.clear();
    this.#take({ kind: 'close', reason });
  }
}
