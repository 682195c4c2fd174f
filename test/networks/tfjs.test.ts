import type { LayersModel } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPolicyHead } from '../../agents/on-policy/create-policy-head.ts';
import { createRng } from '../../core/rng.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import { clipGradientNorm, createAdam } from '../../networks/optimizer.ts';
import { createTfjsNetwork, type NeededShape } from '../../networks/tfjs.ts';
import { loadTensorFlow, type TensorFlow } from '../../networks/tfjs-backend.ts';
import { testNetwork } from '../../testing/suites.ts';
import { counts } from '../soak.ts';

let tf: TensorFlow;

function denseModel(inputDim: number, hidden: readonly number[], outputDim: number): LayersModel {
  const model = tf.sequential();
  for (const [l, units] of [...hidden, outputDim].entries()) {
    model.add(
      tf.layers.dense({
        units,
        inputShape: l === 0 ? [inputDim] : undefined,
        activation: l < hidden.length ? 'tanh' : 'linear',
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 + l }),
        biasInitializer: tf.initializers.randomNormal({ stddev: 0.3, seed: 11 + l }),
      }),
    );
  }
  return model;
}

function lstmModel(): LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const recurrentInitializer = tf.initializers.glorotUniform({ seed: 2 });
  const window = tf.layers.lstm({
    units: 5,
    inputShape: [4, 3],
    kernelInitializer,
    recurrentInitializer,
    recurrentActivation: 'sigmoid',
  });
  return tf.sequential({ layers: [window, tf.layers.dense({ units: 2, kernelInitializer })] });
}

function convolutionModel(): LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const layers = [
    tf.layers.conv1d({
      filters: 4,
      kernelSize: 3,
      inputShape: [6, 2],
      activation: 'tanh',
      kernelInitializer,
    }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 2, kernelInitializer }),
  ];
  return tf.sequential({ layers });
}

/** Two paths that meet again, a normalisation, and an output that is not flat. */
function branchedModel(): LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const input = tf.input({ shape: [6] });
  const path = () => tf.layers.dense({ units: 6, activation: 'tanh', kernelInitializer }).apply(input);
  const sum = tf.layers.add().apply([path() as ReturnType<typeof tf.input>, input]);
  const normal = tf.layers.layerNormalization().apply(sum);
  const dropped = tf.layers.dropout({ rate: 0.5 }).apply(normal);
  const output = tf.layers.reshape({ targetShape: [2, 3] }).apply(dropped);
  return tf.model({ inputs: input, outputs: output as ReturnType<typeof tf.input> });
}

const create = (model: LayersModel, needed?: NeededShape) =>
  createTfjsNetwork(createKernels(), tf, model, needed);

for (const backend of ['cpu', 'wasm'] as const) {
  describe(`on the ${backend} backend`, () => {
    beforeAll(async () => {
      tf = await loadTensorFlow({ backend });
    });

    testNetwork('a dense tfjs model', () => create(denseModel(5, [7, 6], 3)));
    testNetwork('a tfjs lstm over a window', () => create(lstmModel()));
    testNetwork('a branched tfjs model', () => create(branchedModel()));
    if (backend === 'cpu') testNetwork('a tfjs convolution', () => create(convolutionModel()));

    test('computes and learns what an mlp of the same parameters does', () => {
      const kernels = createKernels();
      const rng = createRng('same');
      const mlp = createMlp(kernels, {
        inputDim: 4,
        hidden: [9, 8],
        outputDim: 2,
        activation: 'tanh',
        outputScale: 1,
        init: 'orthogonal',
        rng,
      });
      const network = createTfjsNetwork(kernels, tf, denseModel(4, [9, 8], 2));
      // A dense layer of tfjs has its weights as ours: [inputs, outputs] row-major, then the biases.
      network.parameters.set(mlp.parameters);
      const optimizers = [mlp, network].map((trained) => createAdam(kernels, [trained]));
      const inputs = kernels.allocate(16 * 4);
      const outputGradients = kernels.allocate(16 * 2);
      for (let step = 0; step < 100; step++) {
        for (let i = 0; i < inputs.length; i++) inputs[i] = rng.gaussian();
        for (const [n, trained] of [mlp, network].entries()) {
          const outputs = trained.forward(inputs, 16);
          for (let b = 0; b < 16; b++) {
            const target = Math.sin(inputs[4 * b]) * inputs[4 * b + 1];
            outputGradients[2 * b] = (outputs[2 * b] - target) / 8;
            outputGradients[2 * b + 1] = (outputs[2 * b + 1] + target) / 8;
          }
          trained.backward(outputGradients);
          clipGradientNorm(kernels, [trained], 0.5);
          optimizers[n].step(0.01);
        }
      }
      for (let p = 0; p < mlp.parameters.length; p++) {
        expect(Math.abs(network.parameters[p] - mlp.parameters[p])).toBeLessThan(1e-3);
      }
    });

    const numUpdates = counts(300, backend === 'wasm' ? 10_000 : 1000);
    test(`holds as many tensors after ${numUpdates} updates as before`, () => {
      const kernels = createKernels();
      const network = createTfjsNetwork(kernels, tf, denseModel(2, [3], 1));
      const optimizer = createAdam(kernels, [network]);
      const inputs = Float32Array.of(1, 2, 3, 4);
      const update = () => {
        network.backward(network.forward(inputs, 2));
        network.inputGradients();
        optimizer.step(1e-3);
      };
      update();
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      const first = network.forward(inputs, 2).slice();
      for (let n = 0; n < numUpdates; n++) update();
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
      expect(network.forward(inputs, 2)).not.toEqual(first);
    });
  });
}

describe('a tfjs network', () => {
  beforeAll(async () => {
    tf = await loadTensorFlow({ backend: 'wasm' });
  });

  test('learns a policy over windows of two features by policy gradients', () => {
    const kernels = createKernels();
    const rng = createRng('policy');
    const head = createPolicyHead(kernels, { kind: 'discrete', n: 2 }, 0);
    const model = tf.sequential();
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    model.add(tf.layers.flatten({ inputShape: [3, 2] }));
    model.add(tf.layers.dense({ units: 8, activation: 'tanh', kernelInitializer }));
    model.add(tf.layers.dense({ units: head.outputDim, kernelInitializer }));
    const policy = createTfjsNetwork(kernels, tf, model, { inputDim: 6, outputDim: head.outputDim });
    const optimizer = createAdam(kernels, [policy]);

    const batch = 64;
    const observations = kernels.allocate(batch * 6);
    const outputGradients = kernels.allocate(batch * 2);
    const actions = head.createActions(batch);
    const logProbs = new Float32Array(batch);
    const entropies = new Float32Array(batch);
    const logProbWeights = new Float32Array(batch);
    const entropyWeights = new Float32Array(batch);
    const observe = () => {
      for (let i = 0; i < observations.length; i++) observations[i] = rng.gaussian();
      return policy.forward(observations, batch);
    };
    /** Right is action 1 where the last row's first feature is above the first row's. */
    const isRight = (b: number) => actions[b] === Number(observations[6 * b + 4] > observations[6 * b]);
    const shareRight = () => {
      let right = 0;
      for (let n = 0; n < 10; n++) {
        head.modeInto(actions, observe(), batch);
        for (let b = 0; b < batch; b++) right += Number(isRight(b)) / (10 * batch);
      }
      return right;
    };

    expect(shareRight()).toBeLessThan(0.7);
    for (let update = 0; update < 200; update++) {
      const outputs = observe();
      head.sampleInto(actions, logProbs, outputs, batch, rng);
      for (let b = 0; b < batch; b++) logProbWeights[b] = (isRight(b) ? -1 : 1) / batch;
      head.logProbsInto(logProbs, entropies, outputs, actions, batch);
      head.gradientsInto(outputGradients, outputs, actions, logProbWeights, entropyWeights, batch);
      policy.backward(outputGradients);
      optimizer.step(0.01);
    }
    expect(shareRight()).toBeGreaterThan(0.9);
  });

  test('starts from the weights of the model, and gives them back trained', () => {
    const model = denseModel(2, [3], 1);
    const held = () => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    const network = create(model);
    expect([...network.parameters]).toEqual(held());
    network.parameters.fill(0.25);
    network.updateModel();
    expect(new Set(held())).toEqual(new Set([0.25]));
  });

  test('is not disturbed by other networks of the same model, nor by changes of its weights', () => {
    const inputs = Float32Array.of(1, -2, 0.5, 3);
    const outputGradients = Float32Array.of(1, 2);
    const [alone, together] = [1, 2].map((numNetworks) => {
      const model = denseModel(2, [3], 1);
      const networks = Array.from({ length: numNetworks }, () => create(model));
      for (const [n, network] of networks.entries()) network.parameters.fill(0.3 - 0.5 * n, 2);
      const outputs = networks.map((network) => network.forward(inputs, 2).slice())[0];
      if (numNetworks > 1) model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
      const again = networks[0].forward(inputs, 2).slice();
      networks[networks.length - 1].forward(inputs, 2);
      networks[0].backward(outputGradients);
      return { outputs, again, gradients: networks[0].gradients };
    });
    expect(together).toEqual(alone);
    expect(alone.again).toEqual(alone.outputs);
  });

  test('sees every single parameter that changes', () => {
    const network = create(denseModel(2, [3], 2));
    const inputs = Float32Array.of(1, -2);
    for (let p = 0; p < network.parameters.length; p++) {
      const before = network.forward(inputs, 1).slice();
      network.parameters[p] += 0.5;
      expect(network.forward(inputs, 1), `parameter ${p}`).not.toEqual(before);
    }
  });

  test('hands out what the kernels can read, one view for each number of rows', () => {
    const kernels = createKernels();
    const network = createTfjsNetwork(kernels, tf, denseModel(2, [3], 1));
    const inputs = new Float32Array(2 * 20);
    const view = network.forward(inputs, 20);
    network.forward(inputs, 3);
    expect(network.forward(inputs, 20)).toBe(view);
    network.backward(new Float32Array(20));
    const arrays = [view, network.inputGradients(), network.parameters, network.gradients];
    expect(arrays.every(kernels.owns)).toBe(true);
    expect(() => network.forward(inputs, 21)).toThrow(RangeError);
    expect(() => network.backward(new Float32Array(19))).toThrow(RangeError);
  });

  test('differentiates at the inputs of its forward, whatever became of the array since', () => {
    const [left, overwritten] = [false, true].map((overwrite) => {
      const network = create(denseModel(2, [3], 1));
      const inputs = Float32Array.of(1, -2);
      network.forward(inputs, 1);
      if (overwrite) inputs.fill(7);
      network.backward(Float32Array.of(1));
      return [network.gradients, network.inputGradients()];
    });
    expect(overwritten).toEqual(left);
  });

  test('leaves frozen weights alone', () => {
    const model = denseModel(2, [3], 1);
    model.layers[0].trainable = false;
    const network = create(model);
    expect(network.parameters.length).toBe(3 + 1);
    network.forward(Float32Array.of(1, 2), 1);
    network.backward(Float32Array.of(1));
    expect(network.gradients.every((gradient) => gradient !== 0)).toBe(true);
    model.layers[1].trainable = false;
    expect(() => create(model)).toThrow(/^The tfjs model "sequential_\d+" has no trainable weights; /);
  });

  test.each<[what: string, model: () => LayersModel, needed: NeededShape, message: RegExp]>([
    [
      'a wrong input',
      () => lstmModel(),
      { inputDim: 10 },
      /maps \[null, 4, 3\] to \[null, 2\], but 10 numbers come in per row, as \[null, 10\] or a shape of as many\.$/,
    ],
    [
      'a wrong output',
      () => denseModel(2, [], 4),
      { inputDim: 2, outputDim: 3 },
      /maps \[null, 2\] to \[null, 4\], but 3 numbers per row are needed out/,
    ],
    [
      'a window without length',
      () => tf.sequential({ layers: [tf.layers.lstm({ units: 2, inputShape: [null, 3] })] }),
      {},
      /maps \[null, null, 3\] to \[null, 2\], but every dimension but the first needs a fixed size\.$/,
    ],
    [
      'a fixed batch',
      () => tf.sequential({ layers: [tf.layers.dense({ units: 2, batchInputShape: [8, 3] })] }),
      {},
      /maps \[8, 3\] to \[8, 2\], but its batch size must be free/,
    ],
    [
      'two inputs',
      () => {
        const inputs = [tf.input({ shape: [2] }), tf.input({ shape: [3] })];
        const outputs = tf.layers.concatenate().apply(inputs) as ReturnType<typeof tf.input>;
        return tf.model({ inputs, outputs });
      },
      {},
      /maps \[null, 2\] and \[null, 3\] to \[null, 5\], but one input and one output are needed\.$/,
    ],
    [
      'no shape yet',
      () => tf.sequential(),
      {},
      /maps no known shape to no known shape, but one input and one output are needed\.$/,
    ],
  ])('refuses %s', (_, model, needed, message) => {
    expect(() => create(model(), needed)).toThrow(expect.objectContaining({ code: 'tfjs-model-shape' }));
    expect(() => create(model(), needed)).toThrow(message);
  });

  test('refuses what the backend cannot differentiate, before a run begins', () => {
    expect(() => create(convolutionModel())).toThrow(
      /^The tfjs model "sequential_\d+" cannot be trained on the tfjs backend "wasm": .*Conv2DBackpropFilter.* Another backend may do\.$/,
    );
  });
});
