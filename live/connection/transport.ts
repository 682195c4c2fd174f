/** Defines what a connection needs from the network; tests and replays bring their own. */

/** Header of a handshake's answer in which a tape that is played tells how many times as fast as it was recorded. */
export const SPEED_HEADER = 'market-gym-speed';

export interface SocketHandlers {
  /** @param speed how fast the other side says that its time passes; undefined where it says nothing, as venues do */
  open(speed?: number): void;
  text(text: string): void;
  /** A frame that is no text: neither by its kind nor by its bytes, which are no UTF-8. */
  binary(bytes: number): void;
  /** A ping or pong frame came. */
  heartbeat(): void;
  /** Called once, also when the socket never opened. @param retryAfterMs what the other side asks to wait, if it does */
  close(reason: string, retryAfterMs?: number): void;
}

export interface Socket {
  send(text: string): void;
  /** Gives the socket up at once; no handler is called after it. */
  terminate(): void;
}

export interface HttpAnswer {
  /** HTTP status; 0 where there was no answer, and `body` says why. */
  readonly status: number;
  readonly body: string;
  /** From the Retry-After header; 0 without one. */
  readonly retryAfterMs: number;
}

export interface Transport {
  /** @param options.sendIntervalMs between two messages to the other side, at least; kept by who sends */
  connect(
    url: string,
    options: { maxFrameBytes: number; sendIntervalMs?: number },
    handlers: SocketHandlers,
  ): Socket;
  /**
   * HTTP GET, without following redirections.
   * @param options.maxBytes of the body, unpacked; more is no answer
   * @returns takes the request back: `done` is then not called
   */
  get(
    url: string,
    options: { timeoutMs: number; maxBytes?: number },
    done: (answer: HttpAnswer) => void,
  ): () => void;
}
