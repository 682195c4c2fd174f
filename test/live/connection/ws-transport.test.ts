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

test.each([
  ['no', undefined, 0],
  ['seconds', '0', 0],
  ['a date, for which the server’s clock would be needed', 'Fri, 31 Dec 1999 23:59:59 GMT', 0],
])('the wait that a server asks for is %s', async (_, retryAfter, retryAfterMs) => {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  expect(await ask((_, response) => response.writeHead(503, headers).end('no'))).toEqual({
    status: 503,
    body: 'no',
    retryAfterMs,
  });
});

test('no answer is status 0 with the reason: of the network, or that it took too long', async () => {
  const get = (url: string, timeoutMs: number): Promise<HttpAnswer> =>
    new Promise((resolve) => wsTransport.get(url, { timeoutMs }, resolve));
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await get(url, 20)).toMatchObject({ status: 0, body: expect.stringContaining('timeout') });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await get(url, 10_000)).toMatchObject({ status: 0, body: expect.stringContaining('ECONNREFUSED') });
});

test('a request that is taken back answers nothing', async () => {
  const server = createServer((_, response) => response.end('late')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let answers = 0;
  wsTransport.get(url, { timeoutMs: 10_000 }, () => answers++)();
  await new Promise<HttpAnswer>((resolve) => wsTransport.get(url, { timeoutMs: 10_000 }, resolve));
  expect(answers).toBe(0);
  server.closeAllConnections();
  server.close();
});
