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

  test('prefers native TensorFlow where it is installed', async () => {
    const library = `exports.enableProdMode = () => {};
      exports.setBackend = async (name) => { exports.started = name; return true; };`;
    for (const backend of [undefined, 'node'] as const) {
      const tf = await loadTensorFlow({ backend, resolve: installed({ ...both, [NODE]: library }) });
      expect('started' in tf && tf.started).toBe('tensorflow');
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
        'reinstall it or choose another backend of node, wasm, cpu.',
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
