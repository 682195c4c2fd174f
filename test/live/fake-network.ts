/** A venue in this process, on virtual time, behind a network that can do everything networks do. */
import type { Rng } from '../../core/rng.ts';
import type { SocketHandlers, Transport } from '../../live/connection/transport.ts';
import type { VirtualClock } from '../../live/connection/virtual-clock.ts';
import type { FakeMarket } from './fake-market.ts';
import { countState, type Dialect, type Peer } from './venues/dialects.ts';

/** Chances of each fault, for each frame, connection or request. */
export interface Faults {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly truncate: number;
  readonly stall: number;
  readonly halfOpen: number;
  readonly close: number;
  readonly refuseConnection: number;
  readonly slowSnapshot: number;
  readonly tooManyRequests: number;
  readonly serverError: number;
}

export const NO_FAULTS: Faults = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  truncate: 0,
  stall: 0,
  halfOpen: 0,
  close: 0,
  refuseConnection: 0,
  slowSnapshot: 0,
  tooManyRequests: 0,
  serverError: 0,
};

export const MANY_FAULTS: Faults = {
  drop: 0.02,
  duplicate: 0.02,
  reorder: 0.02,
  truncate: 0.005,
  stall: 0.004,
  halfOpen: 0.002,
  close: 0.005,
  refuseConnection: 0.2,
  slowSnapshot: 0.15,
  tooManyRequests: 0.15,
  serverError: 0.1,
};

const UPDATE_MS = 250;
const MAX_LATENCY_MS = 60;
const MAX_EXTRA_MS = 500;
/** The latest that a frame can come which is not lost, ms. */
export const LATEST_MS = MAX_LATENCY_MS + MAX_EXTRA_MS;

interface Client extends Peer {
  readonly handlers: SocketHandlers;
  alive: boolean;
  silentUntilMs: number;
  lastArrivalMs: number;
}

export class FakeNetwork implements Transport {
  readonly #clock: VirtualClock;
  readonly #rng: Rng;
  readonly #dialect: Dialect;
  readonly #markets: readonly FakeMarket[];
  readonly #clients = new Set<Client>();
  faults: Faults = NO_FAULTS;
  /** The markets do not move. */
  paused = false;
  /** The venue's clock − ours, ms. */
  skewMs = 0;
  /** Faults so far, by name. */
  readonly counts = new Map<string, number>();

  constructor(clock: VirtualClock, rng: Rng, dialect: Dialect, markets: readonly FakeMarket[]) {
    this.#clock = clock;
    this.#rng = rng;
    this.#dialect = dialect;
    this.#markets = markets;
    this.#every(UPDATE_MS, () => this.#update());
    this.#every(1000, () => this.#beat());
    // Only Binance's server pings; a minute passes before it would cut.
    if (dialect.rest !== undefined) this.#every(20_000, () => this.#ping());
  }

  connect(_url: string, _options: object, handlers: SocketHandlers) {
    const client: Client = {
      markets: this.#markets,
      subscribed: new Map(),
      sequence: 0,
      nowMs: () => this.#clock.monotonicMs() + this.skewMs,
      send: (data) => this.#send(client, String(data)),
      handlers,
      alive: true,
      silentUntilMs: -1,
      lastArrivalMs: 0,
    };
    if (this.#happens('refuseConnection')) {
      this.#clock.schedule(50, () => client.alive && handlers.close('code 1006, refused'));
    } else {
      this.#clock.schedule(50, () => {
        if (!client.alive) return;
        this.#clients.add(client);
        handlers.open();
      });
    }
    return {
      send: (text: string) => {
        this.#clock.schedule(30, () => {
          if (client.alive && client.silentUntilMs < Infinity) this.#dialect.hear(client, text);
        });
      },
      terminate: () => this.#end(client),
    };
  }

  get(url: string, { timeoutMs }: { timeoutMs: number }, done: Parameters<Transport['get']>[2]) {
    const { searchParams } = new URL(url);
    const native =
      searchParams.get('symbol') ?? searchParams.get('instId')?.replace('-SWAP', '').replace('-', '');
    const market = this.#markets.find(({ base, quote }) => base + quote === native)!;
    const answer = { status: 200, body: this.#dialect.rest!(market, url), retryAfterMs: 0 };
    let delayMs = 40 + this.#rng.integer(100);
    if (this.#happens('tooManyRequests')) {
      Object.assign(answer, {
        status: 429,
        body: 'Too many requests',
        retryAfterMs: 1000 * (1 + this.#rng.integer(3)),
      });
    } else if (this.#happens('serverError')) Object.assign(answer, { status: 503, body: 'Unavailable' });
    else if (this.#happens('slowSnapshot')) delayMs = 1000 + this.#rng.integer(24_000);
    if (delayMs > timeoutMs) Object.assign(answer, { status: 0, body: 'timeout' });
    return this.#clock.schedule(Math.min(delayMs, timeoutMs), () => done(answer));
  }

  #every(intervalMs: number, run: () => void): void {
    this.#clock.schedule(intervalMs, () => {
      run();
      this.#every(intervalMs, run);
    });
  }

  #update(): void {
    if (this.paused) return;
    const market = this.#markets[this.#rng.integer(this.#markets.length)];
    const change = market.advance(this.#clock.monotonicMs());
    countState(market);
    for (const client of this.#clients)
      if (client.subscribed.has(market)) this.#dialect.tell(client, market, change);
  }

  #beat(): void {
    for (const client of this.#clients) this.#dialect.beat?.(client);
  }

  #ping(): void {
    for (const client of this.#clients)
      if (client.silentUntilMs < this.#clock.monotonicMs()) client.handlers.heartbeat();
  }

  #send(client: Client, whole: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#happens('stall'))
      client.silentUntilMs = Math.max(client.silentUntilMs, nowMs + this.#rng.integer(60_000));
    if (this.#happens('halfOpen')) client.silentUntilMs = Infinity;
    if (this.#happens('close')) {
      this.#clock.schedule(20, () => {
        if (!client.alive) return;
        this.#end(client);
        client.handlers.close('code 1006');
      });
    }
    if (nowMs < client.silentUntilMs || this.#happens('drop')) return;
    const text = this.#happens('truncate') ? whole.slice(0, this.#rng.integer(whole.length)) : whole;
    const latencyMs = 10 + this.#rng.integer(MAX_LATENCY_MS - 10);
    if (this.#happens('reorder')) {
      this.#deliver(client, text, latencyMs + this.#rng.integer(MAX_EXTRA_MS));
      return;
    }
    client.lastArrivalMs = Math.max(client.lastArrivalMs, nowMs + latencyMs);
    const delayMs = client.lastArrivalMs - nowMs;
    this.#deliver(client, text, delayMs);
    if (this.#happens('duplicate'))
      this.#deliver(client, text, delayMs + this.#rng.integer(MAX_EXTRA_MS - MAX_LATENCY_MS));
  }

  #deliver(client: Client, text: string, delayMs: number): void {
    this.#clock.schedule(delayMs, () => {
      if (client.alive) client.handlers.text(text);
    });
  }

  #end(client: Client): void {
    client.alive = false;
    this.#clients.delete(client);
  }

  #happens(fault: keyof Faults): boolean {
    if (!(this.#rng.uniform() < this.faults[fault])) return false;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return true;
  }
}
