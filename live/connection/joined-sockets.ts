/** Makes one socket of two, for a venue that sends some of its streams from another address. */
import type { Socket, SocketHandlers, Transport } from './transport.ts';

/** The second address of a venue, and which messages go there. */
export interface SideAddress {
  readonly url: string;
  carries(text: string): boolean;
}

/** Open when both are, closed when one is: what one of them says alone cannot be trusted for long. */
export function connectBoth(
  transport: Transport,
  url: string,
  side: SideAddress,
  options: Parameters<Transport['connect']>[1],
  handlers: SocketHandlers,
): Socket {
  const sockets: Socket[] = [];
  let numOpen = 0;
  let isOver = false;
  let speed: number | undefined;
  const terminate = () => {
    isOver = true;
    for (const socket of sockets) socket.terminate();
  };
  const unlessOver = (handle: () => void) => {
    if (!isOver && numOpen === 2) handle();
  };
  const part: SocketHandlers = {
    open(told) {
      speed ??= told;
      numOpen++;
      unlessOver(() => handlers.open(speed));
    },
    text: (text) => unlessOver(() => handlers.text(text)),
    binary: (bytes) => unlessOver(() => handlers.binary(bytes)),
    heartbeat: () => unlessOver(() => handlers.heartbeat()),
    close(reason, retryAfterMs) {
      if (isOver) return;
      terminate();
      handlers.close(reason, retryAfterMs);
    },
  };
  for (const address of [url, side.url]) {
    if (!isOver) sockets.push(transport.connect(address, options, part));
  }
  return { send: (text) => sockets[side.carries(text) ? 1 : 0]?.send(text), terminate };
}
