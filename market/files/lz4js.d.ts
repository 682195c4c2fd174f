declare module 'lz4js' {
  /** Unpacks a frame of LZ4. */
  export function decompress(frame: Uint8Array, maxSize?: number): Uint8Array;
}
