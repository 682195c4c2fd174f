/** Connects to the real network: WebSockets of `ws`, and HTTP by fetch. */
import { isUtf8 } from 'node:buffer';
import WebSocket from 'ws';
import { MAX_SPEED } from './scaled-clock.ts';
import { type HttpAnswer, SPEED_HEADER, type Transport } from './transport.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The largest snapshot of a venue has a few megabytes. */
const MAX_BODY_BYTES = 32 << 20;

export const wsTransport: Transport = {
  connect(url, { maxFrameBytes }, handlers) {
    let over = false;
    let failure = '';
    let retryAfterMs = 0;
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    const unlessOver = (handle: () => void) => {
      if (!over) handle();
    };
    let speed: number | undefined;
    socket.on('upgrade', ({ headers }) => {
      const told = Number(headers[SPEED_HEADER]);
      if (told > 0 && told <= MAX_SPEED) speed = told;
    });
    socket.on('open', () => unlessOver(() => handlers.open(speed)));
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      unlessOver(() => {
        // Some venues send their JSON as binary frames.
        if (isBinary && !isUtf8(bytes)) handlers.binary(bytes.length);
        else handlers.text(bytes.toString('utf8'));
      });
    });
    socket.on('unexpected-response', (request, response) => {
      failure = `HTTP ${response.statusCode}`;
      retryAfterMs = retryAfter(response.headers['retry-after'], response.headers.date);
      response.resume();
      request.destroy();
      unlessOver(() => {
        over = true;
        handlers.close(failure, retryAfterMs);
      });
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
        const parts = [`code ${code}`, failure, reason.toString('utf8')];
        handlers.close(parts.filter(Boolean).join(', '), retryAfterMs);
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

  get(url, { timeoutMs, maxBytes = MAX_BODY_BYTES }, done) {
    const abort = new AbortController();
    let over = false;
    const answer = (result: HttpAnswer) => {
      if (!over) done(result);
    };
    // A venue's answer comes from the venue: a redirection would be somebody else's.
    fetch(url, { redirect: 'error', signal: AbortSignal.any([abort.signal, AbortSignal.timeout(timeoutMs)]) })
      .then(async (response) => {
        const body = await readBody(response, maxBytes);
        const { headers } = response;
        const retryAfterMs = retryAfter(headers.get('retry-after'), headers.get('date'));
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

/** @throws Error for a body that is larger, unpacked; the rest of it is not read */
async function readBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let numBytes = 0;
  for await (const chunk of response.body ?? []) {
    numBytes += chunk.length;
    if (numBytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @param header seconds, or an HTTP date, which is told apart from the server's own time `date` */
function retryAfter(header: string | null | undefined, date: string | null | undefined): number {
  if (header === null || header === undefined) return 0;
  if (/^\d{1,12}$/.test(header)) return 1000 * Number(header);
  const waitMs = Date.parse(header) - Date.parse(date ?? '');
  return Number.isNaN(waitMs) ? 0 : Math.max(0, waitMs);
}

/** fetch says "fetch failed" and hides why in the cause. */
function describe(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
