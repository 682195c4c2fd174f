/** Opens the compiled kernels that grow and walk trees, with their memory and the threads that share the work. */
import { ConfigError, DataError } from '../../core/errors.ts';
import { KernelMemory } from '../../networks/kernels/memory.ts';
import { startThreads } from '../../networks/kernels/threads.ts';

/** Addresses are in bytes; functions that take the team return 0, or 1 when a thread was lost. */
export interface TreeExports {
  splitGrow(team: number, context: number, pairs: number, numPairs: number): number;
  splitPartition(team: number, context: number, parts: number, numParts: number): number;
  splitWalk(
    team: number,
    trees: number,
    numTrees: number,
    values: number,
    rows: number,
    columns: number,
    block: number,
    margins: number,
    outputs: number,
    blockRows: number,
  ): number;
  logisticGradients(margins: number, labels: number, weights: number, gradients: number, rows: number): void;
  squaredGradients(margins: number, labels: number, weights: number, gradients: number, rows: number): void;
  softmaxGradients(
    margins: number,
    labels: number,
    weights: number,
    probabilities: number,
    gradients: number,
    rows: number,
    classes: number,
  ): void;
  gradientRange(gradients: number, rows: number, result: number): void;
  roundGradients(gradients: number, rows: number, shiftG: number, shiftH: number): void;
  sumGradients(gradients: number, rows: number, count: number, result: number): void;
  chunksDoneByOthers(): number;
  addToRows(margins: number, stride: number, rows: number, count: number, value: number): void;
}

const MAX_THREADS = 64;
const THREAD_TIMEOUT_MS = 60_000;

/** One memory and its threads; bits do not depend on the number of threads. */
export class TreeKernels {
  readonly threads: number;
  readonly exports: TreeExports;
  /** The control block of the threads, 0 when there is one thread. */
  readonly team: number;
  readonly #memory = new KernelMemory();
  readonly #check: (outcome: number) => void;
  readonly #close: () => void;

  /** @throws ConfigError `kernel-threads-invalid` */
  constructor(threads: number) {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
      throw new ConfigError(
        'kernel-threads-invalid',
        `Trees run on 1 to ${MAX_THREADS} threads, not on ${threads}.`,
      );
    }
    const memory = this.#memory;
    this.threads = threads;
    this.exports = memory.exports as unknown as TreeExports;
    if (threads === 1) {
      this.team = 0;
      this.#check = () => {};
      this.#close = () => {};
      return;
    }
    this.team = memory.reserve(memory.exports.teamBytes());
    const crew = startThreads({
      memory: memory.shared,
      exports: memory.exports,
      team: this.team,
      workers: threads - 1,
      timeoutMs: THREAD_TIMEOUT_MS,
    });
    this.#check = (outcome) => crew.check(outcome);
    this.#close = () => crew.close();
  }

  /**
   * @returns the address of `bytes` zero bytes
   * @throws DataError `table-too-large` when the data and the trees do not fit into the kernels' memory
   */
  reserve(bytes: number): number {
    try {
      return this.#memory.reserve(bytes);
    } catch (error) {
      if (!(error instanceof ConfigError) || error.code !== 'kernel-memory-full') throw error;
      throw new DataError(
        'table-too-large',
        'The binned table, its gradients and histograms need more than 1 GiB; use fewer rows or columns, or a ' +
          'smaller max_bin.',
        { cause: error },
      );
    }
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.shared.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.shared.buffer, address, length);
  }

  words(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.shared.buffer, address, length);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.shared.buffer, address, length);
  }

  halves(address: number, length: number): Uint16Array {
    return new Uint16Array(this.#memory.shared.buffer, address, length);
  }

  /** Hands on what a function that takes the team returned. @throws TrainingError `kernel-thread-lost` */
  check(outcome: number): void {
    this.#check(outcome);
  }

  /** Lets the threads end. */
  close(): void {
    this.#close();
  }
}
