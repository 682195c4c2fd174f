import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TapeWindow } from '../../continual/tape-window.ts';
import { DataError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { headerRecord } from '../../live/session/assemble.ts';
import { resolveLiveConfig } from '../../live/session/config.ts';
import { bookFrame } from '../../live/tape/book-frames.ts';
import { readTapeData } from '../../live/tape/data.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { createBookBars } from '../../market/books/bars.ts';
import { sliceTape } from '../../market/books/tape-span.ts';
import { readTape, type TapeRecord } from '../../storage/tape.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { walkingBooks } from '../market/walking-books.ts';

const SYMBOL = 'BTC/USDT';
const SPAN_MS = 60_000;

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'market-gym-window-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** Books, trades, and connections that end and begin again, on one venue. */
function makeRecords(events: number): TapeRecord[] {
  const books = walkingBooks({ events, depth: 3 });
  const rng = createRng('window');
  const config = resolveLiveConfig({
    mode: 'record',
    markets: [{ venue: 'bybit', symbol: SYMBOL }],
    depth: 3,
  });
  const begin = books.timeMs[0];
  const records: TapeRecord[] = [
    headerRecord({ config, model: 'none', modelCreatedMs: Number.NaN }, begin),
    ['input', begin, 0, 'open'],
  ];
  for (let event = 0; event < books.length; event++) {
    const timeMs = books.timeMs[event];
    if (event % 397 === 396) {
      records.push(['input', timeMs, 0, 'close', 'gone'], ['input', timeMs, 0, 'open']);
    }
    records.push(['input', timeMs, 0, 'frame', bookFrame(books, event, 0, SYMBOL)]);
    if (rng.integer(3) > 0) continue;
    const trade = {
      T: timeMs,
      s: 'BTCUSDT',
      S: 'Buy',
      v: String(1 + rng.integer(5)),
      p: '100',
      i: `t${event}`,
    };
    const frame = { topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: timeMs, data: [trade] };
    records.push(['input', timeMs, 0, 'frame', JSON.stringify(frame)]);
  }
  return records;
}

/** What a reading of everything from the beginning gives. */
function fromTheBeginning(cutMs: number) {
  function* before() {
    for (const entry of readTape(path, { onTorn: () => {} })) {
      if (entry.index > 0 && entry.record[1] >= cutMs) return;
      yield entry;
    }
  }
  const data = readTapeData(before(), builtInVenues);
  return { ...data, books: sliceTape(data.books, cutMs - SPAN_MS, cutMs) };
}

describe('a window of a tape that grows', () => {
  test('equals a reading from the beginning to the bit at every cut, and reads each record once', async () => {
    const records = makeRecords(4500);
    const lastMs = records[records.length - 1][1];
    const firstMs = records[0][1];
    expect(lastMs - firstMs).toBeGreaterThan(20 * SPAN_MS);
    const writer = new TapeWriter(path, { segmentBytes: 100_000 });
    const window = new TapeWindow(path, builtInVenues, SPAN_MS);
    const rng = createRng('cuts');
    let written = 0;
    let volume = 0;
    let numPast = 0;
    const numInFirst = 400;
    for (let cut = 0; cut < 15; cut++) {
      const until = Math.min(records.length, Math.floor(((cut + 2) / 16) * records.length));
      for (; written < until; written++) writer.append(records[written]);
      writer.flush();
      await new Promise(setImmediate);
      // Some cuts lie on a record's time, some between, some behind the end.
      const atMs = records[until - 1][1];
      const cutMs = atMs + [0, -1500.5, 1e4 * rng.uniform()][cut % 3];
      const whole = fromTheBeginning(cutMs);
      // What was read is not read again: it need not even be there.
      const isPast = window.numRead > 2 * numInFirst;
      const file = join(path, '000001.jsonl');
      while (isPast && existsSync(file)) await new Promise(setImmediate);
      if (isPast) renameSync(`${file}.gz`, join(path, 'hidden'));
      const part = window.upTo(cutMs);
      if (isPast) renameSync(join(path, 'hidden'), `${file}.gz`);
      numPast += Number(isPast);
      expect(part.books).toEqual(whole.books);
      expect([part.header, part.notes]).toEqual([whole.header, whole.notes]);
      const bars = createBookBars(part.books, 0, 2000, part.trades);
      expect(bars).toEqual(createBookBars(whole.books, 0, 2000, whole.trades));
      for (const size of bars.candles.volume) volume += size;
    }
    expect(volume).toBeGreaterThan(100);
    expect(numPast).toBeGreaterThan(8);
    const whole = fromTheBeginning(lastMs);
    const part = window.upTo(lastMs);
    expect(part.trades!.length).toBeLessThan(whole.trades!.length);
    await writer.close();
  });

  test('goes back when it is asked for less than before', async () => {
    const writer = new TapeWriter(path);
    for (const record of makeRecords(2000)) writer.append(record);
    await writer.close();
    const window = new TapeWindow(path, builtInVenues, SPAN_MS);
    const toMs = walkingBooks({ events: 2000, depth: 3 }).timeMs[1999];
    for (const cutMs of [toMs, toMs - 2 * SPAN_MS, toMs - SPAN_MS]) {
      expect(window.upTo(cutMs).books).toEqual(fromTheBeginning(cutMs).books);
    }
    expect(() => window.upTo(toMs + 1e9)).toThrow(DataError);
    expect(window.upTo(toMs).books).toEqual(fromTheBeginning(toMs).books);
  });
});
