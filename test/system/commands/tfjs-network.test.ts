/** A network file with a model of TensorFlow.js, which takes seconds to load. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

const TSX = import.meta.resolve('tsx');

/** A model of TensorFlow.js that takes five numbers. */
const TFJS_NETWORK = `import { createTfjsNetwork, loadTensorFlow } from 'market-gym/networks';
const tf = await loadTensorFlow();
export const createNetwork = ({ inputDim, outputDim }, kernels) => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: outputDim, inputShape: [5] })] });
  return createTfjsNetwork(kernels, tf, model, { inputDim, outputDim });
};
`;

test('a model with the wrong input shape is one line that says both shapes, and leaves nothing behind', async () => {
  const place = new Workplace();
  place.write('tfjs-network.mjs', TFJS_NETWORK);
  const args = ['train', '--env', 'cartpole', '--network', 'tfjs-network.mjs', '--out', 'run'];
  const { code, stderr } = await place.spawn(...args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^[^\n]*\n$/)]);
  expect(stderr).toMatch(
    /The policy needs a network from 4 numbers to 2.*\[null, 5\] to \[null, 2\].*4 numbers come in per row/,
  );
  expect(place.exists('run')).toBe(false);
  place.remove();
});

test('the backend is chosen on the command line, and one that is not there is one line that names the others', async () => {
  const place = new Workplace();
  place.write('tfjs-network.mjs', TFJS_NETWORK);
  const args = ['train', '--env', 'cartpole', '--network', 'tfjs-network.mjs', '--out', 'run'];
  const { code, stderr } = await place.spawn(...args, '--tfjs-backend', 'node');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^[^\n]*@tensorflow\/tfjs-node is not installed: [^\n]*"wasm" or "cpu"[^\n]*\n$/);
  const unknown = await place.spawn(...args, '--tfjs-backend', 'gpu');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('"node", "wasm", "cpu"')]);
  place.remove();
});

test('the library loads under tsx, which hands over CommonJS without a default export', () => {
  const place = new Workplace();
  place.write(
    'library.cjs',
    `Object.defineProperty(exports, '__esModule', { value: true });
    const util = require('util');
    exports.enableProdMode = () => {};
    exports.setBackend = async (name) => { exports.started = name + util.isArray([]); return true; };`,
  );
  place.write(
    'program.mts',
    `import { loadTensorFlow } from 'market-gym/networks';
    const native = await loadTensorFlow({ resolve: () => ${JSON.stringify(place.file('library.cjs'))} });
    const tf = await loadTensorFlow({ backend: 'wasm' });
    console.log((native as any).started, tf.getBackend(), tf.tensor([3]).square().dataSync()[0]);`,
  );
  const output = execFileSync(process.execPath, ['--import', TSX, place.file('program.mts')], {
    cwd: place.path,
    encoding: 'utf8',
  });
  expect(output).toBe('tensorflowtrue wasm 9\n');
  place.remove();
});
