import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import type { Activation, Kernels } from '../../networks/kernels/kernels.ts';
import { columnsLayer } from '../../networks/layers/columns.ts';
import { conv1dLayer } from '../../networks/layers/conv1d.ts';
import { duelingLayer } from '../../networks/layers/dueling.ts';
import { createNetwork, type Layer } from '../../networks/layers/layer.ts';
import { layerNormLayer } from '../../networks/layers/layer-norm.ts';
import { createLstm } from '../../networks/layers/lstm.ts';
import { createMlp, mlpLayer } from '../../networks/layers/mlp.ts';
import { multiHeadLayer } from '../../networks/layers/multi-head.ts';
import { recurrentWindowLayer } from '../../networks/layers/recurrent-window.ts';
import { createSequential, sequentialLayer } from '../../networks/layers/sequential.ts';
import { testNetwork } from '../../testing/suites.ts';

function mlp(
  inputDim: number,
  hidden: number[],
  outputDim: number,
  seed = 1,
  outputActivation: Activation = 'tanh',
): Layer {
  return mlpLayer({
    inputDim,
    hidden,
    outputDim,
    activation: 'tanh',
    outputActivation,
    outputScale: 1,
    init: 'orthogonal',
    rng: createRng(seed),
  });
}

const convolution = () =>
  conv1dLayer({
    window: 6,
    features: 2,
    channels: 3,
    kernelSize: 2,
    activation: 'tanh',
    init: 'orthogonal',
    rng: createRng(2),
  });

const lstm = (cell: 'lstm' | 'gru') =>
  recurrentWindowLayer({ cell, window: 4, inputDim: 2, hiddenDim: 5, init: 'uniform', rng: createRng(3) });

testNetwork('a sequence of one layer', () => createSequential(createKernels(), [mlp(4, [5], 3)]));
testNetwork('a sequence of a convolution, a normalisation and a mlp', () =>
  createSequential(createKernels(), [convolution(), layerNormLayer(15), mlp(15, [4], 2)]),
);
testNetwork('heads on a body', () =>
  createSequential(createKernels(), [
    mlp(3, [], 6),
    multiHeadLayer([mlp(6, [4], 1, 2), mlp(6, [], 3, 3), mlp(6, [5], 2, 4)]),
  ]),
);
testNetwork('a convolution over a part of the columns, the rest beside it', () =>
  createSequential(createKernels(), [
    mlp(14, [], 14, 5),
    multiHeadLayer([sequentialLayer([columnsLayer(14, 0, 12), convolution()]), columnsLayer(14, 12, 14)]),
    mlp(17, [4], 2),
  ]),
);
testNetwork('a dueling network with one linear map', () =>
  createSequential(createKernels(), [mlp(4, [6], 4), duelingLayer(3)]),
);
testNetwork('a dueling network with two streams', () =>
  createSequential(createKernels(), [multiHeadLayer([mlp(4, [5], 1), mlp(4, [5], 5, 2)]), duelingLayer(5)]),
);
testNetwork('an lstm over a window', () => createNetwork(createKernels(), lstm('lstm')));
testNetwork('a gru over a window, with a head', () =>
  createSequential(createKernels(), [lstm('gru'), mlp(5, [], 2)]),
);

describe('composed networks', () => {
  test('keep the parameters of their layers in order, with no gap', () => {
    const network = createSequential(createKernels(), [mlp(3, [7], 5), mlp(5, [], 2, 2)]);
    const alone = [mlp(3, [7], 5), mlp(5, [], 2, 2)].map(
      (layer) => createNetwork(createKernels(), layer).parameters,
    );
    expect([...network.parameters]).toEqual(alone.flatMap((parameters) => [...parameters]));
    expect(network.gradients.length).toBe(network.parameters.length);
  });

  test('give what their layers give one after another', () => {
    const network = createSequential(createKernels(), [convolution(), mlp(15, [4], 2)]);
    const parts = [convolution(), mlp(15, [4], 2)].map((layer) => createNetwork(createKernels(), layer));
    const inputs = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i));
    expect(network.forward(inputs, 3)).toEqual(parts[1].forward(parts[0].forward(inputs, 3), 3));
  });

  test('give the same bits as concurrent tasks on two threads', () => {
    const linear = (inputDim: number, outputDim: number) => mlp(inputDim, [40], outputDim, 1, 'identity');
    const window = () =>
      recurrentWindowLayer({
        cell: 'lstm',
        window: 6,
        inputDim: 2,
        hiddenDim: 24,
        init: 'uniform',
        rng: createRng(3),
      });
    // What reads results comes after a layer of kernels alone, forward or backward.
    const layers = [
      () => [mlp(12, [40], 20), linear(20, 5)],
      () => [linear(12, 12), convolution(), linear(15, 4)],
      () => [linear(12, 9), layerNormLayer(9), linear(9, 2)],
      () => [multiHeadLayer([linear(12, 1), linear(12, 5)])],
      () => [window()],
      () => [linear(12, 20), multiHeadLayer([linear(20, 1), linear(20, 5)]), linear(6, 3)],
      () => [linear(12, 6), duelingLayer(5), linear(5, 3)],
      () => [linear(12, 12), window(), linear(24, 3)],
    ];
    const batch = 64;
    const run = (kernels: Kernels) => {
      const networks = layers.map((create) => createSequential(kernels, create()));
      const inputs = kernels.allocate(batch * 12);
      const outputGradients = networks.map(({ outputDim }) => kernels.allocate(batch * outputDim));
      const results: Float32Array[] = [];
      // Twice, so that a result read too early is a stale one.
      for (const scale of [1, 0.5]) {
        for (const array of [inputs, ...outputGradients]) {
          for (let i = 0; i < array.length; i++) array[i] = scale * Math.sin(i + scale);
        }
        kernels.concurrently(networks.map((network) => () => network.forward(inputs, batch)));
        kernels.concurrently(networks.map((network, n) => () => network.backward(outputGradients[n])));
        const inputGradients: Float32Array[] = [];
        kernels.concurrently(
          networks.map((network, n) => () => {
            inputGradients[n] = network.inputGradients();
          }),
        );
        results.push(...inputGradients.map((gradients) => gradients.slice()));
        for (const network of networks) {
          results.push(network.gradients.slice(), network.forward(inputs, batch).slice());
        }
      }
      kernels.close();
      return results;
    };
    expect(run(createKernels({ threads: 2 }))).toEqual(run(createKernels()));
  });

  test('refuse layers that do not fit', () => {
    expect(() => sequentialLayer([mlp(3, [], 5), mlp(4, [], 2)])).toThrow(/Layer 1 takes 4 numbers/);
    expect(() => multiHeadLayer([mlp(3, [], 5), mlp(4, [], 2)])).toThrow(/one takes 3 numbers, another 4/);
  });
});

describe('multi-head', () => {
  test('outputs lie side by side, in the order of the heads', () => {
    const heads = [mlp(3, [4], 2), mlp(3, [], 1, 2)];
    const network = createNetwork(createKernels(), multiHeadLayer(heads));
    const inputs = Float32Array.from({ length: 6 }, (_, i) => Math.cos(i));
    const outputs = network.forward(inputs, 2);
    const [first, second] = heads.map((_, h) => {
      const alone = [mlp(3, [4], 2), mlp(3, [], 1, 2)][h];
      return createNetwork(createKernels(), alone).forward(inputs, 2);
    });
    expect([...outputs]).toEqual([first[0], first[1], second[0], first[2], first[3], second[1]]);
  });
});

describe('dueling', () => {
  test('is value plus advantage minus the mean advantage', () => {
    const network = createNetwork(createKernels(), duelingLayer(4));
    const outputs = network.forward(Float32Array.from([10, 1, 2, 3, 6, -1, 5, 5, 5, 5]), 2);
    expect([...outputs]).toEqual([8, 9, 10, 13, -1, -1, -1, -1]);
    network.backward(Float32Array.from([1, 0, 0, 0, 1, 2, 3, 6]));
    expect([...network.inputGradients()]).toEqual([1, 0.75, -0.25, -0.25, -0.25, 12, -2, -1, 0, 3]);
  });
});

describe('a recurrent network over a window', () => {
  test('gives the last output of the sequence', () => {
    const network = createNetwork(createKernels(), lstm('lstm'));
    const recurrent = createLstm(createKernels(), {
      inputDim: 2,
      hiddenDim: 5,
      init: 'uniform',
      rng: createRng(3),
    });
    const windows = Float32Array.from({ length: 2 * 4 * 2 }, (_, i) => Math.sin(3 * i));
    const outputs = network.forward(windows, 2);
    for (let b = 0; b < 2; b++) {
      const state = new Float32Array(10);
      let last = new Float32Array(5);
      for (let t = 0; t < 4; t++) {
        const row = (b * 4 + t) * 2;
        last = recurrent.step(windows.slice(row, row + 2), state, 1).slice();
      }
      expect(outputs.slice(b * 5, (b + 1) * 5)).toEqual(last);
    }
  });
});

describe('a mlp with layer normalisation', () => {
  test('is the sequence of linear maps, normalisations and activations', () => {
    const rng = createRng(5);
    const options = {
      inputDim: 3,
      activation: 'relu',
      outputScale: 1,
      init: 'orthogonal',
      rng: createRng(1),
    } as const;
    const network = createMlp(createKernels(), { ...options, hidden: [7], outputDim: 2, layerNorm: true });
    for (let p = 0; p < network.parameters.length; p++) network.parameters[p] += 0.2 * rng.gaussian();
    const [first, last] = network.layers;
    expect(first.normOffset).toBe(28);
    expect(last.normOffset).toBeUndefined();
    const linear = (inputDim: number, outputDim: number) =>
      mlpLayer({ ...options, inputDim, hidden: [], outputDim });
    const parts = [linear(3, 7), layerNormLayer(7), linear(7, 2)].map((layer) =>
      createNetwork(createKernels(), layer),
    );
    parts[0].parameters.set(network.parameters.subarray(0, 28));
    parts[1].parameters.set(network.parameters.subarray(28, 42));
    parts[2].parameters.set(network.parameters.subarray(42));
    const inputs = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));
    const hidden = parts[1].forward(parts[0].forward(inputs, 5), 5).map((x) => Math.max(x, 0));
    expect(network.forward(inputs, 5)).toEqual(parts[2].forward(hidden, 5));
  });
});
