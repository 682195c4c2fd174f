import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createNetwork } from '../../../networks/layers/layer.ts';
import { layerNormLayer } from '../../../networks/layers/layer-norm.ts';
import type { Network } from '../../../networks/network.ts';
import { testNetwork } from '../../../testing/suites.ts';

/** With gains and biases that do not hide mistakes. */
function create(dim: number): Network {
  const network = createNetwork(createKernels(), layerNormLayer(dim));
  const rng = createRng(dim);
  for (let i = 0; i < 2 * dim; i++) network.parameters[i] += 0.5 * rng.gaussian();
  return network;
}

testNetwork('layer normalisation of 6 columns', () => create(6));
testNetwork('layer normalisation of 13 columns', () => create(13));

test.each([2, 3, 4, 7, 8, 33])('rows of %i columns are normalised, then scaled and shifted', (dim) => {
  const network = create(dim);
  const rng = createRng('rows');
  const batch = 9;
  const inputs = Float32Array.from({ length: batch * dim }, () => 4 + 3 * rng.gaussian());
  const outputs = network.forward(inputs, batch);
  for (let b = 0; b < batch; b++) {
    const row = [...inputs.slice(b * dim, (b + 1) * dim)];
    const mean = row.reduce((sum, x) => sum + x, 0) / dim;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / dim;
    for (let i = 0; i < dim; i++) {
      const normalized = (row[i] - mean) / Math.sqrt(variance + 1e-5);
      const expected = network.parameters[i] * normalized + network.parameters[dim + i];
      expect(outputs[b * dim + i]).toBeCloseTo(expected, 4);
    }
  }
});

test('starts as the plain normalisation', () => {
  const { parameters } = createNetwork(createKernels(), layerNormLayer(5));
  expect([...parameters]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
});

test('gives the biases for a row of equal numbers, whatever lies behind it', () => {
  const network = create(3);
  const inputs = Float32Array.from([7, 7, 7, Number.NaN, 1, 1]);
  const outputs = network.forward(inputs, 2);
  expect(outputs.slice(0, 3)).toEqual(network.parameters.slice(3));
  expect(outputs.slice(3).every(Number.isNaN)).toBe(true);
  network.backward(Float32Array.from([1, 2, 3, 0, 0, 0]));
  expect(network.inputGradients().slice(0, 3).every(Number.isFinite)).toBe(true);
});
