/** `market-gym arbitrage`, on a market of its own and on files. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { encodeBooks } from '../../../market/books/load.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { Workplace } from '../command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  const tape = new SyntheticVenues({ events: 600 }).generate(createRng(1));
  writeFileSync(place.file('books.jsonl.gz'), encodeBooks(tape, 'books.jsonl.gz'));
});
afterAll(() => place?.remove());

const short = ['--seeds', '1', '--cloning-steps', '1000', '--synthetic-steps', '500', '--steps', '500'];

describe('arbitrage', { concurrent: true }, () => {
  test('an agent that cannot be taught by example learns by itself, and says so when it is to be taught', async () => {
    const small = ['--data', 'books.jsonl.gz', '--set', 'env.warmupEvents=20'];
    const asked = await place.run('arbitrage', '--agent', 'dqn', ...small, ...short);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('cannot be taught by example');
  }, 120_000);

  test('refuses shares and steps that leave nothing to learn from', async () => {
    const share = await place.run('arbitrage', '--train-share', '1');
    expect(share).toMatchObject({ code: 2, stdout: '' });
    expect(share.stderr).toContain('--train-share must be in (0, 1), got 1');
    const none = await place.run(
      'arbitrage',
      '--steps',
      '0',
      '--synthetic-steps',
      '0',
      '--cloning-steps',
      '0',
    );
    expect(none.stderr).toContain('Nothing would be learnt');
  }, 120_000);
});
