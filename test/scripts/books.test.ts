/** The data commands on order books. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { encodeBooks } from '../../market/books/load.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { type Outcome, Workplace } from './command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  const tape = new SyntheticVenues({ events: 3000 }).generate(createRng(1));
  for (const name of ['books.jsonl.gz', 'books.parquet']) {
    writeFileSync(place.file(name), encodeBooks(tape, name));
  }
  const book = { timestamp: 1_700_000_000_000, exchange: 'X', bids: [[10, 1]], asks: [[11, 1]] };
  const crossed = { ...book, bids: [[12, 1]] };
  writeFileSync(
    place.file('crossed.jsonl'),
    [book, crossed, book].map((row) => JSON.stringify(row)).join('\n'),
  );
});
afterAll(() => place?.remove());

const well = (outcome: Outcome): string => {
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome.stdout;
};

describe('data', { concurrent: true }, () => {
  test('describe tells of books in either form, in text and as JSON', async () => {
    const text = well(await place.run('data', 'describe', 'books.jsonl.gz'));
    expect(text).toMatch(/^alpha {2}BTC\/USDT\n {2}books {10}\d+, 2024-01-01/m);
    expect(text).toContain('alpha and beta\n  mid spread');
    const json = JSON.parse(well(await place.run('data', 'describe', 'books.parquet', '--json')));
    expect(json).toMatchObject({
      events: 3000,
      depth: 5,
      rejections: [],
      format: 'market-gym books, Parquet',
    });
    expect(json.venues.map(({ venue }: { venue: { name: string } }) => venue.name).sort()).toEqual([
      'alpha',
      'beta',
    ]);
    expect(json.pairs[0].leadLag.correlations).toHaveLength(41);
  });

  test('describe counts what is no book, and takes the pair from the command line', async () => {
    const text = well(await place.run('data', 'describe', 'crossed.jsonl', '--pair', 'btc-brl'));
    expect(text).toContain(
      'X: 1 events left out, crossed-book: the best bid is above the best ask; the first is line 2',
    );
    expect(text).toContain('X  BTC/BRL');
    const refused = await place.run('data', 'describe', 'crossed.jsonl', '--pair', 'nothing');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe(
      '"nothing" is no pair of currencies; write base and quote, e.g. "BTC/USDT".\n',
    );
  });

  test('fit shows the model beside the data and writes parameters that make a market', async () => {
    const text = well(
      await place.run('data', 'fit', 'books.parquet', '--from', '2024-01-01', '--out', 'fit.json'),
    );
    expect(text).toMatch(/^Fitted to 3000 books/);
    expect(text).toMatch(/alpha: spread, mean +\S+ +\S+ +\S+ +bp/);
    const market = new SyntheticVenues(JSON.parse(readFileSync(place.file('fit.json'), 'utf8')));
    expect(market.generate(createRng(1)).length).toBe(3000);
  });

  test('fit refuses spans without books and times that are none', async () => {
    const outside = await place.run('data', 'fit', 'books.parquet', '--from', '2030-01-01');
    expect(outside.code).toBe(2);
    expect(outside.stderr).toMatch(/^No event of the tape was received from 2030-01-01/);
    const noTime = await place.run('data', 'fit', 'books.parquet', '--to', 'noon');
    expect(noTime.stderr).toBe('--to "noon" is no time; write it as 2020-06-21T08:00.\n');
  });
});
