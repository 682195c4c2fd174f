/** `market-gym arbitrage --kind`: markets made up, recorded books, bars of each market, and what is counted. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { syntheticLegs } from '../../../envs/combo-arbitrage.ts';
import { CARRY } from '../../../envs/combos/kinds.ts';
import { encodeBooks } from '../../../market/books/load.ts';
import { Workplace } from '../command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  const { books, funding } = syntheticLegs(CARRY, { steps: 400 })(createRng('file'));
  writeFileSync(place.file('books.jsonl'), encodeBooks(books, 'books.jsonl'));
  const rates = Array.from(funding[1]!.timeMs, (timeMs, n) => `${timeMs},${funding[1]!.rate[n]}`);
  writeFileSync(place.file('funding.csv'), `${['timestamp,fundingRate', ...rates].join('\n')}\n`);
  for (const market of [0, 1]) {
    const rows = ['timestamp,open,high,low,close,volume'];
    for (let n = market; n < books.length; n += 2) {
      const price = (books.bidPrices[n * books.depth] + books.askPrices[n * books.depth]) / 2;
      rows.push([books.timeMs[n] - market, price, price, price, price, 1000].join());
    }
    writeFileSync(place.file(`bars${market}.csv`), `${rows.join('\n')}\n`);
  }
});
afterAll(() => place?.remove());

const kind = (...args: string[]) =>
  place.run('arbitrage', '--kind', 'carry', '--steps', '64', '--seeds', '1', ...args);

describe('arbitrage --kind', () => {
  test('draws a verdict, says where the rest of the bound was left, and counts the trial', async () => {
    const { code, stdout } = await kind('--data', 'books.jsonl', '--funding', 'funding.csv', '--json');
    expect(code).toBe(0);
    const { verdict, trials, rows, latencyBps } = JSON.parse(stdout);
    expect(['edge', 'no-edge', 'worse', 'too-few-decisions', 'does-not-trade']).toContain(verdict.finding);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      'do-nothing',
      'random',
      'hysteresis',
      'carry',
      'ppo, seed 1',
    ]);
    expect(Object.keys(rows[4].test)).toEqual(
      expect.arrayContaining(['feesBps', 'spreadBps', 'fxBps', 'fundingBps', 'legFailures']),
    );
    expect(typeof latencyBps).toBe('number');
    expect(trials.sentences[0]).toContain('Trials on these data');
    const again = await kind('--data', 'books.jsonl', '--funding', 'funding.csv', '--seed', '2');
    expect(again.stdout).toContain('Of the bound of');
  }, 120_000);

  test('takes bars of each market, a --data each', async () => {
    const files = ['--data', 'bars0.csv', '--data', 'bars1.csv', '--funding', 'funding.csv'];
    const { code, stdout } = await kind(...files, '--pair', 'BTC/USDT', '--no-ledger');
    expect(code).toBe(0);
    expect(stdout).toContain('Books of bars');
    expect(stdout).toContain('Trials are not counted');
  }, 120_000);

  test.each([
    ['a perpetual without rates', ['--data', 'books.jsonl'], /has no funding rates; give --funding FILE/],
    ['too many rates', ['--data', 'books.jsonl', '--funding', 'a,b'], /names 2 files, but carry has 1 perp/],
    ['bars that do not say what they trade', ['--data', 'bars0.csv,bars1.csv'], /add --pair BTC\/USDT/],
    [
      'pairs that are not as many as files',
      ['--data', 'bars0.csv,bars1.csv', '--pair', 'BTC/USDT', '--pair', 'BTC/KRW', '--pair', 'A/B'],
      /--pair is given 3 times for 2 file/,
    ],
  ])('refuses %s in a line', async (_, args, message) => {
    const { code, stderr } = await kind(...args);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(stderr).toMatch(message);
  });

  test('an env of several markets is trained on books with a file of rates', async () => {
    const args = ['--env', 'carry', '--data', 'books.jsonl', '--funding', 'funding.csv', '--steps', '64'];
    const { code, stderr } = await place.run('train', ...args, '--out', 'run');
    expect([code, stderr]).toEqual([0, '']);
    writeFileSync(place.file('funding.csv'), 'timestamp,fundingRate\n1704067200000,0.0001\n');
    const changed = await place.run('evaluate', 'run');
    expect(changed.stderr).toContain('is not the file this run was made with');
  }, 120_000);
});
