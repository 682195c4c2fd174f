/** The SIMD kernels and the memory they work in: one WebAssembly instance per agent. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';

export type Activation = 'identity' | 'tanh' | 'relu';

/**
 * Every array handed to a kernel must be a view into this object's memory (see `owns`) and large enough: kernels
 * trust their arguments. Matrices are flat and row-major; M, N and K count rows and columns. Results are the same
 * bits on every machine, and an element does not depend on which others were computed with it.
 */
export interface Kernels {
  /**
   * `length` zeros in the kernels' memory, aligned to 64 bytes; freed with the Kernels object, not before.
   * @throws ConfigError `kernel-memory-full` past 1 GiB
   */
  allocate(length: number): Float32Array;
  /** Whether the array is a view into this memory. */
  owns(array: Float32Array): boolean;
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

/** Loads the module (once per process) and gives it a memory of its own. */
export function createKernels(): Kernels {
  module ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  // Shared, so that growing it detaches no view.
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const { gemm, activate, activationGradient, logSoftmax, sumOfSquares, scale, adam, rmsProp, sgd } = exports;

  let buffer = memory.buffer;
  const buffers = new Set<ArrayBufferLike>([buffer]);
  let end = align(exports.heapBase());
  let scratch = 0;
  let scratchLength = 0;

  /** @returns the address of `bytes` zero bytes, with a vector's length of readable memory after them */
  function reserve(bytes: number): number {
    const address = end;
    const next = align(address + bytes);
    const missing = Math.ceil((next + SLACK - buffer.byteLength) / PAGE);
    if (missing > 0) {
      const pages = buffer.byteLength / PAGE;
      if (pages + missing > MAX_PAGES) {
        throw new ConfigError(
          'kernel-memory-full',
          `An agent's networks, batches and optimizer need more than ${(MAX_PAGES * PAGE) / 2 ** 30} GiB; ` +
            'use smaller networks or batches.',
        );
      }
      // Doubling keeps the number of growths, and so of buffers to know, logarithmic.
      memory.grow(Math.min(Math.max(missing, pages), MAX_PAGES - pages));
      buffer = memory.buffer;
      buffers.add(buffer);
    }
    end = next;
    return address;
  }

  /** Room to pack an [inner, columns] matrix block in, as `gemm` asks for. */
  function packingSpace(inner: number, columns: number): number {
    const length = Math.min(inner, 256) * ((columns + 15) & ~15);
    if (length > scratchLength) {
      scratchLength = length;
      scratch = reserve(length * 4);
    }
    return scratch;
  }

  return {
    allocate(length) {
      const address = reserve(length * 4);
      return new Float32Array(buffer, address, length);
    },

    owns: (array) => array.buffer === buffer || buffers.has(array.buffer),

    dense(inputs, weights, bias, outputs, batch, inputDim, outputDim, activation) {
      const c = outputs.byteOffset;
      const space = packingSpace(inputDim, outputDim);
      const stride = inputDim * 4;
      const a = inputs.byteOffset;
      gemm(batch, outputDim, inputDim, a, stride, 4, weights.byteOffset, 0, bias.byteOffset, 0, c, space);
      if (activation !== 'identity') activate(c, batch * outputDim, activationCode(activation));
    },

    multiply(a, b, c, M, K, N, accumulate) {
      const out = c.byteOffset;
      const start = accumulate ? out : 0;
      gemm(M, N, K, a.byteOffset, K * 4, 4, b.byteOffset, 0, start, N * 4, out, packingSpace(K, N));
    },

    multiplyTransposedA(a, b, c, M, K, N, accumulate) {
      const out = c.byteOffset;
      const start = accumulate ? out : 0;
      gemm(K, N, M, a.byteOffset, 4, K * 4, b.byteOffset, 0, start, N * 4, out, packingSpace(M, N));
    },

    multiplyTransposedB(a, b, c, M, N, K, accumulate) {
      const out = c.byteOffset;
      const start = accumulate ? out : 0;
      gemm(M, K, N, a.byteOffset, N * 4, 4, b.byteOffset, 1, start, K * 4, out, packingSpace(N, K));
    },

    activate: (values, length, activation) => activate(values.byteOffset, length, activationCode(activation)),

    activationGradient(outputs, activation, gradients, biasGradients, rows, columns) {
      const code = activationCode(activation);
      const bias = biasGradients.byteOffset;
      activationGradient(outputs.byteOffset, code, gradients.byteOffset, bias, rows, columns);
    },

    logSoftmax(logits, logProbs, probabilities, rows, columns, offset, stride) {
      const skip = offset * 4;
      const from = logits.byteOffset + skip;
      logSoftmax(
        from,
        logProbs.byteOffset + skip,
        probabilities.byteOffset + skip,
        rows,
        columns,
        stride * 4,
      );
    },

    sumOfSquares: (values) => sumOfSquares(values.byteOffset, values.length),

    scale: (values, factor) => scale(values.byteOffset, values.length, factor),

    adam(parameters, gradients, firsts, seconds, keep, beta1, beta2, stepSize, rootScale, epsilon) {
      adam(
        parameters.byteOffset,
        gradients.byteOffset,
        firsts.byteOffset,
        seconds.byteOffset,
        parameters.length,
        keep,
        1 - beta1,
        beta2,
        1 - beta2,
        stepSize,
        rootScale,
        epsilon,
      );
    },

    rmsProp(parameters, gradients, squares, alpha, learningRate, epsilon) {
      const { byteOffset, length } = parameters;
      const rest = 1 - alpha;
      rmsProp(
        byteOffset,
        gradients.byteOffset,
        squares.byteOffset,
        length,
        alpha,
        rest,
        learningRate,
        epsilon,
      );
    },

    sgd(parameters, gradients, velocities, momentum, learningRate) {
      const { byteOffset, length } = parameters;
      sgd(byteOffset, gradients.byteOffset, velocities.byteOffset, length, momentum, learningRate);
    },
  };
}

const PAGE = 65536;
const SLACK = 64;
/** 1 GiB; address space is reserved for it, memory is not. */
const MAX_PAGES = 16384;

let module: WebAssembly.Module | undefined;

function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}

function activationCode(activation: Activation): number {
  return activation === 'tanh' ? 1 : activation === 'relu' ? 2 : 0;
}

/** See networks/assembly; addresses are in bytes. */
interface Exports {
  heapBase(): number;
  gemm(
    M: number,
    N: number,
    K: number,
    a: number,
    rowStrideA: number,
    columnStrideA: number,
    b: number,
    transposedB: number,
    start: number,
    startStride: number,
    c: number,
    scratch: number,
  ): void;
  activate(values: number, length: number, activation: number): void;
  activationGradient(
    outputs: number,
    activation: number,
    gradients: number,
    biasGradients: number,
    rows: number,
    columns: number,
  ): void;
  logSoftmax(
    logits: number,
    logProbs: number,
    probabilities: number,
    rows: number,
    columns: number,
    stride: number,
  ): void;
  sumOfSquares(values: number, length: number): number;
  scale(values: number, length: number, factor: number): void;
  adam(
    parameters: number,
    gradients: number,
    firstMoments: number,
    secondMoments: number,
    length: number,
    keep: number,
    beta1Rest: number,
    beta2: number,
    beta2Rest: number,
    stepSize: number,
    rootScale: number,
    epsilon: number,
  ): void;
  rmsProp(
    parameters: number,
    gradients: number,
    squares: number,
    length: number,
    alpha: number,
    alphaRest: number,
    learningRate: number,
    epsilon: number,
  ): void;
  sgd(
    parameters: number,
    gradients: number,
    velocities: number,
    length: number,
    momentum: number,
    learningRate: number,
  ): void;
}

/** The part of WebAssembly's JavaScript interface used here; Node's type definitions do not carry it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: boolean });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
