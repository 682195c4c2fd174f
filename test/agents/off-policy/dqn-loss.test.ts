import { expect, test } from 'vitest';
import { dqnLossInto, dqnTargetsInto } from '../../../agents/off-policy/dqn-loss.ts';
import { createRng } from '../../../core/rng.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createMlp } from '../../../networks/layers/mlp.ts';
import { clipGradientNorm } from '../../../networks/optimizer.ts';
import { sharedJson } from '../../shared.ts';

/** PyTorch's order: weight [out, in], bias [out], layer after layer. */
type Layers = (number[][] | number[])[];

interface Golden {
  gamma: number;
  q_init: Layers;
  q_target: Layers;
  obs: number[][];
  next_obs: number[][];
  act: number[] | number[][];
  rew: number[] | number[][];
  terminated: number[] | number[][];
  target: number[] | number[][];
  double_dqn_target: number[] | number[][];
  q_sa: number[] | number[][];
  smooth_l1_loss: number;
  grads: Layers;
  grad_norm: number;
}

const golden = sharedJson<{ dqn: Golden }>('golden/rl_losses_torch.json')?.dqn;

/** Our order: weight [in, out], then bias. */
function flatten(layers: Layers): number[] {
  return layers.flatMap((layer) =>
    Array.isArray(layer[0])
      ? layer[0].flatMap((_, i) => (layer as number[][]).map((row) => row[i]))
      : (layer as number[]),
  );
}

test.skipIf(golden === undefined)('targets, loss and gradients equal those of PyTorch', () => {
  const { gamma, q_init, q_target, obs, next_obs } = golden!;
  const [actions, rewards, terminated, target, doubleTarget, chosen] = [
    golden!.act,
    golden!.rew,
    golden!.terminated,
    golden!.target,
    golden!.double_dqn_target,
    golden!.q_sa,
  ].map((column) => Float32Array.from(column.flat()));
  const kernels = createKernels();
  const batch = obs.length;
  const [first, , second, , last] = q_init as number[][][];
  const load = (layers: Layers) => {
    const network = createMlp(kernels, {
      inputDim: first[0].length,
      hidden: [first.length, second.length],
      outputDim: last.length,
      activation: 'tanh',
      init: 'he',
      outputScale: 1,
      rng: createRng(1),
    });
    network.parameters.set(flatten(layers));
    return network;
  };
  const network = load(q_init);
  const numChoices = network.outputDim;
  const next = Float32Array.from(next_obs.flat());
  const targetValues = load(q_target).forward(next, batch).slice();
  const ownValues = network.forward(next, batch).slice();
  const discounts = terminated.map((isEnd) => gamma * (1 - isEnd));
  const targets = new Float32Array(batch);
  for (const [choosing, expected] of [
    [ownValues, doubleTarget],
    [targetValues, target],
  ]) {
    dqnTargetsInto(targets, rewards, discounts, targetValues, choosing, numChoices, undefined);
    expected.forEach((y, b) => {
      expect(targets[b]).toBeCloseTo(y, 5);
    });
  }

  const values = network.forward(Float32Array.from(obs.flat()), batch);
  const gradients = new Float32Array(batch * numChoices).fill(9);
  const tdErrors = new Float32Array(batch);
  const weights = new Float32Array(batch).fill(1);
  const { loss, meanValue } = dqnLossInto(gradients, tdErrors, values, actions, targets, weights, numChoices);
  expect(loss).toBeCloseTo(golden!.smooth_l1_loss, 5);
  expect(meanValue).toBeCloseTo(chosen.reduce((sum, x) => sum + x, 0) / batch, 5);
  tdErrors.forEach((error, b) => {
    expect(error).toBeCloseTo(chosen[b] - targets[b], 5);
  });
  network.backward(gradients);
  flatten(golden!.grads).forEach((gradient, i) => {
    expect(Math.abs(network.gradients[i] - gradient)).toBeLessThan(2e-6);
  });
  expect(clipGradientNorm(kernels, [network], Infinity)).toBeCloseTo(golden!.grad_norm, 5);
});

test('a mask at the next state leaves its best allowed choice, and a weight scales loss and gradient', () => {
  const targets = new Float32Array(2);
  const values = Float32Array.of(5, 1, 2, 0, 9, 3);
  const masks = Uint8Array.of(0, 1, 1, 1, 0, 1);
  dqnTargetsInto(targets, Float32Array.of(1, 1), Float32Array.of(0.5, 0), values, values, 3, masks);
  expect([...targets]).toEqual([2, 1]);
  const gradients = new Float32Array(6);
  const tdErrors = new Float32Array(2);
  const weights = Float32Array.of(0.5, 1);
  const { loss } = dqnLossInto(gradients, tdErrors, values, Int32Array.of(0, 0), targets, weights, 3);
  // Errors 3 and −1: ½·(3 − ½)/2 + ½/2.
  expect(loss).toBeCloseTo(0.875, 6);
  expect([...tdErrors]).toEqual([3, -1]);
  expect([...gradients]).toEqual([0.25, 0, 0, -0.5, 0, 0]);
});
