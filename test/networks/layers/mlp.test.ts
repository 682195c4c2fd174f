import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createMlp, type Mlp, type MlpOptions } from '../../../networks/layers/mlp.ts';
import { testNetwork } from '../../../testing/suites.ts';

function options(overrides: Partial<MlpOptions>): MlpOptions {
  return {
    inputDim: 5,
    hidden: [7, 6],
    outputDim: 3,
    activation: 'tanh',
    outputScale: 1,
    init: 'orthogonal',
    rng: createRng(1),
    ...overrides,
  };
}

/** A network with biases, which are zero at first and would hide mistakes. */
function createWithBiases(overrides: Partial<MlpOptions>): Mlp {
  const network = createMlp(createKernels(), options(overrides));
  const rng = createRng('biases');
  for (const { biasOffset, normOffset, outputDim } of network.layers) {
    for (let i = 0; i < outputDim; i++) network.parameters[biasOffset + i] = 0.3 * rng.gaussian();
    if (normOffset === undefined) continue;
    for (let i = 0; i < 2 * outputDim; i++) network.parameters[normOffset + i] += 0.3 * rng.gaussian();
  }
  return network;
}

testNetwork('a tanh mlp', () => createWithBiases({}));
testNetwork('a relu mlp', () => createWithBiases({ activation: 'relu', init: 'he' }));
testNetwork('a mlp with layer normalisation', () => createWithBiases({ layerNorm: true }));
testNetwork('a mlp with an output activation', () => createWithBiases({ outputActivation: 'tanh' }));
testNetwork('a linear map', () => createWithBiases({ hidden: [] }));
testNetwork('a mlp of odd widths', () => createWithBiases({ inputDim: 1, hidden: [17, 1, 9], outputDim: 1 }));

test('input gradients of some rows have the bits that these rows have among all', () => {
  for (const hidden of [[], [7], [17, 5]]) {
    const kernels = createKernels();
    const network = createMlp(kernels, options({ hidden, activation: 'relu', init: 'he' }));
    const rng = createRng('some rows');
    const draw = (length: number) => Float32Array.from({ length }, () => rng.gaussian());
    network.forward(draw(9 * 5), 9);
    const outputGradients = draw(9 * 3);
    const all = network.inputGradientsOf!(outputGradients).slice();
    for (const chosen of [[0, 3, 4, 8], [8], []]) {
      const rows = kernels.allocateIntegers(chosen.length);
      rows.set(chosen);
      const some = Float32Array.from(
        chosen.flatMap((row) => [...outputGradients.subarray(3 * row, 3 * row + 3)]),
      );
      const expected = chosen.flatMap((row) => [...all.subarray(5 * row, 5 * row + 5)]);
      expect([...network.inputGradientsOfRows!(some, rows)]).toEqual(expected);
    }
    expect(network.gradients.every((gradient) => gradient === 0)).toBe(true);
  }
});

test('normalised networks and those with an output activation offer no gradients of some rows', () => {
  expect(createWithBiases({ layerNorm: true }).inputGradientsOfRows).toBeUndefined();
  expect(createWithBiases({ outputActivation: 'tanh' }).inputGradientsOfRows).toBeUndefined();
});

/** The outputs in Float64, from the parameters as they are documented to lie. */
function exactForward(
  { layers }: Mlp,
  activation: string,
  parameters: Float64Array,
  inputs: Float64Array,
  batch: number,
): Float64Array {
  let x = inputs;
  for (const [l, { weightOffset, biasOffset, inputDim, outputDim }] of layers.entries()) {
    const y = new Float64Array(batch * outputDim);
    for (let b = 0; b < batch; b++) {
      for (let o = 0; o < outputDim; o++) {
        let sum = parameters[biasOffset + o];
        for (let i = 0; i < inputDim; i++) {
          sum += x[b * inputDim + i] * parameters[weightOffset + i * outputDim + o];
        }
        if (l + 1 < layers.length) sum = activation === 'tanh' ? Math.tanh(sum) : Math.max(sum, 0);
        y[b * outputDim + o] = sum;
      }
    }
    x = y;
  }
  return x;
}

describe('mlp', () => {
  test('outputs and all gradients match a Float64 network and its finite differences, on any shape', () => {
    const dim = fc.integer({ min: 1, max: 19 });
    fc.assert(
      fc.property(
        dim,
        fc.array(dim, { maxLength: 3 }),
        dim,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('tanh' as const, 'relu' as const),
        fc.nat(1000),
        (inputDim, hidden, outputDim, batch, activation, seed) => {
          const rng = createRng(seed);
          const network = createWithBiases({ inputDim, hidden, outputDim, activation, rng });
          const inputs = Float32Array.from({ length: batch * inputDim }, () => rng.gaussian());
          const outputGradients = Float32Array.from({ length: batch * outputDim }, () => rng.gaussian());
          const outputs = network.forward(inputs, batch);
          network.backward(outputGradients);

          const parameters = Float64Array.from(network.parameters);
          const x = Float64Array.from(inputs);
          const exact = exactForward(network, activation, parameters, x, batch);
          for (let i = 0; i < exact.length; i++) expect(Math.abs(outputs[i] - exact[i])).toBeLessThan(1e-5);

          const loss = () =>
            exactForward(network, activation, parameters, x, batch).reduce(
              (sum, y, i) => sum + y * outputGradients[i],
              0,
            );
          const slopeAt = (numbers: Float64Array, i: number) => {
            const held = numbers[i];
            numbers[i] = held + 1e-6;
            const upper = loss();
            numbers[i] = held - 1e-6;
            const lower = loss();
            numbers[i] = held;
            return (upper - lower) / 2e-6;
          };
          for (let n = 0; n < 40; n++) {
            const p = rng.integer(parameters.length);
            const slope = slopeAt(parameters, p);
            expect(Math.abs(network.gradients[p] - slope)).toBeLessThan(2e-5 * (1 + Math.abs(slope)));
            const i = rng.integer(x.length);
            const inputSlope = slopeAt(x, i);
            const actual = network.inputGradients()[i];
            expect(Math.abs(actual - inputSlope)).toBeLessThan(2e-5 * (1 + Math.abs(inputSlope)));
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test.each([
    [[], 'identity'],
    [[7, 6], 'identity'],
    [[7], 'tanh'],
  ] as const)(
    'reads arrays in its own memory where they are, and others alike: %o, %s',
    (hidden, outputActivation) => {
      const kernels = createKernels();
      const network = createMlp(kernels, options({ hidden, outputActivation }));
      const foreign = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
      const own = kernels.allocate(20);
      own.set(foreign);
      const fromForeign = network.forward(foreign, 4).slice();
      expect(network.forward(own, 4)).toEqual(fromForeign);
      expect(network.forward(Float32Array.from([...foreign, 1, 2, 3]), 4)).toEqual(fromForeign);
      expect(() => network.forward(foreign, 5)).toThrow(RangeError);

      const foreignGradients = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i));
      const ownGradients = kernels.allocate(12);
      ownGradients.set(foreignGradients);
      const [fromOwn, fromOther] = [ownGradients, foreignGradients].map((outputGradients) => {
        network.gradients.fill(0);
        network.forward(own, 4);
        network.backward(outputGradients);
        return [network.gradients.slice(), network.inputGradients().slice()];
      });
      expect(fromOwn).toEqual(fromOther);
      expect(ownGradients).toEqual(foreignGradients);
    },
  );

  test('returns the same view for a batch size that it has seen', () => {
    const network = createMlp(createKernels(), options({}));
    const inputs = new Float32Array(10 * 5);
    const view = network.forward(inputs, 10);
    network.forward(inputs, 3);
    expect(network.forward(inputs, 10)).toBe(view);
  });

  test('starts with orthonormal weights times their gain, and zero biases', () => {
    for (const [inputDim, hidden] of [
      [5, [64, 7]],
      [64, [5, 64]],
      [9, [9, 1]],
    ] as const) {
      const { layers, parameters } = createMlp(
        createKernels(),
        options({ inputDim, hidden, outputScale: 0.01, rng: createRng(inputDim) }),
      );
      for (const [l, layer] of layers.entries()) {
        const gain = l === layers.length - 1 ? 0.01 : Math.SQRT2;
        const shorter = Math.min(layer.inputDim, layer.outputDim);
        const byRow = layer.inputDim <= layer.outputDim;
        const at = (v: number, i: number) => {
          const [row, column] = byRow ? [v, i] : [i, v];
          return parameters[layer.weightOffset + row * layer.outputDim + column] / gain;
        };
        for (let v = 0; v < shorter; v++) {
          for (let w = 0; w <= v; w++) {
            let dot = 0;
            for (let i = 0; i < Math.max(layer.inputDim, layer.outputDim); i++) dot += at(v, i) * at(w, i);
            expect(dot).toBeCloseTo(v === w ? 1 : 0, 5);
          }
        }
        const biases = parameters.slice(layer.biasOffset, layer.biasOffset + layer.outputDim);
        expect(biases.every((bias) => bias === 0)).toBe(true);
      }
    }
  });

  test("starts with He's deviation when asked to", () => {
    const { layers, parameters } = createMlp(
      createKernels(),
      options({ inputDim: 50, hidden: [200], init: 'he', activation: 'relu' }),
    );
    const weights = parameters.slice(layers[0].weightOffset, layers[0].biasOffset);
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    expect(Math.abs(variance / (2 / 50) - 1)).toBeLessThan(0.05);
  });
});
