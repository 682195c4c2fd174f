/**
 * Holds the module's instance and its memory, one for each Kernels object: arrays are added at its end, and freed with
 * it.
 */
import { ConfigError } from '../../core/errors.ts';
import {
  type Arithmetic,
  createSharedMemory,
  instantiate,
  type SharedMemory,
  type WasmExports,
} from './wasm-module.ts';

const PAGE = 65536;
/** A vector load may run past the end of any array. */
const SLACK = 64;
const INITIAL_PAGES = 16;
/** 1 GiB; address space is reserved for it, memory is not. */
const MAX_PAGES = 16384;

export class KernelMemory {
  readonly shared: SharedMemory;
  /** The module's functions, working in this memory. */
  readonly exports: WasmExports;
  readonly #buffers: Set<ArrayBufferLike>;
  #buffer: SharedArrayBuffer;
  #end: number;

  constructor(arithmetic: Arithmetic = 'exact') {
    this.shared = createSharedMemory(INITIAL_PAGES, MAX_PAGES);
    this.exports = instantiate(this.shared, arithmetic);
    this.#buffer = this.shared.buffer;
    this.#buffers = new Set([this.#buffer]);
    this.#end = align(this.exports.heapBase());
  }

  /**
   * @returns the address, a multiple of 64, of `bytes` zero bytes with a vector's length of readable memory after them
   * @throws ConfigError `kernel-memory-full` past 1 GiB
   */
  reserve(bytes: number): number {
    const address = this.#end;
    const next = align(address + bytes);
    const missing = Math.ceil((next + SLACK - this.#buffer.byteLength) / PAGE);
    if (missing > 0) {
      const pages = this.#buffer.byteLength / PAGE;
      if (pages + missing > MAX_PAGES) {
        throw new ConfigError(
          'kernel-memory-full',
          `An agent's networks, batches and optimizer need more than ${(MAX_PAGES * PAGE) / (1 << 30)} GiB; ` +
            'use smaller networks or batches.',
        );
      }
      // Doubling keeps the number of growths, and so of buffers to know, logarithmic.
      this.shared.grow(Math.min(Math.max(missing, pages), MAX_PAGES - pages));
      this.#buffer = this.shared.buffer;
      this.#buffers.add(this.#buffer);
    }
    this.#end = next;
    return address;
  }

  allocate(length: number): Float32Array {
    const address = this.reserve(length * 4);
    return new Float32Array(this.#buffer, address, length);
  }

  allocateIntegers(length: number): Int32Array {
    const address = this.reserve(length * 4);
    return new Int32Array(this.#buffer, address, length);
  }

  owns(array: Float32Array | Int32Array): boolean {
    return array.buffer === this.#buffer || this.#buffers.has(array.buffer);
  }
}

function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}
