/** A tape as a data set. */
import { expect, test } from 'vitest';
import { readTapeData } from '../../../live/tape/data.ts';
import { builtInVenues } from '../../../live/venues/built-in.ts';
import type { TapeRecord } from '../../../storage/tape.ts';
import { walkingBooks } from '../../market/walking-books.ts';
import { entriesOf, recordSession } from '../recorded-session.ts';

const books = walkingBooks({ events: 12, depth: 3 });
const config = {
  mode: 'record',
  markets: [{ venue: 'bybit', symbol: 'btc/usdt' }],
  channels: ['book'],
  depth: 3,
};
const record = (before?: (event: number, take: (record: TapeRecord) => void, timeMs: number) => void) =>
  recordSession({ books, config, before });
const read = (records: TapeRecord[]) => readTapeData(entriesOf(records), builtInVenues);

test('has the books that its session saw, when it saw them, and no more to say', () => {
  const { books: found, trades, notes, header } = read(record());
  expect([...found.timeMs]).toEqual([...books.timeMs]);
  for (const side of ['bidPrices', 'bidSizes', 'askPrices', 'askSizes'] as const) {
    expect([...found[side]]).toEqual([...books[side]]);
  }
  expect(found.venues).toEqual([{ name: 'bybit', base: 'BTC', quote: 'USDT' }]);
  expect([trades, notes, header.model]).toEqual([undefined, [], 'hash']);
});

test('says how often books were lost', () => {
  const cut = record((event, take, timeMs) => {
    if (event !== 4 && event !== 8) return;
    take(['input', timeMs, 0, 'close', 'cut']);
    take(['input', timeMs, 0, 'open']);
  });
  expect(read(cut).notes).toEqual(['Books were lost or stale 2 times; the last one stands.']);
});

test('is refused where there is nothing on it', () => {
  expect(() => read([])).toThrow('The tape holds no record: there is nothing to learn from.');
  expect(() => read(record().slice(0, 2))).toThrow('No book on the tape became complete: record for longer.');
});
