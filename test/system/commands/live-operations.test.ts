/** What people do to a live session from outside: let it learn, halt it, look at it; as processes on loopback ports. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { standInTape } from '../../../live/tape/book-frames.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { ModelRegistry } from '../../../storage/model-registry.ts';
import { readTape, type TapeRecord } from '../../../storage/tape.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import {
  CONFIG,
  createModel,
  reversingBooks,
  START_MS,
  saveModel,
} from '../../continual/continual-market.ts';
import { type Outcome, Workplace } from '../../scripts/command-line.ts';

const place = new Workplace();
const servers: ReturnType<Workplace['start']>[] = [];

/** Books of hours in minutes: a bar of two seconds, a book every half second. */
const PACE = 30;
const HOURS = 1 / PACE;
const SPEED = 100;
const BAR_MS = 2000;

/** Serves a tape until the end. @returns the address of its venue */
async function serve(tape: string): Promise<string> {
  const server = place.start('serve', tape, '--speed', String(SPEED), '--port', '0');
  servers.push(server);
  const [line] = (await once(server.process.stdout!, 'data')) as [string];
  return /ws:\S+/.exec(line)?.[0] ?? '';
}

function writeConfig(name: string, url: string, change: object = {}): void {
  const { env } = CONFIG;
  const content = {
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url, staleAfterMs: 120_000 } }],
    depth: 1,
    env: { ...env, barMs: BAR_MS, latencyMs: 10, normalizationBars: 20, episodeBars: 60 },
    risk: { maxDrawdown: 1, maxOrdersPerMinute: 1000, maxModelAgeHours: 1e6, maxLoopLagMs: 1e6 },
    speed: SPEED,
    ...change,
  };
  place.write(name, JSON.stringify(content));
}

const recordsOf = (tape: string, kind: string): TapeRecord[] =>
  [...readTape(place.file(tape), { onTorn: () => {} })]
    .map(({ record }) => record)
    .filter(([k]) => k === kind);

/** Resolves when what a process prints matches. */
function said({ process: { stdout } }: ReturnType<Workplace['start']>, pattern: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    stdout!.on('data', (piece: string) => {
      text += piece;
      if (pattern.test(text)) resolve();
    });
  });
}

/** Looks again and again; what does not come is a timeout of the test. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const logged = (file: string, text: string): boolean => place.exists(file) && place.read(file).includes(text);

async function stop(session: ReturnType<Workplace['start']>): Promise<Outcome> {
  session.process.kill('SIGTERM');
  return session.outcome;
}

beforeAll(async () => {
  const slow = reversingBooks({ seed: 1, hours: 24 });
  const timeMs = slow.timeMs.map((time) => START_MS + (time - START_MS) / PACE);
  const books: BookTape = { ...slow, timeMs };
  const writer = new TapeWriter(place.file('source'));
  for (const record of standInTape(books)) writer.append(record);
  await writer.close();
  const registry = new ModelRegistry(place.file('registry'), { create: true });
  const model = createModel(1);
  const needy = { ...model, env: { name: 'trading-books', config: { features: ['volume-zscore:20'] } } };
  registry.promote(saveModel(registry, model), 0, { reason: 'by hand' });
  saveModel(registry, model, { name: 'unused' });
  registry.promote(saveModel(registry, needy, { name: 'needy' }), 0, { reason: 'by hand' });
  registry.close();
});

afterAll(async () => {
  for (const { process, outcome } of servers) {
    process.kill('SIGTERM');
    await outcome;
  }
  place.remove();
});

describe('a session that learns', { timeout: 120_000 }, () => {
  test('trains a candidate, has it judged, and its tape is repeated byte for byte', async () => {
    writeConfig('learn.json', await serve('source'), {
      policy: { model: 'policy', registry: 'registry' },
      learn: {
        enabled: true,
        everyHours: 3 * HOURS,
        spanHours: 3 * HOURS,
        steps: 20_000,
        forwardDays: (2 * HOURS) / 24,
        agentSettings: { learningRate: 0.003 },
        gate: {
          embargoHours: 0.1 * HOURS,
          freeTurnoverPerDay: 1e9,
          falsePromotionRate: 0.5,
          maxDrawdown: 0.9,
        },
        drift: { windowDecisions: 120, maxPsi: 1e9, maxActionKl: 1e9, maxLoss: 1, maxFillGapBps: 1e9 },
      },
    });
    const session = place.start('live', '--config', 'learn.json', '--tape', 'learnt', '--log', 'learn.log');
    await said(session, /policy@2 is (promoted|rejected)/);
    // Some decisions more, of whoever decides now.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { code, stdout, stderr } = await stop(session);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^policy@1 on bybit BTC\/USDT\npolicy@2 has learnt, and waits to be judged\n/);

    const registry = new ModelRegistry(place.file('registry'));
    const events = registry.events('policy@2');
    const champion = registry.get('policy@champion').id;
    registry.close();
    const isPromoted = /policy@2 is promoted/.test(stdout);
    console.log(stdout.split('\n')[2]);
    expect(events.map(({ action }) => action)).toEqual(
      isPromoted ? ['saved', 'promoted'] : ['saved', 'rejected', 'archived'],
    );
    expect(events[1].evidence).toMatchObject({ trial: 1, numPeriods: expect.any(Number) });
    expect(champion).toBe(isPromoted ? 'policy@2' : 'policy@1');
    expect(recordsOf('learnt', 'model').map(([, , id]) => id)).toEqual(isPromoted ? ['policy@2'] : []);
    expect(recordsOf('learnt', 'note').length).toBe(2);
    expect(place.read('learn.log')).toContain('"learning":"policy@2 has learnt');

    const replayed = await place.run('replay', 'learnt', '--registry', 'registry');
    expect([replayed.code, replayed.stderr]).toEqual([0, '']);
    expect(replayed.stdout).toMatch(/byte for byte/);
  });
});

describe('live --halt', { timeout: 60_000 }, () => {
  test('closes what is open and trades no more, until the session ends and after it', async () => {
    writeConfig('halt.json', await serve('source'), { policy: { rule: 'buy-and-hold' } });
    const args = ['live', '--config', 'halt.json', '--tape', 'halted', '--log', 'halt.log'];
    const session = place.start(...args);
    await until(() => logged('halt.log', '"kind":"fill"'));

    const second = await place.run(...args);
    expect([second.code, second.stderr]).toEqual([
      2,
      expect.stringMatching(/^"halted" is being written by another session; stop that one.*\n$/),
    ]);

    const halt = await place.run('live', '--halt', '--tape', 'halted');
    expect([halt.code, halt.stderr]).toEqual([0, '']);
    expect(halt.stdout).toBe('The session of halted closes what is open and trades no more.\n');
    await until(() => recordsOf('halted', 'fill').length === 2);
    const again = await place.run('live', '--halt', '--config', 'halt.json', '--tape', 'halted');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await stop(session);
    expect(code).toBe(0);
    expect(stdout).toMatch(/exposure 0\.000 decisions \d+ fills 2 halted/);

    expect(recordsOf('halted', 'halt').map(([, , reason]) => reason)).toEqual(['by hand', 'by hand']);
    const [{ 1: haltMs }] = recordsOf('halted', 'halt');
    const later = recordsOf('halted', 'decision').filter(([, timeMs]) => timeMs > haltMs);
    expect(new Set(later.map(([, , , verdict]) => verdict))).toEqual(new Set(['flatten']));
    expect(logged('halt.log', '"kind":"halt"')).toBe(true);
    expect((await place.run('replay', 'halted')).code).toBe(0);

    // A halt outlives its session: who goes on with the tape does not trade.
    const { stdout: next } = await place.run(...args, '--decisions', '20');
    expect(next).toMatch(/ fills 2 halted/);
  });

  test('where no session runs says so, and stops none that comes later', async () => {
    const { code, stderr } = await place.run('live', '--halt', '--tape', 'source');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^No session is running on "source".*\n$/)]);
    expect(place.list('source')).not.toContain('halt');
    const nowhere = await place.run('live', '--halt', '--tape', 'nowhere');
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/^"nowhere" holds no tape.*\n$/),
    ]);
  });

  test('a session that was killed leaves its tape to the next', async () => {
    writeConfig('killed.json', await serve('source'), { policy: { rule: 'buy-and-hold' } });
    const args = ['live', '--config', 'killed.json', '--tape', 'killed', '--log', 'killed.log'];
    const session = place.start(...args);
    await until(() => logged('killed.log', '"kind":"fill"'));
    session.process.kill('SIGKILL');
    await session.outcome;
    expect((await place.run('live', '--halt', '--tape', 'killed')).code).toBe(2);
    const next = await place.run(...args, '--decisions', '1');
    expect([next.code, next.stderr]).toEqual([0, '']);
    expect(next.stdout).toMatch(/^Continued after \d+ inputs: .* which is kept\./);
  });
});

describe('who looks at a session', { timeout: 60_000 }, () => {
  const token = 'a-token-of-many-letters';

  test('from another machine shows the token, at the stream too', async () => {
    writeConfig('open.json', await serve('source'), {
      policy: { rule: 'buy-and-hold' },
      http: { host: '0.0.0.0', token },
    });
    const session = place.start('live', '--config', 'open.json', '--tape', 'open', '--log', 'open.log');
    const url = await new Promise<string>((resolve) => {
      session.process.stdout!.on('data', (text: string) => {
        const port = /Watch it at http:\S+:(\d+)/.exec(text)?.[1];
        if (port !== undefined) resolve(`127.0.0.1:${port}`);
      });
    });
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`http://${url}/state`, { headers })).status;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: `Bearer ${token}s` })).toBe(401);
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200);
    const stream = (query: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://${url}/stream${query}`);
        socket.on('error', (error) => resolve(error.message));
        socket.on('message', () => {
          socket.close();
          resolve('news');
        });
      });
    expect(await stream('')).toMatch(/401/);
    expect(await stream(`?token=${token}s`)).toMatch(/401/);
    expect(await stream(`?token=${token}`)).toBe('news');
    expect((await stop(session)).code).toBe(0);
  });

  test.each<[string, object, RegExp]>([
    ['without a token', { host: '0.0.0.0' }, /^A session on "0\.0\.0\.0" can be reached.*set a token/],
    ['with a short one', { host: '0.0.0.0', token: 'short' }, /^A token needs 16/],
    ['on a port that is none', { port: 1e6 }, /port/],
    ['on an interface that is none', { host: '203.0.113.1', token }, /203\.0\.113\.1/],
  ])('%s is refused before anything is on the disk', async (_, http, pattern) => {
    writeConfig('refused.json', 'ws://127.0.0.1:1', { policy: { rule: 'buy-and-hold' }, http });
    const { code, stderr } = await place.run('live', '--config', 'refused.json', '--tape', 'deep/never');
    expect(stderr).toMatch(pattern);
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
    expect(place.exists('deep')).toBe(false);
  });
});

test('a client that connects late gets all that the first one got, from the snapshot on', async () => {
  const url = await serve('source');
  const listen = () => {
    const socket = new WebSocket(url);
    const texts: string[] = [];
    socket.on('message', (data) => texts.push(String(data)));
    return { socket, texts };
  };
  const first = listen();
  await until(() => first.texts.length > 100);
  const late = listen();
  await until(() => late.texts.length > 300);
  first.socket.terminate();
  late.socket.terminate();
  expect(JSON.parse(late.texts[0]).type).toBe('snapshot');
  const both = Math.min(first.texts.length, late.texts.length);
  expect(late.texts.slice(0, both)).toEqual(first.texts.slice(0, both));
}, 60_000);

describe('what cannot be is one line and exit code 2, before anything is on the disk', {
  timeout: 60_000,
}, () => {
  const policy = (model: string) => ({ policy: { model, registry: 'registry' } });
  const without =
    /^Model "unused" has no champion in "registry"; choose one with market-gym models promote unused@/;
  test.each<[string, object, RegExp]>([
    ['no champion, where one is asked for', policy('unused@champion'), without],
    ['no champion, and a bare name', policy('unused'), without],
    [
      'no champion, and a session that is to learn',
      { ...policy('unused@1'), learn: { enabled: true } },
      without,
    ],
    ['no such model', policy('polcy'), /^No model "polcy@champion".*Did you mean "policy"/],
    [
      'a model whose features need trades, of a feed without',
      { ...policy('needy'), env: {}, channels: ['book'] },
      /^Feature "volume-zscore:20" needs the trades of bybit/,
    ],
    [
      'a span to learn from that is shorter than an episode',
      { ...policy('policy'), learn: { enabled: true, spanHours: 0.03 } },
      /^learn\.spanHours is 0\.03, which holds 52 whole bars of env\.barMs 2000, but .* needs 81: env\.episodeBars 60 after .*; set learn\.spanHours to 0\.047 or more, or env\.episodeBars to 31 or less\.\n$/,
    ],
    ['an unknown key of the page', { ...policy('policy'), http: { prot: 1 } }, /prot/],
  ])('%s', async (_, change, pattern) => {
    writeConfig('bad.json', 'ws://127.0.0.1:1', change);
    const { code, stderr } = await place.run('live', '--config', 'bad.json', '--tape', 'never');
    expect(stderr).toMatch(pattern);
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
    expect(place.exists('never')).toBe(false);
  });

  test('a port in use', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    writeConfig('port.json', 'ws://127.0.0.1:1', { policy: { rule: 'buy-and-hold' } });
    const args = ['live', '--config', 'port.json', '--tape', 'never', '--http', String(port)];
    const { code, stderr } = await place.run(...args);
    busy.close();
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Port \d+ on 127\.0\.0\.1 is in use.*\n$/)]);
    expect(place.exists('never')).toBe(false);
  });

  test('a venue that the played tape has not is said with those that it has', async () => {
    const url = (await serve('source')).replace('/bybit', '/okx');
    writeConfig('other.json', url, { policy: { rule: 'buy-and-hold' } });
    const session = place.start('live', '--config', 'other.json', '--tape', 'other', '--log', 'other.log');
    await until(() => logged('other.log', 'the tape has /bybit'));
    expect((await stop(session)).code).toBe(0);
  });
});

test('the settings may be a TypeScript file, and a version that nobody promoted trades when it is named', async () => {
  writeConfig('typed.json', await serve('source'), { policy: { model: 'unused@1', registry: 'registry' } });
  place.write(
    'typed.ts',
    `const decisions: object = ${place.read('typed.json')};\nexport default decisions;\n`,
  );
  const args = ['live', '--config', 'typed.ts', '--tape', 'typed', '--log', 'typed.log', '--decisions', '5'];
  const { code, stdout, stderr } = await place.run(...args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^unused@1 on bybit BTC\/USDT\n.* decisions [5-9] /);
}, 60_000);
