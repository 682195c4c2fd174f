/**
 * Shares sockets among the connections of one venue's markets: each has the whole conversation of its own market, as if the
 * socket were its own, and venues see few connections. A connection that is given up leaves the others alone.
 */
import type { Clock } from './clock.ts';
import { FairQueue } from './fair-queue.ts';
import type { Socket, SocketHandlers, Transport } from './transport.ts';

/** What has to be known of a venue whose sockets are shared. */
export interface SharingRules {
  /** The venue's own name of the market that a message is about; undefined: all of them, or an answer. */
  marketOf(text: string): string | undefined;
  /** Takes back what a message asked for; undefined where it asked for nothing that lasts. */
  undo(text: string): string | undefined;
  /** A sign of life: one of them is enough for all. */
  isPing(text: string): boolean;
  /** Markets of one socket, at most. */
  readonly maxMarkets: number;
}

/** Pings of several connections that come together are one, ms. */
const SAME_PING_MS = 5000;
/** An older socket takes nobody in: the venue cuts it after a day, and all on it at once, ms. */
const MAX_AGE_MS = 12 * 3_600_000;
/** Between two messages to the venue where nobody says, ms. */
const SEND_INTERVAL_MS = 250;

/** One market's part of a socket. */
interface Lane {
  readonly native: string;
  readonly handlers: SocketHandlers;
  /** Asked for and not taken back. */
  readonly asked: Set<string>;
  isOpen: boolean;
}

interface SharedSocket {
  readonly url: string;
  readonly lanes: Map<string, Lane>;
  readonly queue: FairQueue<string>;
  readonly outgoing: string[];
  readonly startMs: number;
  readonly sendIntervalMs: number;
  socket: Socket | undefined;
  isOpen: boolean;
  isOver: boolean;
  speed: number | undefined;
  pingedMs: number;
  cancelSend: (() => void) | undefined;
}

export class SharedSockets {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #rules: SharingRules;
  readonly #sockets: SharedSocket[] = [];

  /** @param clock schedules turns, in the machine's time */
  constructor(transport: Transport, clock: Clock, rules: SharingRules) {
    this.#transport = transport;
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Sockets that are open or being opened. */
  get numSockets(): number {
    return this.#sockets.length;
  }

  /** The network as one market's connection sees it. @param native the venue's own name of the market */
  transportFor(native: string): Transport {
    return {
      connect: (url, options, handlers) => this.#join(url, options, native, handlers),
      get: (url, options, done) => this.#transport.get(url, options, done),
    };
  }

  #join(
    url: string,
    options: Parameters<Transport['connect']>[1],
    native: string,
    handlers: SocketHandlers,
  ): Socket {
    const shared = this.#roomFor(url, native) ?? this.#open(url, options);
    const lane: Lane = { native, handlers, asked: new Set(), isOpen: false };
    shared.lanes.set(native, lane);
    // Who connects hears of it afterwards, as of any socket.
    if (shared.isOpen) this.#clock.schedule(0, () => this.#greet(shared, lane));
    return {
      send: (text) => {
        if (lane.isOpen && shared.lanes.get(native) === lane) this.#say(shared, lane, text);
      },
      terminate: () => this.#leave(shared, lane),
    };
  }

  #roomFor(url: string, native: string): SharedSocket | undefined {
    const now = this.#clock.monotonicMs();
    return this.#sockets.find(
      (shared) =>
        shared.url === url &&
        shared.lanes.size < this.#rules.maxMarkets &&
        !shared.lanes.has(native) &&
        now - shared.startMs < MAX_AGE_MS,
    );
  }

  #open(url: string, options: Parameters<Transport['connect']>[1]): SharedSocket {
    const shared: SharedSocket = {
      url,
      lanes: new Map(),
      queue: new FairQueue(this.#clock),
      outgoing: [],
      startMs: this.#clock.monotonicMs(),
      sendIntervalMs: options.sendIntervalMs ?? SEND_INTERVAL_MS,
      socket: undefined,
      isOpen: false,
      isOver: false,
      speed: undefined,
      pingedMs: -Infinity,
      cancelSend: undefined,
    };
    this.#sockets.push(shared);
    const all = (tell: (lane: Lane) => void): void => {
      for (const lane of [...shared.lanes.values()])
        if (lane.isOpen) this.#queue(shared, lane, () => tell(lane));
    };
    shared.socket = this.#transport.connect(url, options, {
      open: (speed) => {
        shared.isOpen = true;
        shared.speed = speed;
        for (const lane of [...shared.lanes.values()]) this.#greet(shared, lane);
      },
      text: (text) => {
        const addressed = this.#lanesOf(shared, text);
        for (const lane of addressed) {
          if (lane.isOpen) this.#queue(shared, lane, () => lane.handlers.text(text));
        }
      },
      binary: (bytes) => all((lane) => lane.handlers.binary(bytes)),
      heartbeat: () => all((lane) => lane.handlers.heartbeat()),
      close: (reason, retryAfterMs) => {
        const lanes = [...shared.lanes.values()];
        this.#end(shared);
        for (const lane of lanes) lane.handlers.close(reason, retryAfterMs);
      },
    });
    return shared;
  }

  #greet(shared: SharedSocket, lane: Lane): void {
    if (lane.isOpen || shared.isOver || shared.lanes.get(lane.native) !== lane) return;
    lane.isOpen = true;
    lane.handlers.open(shared.speed);
  }

  /** A message about a market that nobody has any more is for nobody; an answer that names markets is for those alone. */
  #lanesOf({ lanes }: SharedSocket, text: string): Iterable<Lane> {
    const native = this.#rules.marketOf(text);
    if (native !== undefined) {
      const lane = lanes.get(native);
      return lane === undefined ? [] : [lane];
    }
    const named = [...lanes.values()].filter((lane) => names(text, lane.native));
    return named.length > 0 ? named : [...lanes.values()];
  }

  #queue(shared: SharedSocket, lane: Lane, handOn: () => void): void {
    const isPresent = () => !shared.isOver && shared.lanes.get(lane.native) === lane;
    const isTaken = shared.queue.add(lane.native, () => {
      if (isPresent()) handOn();
    });
    if (isTaken) return;
    this.#leave(shared, lane);
    lane.handlers.close('more messages wait than can be taken');
  }

  #say(shared: SharedSocket, lane: Lane, text: string): void {
    if (this.#rules.isPing(text)) {
      const now = this.#clock.monotonicMs();
      if (now - shared.pingedMs < SAME_PING_MS) return;
      shared.pingedMs = now;
    } else lane.asked.add(text);
    this.#send(shared, text);
  }

  #send(shared: SharedSocket, text: string): void {
    shared.outgoing.push(text);
    if (shared.cancelSend === undefined) this.#sendNext(shared);
  }

  /** All that are on a socket together are no faster than the venue bears of one. */
  #sendNext(shared: SharedSocket): void {
    const text = shared.outgoing.shift();
    shared.cancelSend = undefined;
    if (text === undefined || shared.isOver) return;
    shared.socket?.send(text);
    shared.cancelSend = this.#clock.schedule(shared.sendIntervalMs, () => this.#sendNext(shared));
  }

  #leave(shared: SharedSocket, lane: Lane): void {
    if (shared.isOver || shared.lanes.get(lane.native) !== lane) return;
    shared.lanes.delete(lane.native);
    shared.queue.forget(lane.native);
    if (shared.lanes.size === 0) {
      shared.socket?.terminate();
      this.#end(shared);
      return;
    }
    for (const text of lane.asked) {
      const undone = this.#rules.undo(text);
      if (undone !== undefined) this.#send(shared, undone);
    }
  }

  #end(shared: SharedSocket): void {
    shared.isOver = true;
    shared.cancelSend?.();
    shared.lanes.clear();
    const index = this.#sockets.indexOf(shared);
    if (index >= 0) this.#sockets.splice(index, 1);
  }
}

/** Whether a text has a market's name as a word of its own. */
function names(text: string, native: string): boolean {
  const upper = text.toUpperCase();
  const isPart = (character: string | undefined) => character !== undefined && /[A-Z0-9]/.test(character);
  for (let at = upper.indexOf(native); at !== -1; at = upper.indexOf(native, at + 1)) {
    if (!isPart(upper[at - 1]) && !isPart(upper[at + native.length])) return true;
  }
  return false;
}
