/** A halt that is asked for while a session reads its tape: both ways in, from outside, to a process of its own. */
import { cpSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { completeSession, splitLiveFile } from '../../../experiments/live/file.ts';
import { openPolicy } from '../../../experiments/live/policy.ts';
import { openCatalog } from '../../../experiments/plugins/catalog.ts';
import type { SocketHandlers, Transport } from '../../../live/connection/transport.ts';
import { VirtualClock } from '../../../live/connection/virtual-clock.ts';
import { LiveRun } from '../../../live/session/live-run.ts';
import { bookFrame } from '../../../live/tape/book-frames.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import { readTape } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { Workplace } from '../../scripts/command-line.ts';
import { counts } from '../../soak.ts';

const START_MS = 1_700_000_000_000;
/** So many that reading them takes seconds. */
const NUM_INPUTS = counts(12_000, 100_000);
const settings = { url: 'ws://127.0.0.1:1', rotateAfterMs: 1e12 };
const FILE = {
  markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings }],
  channels: ['book'],
  depth: 10,
  env: { barMs: 2000, normalizationBars: 20 },
  policy: { rule: 'buy-and-hold' },
};

const place = new Workplace();
afterAll(() => place.remove());

/** A session that holds something, and never kept a checkpoint: its tape is read from the beginning. */
beforeAll(async () => {
  place.write('session.json', JSON.stringify(FILE));
  const file = splitLiveFile(FILE, 'the test');
  const catalog = await openCatalog([], {}, 'The test');
  const policy = await openPolicy({ ...file.policy, settings: {}, access: {}, catalog });
  const config = completeSession(file.session, policy, { env: {}, risk: {} });
  const sockets: SocketHandlers[] = [];
  const transport: Transport = {
    connect(_url, _limits, handlers) {
      sockets.push(handlers);
      return { send() {}, terminate() {} };
    },
    get: () => () => {},
  };
  const clock = new VirtualClock(START_MS);
  const run = new LiveRun({
    header: { config, model: policy.model, modelCreatedMs: policy.createdMs, plugins: [] },
    venues: builtInVenues,
    parts: catalog,
    policyFor: (_model, _createdMs, market) => policy.policyFor(market),
    clock,
    transport,
    tape: place.file('long'),
    checkpointInputs: 1e9,
  });
  run.start();
  sockets[0].open();
  const books = walkingBooks({ events: 500, depth: 10 });
  const frames = Array.from({ length: 500 }, (_, i) => bookFrame(books, i, 0, 'BTC/USDT'));
  for (let i = 0; i < NUM_INPUTS; i++) {
    clock.runUntil(START_MS + i * 100);
    sockets[0].text(frames[i % frames.length]);
  }
  expect(run.market.account.exposure).toBeGreaterThan(0.5);
  await run.stop();
}, 300_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What `/healthz` answers; undefined before the port is open. */
async function health(port: number): Promise<{ status: string; share?: number } | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    return (await answer.json()) as { status: string };
  } catch {
    return undefined;
  }
}

const asks: Record<string, (port: number, tape: string) => Promise<unknown>> = {
  '--halt': async (_, tape) => {
    const { code, stdout } = await place.run('live', '--halt', '--tape', tape);
    expect([code, stdout]).toEqual([0, expect.stringContaining('trades no more')]);
  },
  'POST /halt': async (port) => {
    const headers = { 'content-type': 'application/json' };
    const body = '{"reason":"by hand"}';
    const answer = await fetch(`http://127.0.0.1:${port}/halt`, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ halted: true, reason: 'by hand' });
  },
};

test.each(Object.keys(asks))(
  '%s is heard while the tape is read, and holds from its end on',
  async (way) => {
    const tape = `tape ${way.replaceAll('/', '')}`;
    cpSync(place.file('long'), place.file(tape), { recursive: true });
    const port = await freePort();
    const args = ['--config', 'session.json', '--tape', tape, '--http', String(port)];
    const session = place.start('live', ...args);
    let answer = await health(port);
    for (; answer === undefined; answer = await health(port))
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(answer).toMatchObject({ status: 'recovering', share: expect.any(Number) });
    await asks[way](port, tape);
    // It was asked while the tape was read, not after.
    expect(await health(port)).toMatchObject({ status: 'recovering' });
    for (; answer?.status === 'recovering'; answer = await health(port))
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answer).toMatchObject({ status: 'failing', reasons: expect.arrayContaining(['halted: by hand']) });
    session.process.kill('SIGTERM');
    const { code, stdout } = await session.outcome;
    expect(code).toBe(0);
    expect(stdout).toContain(`Continued after ${numInputsOf('long')} inputs`);
    const kinds = [...readTape(place.file(tape))].map(({ record }) => record[0]);
    const recovered = kinds.indexOf('recovered');
    expect(kinds.indexOf('halt')).toBeGreaterThan(recovered);
    expect(kinds.slice(recovered)).not.toContain('order');
    const replayed = await place.run('replay', tape);
    expect([replayed.code, replayed.stdout]).toEqual([0, expect.stringContaining('byte for byte')]);
  },
  120_000,
);

function numInputsOf(tape: string): number {
  let count = 0;
  for (const { record } of readTape(place.file(tape)))
    if (record[0] === 'input' || record[0] === 'tick') count++;
  return count;
}
