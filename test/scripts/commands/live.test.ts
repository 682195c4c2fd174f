/** The commands of live sessions, as processes on a loopback port. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../command-line.ts';

const workplace = new Workplace();
let served: ReturnType<Workplace['start']>;
let url = '';

const session = (change: object = {}): string =>
  JSON.stringify({
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url } }],
    depth: 5,
    env: { barMs: 5000, features: ['return:1'], normalizationBars: 5, window: 2 },
    risk: { maxLoopLagMs: 1e6 },
    speed: 200,
    ...change,
  });

beforeAll(async () => {
  const made = await workplace.run('tape', 'make', 'source', '--events', '40000');
  expect(made.stderr).toBe('');
  served = workplace.start('serve', 'source', '--speed', '200', '--port', '0');
  const [line] = (await once(served.process.stdout!, 'data')) as [string];
  url = /ws:\S+/.exec(line)?.[0] ?? '';
  workplace.write('live.json', session());
}, 60_000);

afterAll(async () => {
  served.process.kill('SIGTERM');
  await served.outcome;
  workplace.remove();
});

describe('market-gym live', { timeout: 120_000 }, () => {
  test('trades a served tape, is replayed byte for byte, goes on, and stops within 5 s of SIGTERM', async () => {
    const live = await workplace.run(
      ...['live', '--config', 'live.json', '--tape', 't', '--rule', 'buy-and-hold', '--decisions', '40'],
      ...['--log', 'live.log', '--json'],
    );
    expect(live.stderr).toBe('');
    expect(live.code).toBe(0);
    const { account, decisions } = JSON.parse(live.stdout);
    expect(account.numFills).toBeGreaterThan(0);
    expect(decisions).toBeGreaterThanOrEqual(40);
    expect(workplace.read('live.log')).toContain('"kind":"fill"');

    const replayed = await workplace.run('replay', 't');
    expect(replayed.stdout).toMatch(/byte for byte: 1 fills/);
    expect(replayed.code).toBe(0);

    const again = workplace.start('live', '--config', 'live.json', '--tape', 't', '--rule', 'buy-and-hold');
    await once(again.process.stdout!, 'data');
    again.process.kill('SIGTERM');
    const stopped = await Promise.race([again.outcome, new Promise((resolve) => setTimeout(resolve, 5000))]);
    expect(stopped).toMatchObject({ code: 0 });
    expect((stopped as { stdout: string }).stdout).toMatch(/Continued after \d+ inputs: .* which is kept/);
    expect((await workplace.run('replay', 't')).code).toBe(0);
  });

  test('records without trading, and the tape is verified, described and exported', async () => {
    const recorder = workplace.start('record', '--config', 'live.json', '--tape', 'r', '--log', 'r.log');
    const tape = join(workplace.path, 'r', '000001.jsonl');
    while (!existsSync(tape) || readFileSync(tape, 'utf8').split('"input"').length < 50) await sleep(50);
    recorder.process.kill('SIGINT');
    expect((await recorder.outcome).code).toBe(0);
    expect((await workplace.run('tape', 'verify', 'r')).stdout).toMatch(
      /^\d+ records, each as it was written/,
    );
    const info = JSON.parse((await workplace.run('tape', 'info', 'r', '--json')).stdout);
    expect(info.kinds.input).toBeGreaterThan(20);
    expect(info.kinds.decision).toBeUndefined();
    expect((await workplace.run('tape', 'export', 'r', 'r.jsonl')).stdout).toMatch(/^\d+ books/);
    expect((await workplace.run('data', 'describe', 'r.jsonl')).code).toBe(0);
  });

  test('a byte that was changed, or a tape of another version, is refused by its place', async () => {
    await workplace.run('tape', 'make', 'damaged', '--events', '100');
    const file = join(workplace.path, 'damaged', '000001.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('snapshot', 'snapshop'));
    for (const command of [
      ['replay', 'damaged'],
      ['tape', 'verify', 'damaged'],
      ['serve', 'damaged'],
    ]) {
      const { code, stderr } = await workplace.run(...command);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/^"damaged.*line 4 is not what was written.*\n$/),
      ]);
    }
    writeFileSync(file, text.slice(0, -20));
    expect((await workplace.run('tape', 'verify', 'damaged')).code).toBe(1);
    expect((await workplace.run('tape', 'verify', 'damaged', '--repair')).code).toBe(0);
    expect((await workplace.run('tape', 'verify', 'damaged')).code).toBe(0);
  });
});

describe('what cannot be is refused with one line before any trading', { timeout: 120_000 }, () => {
  let busy: Server;
  let port = 0;
  beforeAll(async () => {
    busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    port = (busy.address() as { port: number }).port;
  });
  afterAll(() => busy.close());

  const market = (change: object) => ({ markets: [{ venue: 'bybit', symbol: 'BTC/USDT', ...change }] });
  test.each<[name: string, settings: object, pattern: RegExp, args?: string[]]>([
    ['venue', market({ venue: 'bybitt' }), /Unknown venue "bybitt". Did you mean "bybit"\?/],
    ['exchange', market({ venue: 'ccxt:kukoin' }), /Unknown ccxt exchange "kukoin". Did you mean "kucoin"\?/],
    [
      'key of an account',
      market({ venue: 'ccxt:kucoin', settings: { exchange: { secret: 'x' } } }),
      /takes no "secret": orders stay on paper/,
    ],
    ['symbol', market({ symbol: 'BTCUSDT' }), /must be base and quote/],
    ['setting of a venue', market({ settings: { ulr: 'x' } }), /Unknown key "ulr".*"url"/],
    ['address', market({ settings: { url: 'nonsense' } }), /needs the address of a WebSocket/],
    ['key', { marktes: [] }, /Unknown key "marktes".*"markets"/],
    ['key of the env', { env: { windw: 3 } }, /Unknown key "windw".*"window"/],
    ['limit', { risk: { maxDrawdown: 3 } }, /maxDrawdown/],
    ['channel', { channels: ['books'] }, /channels/],
    ['feature', { env: { features: ['open-interest'] } }, /open-interest/],
    [
      'volume without trades',
      { env: { features: ['volume-zscore'] }, channels: ['book'] },
      /needs the trades/,
    ],
    ['markets of a mode', { mode: 'arbitrage' }, /needs two markets or more/],
    ['rule', {}, /Unknown agent "bye-and-hold"/, ['--rule', 'bye-and-hold']],
    ['run', {}, /holds no run/, ['--run', 'nowhere']],
    ['registry', {}, /holds no model registry/, ['--model', 'x@champion', '--registry', 'nowhere']],
    ['two policies', {}, /needs one policy/, ['--rule', 'buy-and-hold', '--run', 'x']],
    ['no policy', {}, /needs one policy/, []],
    [
      'policy that cannot learn',
      { learn: { enabled: true } },
      /Only a model of the registry can go on learning/,
    ],
    ['key of learning', { learn: { everyHour: 1 } }, /Unknown key "everyHour".*"everyHours"/],
  ])('%s', async (name, settings, pattern, args = ['--rule', 'buy-and-hold']) => {
    const file = `${name.replaceAll(' ', '-')}.json`;
    workplace.write(file, session(settings));
    const { code, stderr } = await workplace.run('live', '--config', file, '--tape', 'never', ...args);
    expect(stderr).toMatch(pattern);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
    expect(code).toBe(2);
    expect(workplace.exists('never')).toBe(false);
  });

  test('a port in use, and a tape that is none', async () => {
    const taken = await workplace.run('serve', 'source', '--port', String(port));
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringMatching(/^Port \d+ on .* is in use/)]);
    const none = await workplace.run('replay', 'nothing-here');
    expect(none.code).toBe(2);
  });
});
