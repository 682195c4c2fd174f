/** Connects to the real network: WebSockets of `ws`, and HTTP by fetch. */
import WebSocket from 'ws';
import type { HttpAnswer, Transport } from './transport.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export const wsTransport: Transport = {
  connect(url, { maxFrameBytes }, handlers) {
    let over = false;
    let failure = '';
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    const unlessOver = (handle: () => void) => {
      if (!over) handle();
    };
    socket.on('open', () => unlessOver(handlers.open));
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      unlessOver(() => (isBinary ? handlers.binary(bytes.length) : handlers.text(bytes.toString('utf8'))));
    });
    // `ws` answers pings by itself.
    socket.on('ping', () => unlessOver(handlers.heartbeat));
    socket.on('pong', () => unlessOver(handlers.heartbeat));
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', (code, reason) => {
      unlessOver(() => {
        over = true;
        handlers.close([`code ${code}`, failure, reason.toString('utf8')].filter(Boolean).join(', '));
      });
    });
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      terminate() {
        over = true;
        socket.terminate();
      },
    };
  },

  get(url, { timeoutMs }, done) {
    const abort = new AbortController();
    let over = false;
    const answer = (result: HttpAnswer) => {
      if (!over) done(result);
    };
    fetch(url, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(timeoutMs)]) })
      .then(async (response) => {
        const body = await response.text();
        const retryAfterMs = retryAfter(response.headers.get('retry-after'));
        return { status: response.status, body, retryAfterMs };
      })
      .catch((error: Error) => ({ status: 0, body: describe(error), retryAfterMs: 0 }))
      .then(answer);
    return () => {
      over = true;
      abort.abort();
    };
  },
};

/** Only seconds are understood: an HTTP date would need the server's clock. */
function retryAfter(header: string | null): number {
  return header !== null && /^\d+$/.test(header) ? 1000 * Number(header) : 0;
}

/** fetch says "fetch failed" and hides why in the cause. */
function describe(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
