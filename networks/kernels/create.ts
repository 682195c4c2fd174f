/** Makes the SIMD kernels and the memory they work in: one WebAssembly instance per agent. */
import { ConfigError } from '../../core/errors.ts';
import { loadBlas } from './blas.ts';
import { startBlasThreads } from './blas-threads.ts';
import { fusedObstacle } from './fused.ts';
import { type Activation, KERNEL_BACKENDS, type KernelOptions, type Kernels } from './kernels.ts';
import { kernelLayout } from './layout.ts';
import { KernelMemory } from './memory.ts';
import { startThreads } from './threads.ts';
import type { WasmExports } from './wasm-module.ts';

/**
 * Loads the module (once per process) and gives it a memory of its own.
 * @throws ConfigError `kernel-backend-unknown`, `kernel-threads-invalid`, `kernels-unsupported`, `blas-not-found`
 */
export function createKernels(options: KernelOptions = {}): Kernels {
  const { backend = 'wasm', threads = 1 } = options;
  requireValid(backend, threads);
  const library = backend === 'blas' ? loadBlas() : undefined;
  const arithmetic = backend === 'wasm-fma' ? 'fused' : 'exact';
  const memory = new KernelMemory(arithmetic);
  const { exports } = memory;
  const others = { memory: memory.shared, workers: threads - 1, timeoutMs: THREAD_TIMEOUT_MS };
  const blasThreads =
    library === undefined || threads === 1 ? undefined : startBlasThreads({ ...others, blas: library });
  const blas = blasThreads?.product ?? library?.product;
  // What is left beside the products of BLAS is not worth a second crew, which would fight the first for its cores.
  const crew =
    threads === 1 || blas !== undefined
      ? undefined
      : startThreads({ ...others, exports, arithmetic, team: memory.reserve(exports.teamBytes()) });
  const tape = crew === undefined ? 0 : memory.reserve(TAPE_BYTES);
  let team = crew?.team ?? 0;
  let isRecording = false;
  let scratch = 0;
  let scratchBytes = 0; // for each thread

  function check(outcome: number): void {
    if (outcome !== 0) crew?.check(outcome);
  }

  /** c [M, N] = activation(start + a · b), in the form that BlasProduct documents. */
  function product(
    a: Float32Array,
    transposedA: boolean,
    b: Float32Array,
    transposedB: boolean,
    c: Float32Array,
    M: number,
    N: number,
    K: number,
    start: Float32Array | undefined,
    activation: Activation,
  ): void {
    const startStride = start === c ? N * 4 : 0;
    if (blas !== undefined && M * N * K >= BLAS_FROM) {
      blas(a, transposedA, b, transposedB, c, M, N, K, start === c);
      if (start !== undefined && start !== c) {
        const code = activationCode(activation);
        check(exports.splitBiasActivate(team, threads, c.byteOffset, start.byteOffset, M, N, code));
      }
      return;
    }
    // Room for each thread to pack a block of b in, as `gemm` asks for.
    const bytes = 4 * Math.min(K, 256) * ((N + 15) & ~15);
    if (bytes > scratchBytes) {
      scratchBytes = bytes;
      scratch = memory.reserve(bytes * threads);
    }
    check(
      exports.splitGemm(
        team,
        threads,
        M,
        N,
        K,
        a.byteOffset,
        transposedA ? 4 : K * 4,
        transposedA ? M * 4 : 4,
        b.byteOffset,
        transposedB ? 1 : 0,
        start === undefined ? 0 : start.byteOffset,
        startStride,
        c.byteOffset,
        scratch,
        scratchBytes,
        activationCode(activation),
      ),
    );
  }

  function activate(values: Float32Array, length: number, activation: Activation): void {
    check(exports.splitActivate(team, threads, values.byteOffset, length, activationCode(activation)));
  }

  const kernels: Kernels = {
    backend,
    threads,

    close() {
      team = 0;
      crew?.close();
      blasThreads?.close();
    },

    concurrently(tasks) {
      if (team === 0 || isRecording) return tasks.map((task) => task());
      const results: ReturnType<(typeof tasks)[number]>[] = [];
      isRecording = true;
      exports.beginTape(tape, TAPE_BYTES);
      try {
        for (const task of tasks) {
          exports.beginTask();
          results.push(task());
        }
      } finally {
        isRecording = false;
        exports.endTape();
      }
      check(exports.runTasks(team));
      return results;
    },

    settle: () => exports.settle(),

    allocate: (length) => memory.allocate(length),

    allocateIntegers: (length) => memory.allocateIntegers(length),

    owns: (array) => memory.owns(array),

    exports: crew === undefined ? exports : settling(exports),

    dense(inputs, weights, bias, outputs, batch, inputDim, outputDim, activation) {
      product(inputs, false, weights, false, outputs, batch, outputDim, inputDim, bias, activation);
    },

    multiply(a, b, c, M, K, N, accumulate) {
      product(a, false, b, false, c, M, N, K, accumulate ? c : undefined, 'identity');
    },

    multiplyTransposedA(a, b, c, M, K, N, accumulate) {
      product(a, true, b, false, c, K, N, M, accumulate ? c : undefined, 'identity');
    },

    multiplyTransposedB(a, b, c, M, N, K, accumulate) {
      product(a, false, b, true, c, M, K, N, accumulate ? c : undefined, 'identity');
    },

    activate,

    activationGradient(outputs, activation, gradients, biasGradients, rows, columns) {
      const code = activationCode(activation);
      const dy = gradients.byteOffset;
      const bias = biasGradients.byteOffset;
      const y = outputs.byteOffset;
      check(exports.splitActivationGradient(team, threads, y, code, dy, bias, rows, columns));
    },

    logSoftmax(logits, logProbs, probabilities, rows, columns, offset, stride) {
      const skip = offset * 4;
      const from = logits.byteOffset + skip;
      const toLogs = logProbs.byteOffset + skip;
      const to = probabilities.byteOffset + skip;
      check(exports.splitLogSoftmax(team, threads, from, toLogs, to, rows, columns, stride * 4));
    },

    allFinite(values) {
      exports.settle();
      return exports.allFinite(values.byteOffset, values.length) !== 0;
    },

    sumOfSquares(values) {
      exports.settle();
      return exports.sumOfSquares(values.byteOffset, values.length);
    },

    scale(values, factor) {
      check(exports.splitScale(team, threads, values.byteOffset, values.length, factor));
    },

    adam(parameters, gradients, firsts, seconds, keep, beta1, beta2, stepSize, rootScale, epsilon) {
      check(
        exports.splitAdam(
          team,
          threads,
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
        ),
      );
    },

    gatherRows(target, source, rows, columns) {
      const { byteOffset, length } = rows;
      check(
        exports.splitGatherRows(
          team,
          threads,
          target.byteOffset,
          source.byteOffset,
          byteOffset,
          length,
          columns,
        ),
      );
    },

    rmsProp(parameters, gradients, squares, alpha, learningRate, epsilon) {
      check(
        exports.splitRmsProp(
          team,
          threads,
          parameters.byteOffset,
          gradients.byteOffset,
          squares.byteOffset,
          parameters.length,
          alpha,
          1 - alpha,
          learningRate,
          epsilon,
        ),
      );
    },

    sgd(parameters, gradients, velocities, momentum, learningRate) {
      const { byteOffset, length } = parameters;
      const g = gradients.byteOffset;
      const v = velocities.byteOffset;
      check(exports.splitSgd(team, threads, byteOffset, g, v, length, momentum, learningRate));
    },
  };
  const close = (crew ?? blasThreads)?.close;
  if (close !== undefined) collected.register(kernels, close);
  return kernels;
}

/** The functions, each of which first does what is recorded of the current task, so that order is kept. */
function settling(exports: WasmExports): Readonly<Record<string, unknown>> {
  const entries = Object.entries(exports).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    const settleAndCall = (...values: unknown[]): unknown => {
      exports.settle();
      return value(...values);
    };
    return [name, settleAndCall];
  });
  return Object.fromEntries(entries);
}

const MAX_THREADS = 64;
/** Room for some 300 kernel calls of concurrent tasks. */
const TAPE_BYTES = 32768;
const THREAD_TIMEOUT_MS = 30_000;
/** Multiply-adds below which calling BLAS costs more than the product. */
const BLAS_FROM = 2048;

/** Ends the threads of kernels that were dropped without `close`. */
const collected = new FinalizationRegistry<() => void>((close) => close());

function requireValid(backend: string, threads: number): void {
  if (!KERNEL_BACKENDS.includes(backend as (typeof KERNEL_BACKENDS)[number])) {
    const known = `"${KERNEL_BACKENDS.slice(0, -1).join('", "')}" or "${KERNEL_BACKENDS.at(-1)}"`;
    throw new ConfigError('kernel-backend-unknown', `Kernels are ${known}, not "${backend}".`);
  }
  const obstacle = backend === 'wasm-fma' ? fusedObstacle() : undefined;
  if (obstacle !== undefined) {
    throw new ConfigError(
      'kernels-unsupported',
      `The wasm-fma kernels cannot run here. ${obstacle} Take the wasm kernels, which run anywhere.`,
    );
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new ConfigError(
      'kernel-threads-invalid',
      `Kernels run on 1 to ${MAX_THREADS} threads, not on ${threads}.`,
    );
  }
}

function activationCode(activation: Activation): number {
  const layout = kernelLayout();
  if (activation === 'tanh') return layout.ACTIVATION_TANH;
  return activation === 'relu' ? layout.ACTIVATION_RELU : layout.ACTIVATION_IDENTITY;
}
