/** Unpacks the pages of Parquet files, whichever way they were compressed. */
import * as zlib from 'node:zlib';
import { compressors } from 'hyparquet-compressors';
import { ZSTDDecoder } from 'zstddec';

type Unpack = (bytes: Uint8Array, length: number) => Uint8Array;

/** Node has it from version 22.15 on. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
const ZSTD = 6;
const portableZstd = new ZSTDDecoder();

/** Makes a codec ready; before its pages are unpacked. */
export async function prepareCodec(codec: number): Promise<void> {
  if (codec === ZSTD && zstdDecompressSync === undefined) await portableZstd.init();
}

/** By the format's number of the codec. */
const CODECS: ReadonlyMap<number, Unpack> = new Map<number, Unpack>([
  [0, (bytes) => bytes],
  [1, (bytes, length) => (compressors.SNAPPY as Unpack)(bytes, length)],
  [2, (bytes, length) => zlib.gunzipSync(bytes, { maxOutputLength: length + 1 })],
  [4, (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: length + 1 })],
  [5, (bytes, length) => (compressors.LZ4 as Unpack)(bytes, length)],
  [
    ZSTD,
    (bytes, length) =>
      zstdDecompressSync === undefined ? portableZstd.decode(bytes, length) : zstdDecompressSync(bytes),
  ],
  [7, (bytes, length) => (compressors.LZ4_RAW as Unpack)(bytes, length)],
]);

/** A page that grows by more than this, and beyond `MAX_FREE_BYTES`, was made to fill memories. */
const MAX_RATIO = 300;
export const MAX_FREE_BYTES = 256 << 20;

/**
 * @param length bytes that the page says it has unpacked
 * @throws Error for an unknown codec, or where it has not
 */
export function unpackPage(codec: number, bytes: Uint8Array, length: number): Uint8Array {
  const unpack = CODECS.get(codec);
  if (unpack === undefined) throw new Error(`it is compressed by codec ${codec}, which is unknown`);
  if (length > MAX_FREE_BYTES && length > MAX_RATIO * bytes.length)
    throw new Error(`a page says it unpacks into ${length} bytes`);
  if (length === 0) return new Uint8Array(0);
  const unpacked = unpack(bytes, length);
  if (unpacked.length !== length) throw new Error(`a page has ${unpacked.length} bytes of ${length}`);
  // A Buffer's slice is no copy, as it is of other bytes.
  return new Uint8Array(unpacked.buffer, unpacked.byteOffset, length);
}
