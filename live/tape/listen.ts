/** Opens a port, and says in one line why it cannot be opened. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LiveError } from '../../core/errors.ts';

/**
 * @param port 0: any free one
 * @param backlog connections that wait to be accepted; default: as Node has it
 * @returns `HOST:PORT`, as it stands in an address
 * @throws LiveError `port-in-use` or `cannot-listen`
 */
export async function listen(server: Server, host: string, port: number, backlog?: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, cause)));
    server.listen({ port, host, backlog }, resolve);
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return `${name}:${(server.address() as AddressInfo).port}`;
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): LiveError {
  return cause.code === 'EADDRINUSE'
    ? new LiveError('port-in-use', `Port ${port} on ${host} is in use; choose another.`, { cause })
    : new LiveError('cannot-listen', `Cannot listen on ${host}:${port}: ${cause.message}.`, { cause });
}
