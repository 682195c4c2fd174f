/** Chooses how many threads a learning step is divided among, where nobody has said: those that would else be idle. */
import { availableParallelism, loadavg } from 'node:os';
import type { KernelBackend } from '../../networks/kernels/kernels.ts';

/** Multiply-adds of a product from which on two threads take little more than half of the time of one: 64 rows, 256 × 256 units. */
const LARGE_PRODUCT = 64 * 256 * 256;
/** More do not find chunks of a useful size. */
const MOST = 4;

/** What the choice depends on of an agent's configuration; absent where an agent has no such setting. */
export interface ProductSizes {
  readonly hidden?: unknown;
  readonly batchSize?: unknown;
  readonly minibatchSize?: unknown;
}

/** What the machine has, and what is going on there. */
export interface MachineLoad {
  readonly cores: number;
  /** Mean number of threads that wanted to run during the last minute; 0 where the system does not tell. */
  readonly load: number;
}

/**
 * The idle cores, at most four, for an agent whose products are large; 1 for others, on a machine that is busy, and with `blas`, whose
 * last bits may depend on the number. The bits of the WebAssembly kernels never do.
 */
export function idleThreads(
  backend: KernelBackend,
  sizes: ProductSizes,
  { cores, load }: MachineLoad = { cores: availableParallelism(), load: loadavg()[0] },
): number {
  if (backend === 'blas' || largestProduct(sizes) < LARGE_PRODUCT) return 1;
  return Math.max(1, Math.min(MOST, Math.round(cores - load)));
}

/** Multiply-adds of the largest product between two hidden layers. */
function largestProduct({ hidden, batchSize, minibatchSize }: ProductSizes): number {
  const rows = Math.max(...[batchSize, minibatchSize].map((size) => (typeof size === 'number' ? size : 0)));
  const widths = Array.isArray(hidden) ? hidden.map(Number) : [];
  return rows * widths.slice(1).reduce((most, width, l) => Math.max(most, width * widths[l]), 0);
}
