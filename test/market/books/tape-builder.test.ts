import { describe, expect, test } from 'vitest';
import type { BookLevels } from '../../../market/books/faults.ts';
import { BookTapeBuilder, checkTape, describeRejection } from '../../../market/books/tape-builder.ts';
import { TWO_VENUES, topTape } from '../book-tapes.ts';

const GOOD: BookLevels = {
  bidPrices: [10, 9, 0],
  bidSizes: [1, 2, 0],
  askPrices: [11, 12, 13],
  askSizes: [3, 4, 5],
};

const bad = (change: Partial<BookLevels>): BookLevels => ({ ...GOOD, ...change });

const FAULTS: [code: string, levels: BookLevels, timeMs?: number][] = [
  ['invalid-time', GOOD, Number.NaN],
  ['backwards-clock', GOOD, 999],
  ['one-sided-book', bad({ bidPrices: [0, 0, 0], bidSizes: [0, 0, 0] })],
  ['one-sided-book', bad({ askPrices: [0, 0, 0], askSizes: [0, 0, 0] })],
  ['invalid-price', bad({ askPrices: [11, Number.NaN, 13] })],
  ['invalid-price', bad({ bidPrices: [10, -9, 0] })],
  ['invalid-price', bad({ askPrices: [11, 12, Infinity] })],
  ['invalid-price', bad({ bidPrices: [10, 0, 0] })],
  ['invalid-size', bad({ bidSizes: [1, 0, 0] })],
  ['invalid-size', bad({ askSizes: [3, -4, 5] })],
  ['invalid-size', bad({ askSizes: [3, 4, Number.NaN] })],
  ['unsorted-levels', bad({ bidPrices: [10, 10, 0] })],
  ['unsorted-levels', bad({ bidPrices: [9, 10, 0] })],
  ['unsorted-levels', bad({ askPrices: [11, 10.5, 13] })],
  ['unsorted-levels', bad({ askPrices: [11, 0, 13], askSizes: [3, 0, 5] })],
  ['crossed-book', bad({ bidPrices: [11.5, 9, 0] })],
];

describe('a builder of book tapes', () => {
  test('keeps events as they were given, through every growth', () => {
    const builder = new BookTapeBuilder({ venues: TWO_VENUES, depth: 3 });
    for (let n = 0; n < 5000; n++) {
      const price = 100 + (n % 7);
      const levels = { ...GOOD, askPrices: [price, price + 1, price + 2] };
      expect(builder.append(n % 2, 1000 + Math.floor(n / 3), n % 5 === 0 ? Number.NaN : n, levels)).toBe(
        true,
      );
    }
    const tape = builder.build();
    checkTape(tape, 'built', 2);
    expect(tape.length).toBe(5000);
    expect(tape.timeMs[4999]).toBe(1000 + 1666);
    expect(tape.exchangeTimeMs[4995]).toBeNaN();
    expect(tape.exchangeTimeMs[4999]).toBe(4999);
    expect([...tape.askPrices.slice(4999 * 3)]).toEqual([101, 102, 103]);
    expect([...tape.bidPrices.slice(4999 * 3)]).toEqual([10, 9, 0]);
    expect([...tape.venue.slice(0, 4)]).toEqual([0, 1, 0, 1]);
  });

  test.each(FAULTS)('refuses %s, or leaves it out and counts it', (code, levels, timeMs = 1000) => {
    const strict = new BookTapeBuilder({ venues: TWO_VENUES, depth: 3, source: 'file.gz' });
    strict.append(0, 1000, Number.NaN, GOOD);
    const name = () => 'line 2';
    expect(() => strict.append(1, timeMs, Number.NaN, levels, 0, name)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(/^file\.gz: line 2.*, venue "b": /) }),
    );
    const lenient = new BookTapeBuilder({ venues: TWO_VENUES, depth: 3, policy: 'reject' });
    lenient.append(0, 1000, Number.NaN, GOOD);
    expect(lenient.append(1, timeMs, Number.NaN, levels, 0, name)).toBe(false);
    expect(lenient.append(1, timeMs, Number.NaN, levels)).toBe(false);
    expect(lenient.append(1, 1000, Number.NaN, GOOD)).toBe(true);
    expect(lenient.build().length).toBe(2);
    expect(lenient.rejections).toMatchObject([{ venue: 'b', fault: code, events: 2 }]);
    expect(describeRejection(lenient.rejections[0])).toMatch(
      /^b: 2 events left out, .*; the first is line 2/,
    );
  });

  test('takes a locked book: it is no gain to anyone', () => {
    expect(topTape([[0, 0, 10, 10]]).length).toBe(1);
  });

  test('says why there is nothing when everything was left out', () => {
    const builder = new BookTapeBuilder({ venues: TWO_VENUES, depth: 3, policy: 'reject', source: 'x' });
    builder.append(0, 0, Number.NaN, bad({ bidPrices: [12, 9, 0] }));
    expect(() => builder.build()).toThrowError(
      /^x: there are no order books\. a: 1 events left out, crossed-book/,
    );
  });

  test('refuses depths and venues that make no tape', () => {
    expect(() => new BookTapeBuilder({ venues: TWO_VENUES, depth: 0 })).toThrowError(/1 to 1000 levels/);
    const twice = [TWO_VENUES[0], TWO_VENUES[0]];
    expect(() => new BookTapeBuilder({ venues: twice, depth: 1 })).toThrowError(/a name of its own/);
    const builder = new BookTapeBuilder({ venues: TWO_VENUES, depth: 3 });
    expect(() => builder.append(2, 0, 0, GOOD)).toThrowError(/venue 2 is none of the 2/);
    expect(builder.addVenue({ name: 'c', base: 'BTC', quote: 'USD' })).toBe(2);
    expect(() => builder.addVenue(TWO_VENUES[0])).toThrowError(/a name of its own/);
  });
});

describe('checkTape', () => {
  const tape = topTape([
    [0, 0, 10, 11],
    [1, 5, 10, 11],
  ]);

  test('passes what the builder made, and names the first event that is wrong', () => {
    expect(() => checkTape(tape, 'tape', 2)).not.toThrow();
    const backwards = { ...tape, timeMs: Float64Array.of(5, 0) };
    expect(() => checkTape(backwards)).toThrowError(/event 1, venue "b": it was received before/);
    expect(() => checkTape({ ...tape, askSizes: Float64Array.of(1) })).toThrowError(
      /"askSizes" has 1 values, expected 2/,
    );
    expect(() => checkTape({ ...tape, venue: Uint8Array.of(0, 2) })).toThrowError(/event 1 is of venue 2/);
  });

  test('refuses one venue where two are needed', () => {
    const single = topTape([[0, 0, 10, 11]]);
    expect(() => checkTape(single, 'tape', 2)).toThrowError(
      'tape: there are books of 1 venue, 2 are needed; merge the tapes of several venues.',
    );
  });
});
