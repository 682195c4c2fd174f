/** A network file with a model of TensorFlow.js, which takes seconds to load. */
import { expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

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
