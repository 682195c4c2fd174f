/** Lends histograms to nodes while they may be split. */
import type { TreeKernels } from './kernels.ts';

export interface HistogramHolder {
  /** Its histogram's address, 0 for none. */
  histogram: number;
}

/** Reserves histograms as they are needed, and takes them back from the youngest holders when there are too many. */
export class HistogramPool {
  /** Histograms there may be at once. */
  readonly capacity: number;
  readonly #kernels: TreeKernels;
  readonly #bytes: number;
  #numReserved = 0;
  readonly #free: number[] = [];
  /** Oldest first. */
  readonly #holders = new Set<HistogramHolder>();

  /**
   * @param bytes of a histogram
   * @param totalBytes of all together, though four are always allowed
   */
  constructor(kernels: TreeKernels, bytes: number, totalBytes: number) {
    this.#kernels = kernels;
    this.#bytes = bytes;
    this.capacity = Math.max(4, Math.floor(totalBytes / bytes));
  }

  /** Gives `holder` a histogram of undefined content; another loses its own for it if need be, none of `kept`. */
  acquire(holder: HistogramHolder, kept: ReadonlySet<HistogramHolder>): void {
    if (this.#free.length === 0 && this.#numReserved < this.capacity) {
      this.#free.push(this.#kernels.reserve(this.#bytes));
      this.#numReserved++;
    } else if (this.#free.length === 0) {
      const holders = [...this.#holders];
      this.release(holders.findLast((other) => !kept.has(other)) as HistogramHolder);
    }
    holder.histogram = this.#free.pop() as number;
    this.#holders.add(holder);
  }

  handOn(from: HistogramHolder, to: HistogramHolder): void {
    to.histogram = from.histogram;
    from.histogram = 0;
    this.#holders.delete(from);
    this.#holders.add(to);
  }

  release(holder: HistogramHolder): void {
    if (holder.histogram === 0) return;
    this.#free.push(holder.histogram);
    holder.histogram = 0;
    this.#holders.delete(holder);
  }

  releaseAll(): void {
    for (const holder of this.#holders) this.release(holder);
  }
}
