/** What the commands of live sessions refuse before anything is on the disk. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../command-line.ts';

const workplace = new Workplace();
afterAll(() => workplace.remove());

const session = (change: object = {}): string =>
  JSON.stringify({
    markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url: 'ws://127.0.0.1:1' } }],
    depth: 5,
    env: { barMs: 5000, features: ['return:1'], normalizationBars: 5, window: 2 },
    risk: { maxLoopLagMs: 1e6 },
    ...change,
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
    await workplace.run('tape', 'make', 'source', '--events', '100');
    const taken = await workplace.run('serve', 'source', '--port', String(port));
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringMatching(/^Port \d+ on .* is in use/)]);
    const none = await workplace.run('replay', 'nothing-here');
    expect(none.code).toBe(2);
  });
});
