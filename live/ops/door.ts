/**
 * Keeps the port of a session's page open to its owner, whatever others do to it: there is always room for one more
 * connection, because the one that has done nothing for the longest makes room.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MeteredSocket } from './metered-socket.ts';

export interface DoorOptions {
  /** Connections that are kept at once, those of the stream among them. Default 256. */
  readonly maxConnections?: number;
}

const MAX_CONNECTIONS = 256;
/** Between two looks for who neither asks nor reads, ms; also how long a request may take to arrive, and an answer to be read. */
const IDLE_MS = 10_000;
/** Answers that wait to be read by one connection, bytes. */
const MAX_UNREAD = 1 << 20;
/** Requests of one connection that are answered and not yet read: no browser sends more than one before its answer. */
const MAX_PIPELINED = 4;
/** Requests of one connection; then it comes anew. */
const MAX_REQUESTS = 1000;

/** Counts connections from the first byte on, and cuts those that hold without use. */
export class Door {
  readonly #maxConnections: number;
  /** Those who have shown nothing yet come first, and of them the oldest. */
  readonly #strangers = new Set<Duplex>();
  /** Whose last request was answered as the owner's. */
  readonly #guests = new Set<Duplex>();
  readonly #numOpen = new WeakMap<Duplex, number>();
  numCut = 0;

  constructor(http: Server, { maxConnections = MAX_CONNECTIONS }: DoorOptions = {}) {
    this.#maxConnections = maxConnections;
    // A WebSocket is taken out of it by its server.
    http.timeout = IDLE_MS;
    http.maxRequestsPerSocket = MAX_REQUESTS;
    // The server reads what the door lets through.
    const serve = http.listeners('connection');
    http.removeAllListeners('connection');
    http.on('connection', (raw: Socket) => {
      const socket = new MeteredSocket(raw);
      this.#enter(socket);
      if (!socket.destroyed) for (const listener of serve) listener.call(http, socket);
    });
  }

  get numConnections(): number {
    return this.#strangers.size + this.#guests.size;
  }

  /** A request of this connection was one that may be answered: it is cut after all strangers. */
  welcome(socket: Duplex): void {
    this.#strangers.delete(socket);
    this.#guests.delete(socket);
    this.#guests.add(socket);
  }

  /** A client of the stream has nothing to say: its silence is no reason to cut it. */
  stay(socket: Duplex): void {
    this.welcome(socket);
  }

  /**
   * A request has come. Cuts a connection that asks on and on and reads no answer.
   * @returns whether it may be answered
   */
  admit(socket: Duplex, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const numOpen = (this.#numOpen.get(socket) ?? 0) + 1;
    if (numOpen > MAX_PIPELINED || socket.writableLength > MAX_UNREAD) {
      this.#cut(socket);
      return false;
    }
    this.#numOpen.set(socket, numOpen);
    response.once('close', () => this.#numOpen.set(socket, (this.#numOpen.get(socket) ?? 1) - 1));
    return true;
  }

  #enter(socket: Duplex): void {
    this.#strangers.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#strangers.delete(socket);
      this.#guests.delete(socket);
    });
    while (this.numConnections > this.#maxConnections) {
      const [oldest] = this.#strangers.size > 1 ? this.#strangers : this.#guests;
      if (oldest === undefined) return;
      this.#cut(oldest);
    }
  }

  #cut(socket: Duplex): void {
    this.#strangers.delete(socket);
    this.#guests.delete(socket);
    this.numCut++;
    socket.destroy();
  }
}
