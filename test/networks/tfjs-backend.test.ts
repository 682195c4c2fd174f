import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type LoadTensorFlowOptions, loadTensorFlow, type TfjsBackend } from '../../networks/tfjs-backend.ts';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'tfjs-backend-'));
let numFiles = 0;
afterAll(() => rmSync(folder, { recursive: true }));

const NODE = '@tensorflow/tfjs-node';
const WASM = '@tensorflow/tfjs-backend-wasm';
const TFJS = '@tensorflow/tfjs';

/** Only whether it loads: a failing test would take minutes to print the library. */
async function outcome(options: LoadTensorFlowOptions): Promise<string> {
  await loadTensorFlow(options);
  return 'loaded';
}

/** Resolves as where only these packages are installed; one with a source is that file instead. */
function installed(packages: Readonly<Record<string, string | undefined>>): (name: string) => string {
  return (name) => {
    if (!(name in packages)) return require.resolve(`not-installed-${name.replace('/', '-')}`);
    const source = packages[name];
    if (source === undefined) return require.resolve(name);
    // A name of its own each time: a file is loaded once.
    const file = join(folder, `${numFiles++}.cjs`);
    writeFileSync(file, source);
    return file;
  };
}

const both = { [TFJS]: undefined, [WASM]: undefined };

describe('loading TensorFlow.js', () => {
  test.each<[packages: Record<string, string | undefined>, backend: TfjsBackend | undefined, name: string]>([
    [both, undefined, 'wasm'],
    [both, 'wasm', 'wasm'],
    [both, 'cpu', 'cpu'],
    [{ [TFJS]: undefined }, undefined, 'cpu'],
  ])('with %o installed and the backend %s chosen starts %s, in silence', async (packages, backend, name) => {
    const silent = (['log', 'warn', 'error'] as const).map((kind) => vi.spyOn(console, kind));
    const tf = await loadTensorFlow({ backend, resolve: installed(packages) });
    expect(tf.getBackend()).toBe(name);
    expect([...tf.tensor([3, 4]).square().dataSync()]).toEqual([9, 16]);
    for (const spy of silent) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  /** Marked as the real library marks itself. */
  const NATIVE = `Object.defineProperty(exports, '__esModule', { value: true });
    exports.enableProdMode = () => {};
    exports.setBackend = async (name) => { exports.started = name; return true; };`;

  test('prefers native TensorFlow where it is installed', async () => {
    for (const backend of [undefined, 'node'] as const) {
      const tf = await loadTensorFlow({ backend, resolve: installed({ ...both, [NODE]: NATIVE }) });
      expect('started' in tf && tf.started).toBe('tensorflow');
    }
  });

  test('takes the library as tsx gives it: without a default export', async () => {
    const file = join(folder, 'unwrapped.mjs');
    writeFileSync(
      file,
      'export let started; export const enableProdMode = () => {}; export const setBackend = async (name) => { started = name; return true; };',
    );
    const tf = await loadTensorFlow({ resolve: (name) => (name === NODE ? file : require.resolve(name)) });
    expect('started' in tf && tf.started).toBe('tensorflow');
  });

  test('gives native TensorFlow the functions of util that later versions of Node lack', async () => {
    const util = require('node:util');
    const { isArray, isNullOrUndefined } = util;
    delete util.isArray;
    delete util.isNullOrUndefined;
    try {
      const library = `${NATIVE}
        const util = require('util');
        exports.answers = [null, undefined, 0, []].map((value) => [util.isNullOrUndefined(value), util.isArray(value)]);`;
      const tf = await loadTensorFlow({ backend: 'node', resolve: installed({ ...both, [NODE]: library }) });
      expect('answers' in tf && tf.answers).toEqual([
        [true, false],
        [true, false],
        [false, false],
        [false, true],
      ]);
    } finally {
      Object.assign(util, { isArray, isNullOrUndefined });
    }
  });

  test('takes the backend that the environment names, where the program names none', async () => {
    vi.stubEnv('MARKET_GYM_TFJS_BACKEND', 'cpu');
    try {
      expect((await loadTensorFlow({ resolve: installed(both) })).getBackend()).toBe('cpu');
      expect((await loadTensorFlow({ backend: 'wasm', resolve: installed(both) })).getBackend()).toBe('wasm');
      vi.stubEnv('MARKET_GYM_TFJS_BACKEND', 'gpu');
      await expect(outcome({ resolve: installed(both) })).rejects.toMatchObject({ code: 'unknown-name' });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each<
    [packages: Record<string, string | undefined>, backend: TfjsBackend | undefined, message: string]
  >([
    [
      {},
      undefined,
      '@tensorflow/tfjs is not installed: npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm.',
    ],
    [
      {},
      'cpu',
      '@tensorflow/tfjs is not installed: npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm.',
    ],
    [
      { [TFJS]: undefined },
      'wasm',
      '@tensorflow/tfjs-backend-wasm is not installed: npm install @tensorflow/tfjs-backend-wasm, ' +
        'or choose the backend "cpu".',
    ],
    [
      both,
      'node',
      '@tensorflow/tfjs-node is not installed: npm install @tensorflow/tfjs-node, ' +
        'or choose the backend "wasm" or "cpu".',
    ],
  ])(
    'with %o installed and the backend %s chosen says what to install',
    async (packages, backend, message) => {
      const loading = outcome({ backend, resolve: installed(packages) });
      await expect(loading).rejects.toMatchObject({ name: 'ConfigError', code: 'tfjs-not-found', message });
    },
  );

  test('says when a package is there, but broken, and does not take another in its place', async () => {
    const packages = { ...both, [NODE]: `throw new Error('no native binding\\nat line 3');` };
    await expect(outcome({ resolve: installed(packages) })).rejects.toMatchObject({
      code: 'tfjs-broken',
      message:
        '@tensorflow/tfjs-node is installed, but does not load (Error: no native binding); ' +
        'reinstall it, or choose another backend: --tfjs-backend wasm or cpu.',
    });
    const resolve = () => {
      throw Object.assign(new Error('no main file'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
    };
    await expect(outcome({ resolve })).rejects.toMatchObject({ code: 'tfjs-broken' });
    const failing = `exports.enableProdMode = () => {}; exports.setBackend = async () => false;`;
    await expect(outcome({ backend: 'cpu', resolve: installed({ [TFJS]: failing }) })).rejects.toMatchObject({
      code: 'tfjs-broken',
    });
  });

  test('refuses a backend that it does not know', async () => {
    await expect(outcome({ backend: 'wams' as TfjsBackend })).rejects.toMatchObject({
      code: 'unknown-name',
      message: 'Unknown TensorFlow.js backend "wams". Did you mean "wasm"?',
    });
  });
});
