/** LZ4 frames unpack to what the format says, and a damaged one ends in an error, soon. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { unpackLz4Frame } from '../../../market/files/lz4-frame.ts';

const frame = (...blocks: readonly (readonly number[])[]) =>
  Uint8Array.from([
    0x04,
    0x22,
    0x4d,
    0x18,
    0x60,
    0x40,
    0,
    ...blocks.flatMap((block) => [block.length, 0, 0, 0, ...block]),
    0,
    0,
    0,
    0,
  ]);
// "abc", then 9 bytes from 3 before: the copy reads what it writes. The last sequence has literals alone.
const BLOCK = [0x35, 97, 98, 99, 3, 0, 0x10, 33];

describe('LZ4 frames', () => {
  test('copies overlap what they write, and reach into the block before', () => {
    expect(Buffer.from(unpackLz4Frame(frame(BLOCK))).toString()).toBe('abcabcabcabc!');
    const second = [0x04 - 0x04 + 0x01, 13, 0, 0x10, 63];
    expect(Buffer.from(unpackLz4Frame(frame(BLOCK, second))).toString()).toBe('abcabcabcabc!abcab?');
  });

  test.each([
    ['no frame', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['cut off', frame(BLOCK).subarray(0, 14)],
    ['a copy from before the beginning', frame([0x10, 97, 5, 0, 0x10, 33])],
    ['a copy from nowhere', frame([0x10, 97, 0, 0, 0x10, 33])],
  ])('%s is refused', (_, bytes) => {
    expect(() => unpackLz4Frame(bytes)).toThrow(/LZ4/);
  });

  test('any byte changed ends, in bytes or an error', () => {
    const rng = createRng(5);
    for (let n = 0; n < 2000; n++) {
      const bytes = frame(BLOCK, BLOCK);
      bytes[4 + rng.integer(bytes.length - 4)] = rng.integer(256);
      try {
        expect(unpackLz4Frame(bytes).length).toBeLessThan(255 * bytes.length);
      } catch (error) {
        expect((error as Error).message).toContain('LZ4');
      }
    }
  });
});
