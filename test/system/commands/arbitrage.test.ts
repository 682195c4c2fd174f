/** `market-gym arbitrage` from books to a report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { encodeBooks } from '../../../market/books/load.ts';
import { SyntheticVenues } from '../../../market/synthetic/venues.ts';
import { Workplace } from '../../scripts/command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  const tape = new SyntheticVenues({ events: 1500 }).generate(createRng(1));
  writeFileSync(place.file('books.jsonl.gz'), encodeBooks(tape, 'books.jsonl.gz'));
});
afterAll(() => place?.remove());

const short = ['--seeds', '1', '--cloning-steps', '1000', '--synthetic-steps', '500', '--steps', '500'];

test('trains on recorded books, writes the report, and says the same as text and as JSON', async () => {
  const run = ['arbitrage', '--data', 'books.jsonl.gz', ...short, '--set', 'env.warmupEvents=50'];
  const [text, json] = await Promise.all([
    // A second look at the same span would be counted in the second report.
    place.spawn(...run, '--out', 'a.html', '--ledger', 'a.db'),
    place.spawn(...run, '--out', 'b.html', '--ledger', 'b.db', '--json'),
  ]);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const result = JSON.parse(json.stdout);
  expect(result.seeds).toHaveLength(1);
  expect(text.stdout).toContain(result.verdict.text);
  expect(text.stdout).toMatch(/\nladder {2,}/);
  expect(readFileSync(place.file('a.html'), 'utf8')).toContain('<th scope="row">agent, seed 1</th>');
  expect(readFileSync(place.file('a.html'), 'utf8')).toBe(readFileSync(place.file('b.html'), 'utf8'));
}, 120_000);
