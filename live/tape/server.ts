/**
 * Plays a tape to any client as its venues would: each venue on a path of its own, `/bybit`, `/binance`, over WebSocket,
 * and snapshots over HTTP below it. Frames are sent as they were recorded, byte for byte: their exchange times are those
 * of the recording, since a frame with other times would be another frame, and checksums would prove nothing.
 *
 * The tape begins to play when each of its venues has a client. A client that comes later, or again, gets what its venue
 * has sent since its connection on the tape began, at once, and then goes on with the others.
 */
import { LiveError } from '../../core/errors.ts';
import type { TapeEntry, TapeRecord } from '../../storage/tape.ts';
import type { Clock } from '../connection/clock.ts';
import type { HttpAnswer } from '../connection/transport.ts';
import { readHeader, type SessionHeader } from '../session/assemble.ts';
import { inputFromJson } from '../session/inputs.ts';
import { namedMarkets } from '../session/market-names.ts';
import { startVenueServer, type VenueClient, type VenueServer } from './venue-server.ts';

export interface TapeServerOptions {
  /** Gives the tape's entries from the first one on; asked again for clients that come late. */
  readonly open: () => Iterable<TapeEntry>;
  /** The tape's times pass on it: a scaled clock plays faster, and clients are told its speed. */
  readonly clock: Clock;
  /** 0 by default: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** The last frame was sent. */
  readonly onEnd?: () => void;
}

export interface TapeServer {
  readonly header: SessionHeader;
  /** WebSocket URL and HTTP URL of each of the tape's venues. */
  readonly endpoints: readonly { readonly venue: string; readonly url: string; readonly restUrl: string }[];
  readonly numSent: number;
  close(): Promise<void>;
}

const NO_BODY: HttpAnswer = { status: 404, body: '', retryAfterMs: 0 };
/** Frames sent without a pause, so that clients that wait are heard in between. */
const BURST = 1000;
/** A snapshot that comes later on the tape is no answer to its beginning. */
const FIRST_SNAPSHOT_RECORDS = 10_000;

/** @throws LiveError `empty-tape`, `foreign-tape`, `port-in-use`, `cannot-listen`; StorageError for a damaged tape */
export async function serveTape(options: TapeServerOptions): Promise<TapeServer> {
  const player = new TapePlayer(options);
  const server = await startVenueServer({
    port: options.port,
    host: options.host,
    onConnect: (client) => player.connect(client),
    onClose: (client) => player.disconnect(client),
    answer: (url) => player.answer(url),
    speed: options.clock.speed ?? 1,
  });
  return {
    header: player.header,
    endpoints: namedMarkets(player.header.config.markets).map(({ name }) => endpointOf(server, name)),
    get numSent() {
      return player.numSent;
    },
    close() {
      player.stop();
      return server.close();
    },
  };
}

function endpointOf({ url, restUrl }: VenueServer, venue: string) {
  return { venue, url: `${url}/${venue}`, restUrl: `${restUrl}/${venue}` };
}

class TapePlayer {
  readonly header: SessionHeader;
  numSent = 0;
  readonly #options: TapeServerOptions;
  readonly #entries: Iterator<TapeEntry>;
  /** By source. */
  readonly #clients: Set<VenueClient>[];
  /** By source: the last snapshot that was played, or the first one to come. */
  readonly #snapshots: (string | undefined)[];
  /** By source: index of the record that opened the connection which plays now. */
  readonly #openedAt: number[];
  #next: TapeEntry | undefined;
  #offsetMs = Number.NaN;
  #cancel = () => {};
  #isOver = false;

  constructor(options: TapeServerOptions) {
    this.#options = options;
    this.#entries = options.open()[Symbol.iterator]();
    const first = this.#pull();
    if (first === undefined) {
      throw new LiveError('empty-tape', 'The tape holds no record: there is nothing to play.');
    }
    this.header = readHeader(first.record);
    const { markets } = this.header.config;
    this.#clients = markets.map(() => new Set());
    this.#openedAt = markets.map(() => 0);
    this.#snapshots = firstSnapshots(options.open(), markets.length);
    this.#next = this.#pull();
  }

  connect(client: VenueClient): void {
    const source = this.#sourceOf(client.path);
    if (source < 0) {
      const known = namedMarkets(this.header.config.markets)
        .map(({ name }) => `/${name}`)
        .join(', ');
      client.refuse(`the tape has ${known}`);
      return;
    }
    if (!Number.isNaN(this.#offsetMs)) this.#catchUp(client, source);
    this.#clients[source].add(client);
    const isComplete = this.#clients.every((clients) => clients.size > 0);
    if (Number.isNaN(this.#offsetMs) && isComplete) this.#begin();
  }

  disconnect(client: VenueClient): void {
    for (const clients of this.#clients) clients.delete(client);
  }

  answer(url: URL): HttpAnswer {
    const body = this.#snapshots[this.#sourceOf(url.pathname)];
    return body === undefined ? NO_BODY : { status: 200, body, retryAfterMs: 0 };
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #sourceOf(path: string): number {
    const name = path.split('/')[1];
    return namedMarkets(this.header.config.markets).findIndex((market) => market.name === name);
  }

  #pull(): TapeEntry | undefined {
    const { done, value } = this.#entries.next();
    return done ? undefined : value;
  }

  #begin(): void {
    this.#offsetMs = this.#options.clock.nowMs() - (this.#next?.record[1] ?? 0);
    this.#play();
  }

  /** Sends what is due, and comes back when the next is. */
  #play(): void {
    const { clock, onEnd } = this.#options;
    for (let sent = 0; sent < BURST; sent++) {
      const next = this.#next;
      if (next === undefined) {
        if (!this.#isOver) onEnd?.();
        this.#isOver = true;
        return;
      }
      const delayMs = next.record[1] + this.#offsetMs - clock.nowMs();
      if (delayMs > 0) {
        this.#cancel = clock.schedule(delayMs, () => this.#play());
        return;
      }
      this.#perform(next);
      this.#next = this.#pull();
    }
    this.#cancel = clock.schedule(0, () => this.#play());
  }

  #perform({ record, index }: TapeEntry): void {
    const [source, input] = inputOf(record);
    if (input === undefined) return;
    if (input.kind === 'open') this.#openedAt[source] = index;
    else if (input.kind === 'snapshot') this.#snapshots[source] = input.body;
    else if (input.kind === 'frame') {
      for (const client of this.#clients[source]) client.send(input.text);
      this.numSent++;
    }
  }

  #catchUp(client: VenueClient, source: number): void {
    const end = this.#next?.index ?? Infinity;
    for (const { record, index } of this.#options.open()) {
      if (index >= end) return;
      if (index <= this.#openedAt[source]) continue;
      const [from, input] = inputOf(record);
      if (from === source && input?.kind === 'frame') client.send(input.text);
    }
  }
}

function inputOf([kind, , source, ...body]: TapeRecord) {
  return [Number(source), kind === 'input' ? inputFromJson(body) : undefined] as const;
}

/** What a client is given that asks before the tape's own answer has come. */
function firstSnapshots(entries: Iterable<TapeEntry>, numSources: number): (string | undefined)[] {
  const found: (string | undefined)[] = Array.from({ length: numSources });
  for (const { record, index } of entries) {
    if (index > FIRST_SNAPSHOT_RECORDS) break;
    const [source, input] = inputOf(record);
    if (input?.kind === 'snapshot') found[source] ??= input.body;
    if (found.every((body) => body !== undefined)) break;
  }
  return found;
}
