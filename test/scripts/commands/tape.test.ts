/** What commands make of tapes that are not as they should be: one line that says what and where, and nothing done. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../command-line.ts';

const workplace = new Workplace();
const fileOf = (tape: string): string => join(workplace.path, tape, '000001.jsonl');

beforeAll(async () => {
  const { stderr } = await workplace.run('tape', 'make', 'sound', '--events', '200');
  expect(stderr).toBe('');
  for (const tape of ['other-version', 'one-byte']) {
    cpSync(workplace.file('sound'), workplace.file(tape), { recursive: true });
  }
  const text = readFileSync(fileOf('sound'), 'utf8');
  writeFileSync(fileOf('other-version'), text.replace('["tape",1,', '["tape",2,'));
  const bytes = Buffer.from(text);
  bytes[text.length >> 1] ^= 1;
  writeFileSync(fileOf('one-byte'), bytes);
  const settings = { url: 'ws://127.0.0.1:1' };
  workplace.write(
    'live.json',
    JSON.stringify({ markets: [{ venue: 'bybit', symbol: 'BTC/USDT', settings }], depth: 5 }),
  );
}, 60_000);
afterAll(() => workplace.remove());

const COMMANDS: readonly (readonly [string, (tape: string) => string[]])[] = [
  ['tape verify', (tape) => ['tape', 'verify', tape]],
  ['tape info', (tape) => ['tape', 'info', tape]],
  ['replay', (tape) => ['replay', tape]],
  ['serve', (tape) => ['serve', tape, '--port', '0']],
  ['live', (tape) => ['live', '--config', 'live.json', '--tape', tape, '--rule', 'buy-and-hold']],
  ['train', (tape) => ['train', '--env', 'trading-books', '--data', `tape:${tape}`, '--out', 'never']],
];

describe('a tape is refused with one line, and is left as it was', { timeout: 120_000 }, () => {
  test.each(COMMANDS)('by %s', async (_name, command) => {
    for (const [tape, pattern] of [
      ['other-version', /^"other-version.000001.jsonl" is a tape of version 2, this program reads 1\. Use /],
      ['one-byte', /^"one-byte.000001.jsonl" is damaged: line \d+ is not what was written/],
    ] as const) {
      const before = readFileSync(fileOf(tape));
      const { code, stdout, stderr } = await workplace.run(...command(tape));
      expect(stderr).toMatch(pattern);
      expect(stderr.trimEnd().split('\n').length).toBe(1);
      expect([code, stdout]).toEqual([2, '']);
      expect(readFileSync(fileOf(tape))).toEqual(before);
    }
    expect(workplace.exists('never')).toBe(false);
  });

  test('by replay, serve and train where there is none', async () => {
    for (const [name, command] of COMMANDS) {
      if (!['replay', 'serve', 'train'].includes(name)) continue;
      const { code, stderr } = await workplace.run(...command('nothing-here'));
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^"nothing-here" holds no tape: .*\.\n$/)]);
      expect(workplace.exists('nothing-here')).toBe(false);
    }
  });

  test('by replay when there are messages on it and no session', async () => {
    const { code, stdout, stderr } = await workplace.run('replay', 'sound');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^The tape holds \d+ messages of venues and no session to repeat.*\n$/);
  });
});
