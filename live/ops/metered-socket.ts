/** Hands what comes in by a socket on in small pieces, so that who destroys it is handed no more of what has come already. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Bytes of a piece: a request of a browser fits into one or two, and no more than forty of the shortest do. */
const PIECE = 1024;

/**
 * Node's parser reads all that one look at a socket brought, up to 64 kB, before anybody can stop it: thousands of requests, which
 * cost their 20 µs each after their socket was destroyed too.
 */
export class MeteredSocket extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    // An end that has come is no reason to leave an answer out, as in Node's own server.
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('timeout', () => this.emit('timeout'));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** As that of the socket: HTTP and WebSocket servers look for it. */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    this.#socket.setTimeout(timeoutMs);
    return this;
  }

  /** As that of the socket. */
  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    let isDone = false;
    const finish = (error?: Error | null): void => {
      if (!isDone) done(error);
      isDone = true;
    };
    this.#socket.write(chunk, finish);
    // The system has taken it: it does not wait, and is not to be counted as if it did.
    if (this.#socket.writableLength === 0) finish();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    let hasRoom = true;
    for (let from = 0; from < chunk.length && !this.destroyed; from += PIECE) {
      hasRoom = this.push(chunk.subarray(from, from + PIECE));
    }
    if (!hasRoom) this.#socket.pause();
  }
}
