/** Defines the SIMD kernels' contract: matrix products and what surrounds them, on arrays in one memory. */

export type Activation = 'identity' | 'tanh' | 'relu';

export const KERNEL_BACKENDS = ['wasm', 'wasm-fma', 'blas'] as const;
export type KernelBackend = (typeof KERNEL_BACKENDS)[number];

export interface KernelOptions {
  /**
   * Where matrix products are computed: `wasm` is bit-reproducible and needs nothing; `wasm-fma` fuses multiplications and
   * additions, faster and to the same bits on every machine that can, with Node from version 22 on; `blas` uses the system's OpenBLAS
   * through koffi, several times faster, with last bits that depend on the processor. Default `wasm`.
   */
  readonly backend?: KernelBackend;
  /**
   * Threads that share the work of one operation, 1 … 64, the calling one included. With `blas` products stay on the
   * calling thread. Default 1.
   */
  readonly threads?: number;
}

/**
 * Every array handed to a kernel must be a view into this object's memory (see `owns`) and large enough: kernels
 * trust their arguments. Matrices are flat and row-major; M, N and K count rows and columns. With the backend `wasm`
 * results are the same bits on every machine and for any number of threads, and an element does not depend on which
 * others were computed with it; with `wasm-fma` they are other bits, and as much the same. With `blas` neither holds for products.
 */
export interface Kernels {
  readonly backend: KernelBackend;
  /** Threads that share the work, the calling one included. */
  readonly threads: number;
  /**
   * Does the tasks, each on one thread, several at a time; in order on the calling thread where there is one thread, or
   * the backend is `blas`. For work on several networks: dearer to divide finely than to hand out whole. Results are
   * the same bits as one task after the other.
   * @param tasks are called at once, but the kernels they call may be done later, until `concurrently` returns: a task
   * only calls kernels, reads no results, and uses none of another task's
   */
  concurrently<Result>(tasks: readonly (() => Result)[]): Result[];
  /**
   * Inside a task of `concurrently`: does at once what was put off, so that results can be read. The rest of the task
   * then is no longer concurrent. Elsewhere there is nothing to do.
   */
  settle(): void;
  /** Ends the threads; the kernels go on with the calling one. Happens by itself when the object is collected. */
  close(): void;
  /**
   * `length` zeros in the kernels' memory, aligned to 64 bytes; freed with the Kernels object, not before.
   * @throws ConfigError `kernel-memory-full` past 1 GiB
   */
  allocate(length: number): Float32Array;
  /**
   * `length` zeros as `allocate` gives them, of 32-bit integers.
   * @throws ConfigError `kernel-memory-full` past 1 GiB
   */
  allocateIntegers(length: number): Int32Array;
  /** Whether the array is a view into this memory. */
  owns(array: Float32Array | Int32Array): boolean;
  /** The module's functions, for kernels that have their typed wrappers in a file of their own. */
  readonly exports: Readonly<Record<string, unknown>>;
  /**
   * outputs [B, O] = activation(inputs [B, I] · weights [I, O] + bias [O]).
   */
  dense(
    inputs: Float32Array,
    weights: Float32Array,
    bias: Float32Array,
    outputs: Float32Array,
    batch: number,
    inputDim: number,
    outputDim: number,
    activation: Activation,
  ): void;
  /** c [M, N] = (accumulate ? c : 0) + a [M, K] · b [K, N] */
  multiply(
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    M: number,
    K: number,
    N: number,
    accumulate: boolean,
  ): void;
  /** c [K, N] = (accumulate ? c : 0) + aᵀ · b, for a [M, K] and b [M, N] */
  multiplyTransposedA(
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    M: number,
    K: number,
    N: number,
    accumulate: boolean,
  ): void;
  /** c [M, K] = (accumulate ? c : 0) + a · bᵀ, for a [M, N] and b [K, N] */
  multiplyTransposedB(
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    M: number,
    N: number,
    K: number,
    accumulate: boolean,
  ): void;
  /** Applies the activation to the first `length` values in place; tanh is within 1e-7. */
  activate(values: Float32Array, length: number, activation: Activation): void;
  /**
   * gradients [rows, columns] *= activation′, in place, given the activation's outputs [rows, columns]; then the
   * column sums are added to biasGradients [columns].
   */
  activationGradient(
    outputs: Float32Array,
    activation: Activation,
    gradients: Float32Array,
    biasGradients: Float32Array,
    rows: number,
    columns: number,
  ): void;
  /**
   * Normalises, in every row of logits [rows, stride], the `columns` numbers from `offset` on, into the same places
   * of logProbs and probabilities. A logit of −Infinity gives probability 0; a group with NaN, Infinity or nothing
   * but −Infinity gives NaN.
   */
  logSoftmax(
    logits: Float32Array,
    logProbs: Float32Array,
    probabilities: Float32Array,
    rows: number,
    columns: number,
    offset: number,
    stride: number,
  ): void;
  /**
   * target [n, columns] = source [rows[0 … n), columns], n being the length of `rows`.
   * @param rows of the source; one may come several times
   */
  gatherRows(
    target: Float32Array | Int32Array,
    source: Float32Array | Int32Array,
    rows: Int32Array,
    columns: number,
  ): void;
  /** Whether no number is NaN or infinite. */
  allFinite(values: Float32Array): boolean;
  /** Σ values², accumulated in Float64 in a fixed order; not finite exactly when some value is not. */
  sumOfSquares(values: Float32Array): number;
  /** values *= factor, in place. */
  scale(values: Float32Array, factor: number): void;
  /**
   * One step of Adam on arrays of one length; leaves the gradients zero.
   * @param keep 1 − learningRate · weightDecay
   * @param stepSize learningRate / (1 − beta1^t)
   * @param rootScale 1 / √(1 − beta2^t)
   */
  adam(
    parameters: Float32Array,
    gradients: Float32Array,
    firstMoments: Float32Array,
    secondMoments: Float32Array,
    keep: number,
    beta1: number,
    beta2: number,
    stepSize: number,
    rootScale: number,
    epsilon: number,
  ): void;
  /** One step of RMSprop on arrays of one length; leaves the gradients zero. */
  rmsProp(
    parameters: Float32Array,
    gradients: Float32Array,
    squares: Float32Array,
    alpha: number,
    learningRate: number,
    epsilon: number,
  ): void;
  /** One step of gradient descent with momentum on arrays of one length; leaves the gradients zero. */
  sgd(
    parameters: Float32Array,
    gradients: Float32Array,
    velocities: Float32Array,
    momentum: number,
    learningRate: number,
  ): void;
}
