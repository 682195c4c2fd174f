/**
 * Multiplies matrices by the system's OpenBLAS (on macOS, Accelerate), called on the kernels' memory through koffi.
 * Several times faster than the WebAssembly kernels, but the last bits depend on the processor.
 */
import { createRequire } from 'node:module';
import { ConfigError } from '../../core/errors.ts';
import { fitCoreType, processorFlags } from './blas-core.ts';

/**
 * c [M, N] = (accumulate ? c : 0) + a · b; a is [M, K], or [K, M] if transposed, b is [K, N], or [N, K].
 * Of c the rows from `firstRow` on are computed, `numRows` of them.
 */
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
  firstRow?: number,
  numRows?: number,
) => void;

/** A library that was found. */
export interface Blas {
  /** Its name or path: what other threads open. */
  readonly library: string;
  readonly product: BlasProduct;
  /** OpenBLAS's name of the kernels that it computes with, such as `Haswell`; undefined for other libraries. */
  readonly coreName: string | undefined;
  /** One sentence where these stay below what the processor can. */
  readonly remark?: string;
}

/** As in C; arrays, or pointers that koffi can make of them. */
export const SGEMM_PARAMETERS = [
  ...['int', 'int', 'int', 'int', 'int', 'int'],
  ...['float', 'float *', 'int', 'float *', 'int', 'float', 'float *', 'int'],
];
/** CblasRowMajor, CblasNoTrans, CblasTrans */
export const [ROW_MAJOR, AS_IS, TRANSPOSED] = [101, 111, 112];

interface Library {
  unload?(): void;
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

/** Functions that keep a library to the calling thread, with the value that says so. */
const SINGLE_THREAD: readonly (readonly [name: string, value: number])[] = [
  ['openblas_set_num_threads', 1],
  ['BLASSetThreading', 1],
];

/**
 * @param libraries names or paths, tried in order
 * @throws ConfigError `blas-not-found` when koffi or the library is missing; the message says what to install
 */
export function loadBlas(libraries = LIBRARIES[process.platform] ?? LINUX_LIBRARIES): Blas {
  let name = '';
  const { library, coreName, remark } = fitCoreType<Library>(
    () => {
      const [opened, found] = openFirst(libraries);
      name = opened;
      return { library: found, coreName: coreNameOf(found) };
    },
    (library) => library.unload?.(),
    processorFlags(),
    process.env,
  );
  const sgemm = library.func('cblas_sgemm', 'void', SGEMM_PARAMETERS);
  for (const [setting, value] of SINGLE_THREAD) callIfThere(library, setting, value);
  const product: BlasProduct = (
    a,
    transposedA,
    b,
    transposedB,
    c,
    M,
    N,
    K,
    accumulate,
    firstRow = 0,
    numRows = M,
  ) => {
    if (numRows === 0 || N === 0) return;
    const isAll = numRows === M;
    sgemm(
      ROW_MAJOR,
      transposedA ? TRANSPOSED : AS_IS,
      transposedB ? TRANSPOSED : AS_IS,
      numRows,
      N,
      K,
      1,
      isAll ? a : a.subarray(transposedA ? firstRow : firstRow * K),
      Math.max(transposedA ? M : K, 1),
      b,
      Math.max(transposedB ? K : N, 1),
      accumulate ? 1 : 0,
      isAll ? c : c.subarray(firstRow * N),
      N,
    );
  };
  return { library: name, product, coreName, ...(remark !== undefined && { remark }) };
}

/** @returns its name and the library */
function openFirst(libraries: readonly string[]): [string, Library] {
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
      return [name, koffi.load(name)];
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

function coreNameOf(library: Library): string | undefined {
  try {
    return String(library.func('openblas_get_corename', 'str', [])());
  } catch {
    return undefined; // No OpenBLAS, or one that was built for one processor.
  }
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
