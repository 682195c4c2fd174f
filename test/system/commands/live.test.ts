/** The commands of live sessions, as processes on a loopback port. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

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
});
