/** Makes one socket of two, for a venue that sends some of its streams from another address. */
import type { Socket, SocketHandlers, Transport } from './transport.ts';

/** The second address of a venue, and which messages go there. */
export interface SideAddress {
  readonly url: string;
  carries(text: string): boolean;
}

/**
 * Open when both are, closed when one is, or when one says nothing while the other speaks: what one of them says alone
 * cannot be trusted for long.
 * @param options `silenceMs`: how long one of them may say nothing, ms of `nowMs`
 * @param nowMs never falling
 */
export function connectBoth(
  transport: Transport,
  url: string,
  side: SideAddress,
  options: Parameters<Transport['connect']>[1] & { readonly silenceMs: number },
  nowMs: () => number,
  handlers: SocketHandlers,
): Socket {
  const addresses = [url, side.url];
  const sockets: Socket[] = [];
  /** When each was last heard. */
  const heardMs = [0, 0];
  let numOpen = 0;
  let isOver = false;
  let speed: number | undefined;
  const terminate = () => {
    isOver = true;
    for (const socket of sockets) socket.terminate();
  };
  const end = (reason: string, retryAfterMs?: number) => {
    if (isOver) return;
    terminate();
    handlers.close(reason, retryAfterMs);
  };
  const handlersOf = (i: number): SocketHandlers => {
    const whenBoth = (handle: () => void) => {
      if (isOver || numOpen < 2) return;
      const now = nowMs();
      const silentMs = now - heardMs[1 - i];
      heardMs[i] = now;
      // The venue's own look for silence hears the one that speaks.
      if (silentMs > options.silenceMs) end(`nothing heard from ${addresses[1 - i]} for ${silentMs} ms`);
      else handle();
    };
    return {
      open(told) {
        speed ??= told;
        numOpen++;
        if (isOver || numOpen < 2) return;
        heardMs.fill(nowMs());
        handlers.open(speed);
      },
      text: (text) => whenBoth(() => handlers.text(text)),
      binary: (bytes) => whenBoth(() => handlers.binary(bytes)),
      heartbeat: () => whenBoth(() => handlers.heartbeat()),
      close: end,
    };
  };
  for (const [i, address] of addresses.entries()) {
    if (!isOver) sockets.push(transport.connect(address, options, handlersOf(i)));
  }
  return { send: (text) => sockets[side.carries(text) ? 1 : 0]?.send(text), terminate };
}
