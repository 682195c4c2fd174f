import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { type Conv1dOptions, conv1dLayer } from '../../../networks/layers/conv1d.ts';
import { createNetwork } from '../../../networks/layers/layer.ts';
import type { Network } from '../../../networks/network.ts';
import { testNetwork } from '../../../testing/suites.ts';

function options(overrides: Partial<Conv1dOptions>): Conv1dOptions {
  return {
    window: 8,
    features: 3,
    channels: 4,
    kernelSize: 3,
    activation: 'tanh',
    init: 'orthogonal',
    rng: createRng(1),
    ...overrides,
  };
}

function create(overrides: Partial<Conv1dOptions>): Network {
  const layer = conv1dLayer(options(overrides));
  const network = createNetwork(createKernels(), layer);
  const { channels } = options(overrides);
  const rng = createRng('biases');
  for (let c = 1; c <= channels; c++) network.parameters[layer.numParameters - c] = 0.3 * rng.gaussian();
  return network;
}

testNetwork('a convolution', () => create({}));
testNetwork('a convolution with stride', () => create({ stride: 2, activation: 'identity' }));
testNetwork('a convolution with dilation', () => create({ dilation: 2, features: 5 }));
testNetwork('a convolution of overlapping dilated patches', () =>
  create({ window: 11, features: 1, channels: 1, kernelSize: 4, dilation: 2, stride: 3 }),
);

test('outputs are those of the definition, on any shape', () => {
  const small = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      small,
      small,
      small,
      small,
      small,
      fc.nat(8),
      (features, channels, kernelSize, stride, dilation, more) => {
        const window = dilation * (kernelSize - 1) + 1 + more;
        const shape = { window, features, channels, kernelSize, stride, dilation };
        const layer = conv1dLayer(options(shape));
        const network = create(shape);
        const rng = createRng(window);
        const batch = 3;
        const inputs = Float32Array.from({ length: batch * window * features }, () => rng.gaussian());
        const outputs = network.forward(inputs, batch);
        expect(layer.outputWindow).toBe(Math.floor(more / stride) + 1);
        expect(outputs.length).toBe(batch * layer.outputWindow * channels);
        for (let b = 0; b < batch; b++) {
          for (let p = 0; p < layer.outputWindow; p++) {
            for (let c = 0; c < channels; c++) {
              let sum = network.parameters[kernelSize * features * channels + c];
              for (let k = 0; k < kernelSize; k++) {
                for (let f = 0; f < features; f++) {
                  const x = inputs[(b * window + p * stride + k * dilation) * features + f];
                  sum += x * network.parameters[(k * features + f) * channels + c];
                }
              }
              const y = outputs[(b * layer.outputWindow + p) * channels + c];
              expect(Math.abs(y - Math.tanh(sum))).toBeLessThan(2e-6);
            }
          }
        }
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

test('an output depends on its own patch alone', () => {
  const network = create({ window: 9, dilation: 2, stride: 1 });
  const inputs = Float32Array.from({ length: 27 }, (_, i) => Math.sin(i));
  const before = network.forward(inputs, 1).slice();
  inputs.fill(99, 6 * 3);
  const after = network.forward(inputs, 1);
  // Patch p sees rows p, p + 2 and p + 4: the first two end before row 6.
  expect(after.slice(0, 8)).toEqual(before.slice(0, 8));
  for (let p = 2; p < 5; p++)
    expect(after.slice(4 * p, 4 * p + 4)).not.toEqual(before.slice(4 * p, 4 * p + 4));
});

test('a window that no patch fits into is refused', () => {
  expect(() => conv1dLayer(options({ window: 4, kernelSize: 3, dilation: 2 }))).toThrow(/spans 5 rows/);
});
