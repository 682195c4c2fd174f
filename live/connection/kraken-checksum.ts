/**
 * Computes the checksum of Kraken's books.
 *
 * Source: Kraken WebSocket v2 documentation, "Book checksum": CRC-32 of the ten lowest asks, rising, then the ten
 * highest bids, falling; each level is price, then quantity, written with the market's decimals, without the point
 * and without leading zeros.
 */
import { crc32 } from 'node:zlib';
import { powerOfTen } from '../../core/math.ts';
import type { BookSide, OrderBook } from '../../market/books/order-book.ts';

const LEVELS = 10;
/** Below this, a product with a power of ten is off by less than one half. */
const EXACT = 0x8_0000_0000_0000;

/** A number as the checksum wants it: `decimals` places, no point, no leading zeros. */
export function checksumDigits(value: number, decimals: number): string {
  const scaled = value * powerOfTen(decimals);
  if (scaled < EXACT) return String(Math.round(scaled));
  return value.toFixed(decimals).replace('.', '').replace(/^0+/, '');
}

/**
 * @param exactSize digits of a level's size, where its number does not hold them all
 * @returns unsigned, 32 bits
 */
export function krakenChecksum(
  book: OrderBook,
  priceDecimals: number,
  sizeDecimals: number,
  exactSize: (side: BookSide, price: number) => string | undefined = () => undefined,
): number {
  let text = '';
  for (const side of ['ask', 'bid'] as const) {
    for (let rank = 0; rank < LEVELS; rank++) {
      const price = book.price(side, rank);
      if (price === 0) break;
      text += checksumDigits(price, priceDecimals);
      text += exactSize(side, price) ?? checksumDigits(book.size(side, rank), sizeDecimals);
    }
  }
  return crc32(text);
}
