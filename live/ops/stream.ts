/** Streams what happens in a session to any number of WebSocket clients, none of which can make it wait. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../connection/clock.ts';
import type { OpsNews, OpsView } from './view.ts';

/** News are collected this long before they are sent, ms. */
const FLUSH_MS = 100;
/** Flushes between two messages of the whole state. */
const STATE_EVERY = 5;
/** News beyond this many within one flush are only counted. */
const MAX_NEWS = 1000;
/** A client with more bytes than this waiting for it is cut off. */
const MAX_BUFFERED = 1 << 20;
/** How long clients have to take the last message, ms. */
const END_MS = 500;
const MAX_CLIENTS = 64;
/** All clients together may have so many bytes waiting for them; then the slowest goes. */
const MAX_BUFFERED_TOTAL = 32 << 20;
/** A client that has answered no ping for so long does not read, ms. */
const STALLED_MS = 2000;
/** Clients have nothing to say. */
const MAX_PAYLOAD = 1024;
/** RFC 6455: the endpoint received a type of data it cannot accept. */
const CANNOT_ACCEPT = 1003;

/**
 * Messages are JSON: `{"kind": "start", state, history}` first, then `decision`, `event`, `state` twice a second, and
 * `missed` with a count where there was more than anybody could read.
 */
export class OpsStream {
  readonly #view: OpsView;
  readonly #clock: Clock;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
  });
  readonly #news: OpsNews[] = [];
  /** When each client last answered a ping. */
  readonly #heardMs = new WeakMap<WebSocket, number>();
  #numMissed = 0;
  #numFlushes = 0;
  #unsubscribe: (() => void) | undefined;
  #cancelFlush = () => {};
  /** Clients that were cut off because they read too slowly. */
  numDropped = 0;

  constructor(view: OpsView, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
    this.#server.on('connection', (socket: WebSocket) => this.#welcome(socket));
  }

  get numClients(): number {
    return this.#server.clients.size;
  }

  /** Whether nobody can be let go for another client: all of them read. */
  get isFull(): boolean {
    return this.numClients >= MAX_CLIENTS && this.#slowest() === undefined;
  }

  /** Makes a client of an HTTP request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.numClients >= MAX_CLIENTS) this.#drop(this.#slowest());
    // What was collected so far is in the history that this client gets.
    this.#flushNews();
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#server.emit('connection', client, request);
    });
  }

  /** The session is over: clients are told its last state, and what it was, before they are let go. */
  async end(summary: object | undefined): Promise<void> {
    if (this.numClients === 0) return;
    this.#flushNews();
    this.#rest();
    const text = JSON.stringify({ kind: 'end', state: this.#view.state(), summary: summary ?? null });
    const told = [...this.#server.clients].map(
      (client) => new Promise<void>((resolve) => client.send(text, () => resolve())),
    );
    // Who does not read is not waited for.
    let cancel = (): void => {};
    const patience = new Promise<void>((resolve) => {
      cancel = this.#clock.schedule(END_MS, resolve);
    });
    await Promise.race([Promise.all(told), patience]);
    cancel();
  }

  close(): void {
    this.#rest();
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #welcome(socket: WebSocket): void {
    // A client that breaks the protocol is closed by `ws`, with the fitting code.
    socket.on('error', () => {});
    socket.on('message', () => socket.close(CANNOT_ACCEPT, 'this stream takes no messages'));
    this.#heardMs.set(socket, this.#clock.monotonicMs());
    socket.on('pong', () => this.#heardMs.set(socket, this.#clock.monotonicMs()));
    socket.on('close', () => {
      if (this.numClients === 0) this.#rest();
    });
    socket.send(JSON.stringify({ kind: 'start', state: this.#view.state(), history: this.#view.history() }));
    if (this.#unsubscribe !== undefined) return;
    this.#unsubscribe = this.#view.subscribe((news) => {
      if (this.#news.length < MAX_NEWS) this.#news.push(news);
      else this.#numMissed++;
    });
    this.#scheduleFlush();
  }

  /** While nobody looks, nothing is collected. */
  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#cancelFlush();
    this.#news.length = 0;
    this.#numMissed = 0;
  }

  #scheduleFlush(): void {
    this.#cancelFlush = this.#clock.schedule(FLUSH_MS, () => {
      this.#flush();
      if (this.#unsubscribe !== undefined) this.#scheduleFlush();
    });
  }

  #flushNews(): void {
    for (const news of this.#news) this.#send(news);
    this.#news.length = 0;
    if (this.#numMissed > 0) this.#send({ kind: 'missed', count: this.#numMissed });
    this.#numMissed = 0;
  }

  #flush(): void {
    this.#flushNews();
    if (this.#numFlushes % STATE_EVERY === 0) {
      for (const client of this.#server.clients) client.ping();
    }
    if (this.#numFlushes++ % STATE_EVERY === 0) this.#send({ kind: 'state', state: this.#view.state() });
  }

  #drop(client: WebSocket | undefined): void {
    if (client === undefined) return;
    this.numDropped++;
    client.terminate();
  }

  /** The client with the most bytes waiting for it. */
  #fullest(): WebSocket | undefined {
    return [...this.#server.clients].sort((a, b) => b.bufferedAmount - a.bufferedAmount)[0];
  }

  /** The client that has not read for the longest; undefined where all do. */
  #slowest(): WebSocket | undefined {
    const now = this.#clock.monotonicMs();
    const heardMs = (client: WebSocket) => this.#heardMs.get(client) ?? now;
    const stalled = [...this.#server.clients].filter((client) => now - heardMs(client) > STALLED_MS);
    return stalled.sort((a, b) => heardMs(a) - heardMs(b))[0];
  }

  #send(message: object): void {
    const text = JSON.stringify(message);
    let total = 0;
    for (const client of this.#server.clients) {
      if (client.readyState !== WebSocket.OPEN) continue;
      if (client.bufferedAmount > MAX_BUFFERED) this.#drop(client);
      else client.send(text);
      total += client.bufferedAmount;
    }
    if (total > MAX_BUFFERED_TOTAL) this.#drop(this.#fullest());
  }
}
