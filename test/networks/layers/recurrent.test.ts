import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as math from '../../../core/math.ts';
import { createRng, type Rng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import type { Kernels } from '../../../networks/kernels/kernels.ts';
import { createGru } from '../../../networks/layers/gru.ts';
import { createLstm } from '../../../networks/layers/lstm.ts';
import type { RecurrentNetwork } from '../../../networks/layers/recurrent.ts';
import { sharedJson } from '../../shared.ts';

const kinds = { lstm: createLstm, gru: createGru };
type Kind = keyof typeof kinds;
const names = ['lstm', 'gru'] as const;

function create(kind: Kind, inputDim: number, hiddenDim: number, rng: Rng): RecurrentNetwork {
  return kinds[kind](createKernels(), { inputDim, hiddenDim, init: 'uniform', rng });
}

function gaussians(length: number, rng: Rng): Float32Array {
  return Float32Array.from({ length }, () => rng.gaussian());
}

interface Shape {
  readonly inputDim: number;
  readonly hiddenDim: number;
  readonly numSteps: number;
  readonly batch: number;
}

/** A loss that is linear in outputs and final states, in Float64, from the equations and the documented layout. */
function exactLoss(
  kind: Kind,
  { inputDim: I, hiddenDim: H, numSteps, batch }: Shape,
  { parameters: p, inputs, states }: Record<'parameters' | 'inputs' | 'states', Float64Array>,
  starts: Uint8Array,
  outputWeights: Float32Array,
  stateWeights: Float32Array,
): { loss: number; outputs: Float64Array; finalStates: Float64Array } {
  const G = kind === 'lstm' ? 4 : 3;
  const S = kind === 'lstm' ? 2 * H : H;
  const recurrent = I * G * H;
  const biases = (I + H) * G * H;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const outputs = new Float64Array(numSteps * batch * H);
  const finalStates = states.slice();
  for (let t = 0; t < numSteps; t++) {
    for (let b = 0; b < batch; b++) {
      const row = t * batch + b;
      const state = finalStates.subarray(b * S, (b + 1) * S);
      if (starts[row]) state.fill(0);
      const before = state.slice();
      const fromInput = (gate: number, h: number) => {
        let sum = p[biases + gate * H + h];
        for (let i = 0; i < I; i++) sum += inputs[row * I + i] * p[(i * G + gate) * H + h];
        return sum;
      };
      const fromState = (gate: number, h: number) => {
        let sum = 0;
        for (let i = 0; i < H; i++) sum += before[i] * p[recurrent + (i * G + gate) * H + h];
        return sum;
      };
      const gateOf = (gate: number, h: number) => fromInput(gate, h) + fromState(gate, h);
      for (let h = 0; h < H; h++) {
        if (kind === 'lstm') {
          const cell =
            sigmoid(gateOf(1, h)) * before[H + h] + sigmoid(gateOf(0, h)) * Math.tanh(gateOf(2, h));
          state[H + h] = cell;
          state[h] = sigmoid(gateOf(3, h)) * Math.tanh(cell);
        } else {
          const z = sigmoid(gateOf(1, h));
          const candidate = fromState(2, h) + p[biases + 3 * H + h];
          const n = Math.tanh(fromInput(2, h) + sigmoid(gateOf(0, h)) * candidate);
          state[h] = (1 - z) * n + z * before[h];
        }
        outputs[row * H + h] = state[h];
      }
    }
  }
  let loss = 0;
  for (let i = 0; i < outputs.length; i++) loss += outputs[i] * outputWeights[i];
  for (let i = 0; i < finalStates.length; i++) loss += finalStates[i] * stateWeights[i];
  return { loss, outputs, finalStates };
}

describe.each(names)('%s', (kind) => {
  test('outputs, states and all gradients match a Float64 network and its finite differences', () => {
    const dim = fc.integer({ min: 1, max: 13 });
    const steps = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(
        dim,
        dim,
        steps,
        steps,
        fc.boolean(),
        fc.nat(1000),
        (inputDim, hiddenDim, numSteps, batch, masked, seed) => {
          const shape = { inputDim, hiddenDim, numSteps, batch };
          const rng = createRng(seed);
          const network = create(kind, inputDim, hiddenDim, rng);
          const inputs = gaussians(numSteps * batch * inputDim, rng);
          const states = gaussians(batch * network.stateDim, rng);
          const outputWeights = gaussians(numSteps * batch * hiddenDim, rng);
          const stateWeights = gaussians(states.length, rng);
          const starts = new Uint8Array(numSteps * batch);
          if (masked) for (let i = 0; i < starts.length; i++) starts[i] = rng.integer(3) === 0 ? 1 : 0;

          const exact = {
            parameters: Float64Array.from(network.parameters),
            inputs: Float64Array.from(inputs),
            states: Float64Array.from(states),
          };
          const evaluate = () => exactLoss(kind, shape, exact, starts, outputWeights, stateWeights);
          const expected = evaluate();
          const outputs = network.forward(inputs, states, masked ? starts : undefined, numSteps, batch);
          expectClose(outputs, expected.outputs, 3e-6);
          expectClose(network.finalStates(), expected.finalStates, 3e-6);

          network.backward(outputWeights, stateWeights);
          const actual = {
            parameters: network.gradients,
            inputs: network.inputGradients(),
            states: network.initialStateGradients(),
          };
          for (const part of ['parameters', 'inputs', 'states'] as const) {
            const numbers = exact[part];
            expect(actual[part].length).toBe(numbers.length);
            for (let n = 0; n < 12; n++) {
              const i = rng.integer(numbers.length);
              const held = numbers[i];
              numbers[i] = held + 1e-6;
              const upper = evaluate().loss;
              numbers[i] = held - 1e-6;
              const lower = evaluate().loss;
              numbers[i] = held;
              const slope = (upper - lower) / 2e-6;
              const error = Math.abs(actual[part][i] - slope);
              expect(error, `${part} ${i}`).toBeLessThan(2e-5 * (1 + Math.abs(slope)));
            }
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  test('a step gives the bits of the same row in a sequence, whatever the other rows are', () => {
    for (const [inputDim, hiddenDim] of [
      [3, 5],
      [1, 1],
      [17, 33],
      [8, 64],
    ]) {
      const rng = createRng(hiddenDim);
      const network = create(kind, inputDim, hiddenDim, rng);
      const { stateDim } = network;
      const [numSteps, batch] = [5, 17];
      const inputs = gaussians(numSteps * batch * inputDim, rng);
      const states = gaussians(batch * stateDim, rng);
      const outputs = network.forward(inputs, states, undefined, numSteps, batch).slice();
      const finalStates = network.finalStates().slice();
      const together = states.slice();
      for (let t = 0; t < numSteps; t++) {
        const rows = inputs.slice(t * batch * inputDim, (t + 1) * batch * inputDim);
        const out = network.step(rows, together, batch);
        expect(out).toEqual(outputs.slice(t * batch * hiddenDim, (t + 1) * batch * hiddenDim));
      }
      expect(together).toEqual(finalStates);
      for (const b of [0, 9, 16]) {
        const alone = states.slice(b * stateDim, (b + 1) * stateDim);
        for (let t = 0; t < numSteps; t++) {
          const row = t * batch + b;
          const out = network.step(inputs.slice(row * inputDim, (row + 1) * inputDim), alone, 1);
          expect(out).toEqual(outputs.slice(row * hiddenDim, (row + 1) * hiddenDim));
        }
        expect(alone).toEqual(finalStates.slice(b * stateDim, (b + 1) * stateDim));
      }
    }
  });

  test('acting between forward and backward disturbs no gradient', () => {
    const run = (acts: boolean) => {
      const rng = createRng(4);
      const network = create(kind, 3, 6, rng);
      const outputs = network.forward(gaussians(2 * 4 * 3, rng), undefined, undefined, 2, 4);
      const outputGradients = gaussians(outputs.length, rng);
      if (acts) network.step(gaussians(9 * 3, rng), new Float32Array(9 * network.stateDim), 9);
      network.backward(outputGradients);
      return network.gradients.slice();
    };
    expect(run(true)).toEqual(run(false));
  });

  test('a start inside a sequence is the same as two sequences', () => {
    const rng = createRng(7);
    const network = create(kind, 4, 7, rng);
    const [numSteps, batch, cut] = [6, 3, 4];
    const inputs = gaussians(numSteps * batch * 4, rng);
    const states = gaussians(batch * network.stateDim, rng);
    const outputGradients = gaussians(numSteps * batch * 7, rng);
    const starts = new Uint8Array(numSteps * batch).fill(1, cut * batch, (cut + 1) * batch);
    const outputs = network.forward(inputs, states, starts, numSteps, batch).slice();
    const finalStates = network.finalStates().slice();
    network.backward(outputGradients);
    const gradients = network.gradients.slice();
    const inputGradients = network.inputGradients().slice();
    const stateGradients = network.initialStateGradients().slice();
    network.gradients.fill(0);

    const inputCut = cut * batch * 4;
    const outputCut = cut * batch * 7;
    const head = network.forward(inputs.slice(0, inputCut), states, undefined, cut, batch);
    expect(head).toEqual(outputs.slice(0, outputCut));
    network.backward(outputGradients.slice(0, outputCut));
    expect(network.inputGradients()).toEqual(inputGradients.slice(0, inputCut));
    expect(network.initialStateGradients()).toEqual(stateGradients);
    const tail = network.forward(inputs.slice(inputCut), undefined, undefined, numSteps - cut, batch);
    expect(tail).toEqual(outputs.slice(outputCut));
    expect(network.finalStates()).toEqual(finalStates);
    network.backward(outputGradients.slice(outputCut));
    expect(network.inputGradients()).toEqual(inputGradients.slice(inputCut));
    expectClose(network.gradients, gradients, 1e-5);
  });

  test('state gradients join two halves of a sequence', () => {
    const rng = createRng(8);
    const network = create(kind, 2, 5, rng);
    const inputs = gaussians(4 * 3 * 2, rng);
    const outputGradients = gaussians(4 * 3 * 5, rng);
    network.forward(inputs, undefined, undefined, 4, 3);
    network.backward(outputGradients);
    const whole = network.gradients.slice();
    network.gradients.fill(0);

    network.forward(inputs.slice(0, 12), undefined, undefined, 2, 3);
    const middle = network.finalStates().slice();
    network.forward(inputs.slice(12), middle, undefined, 2, 3);
    network.backward(outputGradients.slice(30));
    const middleGradients = network.initialStateGradients().slice();
    network.forward(inputs.slice(0, 12), undefined, undefined, 2, 3);
    network.backward(outputGradients.slice(0, 30), middleGradients);
    expectClose(network.gradients, whole, 1e-5);
  });

  test('adds to the gradients that are there, and leaves what it is given unchanged', () => {
    const rng = createRng(9);
    const network = create(kind, 3, 4, rng);
    const given = [
      gaussians(2 * 5 * 3, rng),
      gaussians(5 * network.stateDim, rng),
      gaussians(2 * 5 * 4, rng),
    ];
    const [inputs, states, outputGradients] = given.map((array) => array.slice());
    const starts = Uint8Array.from({ length: 10 }, (_, i) => i % 2);
    network.forward(inputs, states, starts, 2, 5);
    network.backward(outputGradients, states);
    const once = network.gradients.slice();
    network.backward(outputGradients, states);
    expectClose(
      network.gradients,
      once.map((g) => 2 * g),
      1e-5,
    );
    expect([inputs, states, outputGradients]).toEqual(given);
    expect(starts).toEqual(Uint8Array.from({ length: 10 }, (_, i) => i % 2));
  });

  test('reads arrays in its own memory where they are, and others alike', () => {
    const rng = createRng(6);
    const kernels = createKernels();
    const network = kinds[kind](kernels, { inputDim: 3, hiddenDim: 5, init: 'uniform', rng });
    const arrays = [gaussians(4 * 2 * 3, rng), gaussians(4 * 2 * 5, rng)];
    const [fromOwn, fromOther] = [
      arrays.map((array) => {
        const own = kernels.allocate(array.length);
        own.set(array);
        return own;
      }),
      arrays.map((array) => Float32Array.from([...array, 1, 2, 3])),
    ].map(([inputs, outputGradients]) => {
      network.gradients.fill(0);
      const outputs = network.forward(inputs, undefined, undefined, 4, 2).slice();
      network.backward(outputGradients);
      return [outputs, network.gradients.slice(), network.inputGradients().slice()];
    });
    expect(fromOwn).toEqual(fromOther);
  });

  test('gives the same bits on two threads, and as one of several concurrent tasks', () => {
    const [inputDim, hiddenDim, numSteps, batch] = [24, 40, 5, 48];
    const run = (kernels: Kernels, concurrent: boolean) => {
      const rng = createRng(5);
      const networks = [1, 2].map(() => kinds[kind](kernels, { inputDim, hiddenDim, init: 'uniform', rng }));
      const inputs = gaussians(numSteps * batch * inputDim, rng);
      const states = gaussians(batch * networks[0].stateDim, rng);
      const outputGradients = gaussians(numSteps * batch * hiddenDim, rng);
      const starts = Uint8Array.from({ length: numSteps * batch }, () => rng.integer(3));
      const tasks = networks.map((network) => () => {
        network.forward(inputs, states, starts, numSteps, batch);
        network.backward(outputGradients);
      });
      if (concurrent) kernels.concurrently(tasks);
      else for (const task of tasks) task();
      const results = networks.flatMap((network) => [
        network.finalStates().slice(),
        network.gradients.slice(),
        network.initialStateGradients().slice(),
        network.inputGradients().slice(),
      ]);
      kernels.close();
      return results;
    };
    const alone = run(createKernels(), false);
    expect(run(createKernels({ threads: 2 }), false)).toEqual(alone);
    expect(run(createKernels({ threads: 2 }), true)).toEqual(alone);
  });

  test('refuses arrays that are too short', () => {
    const network = create(kind, 3, 4, createRng(1));
    expect(() => network.forward(new Float32Array(11), undefined, undefined, 2, 2)).toThrow(RangeError);
    expect(() => network.forward(new Float32Array(12), undefined, new Uint8Array(3), 2, 2)).toThrow(
      RangeError,
    );
    expect(() => network.step(new Float32Array(3), new Float32Array(3), 1)).toThrow(RangeError);
  });

  test('keeps outputs within ±1 when inputs are huge, and NaN when one is NaN', () => {
    const rng = createRng(2);
    const network = create(kind, 2, 9, rng);
    const inputs = gaussians(6, rng).map((x) => 1e30 * x);
    const outputs = network.forward(inputs, undefined, undefined, 3, 1);
    expect(outputs.every((y) => Math.abs(y) <= 1)).toBe(true);
    inputs[2] = Number.NaN;
    const spoiled = network.forward(inputs, undefined, undefined, 3, 1);
    expect(spoiled.slice(0, 9).every(Number.isFinite)).toBe(true);
    expect(spoiled.slice(9).every(Number.isNaN)).toBe(true);
  });

  test('starts with orthogonal gates and an open forget gate', () => {
    const [I, H] = [5, 8];
    const G = kind === 'lstm' ? 4 : 3;
    const { parameters, layout } = kinds[kind](createKernels(), {
      inputDim: I,
      hiddenDim: H,
      init: 'orthogonal',
      rng: createRng(3),
    });
    for (const [offset, rows] of [
      [layout.inputWeightOffset, I],
      [layout.recurrentWeightOffset, H],
    ]) {
      for (let gate = 0; gate < G; gate++) {
        const at = (i: number, h: number) => parameters[offset + (i * G + gate) * H + h];
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j <= i; j++) {
            let dot = 0;
            for (let h = 0; h < H; h++) dot += at(i, h) * at(j, h);
            expect(dot).toBeCloseTo(i === j ? 1 : 0, 5);
          }
        }
      }
    }
    const biases = [...parameters.slice(layout.biasOffset)];
    expect(biases).toEqual(
      Array.from({ length: 4 * H }, (_, i) => (kind === 'lstm' && i >= H && i < 2 * H ? 1 : 0)),
    );
  });
});

test('gates open by the logistic function, to rounding', () => {
  // With all weights zero but the update gate's from the input, a GRU's state of 1 becomes σ(x).
  const network = createGru(createKernels(), {
    inputDim: 1,
    hiddenDim: 1,
    init: 'uniform',
    rng: createRng(1),
  });
  network.parameters.fill(0);
  network.parameters[1] = 1;
  const inputs = Float32Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 100);
  const states = new Float32Array(inputs.length).fill(1);
  const outputs = network.step(inputs, states, inputs.length);
  let worst = 0;
  for (let i = 0; i < inputs.length; i++) {
    const exact = math.exp(inputs[i]) / (1 + math.exp(inputs[i]));
    const error = Math.abs(outputs[i] - exact);
    // Below −87 it may be 0.
    worst = Math.max(worst, inputs[i] < -87 ? error / 1e-37 : error / exact / 3e-7);
  }
  expect(worst).toBeLessThan(1);
});

type Tensor = number[] | Tensor[];

interface Golden {
  readonly I: number;
  readonly H: number;
  readonly B: number;
  readonly T: number;
  readonly loss: number;
  readonly [tensor: string]: Tensor | number;
}

describe.each(names)('PyTorch’s %s', (kind) => {
  const golden = sharedJson<Record<Kind, Golden>>('golden/rnn_torch.json')?.[kind];

  test.skipIf(golden === undefined)('has the same outputs, final states, loss and gradients', () => {
    const { I, H, B, T, loss } = golden!;
    const flat = (name: string) => Float64Array.from((golden![name] as Tensor).flat(3) as number[]);
    const G = kind === 'lstm' ? 4 : 3;
    const network = create(kind, I, H, createRng(1));
    const { parameters, gradients, layout } = network;

    /** Calls back with the place in `parameters` and the place in torch's [G·H, columns] matrix. */
    const eachWeight = (offset: number, columns: number, visit: (ours: number, theirs: number) => void) => {
      for (let i = 0; i < columns; i++) {
        for (let g = 0; g < G * H; g++) visit(offset + i * G * H + g, g * columns + i);
      }
    };
    const inputWeights = flat('weight_ih_l0');
    const recurrentWeights = flat('weight_hh_l0');
    eachWeight(layout.inputWeightOffset, I, (ours, theirs) => {
      parameters[ours] = inputWeights[theirs];
    });
    eachWeight(layout.recurrentWeightOffset, H, (ours, theirs) => {
      parameters[ours] = recurrentWeights[theirs];
    });
    // One bias where torch has two that are added; the GRU's for n stay two.
    const [inputBias, stateBias] = [flat('bias_ih_l0'), flat('bias_hh_l0')];
    const merged = kind === 'lstm' ? 4 * H : 2 * H;
    for (let i = 0; i < 4 * H; i++) {
      const bias = i < merged ? inputBias[i] + stateBias[i] : i < 3 * H ? inputBias[i] : stateBias[i - H];
      parameters[layout.biasOffset + i] = bias;
    }

    const states = new Float32Array(B * network.stateDim);
    const finalStates = new Float64Array(states.length);
    for (const [part, [first, last]] of (kind === 'lstm'
      ? [
          ['h0', 'hn'],
          ['c0', 'cn'],
        ]
      : [['h0', 'hn']]
    ).entries()) {
      const [from, to] = [flat(first), flat(last)];
      for (let b = 0; b < B; b++) {
        for (let h = 0; h < H; h++) {
          states[b * network.stateDim + part * H + h] = from[b * H + h];
          finalStates[b * network.stateDim + part * H + h] = to[b * H + h];
        }
      }
    }

    const outputs = network.forward(Float32Array.from(flat('input')), states, undefined, T, B);
    expectClose(outputs, flat('output'), 1e-6);
    expectClose(network.finalStates(), finalStates, 1e-6);
    const outputWeights = Float32Array.from(flat('output_weight'));
    expect(outputs.reduce((sum, y, i) => sum + y * outputWeights[i], 0)).toBeCloseTo(loss, 5);

    network.backward(outputWeights);
    expectClose(network.inputGradients(), flat('grad_input'), 1e-5);
    const inputSlopes = flat('grad_weight_ih_l0');
    const recurrentSlopes = flat('grad_weight_hh_l0');
    const close = (actual: number, expected: number) =>
      expect(Math.abs(actual - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
    eachWeight(layout.inputWeightOffset, I, (ours, theirs) => close(gradients[ours], inputSlopes[theirs]));
    eachWeight(layout.recurrentWeightOffset, H, (ours, theirs) =>
      close(gradients[ours], recurrentSlopes[theirs]),
    );
    const [inputBiasSlopes, stateBiasSlopes] = [flat('grad_bias_ih_l0'), flat('grad_bias_hh_l0')];
    for (let i = 0; i < G * H; i++) close(gradients[layout.biasOffset + i], inputBiasSlopes[i]);
    for (let i = 0; i < G * H; i++) {
      const ours = kind === 'gru' && i >= 2 * H ? i + H : i;
      close(gradients[layout.biasOffset + ours], stateBiasSlopes[i]);
    }
  });
});

function expectClose(actual: Float32Array, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    expect(error, `${i}: ${actual[i]}, ${expected[i]}`).toBeLessThan(tolerance * (1 + Math.abs(expected[i])));
  }
}
