// biome-ignore-all lint/suspicious/noTsIgnore: an error is expected only where the optional peer is not installed
/** Loads TensorFlow.js, an optional peer, on the fastest of its backends that is installed. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../core/errors.ts';
import { suggestion } from '../core/nearest.ts';

// An optional peer: the directives reach the declaration files, so that a project without it compiles all the same.

/**
 * The library as `import * as tf from '@tensorflow/tfjs'` gives it; `any` in a project that has not installed it.
 * @ts-ignore */
export type TensorFlow = typeof import('@tensorflow/tfjs');

/**
 * A model built with it; `any` in a project that has not installed it.
 * @ts-ignore */
export type LayersModel = import('@tensorflow/tfjs').LayersModel;

export const TFJS_BACKENDS = ['node', 'wasm', 'cpu'] as const;
export type TfjsBackend = (typeof TFJS_BACKENDS)[number];

/** The environment variable that chooses a backend where a program does not; the command line's `--tfjs-backend` sets it. */
export const TFJS_BACKEND_VARIABLE = 'MARKET_GYM_TFJS_BACKEND';

export interface LoadTensorFlowOptions {
  /**
   * `node`: native TensorFlow (@tensorflow/tfjs-node); `wasm`: WebAssembly on one thread
   * (@tensorflow/tfjs-backend-wasm); `cpu`: plain JavaScript. Default: `MARKET_GYM_TFJS_BACKEND` of the environment,
   * or the first of them that is installed.
   */
  readonly backend?: TfjsBackend;
  /** Finds a package's main file as `require.resolve` does; for packages that lie where only the caller sees them. */
  readonly resolve?: (packageName: string) => string;
}

const PACKAGES: Readonly<Record<TfjsBackend, string>> = {
  node: '@tensorflow/tfjs-node',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs',
};

/**
 * Makes the backend TensorFlow.js's global one, and turns on its production mode, which keeps it from printing
 * advice. Fetches nothing: the wasm backend reads its binary from its own package.
 * @throws ConfigError `tfjs-not-found` when what the backend needs is not installed
 * @throws ConfigError `tfjs-broken` when it is installed, but does not load or start
 * @throws ConfigError `unknown-name` for another backend
 */
export async function loadTensorFlow(options: LoadTensorFlowOptions = {}): Promise<TensorFlow> {
  const { resolve = createRequire(import.meta.url).resolve } = options;
  const chosen = process.env[TFJS_BACKEND_VARIABLE] || undefined;
  const backend = options.backend ?? (chosen as TfjsBackend | undefined);
  if (backend !== undefined && !Object.hasOwn(PACKAGES, backend)) {
    throw new ConfigError(
      'unknown-name',
      `Unknown TensorFlow.js backend "${backend}".${suggestion(backend, Object.keys(PACKAGES))}`,
    );
  }
  if (backend === undefined || backend === 'node') {
    const file = mainFile(PACKAGES.node, resolve);
    if (file !== undefined) {
      completeUtil();
      return start(await load<TensorFlow>(PACKAGES.node, file), 'tensorflow');
    }
    if (backend === 'node') {
      throw notFound(PACKAGES.node, `npm install ${PACKAGES.node}, or choose the backend "wasm" or "cpu"`);
    }
  }
  const tfjsFile = mainFile(PACKAGES.cpu, resolve);
  if (tfjsFile === undefined) throw notFound(PACKAGES.cpu, `npm install ${PACKAGES.cpu} ${PACKAGES.wasm}`);
  const tf = await load<TensorFlow>(PACKAGES.cpu, tfjsFile);
  if (backend === 'cpu') return start(tf, 'cpu');

  const wasmFile = mainFile(PACKAGES.wasm, resolve);
  if (wasmFile !== undefined) {
    const wasm = await load<typeof import('@tensorflow/tfjs-backend-wasm')>(PACKAGES.wasm, wasmFile);
    // Threads would add the parts of a sum in the order in which they finish.
    wasm.setThreadsCount(1);
    wasm.setWasmPaths(dirname(wasmFile) + sep);
    return start(tf, 'wasm');
  }
  if (backend === 'wasm') {
    throw notFound(PACKAGES.wasm, `npm install ${PACKAGES.wasm}, or choose the backend "cpu"`);
  }
  return start(tf, 'cpu');
}

function mainFile(packageName: string, resolve: (packageName: string) => string): string | undefined {
  try {
    return resolve(packageName);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw broken(packageName, error);
  }
}

async function load<Library>(packageName: string, file: string): Promise<Library> {
  try {
    // All three packages are CommonJS: Node makes the library the default export, tsx the module itself.
    const module = await import(pathToFileURL(file).href);
    return module.default ?? module;
  } catch (error) {
    throw broken(packageName, error);
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 took out of `util`. */
function completeUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

async function start(tf: TensorFlow, backendName: string): Promise<TensorFlow> {
  tf.enableProdMode();
  if (!(await tf.setBackend(backendName))) {
    throw new ConfigError(
      'tfjs-broken',
      `TensorFlow.js could not start its backend "${backendName}"; reinstall its packages or choose another backend.`,
    );
  }
  return tf;
}

function notFound(packageName: string, remedy: string): ConfigError {
  return new ConfigError('tfjs-not-found', `${packageName} is not installed: ${remedy}.`);
}

function broken(packageName: string, cause: unknown): ConfigError {
  const [reason] = String(cause).split('\n');
  const others = TFJS_BACKENDS.filter((backend) => PACKAGES[backend] !== packageName);
  return new ConfigError(
    'tfjs-broken',
    `${packageName} is installed, but does not load (${reason}); reinstall it, or choose another backend: ` +
      `--tfjs-backend ${others.join(' or ')}.`,
    { cause },
  );
}
