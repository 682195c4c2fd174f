/**
 * Computes the checksum that OKX's books carried for years; now the field is 0, which means that there is none.
 *
 * Source: OKX v5 documentation, "Checksum": CRC-32, signed, of `price:size` of bid and ask in turn, the best 25 of each.
 */
import { crc32 } from 'node:zlib';

const LEVELS = 25;

/**
 * @param bids price and size as the venue wrote them, best first
 * @returns signed, 32 bits
 */
export function okxChecksum(
  bids: readonly (readonly [price: string, size: string])[],
  asks: readonly (readonly [price: string, size: string])[],
): number {
  const parts: string[] = [];
  for (let rank = 0; rank < LEVELS; rank++) {
    if (rank < bids.length) parts.push(bids[rank][0], bids[rank][1]);
    if (rank < asks.length) parts.push(asks[rank][0], asks[rank][1]);
  }
  return crc32(parts.join(':')) | 0;
}
