import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { MeteredSocket } from '../../../live/ops/metered-socket.ts';

const open: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Two ends of a connection on the loopback interface. */
async function pair(): Promise<{ own: MeteredSocket; raw: Socket; client: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [raw] = (await once(server, 'connection')) as [Socket];
  server.close();
  client.on('error', () => {});
  const own = new MeteredSocket(raw);
  own.on('error', () => {});
  open.push(client, raw, own);
  return { own, raw, client };
}

test('what comes in is handed on in pieces of a kilobyte, whole and in order, and nothing once it is destroyed', async () => {
  const { own, client } = await pair();
  const sent = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
  client.write(sent);
  const pieces: Buffer[] = [];
  own.on('data', (piece: Buffer) => {
    if (pieces.push(piece) === 4) own.destroy();
  });
  await once(own, 'close');
  expect(pieces.map(({ length }) => length)).toEqual([1024, 1024, 1024, 1024]);
  expect(Buffer.concat(pieces).equals(sent.subarray(0, 4096))).toBe(true);
  expect(own.destroyed).toBe(true);
});

test('goes when its socket does, also where nothing reads it', async () => {
  const { own, raw } = await pair();
  const closed = once(own, 'close');
  raw.destroy();
  await closed;
  expect(own.destroyed).toBe(true);
});

test('answers reach the other side, and its end is told', async () => {
  const { own, client } = await pair();
  own.end('an answer');
  const got: Buffer[] = [];
  for await (const piece of client) got.push(piece);
  expect(Buffer.concat(got).toString()).toBe('an answer');
});
