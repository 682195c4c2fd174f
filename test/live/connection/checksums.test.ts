import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { parseDecimal } from '../../../live/connection/decimal.ts';
import { checksumDigits, krakenChecksum } from '../../../live/connection/kraken-checksum.ts';
import { okxChecksum } from '../../../live/connection/okx-checksum.ts';
import { OrderBook } from '../../../market/books/order-book.ts';

const BTC_ASKS =
  '45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660 45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827';
const BTC_BIDS =
  '45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586 45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238';

function bookOf(bids: string, asks: string): OrderBook {
  const book = new OrderBook();
  for (const [side, rows] of [
    ['bid', bids],
    ['ask', asks],
  ] as const)
    for (const row of rows.split(' ')) {
      const [price, size] = row.split('/').map(Number);
      book.apply(side, price, size);
    }
  return book;
}

describe('checksums', () => {
  test('CRC-32 has its check value', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
  });

  test("Kraken's guide", () => {
    expect(krakenChecksum(bookOf(BTC_BIDS, BTC_ASKS), 1, 8)).toBe(3310070434);
  });

  test("only the best ten levels count in Kraken's", () => {
    const book = bookOf(BTC_BIDS, BTC_ASKS);
    book.apply('bid', 45000, 1);
    book.apply('ask', 46000, 1);
    expect(krakenChecksum(book, 1, 8)).toBe(3310070434);
  });

  test('digits are those of a fixed number of decimals, leading zeros dropped', () => {
    expect(checksumDigits(45285.2, 1)).toBe('452852');
    expect(checksumDigits(0.001, 8)).toBe('100000');
    expect(checksumDigits(0.566, 4)).toBe('5660');
    const rng = createRng(1);
    for (let i = 0; i < 20_000; i++) {
      const decimals = rng.integer(9);
      const value = Number((rng.uniform() * 10 ** rng.integer(8)).toFixed(decimals));
      const plain = value
        .toFixed(decimals)
        .replace('.', '')
        .replace(/^0+(?=\d)/, '');
      expect(checksumDigits(value, decimals)).toBe(plain);
    }
  });

  test("OKX's legacy examples", () => {
    expect(
      okxChecksum(
        [
          ['3366.1', '7'],
          ['3366', '6'],
        ],
        [
          ['3366.8', '9'],
          ['3368', '8'],
        ],
      ),
    ).toBe(-1881014294);
    expect(
      okxChecksum(
        [['3366.1', '7']],
        [
          ['3366.8', '9'],
          ['3368', '8'],
          ['3372', '8'],
        ],
      ),
    ).toBe(831078360);
  });
});

describe('decimals', () => {
  test('are read to the same bits as by Number', () => {
    const rng = createRng(2);
    for (let i = 0; i < 50_000; i++) {
      const places = rng.integer(12);
      const text = (rng.uniform() * 10 ** rng.integer(12)).toFixed(places);
      expect(parseDecimal(text)).toBe(Number(text));
    }
    for (const text of [
      '12345678901.12345678',
      '0.00000001',
      '123456789012345678901234567890',
      '1e-8',
      '00.50',
    ])
      expect(parseDecimal(text)).toBe(Number(text));
  });

  test.each(Array.from({ length: 26 }, (_, places) => places))('with %i zeros behind the point', (places) => {
    const text = `3.${'0'.repeat(places)}7`;
    expect(parseDecimal(text)).toBe(Number(text));
    const small = `0.${'0'.repeat(places)}7`;
    expect(parseDecimal(small)).toBe(Number(small));
  });

  test('nothing else is a number', () => {
    for (const text of [
      '',
      ' ',
      '-1',
      '+1',
      '.5',
      '5.',
      '1.2.3',
      '0x10',
      '1e',
      'NaN',
      'Infinity',
      '1 ',
      '1,5',
      'e5',
    ])
      expect(parseDecimal(text)).toBeNaN();
  });
});
