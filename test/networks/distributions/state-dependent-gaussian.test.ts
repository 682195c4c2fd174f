import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import {
  createStateDependentGaussian,
  type StateDependentGaussian,
} from '../../../networks/distributions/state-dependent-gaussian.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { mlpLayer } from '../../../networks/layers/mlp.ts';
import { testNetwork } from '../../../testing/suites.ts';

const [D, F, A] = [3, 5, 2];

function create(options: { learnFeatures?: boolean; meanBound?: number; threads?: number } = {}) {
  const { learnFeatures = true, meanBound = Infinity, threads = 1 } = options;
  const body = { activation: 'tanh', init: 'orthogonal', outputScale: 1.3, rng: createRng(1) } as const;
  const network = createStateDependentGaussian(createKernels({ threads }), {
    features: mlpLayer({ ...body, inputDim: D, hidden: [4], outputDim: F, outputActivation: 'tanh' }),
    means: mlpLayer({ ...body, inputDim: F, hidden: [], outputDim: A }),
    initialLogStd: -0.4,
    learnFeatures,
    meanBound,
  });
  const rng = createRng('deviations');
  const { parameters } = network;
  for (let i = parameters.length - F * A; i < parameters.length; i++) parameters[i] += 0.5 * rng.gaussian();
  return network;
}

function gaussians(seed: string, length: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.gaussian());
}

/** The definition in Float64: rows of A means and A log deviations; features for the deviations may be given. */
function outputsByDefinition(parameters: Float32Array, inputs: Float32Array, given?: number[][]) {
  let offset = 0;
  const dense = (rows: number[][], inputDim: number, outputDim: number) => {
    const weights = parameters.subarray(offset, offset + inputDim * outputDim);
    const bias = parameters.subarray(offset + weights.length, offset + weights.length + outputDim);
    offset += weights.length + outputDim;
    return rows.map((row) =>
      Array.from(bias, (b, o) => row.reduce((sum, x, i) => sum + x * weights[i * outputDim + o], b)),
    );
  };
  const tanh = (rows: number[][]) => rows.map((row) => row.map(Math.tanh));
  const rows = Array.from({ length: inputs.length / D }, (_, b) => [...inputs.subarray(b * D, (b + 1) * D)]);
  const features = tanh(dense(tanh(dense(rows, D, 4)), 4, F));
  const means = dense(features, F, A);
  const logStd = parameters.subarray(offset);
  const outputs = means.map((row, b) => [
    ...row,
    ...row.map((_, a) => {
      const squares = (given ?? features)[b].map((h, f) => (h * Math.exp(logStd[f * A + a])) ** 2);
      return 0.5 * Math.log(squares.reduce((sum, x) => sum + x, 1e-6));
    }),
  ]);
  return { outputs, features };
}

testNetwork('a state-dependent Gaussian', () => create());

test('gives the means and the deviations of the definition', () => {
  const network = create();
  const inputs = gaussians('inputs', 6 * D);
  const actual = network.forward(inputs, 6);
  const { outputs } = outputsByDefinition(network.parameters, inputs);
  outputs.flat().forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 5);
  });
});

test('without learning features, their gradient is that of the means alone', () => {
  const network = create({ learnFeatures: false });
  const { parameters } = network;
  const inputs = gaussians('inputs', 4 * D);
  const weights = gaussians('weights', 4 * 2 * A);
  network.forward(inputs, 4);
  network.backward(weights);
  const held = outputsByDefinition(parameters, inputs).features;
  const loss = () =>
    outputsByDefinition(parameters, inputs, held)
      .outputs.flat()
      .reduce((sum, x, i) => sum + x * weights[i], 0);
  for (let i = 0; i < parameters.length; i++) {
    const before = parameters[i];
    parameters[i] = before + 2 ** -10;
    const upper = loss();
    const distance = parameters[i];
    parameters[i] = before - 2 ** -10;
    const slope = (upper - loss()) / (distance - parameters[i]);
    parameters[i] = before;
    expect(Math.abs(network.gradients[i] - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
  }
});

test('bounded means have no gradient at their bounds', () => {
  const network = create({ meanBound: 0.05 });
  const inputs = gaussians('inputs', 8 * D);
  const outputs = network.forward(inputs, 8).slice();
  const free = create().forward(inputs, 8);
  const isBounded = Array.from({ length: 8 * A }, (_, i) => {
    const output = Math.floor(i / A) * 2 * A + (i % A);
    expect(outputs[output]).toBeCloseTo(Math.min(Math.max(free[output], -0.05), 0.05), 6);
    return Math.abs(free[output]) > 0.05;
  });
  expect(new Set(isBounded).size).toBe(2);
  const outputGradients = Float32Array.from(outputs, (_, i) => (i % (2 * A) < A ? 1 : 0));
  network.backward(outputGradients);
  // The gradient of the means' bias counts the rows within the bounds.
  const bias = network.gradients.length - F * A - A;
  for (let a = 0; a < A; a++) {
    const numFree = isBounded.filter((bounded, i) => i % A === a && !bounded).length;
    expect(network.gradients[bias + a]).toBe(numFree);
  }
});

test('gives the same bits within concurrent tasks on any number of threads', () => {
  const run = (threads: number) => {
    const kernels = createKernels({ threads });
    const layer = { activation: 'tanh', init: 'orthogonal', outputScale: 1, rng: createRng(1) } as const;
    const network = createStateDependentGaussian(kernels, {
      features: mlpLayer({ ...layer, inputDim: D, hidden: [], outputDim: 40, outputActivation: 'tanh' }),
      means: mlpLayer({ ...layer, inputDim: 40, hidden: [], outputDim: A }),
      initialLogStd: -1,
      learnFeatures: true,
      meanBound: 2,
    });
    const inputs = kernels.allocate(64 * D);
    inputs.set(gaussians('inputs', inputs.length));
    const weights = kernels.allocate(64 * 2 * A);
    weights.set(gaussians('weights', weights.length));
    const [outputs] = kernels.concurrently([() => network.forward(inputs, 64)]);
    kernels.concurrently([() => network.backward(weights)]);
    const result = [outputs.slice(), network.gradients.slice()];
    kernels.close();
    return result;
  };
  expect(run(3)).toEqual(run(1));
});

describe('the noise', () => {
  const noiseOf = (network: StateDependentGaussian, draws: Float32Array) => {
    const noise = new Float32Array((draws.length / network.featureDim / A) * A);
    network.standardNoiseInto(noise, draws);
    return noise;
  };

  test('is the features times a matrix of its own for each row, in units of the deviations', () => {
    const network = create();
    const inputs = gaussians('inputs', 3 * D);
    const outputs = network.forward(inputs, 3).slice();
    const draws = gaussians('draws', 3 * F * A);
    const noise = noiseOf(network, draws);
    const { features } = outputsByDefinition(network.parameters, inputs);
    const logStd = network.parameters.slice(-F * A);
    for (let b = 0; b < 3; b++) {
      for (let a = 0; a < A; a++) {
        let sum = 0;
        for (let f = 0; f < F; f++) {
          sum += features[b][f] * Math.exp(logStd[f * A + a]) * draws[(b * F + f) * A + a];
        }
        expect(noise[b * A + a] * Math.exp(outputs[b * 2 * A + A + a])).toBeCloseTo(sum, 5);
      }
    }
  });

  test('has mean 0 and variance 1 over the draws, within three standard errors', () => {
    const network = create();
    network.forward(gaussians('inputs', D), 1);
    const rng = createRng('many');
    const count = 20_000;
    const moments = [0, 0];
    const draws = new Float32Array(F * A);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < draws.length; k++) draws[k] = rng.gaussian();
      const [z] = noiseOf(network, draws);
      moments[0] += z / count;
      moments[1] += (z * z) / count;
    }
    expect(Math.abs(moments[0])).toBeLessThan(3 / Math.sqrt(count));
    expect(Math.abs(moments[1] - 1)).toBeLessThan(3 * Math.sqrt(2 / count));
  });
});
