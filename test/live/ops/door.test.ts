/** The owner gets in, whatever others do to the port. */
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../live/connection/clock.ts';
import { Door } from '../../../live/ops/door.ts';
import { type OpsServer, startOpsServer } from '../../../live/ops/server.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { counts } from '../../soak.ts';
import { type ScriptedRun, scriptedRun, TRADING_SCRIPT } from '../scripted-run.ts';

const TOKEN = 'correct-horse-battery';
let script: ScriptedRun;
let server: OpsServer;
let port: number;
const held: { destroy(): unknown }[] = [];

beforeEach(async () => {
  script = scriptedRun({ books: walkingBooks({ events: 400, depth: 3 }), config: TRADING_SCRIPT });
  script.play(200);
  server = await startOpsServer(script.monitor, { clock: systemClock, token: TOKEN });
  port = Number(new URL(server.url).port);
});
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await server.close();
  await script.close();
});

/** @param lines sent at once; what comes is read unless `isStalled` */
function hold(lines: string, isStalled = false): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(lines);
      resolve(socket);
    });
    socket.on('error', () => resolve(socket));
    if (isStalled) socket.pause();
    else socket.resume();
    held.push(socket);
  });
}

/** A request of the owner on a connection of its own. @returns the status */
function ask(path: string, method = 'GET', body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const asked = httpRequest({
      port,
      host: '127.0.0.1',
      path,
      method,
      headers,
      agent: false,
      timeout: 20_000,
    });
    asked.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end(body);
  });
}

async function ownerGetsIn(): Promise<void> {
  const startMs = systemClock.monotonicMs();
  expect(await ask('/')).toBe(200);
  expect(await ask('/healthz')).toBe(200);
  const stream = new WebSocket(`ws://127.0.0.1:${port}/stream?token=${TOKEN}`);
  held.push({ destroy: () => stream.terminate() });
  await new Promise((resolve, reject) => {
    stream.once('message', resolve);
    stream.once('error', reject);
  });
  expect(await ask('/halt', 'POST', '{"reason":"a drill"}')).toBe(200);
  expect(script.run.session.guard.haltReason).toBe('a drill');
  console.log(
    `the owner had page, health, stream and halt within ${Math.round(systemClock.monotonicMs() - startMs)} ms`,
  );
}

const upgrade = (query: string) =>
  `GET /stream${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

const many = counts(300, 1000);
const times = <Result>(count: number, run: () => Result): Result[] => Array.from({ length: count }, run);

test(`${many} refused upgrades whose clients do not hang up`, async () => {
  await Promise.all(times(many, () => hold(upgrade(''))));
  await ownerGetsIn();
}, 60_000);

test(`${many} connections that say nothing`, async () => {
  await Promise.all(times(many, () => hold('')));
  await ownerGetsIn();
}, 60_000);

test(`${many} half requests`, async () => {
  await Promise.all(times(many, () => hold('GET /healthz HTTP/1.1\r\nHost: 127.0')));
  await ownerGetsIn();
}, 60_000);

test('readers of the stream who do not read, as many as there is room for and more', async () => {
  const readers = counts(70, 100);
  await Promise.all(times(readers, () => hold(upgrade(`?token=${TOKEN}`), true)));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await ownerGetsIn();
}, 60_000);

test('answers that nobody reads, hundreds of them asked for on each connection', async () => {
  const request = `GET /history HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
  const numConnections = counts(5, 100);
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  await Promise.all(times(numConnections, () => hold(request.repeat(300), true)));
  await ownerGetsIn();
  const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before;
  expect(grown / numConnections).toBeLessThan(40 << 20);
}, 60_000);

test('requests by the thousand on each connection, without a token and without an answer read', async () => {
  await Promise.all(
    times(counts(5, 100), () => hold('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2400), true)),
  );
  await ownerGetsIn();
}, 60_000);

test('a connection that is cut is read no further, however much has come already', async () => {
  let numRead = 0;
  const http = createServer((request, response) => {
    numRead++;
    if (door.admit(request.socket, response)) setTimeout(() => response.end('late'), 1000);
  });
  const door = new Door(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2400)),
  );
  await new Promise((resolve) => {
    socket.once('close', resolve);
    socket.once('error', () => {});
    socket.resume();
  });
  expect(door.numCut).toBe(1);
  expect(numRead).toBeGreaterThan(4);
  expect(numRead).toBeLessThan(45);
  await new Promise((resolve) => http.close(resolve));
});

test('an answer of megabytes comes whole through the door, and so does a question in pieces', async () => {
  const text = 'x'.repeat(5 << 20);
  const http = createServer(async (request, response) => {
    let asked = '';
    for await (const chunk of request) asked += chunk;
    response.end(asked + text);
  });
  new Door(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const question = 'a question of many bytes '.repeat(20_000);
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: question });
  expect((await answer.text()) === question + text).toBe(true);
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});
