/**
 * Unpacks runs and packed bits: levels, indices into dictionaries and flags.
 * Source: Apache Parquet, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
 */

/**
 * @param width bits of a value, 0 to 32
 * @param out [count] receives the values
 * @returns the offset behind them
 * @throws Error where the bytes end before
 */
export function readHybrid(
  bytes: Uint8Array,
  offset: number,
  end: number,
  width: number,
  out: Int32Array | Uint8Array,
  count: number,
): number {
  if (width > 32) throw new Error(`a page packs values into ${width} bits`);
  if (width === 0) {
    out.fill(0, 0, count);
    return offset;
  }
  const valueBytes = (width + 7) >> 3;
  let at = offset;
  let filled = 0;
  while (filled < count) {
    let header = 0;
    let shift = 0;
    let byte: number;
    do {
      if (at >= end || shift > 28) throw new Error('a page is cut off');
      byte = bytes[at++];
      header |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    header >>>= 0;
    if ((header & 1) === 0) {
      if (at + valueBytes > end) throw new Error('a page is cut off');
      let value = 0;
      for (let k = 0; k < valueBytes; k++) value |= bytes[at++] << (8 * k);
      const runEnd = Math.min(count, filled + (header >>> 1));
      out.fill(value, filled, runEnd);
      filled = runEnd;
    } else {
      const there = (header >>> 1) * 8;
      const wanted = Math.min(there, count - filled);
      if (at + Math.ceil((wanted * width) / 8) > end) throw new Error('a page is cut off');
      unpackBits(bytes, at, width, out, filled, wanted);
      filled += wanted;
      at = Math.min(end, at + (there * width) / 8);
    }
  }
  return at;
}

/** Values of some bits each, lowest first; the bytes must be there. */
function unpackBits(
  bytes: Uint8Array,
  from: number,
  width: number,
  out: Int32Array | Uint8Array,
  to: number,
  count: number,
): void {
  let at = from;
  let bits = 0;
  let held = 0;
  if (width <= 24) {
    const mask = (1 << width) - 1;
    for (let i = 0; i < count; i++) {
      while (bits < width) {
        held |= bytes[at++] << bits;
        bits += 8;
      }
      out[to + i] = held & mask;
      held >>>= width;
      bits -= width;
    }
    return;
  }
  // Above 24 bits what is held needs more than 32; doubles hold 53.
  const unit = 2 * ((1 << (width - 1)) >>> 0);
  let weight = 1;
  for (let i = 0; i < count; i++) {
    while (bits < width) {
      held += bytes[at++] * weight;
      weight *= 256;
      bits += 8;
    }
    const rest = Math.floor(held / unit);
    out[to + i] = held - rest * unit;
    held = rest;
    bits -= width;
    weight /= unit;
  }
}

/** The bits that numbers up to `most` take. */
export const bitsOf = (most: number): number => 32 - Math.clz32(most);
