/**
 * Matrix products by the system's OpenBLAS (on macOS, Accelerate), called on the kernels' memory through koffi.
 * Several times faster than the WebAssembly kernels, but the last bits depend on the processor.
 */
import { createRequire } from 'node:module';
import { ConfigError } from '../core/errors.ts';

/** c [M, N] = (accumulate ? c : 0) + a · b; a is [M, K], or [K, M] if transposed, b is [K, N], or [N, K]. */
export type BlasProduct = (
  a: Float32Array,
  transposedA: boolean,
  b: Float32Array,
  transposedB: boolean,
  c: Float32Array,
  M: number,
  N: number,
  K: number,
  accumulate: boolean,
) => void;

interface Library {
  func(name: string, result: string, parameters: readonly string[]): (...values: unknown[]) => unknown;
}

const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    'libopenblas.dylib',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  win32: ['libopenblas.dll', 'openblas.dll'],
};
const LINUX_LIBRARIES = ['libopenblas.so.0', 'libopenblas.so'];

const INSTALL: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'brew install openblas',
  win32: 'put libopenblas.dll from https://github.com/OpenMathLib/OpenBLAS/releases on the PATH',
};
const INSTALL_LINUX = 'apt-get install libopenblas0';

/** CblasRowMajor, CblasNoTrans, CblasTrans */
const [ROW_MAJOR, AS_IS, TRANSPOSED] = [101, 111, 112];

/** Functions that keep a library to the calling thread, with the value that says so. */
const SINGLE_THREAD: readonly (readonly [name: string, value: number])[] = [
  ['openblas_set_num_threads', 1],
  ['BLASSetThreading', 1],
];

/**
 * @param libraries names or paths, tried in order
 * @throws ConfigError `blas-not-found` when koffi or the library is missing; the message says what to install
 */
export function loadBlas(libraries = LIBRARIES[process.platform] ?? LINUX_LIBRARIES): BlasProduct {
  const library = openFirst(libraries);
  const int = 'int';
  const array = 'float *';
  const sgemm = library.func('cblas_sgemm', 'void', [
    ...[int, int, int, int, int, int],
    ...['float', array, int, array, int, 'float', array, int],
  ]);
  for (const [name, value] of SINGLE_THREAD) callIfThere(library, name, value);
  return (a, transposedA, b, transposedB, c, M, N, K, accumulate) => {
    if (M === 0 || N === 0) return;
    sgemm(
      ROW_MAJOR,
      transposedA ? TRANSPOSED : AS_IS,
      transposedB ? TRANSPOSED : AS_IS,
      M,
      N,
      K,
      1,
      a,
      Math.max(transposedA ? M : K, 1),
      b,
      Math.max(transposedB ? K : N, 1),
      accumulate ? 1 : 0,
      c,
      N,
    );
  };
}

function openFirst(libraries: readonly string[]): Library {
  let koffi: { load(path: string): Library };
  try {
    koffi = createRequire(import.meta.url)('koffi');
  } catch (cause) {
    throw new ConfigError(
      'blas-not-found',
      'The blas kernels need the package koffi: npm install koffi. Or use the wasm kernels, which need nothing.',
      { cause },
    );
  }
  let cause: unknown;
  for (const name of libraries) {
    try {
      return koffi.load(name);
    } catch (error) {
      cause = error;
    }
  }
  throw new ConfigError(
    'blas-not-found',
    `The blas kernels need OpenBLAS, but none of ${libraries.join(', ')} could be loaded: ` +
      `${INSTALL[process.platform] ?? INSTALL_LINUX}. Or use the wasm kernels, which need nothing.`,
    { cause },
  );
}

function callIfThere(library: Library, name: string, value: number): void {
  let call: (...values: unknown[]) => unknown;
  try {
    call = library.func(name, 'void', ['int']);
  } catch {
    return; // The other library's function.
  }
  call(value);
}
