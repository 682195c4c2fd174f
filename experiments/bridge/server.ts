/** Offers envs to other programs, over a Unix socket or WebSockets; each client has envs of its own. */

import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { ConfigError, MarketGymError } from '../../core/errors.ts';
import { BridgeSession, type CreateEnvs } from './session.ts';

/** Clients at a time. */
const MAX_CLIENTS = 64;

export interface BridgeOptions {
  readonly env: string;
  readonly createEnvs: CreateEnvs;
  /** A path for a Unix socket, or a port of the loopback interface for WebSockets; 0: any free one. */
  readonly listen: { readonly socket: string } | { readonly port: number };
  /** Told of each client that is left for what it sent, and of failures. */
  readonly onRefusal?: (reason: string) => void;
}

export interface BridgeServer {
  /** `unix:PATH` or `ws://127.0.0.1:PORT` */
  readonly address: string;
  /** Closes what is open. */
  close(): Promise<void>;
}

/** @throws ConfigError `in-use` for a path or a port that is taken */
export function startBridge(options: BridgeOptions): Promise<BridgeServer> {
  return 'socket' in options.listen
    ? listenUnix(options, options.listen.socket)
    : listenWeb(options, options.listen.port);
}

/** Answers a message, or says why not: then the client is to be left. */
function reply(
  session: BridgeSession,
  message: Uint8Array,
  options: BridgeOptions,
): { answer: Uint8Array; isOver: boolean } {
  try {
    return { answer: session.answer(message), isOver: false };
  } catch (error) {
    options.onRefusal?.(
      error instanceof MarketGymError ? error.message : String((error as Error).stack ?? error),
    );
    return { answer: BridgeSession.refusal(error), isOver: true };
  }
}

async function listenUnix(options: BridgeOptions, path: string): Promise<BridgeServer> {
  if (existsSync(path)) throw inUse(`"${path}" is there already; choose another --socket, or remove it`);
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    if (clients.size >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    clients.add(socket);
    const session = new BridgeSession(options.env, options.createEnvs);
    serveStream(socket, session, options);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clients.delete(socket);
      session.close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(inUse(`"${path}" cannot be listened on (${error.message})`)));
    server.listen(path, resolve);
  });
  return {
    address: `unix:${path}`,
    async close() {
      for (const client of clients) client.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Messages behind their lengths, u32 little-endian. */
function serveStream(socket: Socket, session: BridgeSession, options: BridgeOptions): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 4 && !socket.destroyed && !socket.writableEnded) {
      const length = held.readUInt32LE(0);
      const isTooLong = length > session.maxBytes;
      if (!isTooLong && held.length < 4 + length) return;
      // What is too long is not waited for: an empty message is refused in its place.
      const { answer, isOver } = reply(
        session,
        isTooLong ? new Uint8Array(0) : held.subarray(4, 4 + length),
        options,
      );
      held = held.subarray(4 + length);
      const size = Buffer.alloc(4);
      size.writeUInt32LE(answer.length);
      socket.cork();
      socket.write(size);
      socket.write(answer);
      socket.uncork();
      if (isOver) socket.end();
    }
  });
}

async function listenWeb(options: BridgeOptions, port: number): Promise<BridgeServer> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port,
    perMessageDeflate: false,
    maxPayload: 1 << 24,
    // A page in a browser says where it comes from; whoever visits one must not play our envs.
    verifyClient: ({ origin }: { origin?: string }) => origin === undefined,
  });
  server.on('connection', (client) => {
    if (server.clients.size > MAX_CLIENTS) {
      client.terminate();
      return;
    }
    const session = new BridgeSession(options.env, options.createEnvs);
    client.on('message', (data: Buffer, isBinary) => {
      const fits = isBinary && data.length <= session.maxBytes;
      const { answer, isOver } = reply(session, fits ? data : new Uint8Array(0), options);
      client.send(answer);
      if (isOver) client.close(1008);
    });
    client.on('error', () => client.terminate());
    client.on('close', () => session.close());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error) => reject(inUse(`port ${port} cannot be listened on (${error.message})`)));
  });
  const address = server.address();
  return {
    address: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : port}`,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const inUse = (what: string): ConfigError => new ConfigError('in-use', `The bridge cannot start: ${what}.`);
