/**
 * Unpacks LZ4 frames, as Arrow files hold them; a damaged one ends in an error, however it is damaged.
 * Source: LZ4 frame format 1.6 and LZ4 block format. Differences from the source: checksums are passed over, dictionaries refused.
 */

const MAGIC = 0x184d2204;
const FLAG = { dictionary: 0x01, contentChecksum: 0x04, contentSize: 0x08, blockChecksum: 0x10 };
const UNPACKED = 0x80000000;
const MIN_MATCH = 4;

/** @throws Error for what is no whole frame */
export function unpackLz4Frame(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 7 || view.getUint32(0, true) !== MAGIC) throw new Error('an LZ4 frame is damaged');
  const flags = bytes[4];
  if (flags >> 6 !== 1 || flags & FLAG.dictionary) throw new Error('an LZ4 frame is of an unknown form');
  let at = 7 + (flags & FLAG.contentSize ? 8 : 0);
  const out = new Output(bytes.length);
  for (;;) {
    if (at + 4 > bytes.length) throw new Error('an LZ4 frame is cut off');
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return out.bytes.subarray(0, out.length);
    const length = size & ~UNPACKED;
    const end = at + length;
    if (end > bytes.length || length < 0) throw new Error('an LZ4 frame is cut off');
    if (size >= UNPACKED) out.append(bytes.subarray(at, end));
    else unpackBlock(bytes, at, end, out);
    at = end + (flags & FLAG.blockChecksum ? 4 : 0);
  }
}

/** Literals and copies of what came before, also of blocks before. */
function unpackBlock(bytes: Uint8Array, from: number, end: number, out: Output): void {
  let at = from;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      if (at >= end) throw new Error('an LZ4 block is cut off');
      const byte = bytes[at++];
      length += byte;
      if (byte < 255) return length;
    }
  };
  while (at < end) {
    const token = bytes[at++];
    const literals = lengthOf(token >> 4);
    if (at + literals > end) throw new Error('an LZ4 block is cut off');
    out.append(bytes.subarray(at, at + literals));
    at += literals;
    if (at === end) return;
    if (at + 2 > end) throw new Error('an LZ4 block is cut off');
    const offset = bytes[at] | (bytes[at + 1] << 8);
    at += 2;
    out.copy(offset, lengthOf(token & 15) + MIN_MATCH);
  }
}

/** Grows; a block unpacks into 255 times its size at most. */
class Output {
  bytes: Uint8Array;
  length = 0;

  constructor(packed: number) {
    this.bytes = new Uint8Array(4 * packed + 64);
  }

  append(part: Uint8Array): void {
    this.#reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  copy(offset: number, count: number): void {
    if (offset === 0 || offset > this.length) throw new Error('an LZ4 block copies what it has not');
    this.#reserve(count);
    const { bytes } = this;
    // One by one: what is copied may be part of the copy.
    for (let i = 0; i < count; i++) bytes[this.length + i] = bytes[this.length + i - offset];
    this.length += count;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
