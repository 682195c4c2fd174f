import { describe, expect, test } from 'vitest';
import { checkTape } from '../../../market/books/tape-builder.ts';
import { mergeTapes, selectVenues, sliceTape } from '../../../market/books/tape-span.ts';
import { type TopEvent, TWO_VENUES, topTape } from '../book-tapes.ts';

const single = (name: string, events: TopEvent[]) => topTape(events, [{ ...TWO_VENUES[0], name }]);

describe('sliceTape', () => {
  const tape = topTape([0, 10, 10, 20, 30].map((time, i) => [i % 2, time, 100 + i, 200 + i]));

  test('takes the events from the first time to before the second', () => {
    const slice = sliceTape(tape, 10, 30);
    expect([...slice.timeMs]).toEqual([10, 10, 20]);
    expect([...slice.bidPrices]).toEqual([101, 102, 103]);
    expect(sliceTape(tape)).toEqual(tape);
  });

  test('is a copy, and refuses spans without events', () => {
    sliceTape(tape, 0, 5).bidPrices[0] = 1;
    expect(tape.bidPrices[0]).toBe(100);
    expect(() => sliceTape(tape, 11, 20)).toThrowError(
      /No event of the tape was received from .* it runs from/,
    );
    expect(() => sliceTape(tape, 20, 10)).toThrowError(/No event/);
  });
});

describe('mergeTapes', () => {
  test('orders by receive time, and by the order of tapes at equal times', () => {
    const x = single('x', [
      [0, 0, 1, 2],
      [0, 10, 3, 4],
      [0, 10, 5, 6],
    ]);
    const y = single('y', [
      [0, 0, 7, 8],
      [0, 10, 9, 10],
    ]);
    const merged = mergeTapes([x, y]);
    checkTape(merged, 'merged', 2);
    expect([...merged.bidPrices]).toEqual([1, 7, 3, 5, 9]);
    expect([...merged.venue]).toEqual([0, 1, 0, 0, 1]);
    expect([...mergeTapes([y, x]).bidPrices]).toEqual([7, 1, 9, 3, 5]);
    expect(selectVenues(merged, ['y'])).toEqual(y);
    expect(selectVenues(merged, ['x'])).toEqual(x);
  });

  test('refuses tapes without a common span, venues of one name, and nothing at all', () => {
    const early = single('x', [[0, 0, 1, 2]]);
    const late = single('y', [[0, 5, 1, 2]]);
    expect(() => mergeTapes([early, late])).toThrowError(
      /no common span: one ends at 1970-01-01T00:00:00.000Z/,
    );
    expect(mergeTapes([late, early], { overlap: 'ignore' }).length).toBe(2);
    expect(() => mergeTapes([early, early])).toThrowError(/two of them have a venue "x"/);
    expect(() => mergeTapes([])).toThrowError(/there are no tapes/);
    expect(() => selectVenues(early, ['z'])).toThrowError(/has no venue "z"; it has x/);
  });
});
