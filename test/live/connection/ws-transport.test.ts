/** Snapshots over HTTP: bounded, and from the venue alone. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { HttpAnswer } from '../../../live/connection/transport.ts';
import { wsTransport } from '../../../live/connection/ws-transport.ts';

async function ask(listener: RequestListener, maxBytes?: number): Promise<HttpAnswer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return await new Promise((resolve) => wsTransport.get(url, { timeoutMs: 10_000, maxBytes }, resolve));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an answer comes with its status and what it says of trying again', async () => {
  const answer = await ask((_, response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down'));
  expect(answer).toEqual({ status: 429, body: 'slow down', retryAfterMs: 7000 });
});

test('a body that unpacks into more than is allowed is no answer', async () => {
  const packed = gzipSync(Buffer.alloc(1 << 20));
  const listener: RequestListener = (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
  expect((await ask(listener, 1 << 20)).status).toBe(200);
  expect(await ask(listener, (1 << 20) - 1)).toMatchObject({
    status: 0,
    body: expect.stringContaining('more than'),
  });
});

test('a redirection is not followed', async () => {
  expect(
    await ask((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
  ).toMatchObject({ status: 0 });
});
