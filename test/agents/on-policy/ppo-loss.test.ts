import { describe, expect, test } from 'vitest';
import { createPolicyHead } from '../../../agents/on-policy/create-policy-head.ts';
import { PpoLoss, type PpoMinibatch } from '../../../agents/on-policy/ppo-loss.ts';
import { createRng } from '../../../core/rng.ts';
import { type ActionSpace, createBox, createDiscrete, createMultiDiscrete } from '../../../envs/spaces.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createMlp, type Mlp } from '../../../networks/layers/mlp.ts';
import { clipGradientNorm, createAdam } from '../../../networks/optimizer.ts';
import { sharedJson } from '../../shared.ts';
import { checkPpoGradient } from './ppo-gradient.ts';

type Matrix = number[][];
/** PyTorch's order: weight [out, in], bias [out], layer after layer. */
type Layers = (Matrix | number[])[];

interface Golden {
  ppo_discrete: {
    config: { clip: number; ent: number; max_grad_norm: number; lr: number; eps: number };
    actor_init: Layers;
    critic_init: Layers;
    obs: Matrix;
    act: number[];
    adv: number[];
    ret: number[];
    old_values: number[];
    old_logprob: number[];
    steps: {
      policy_loss: number;
      value_loss_clipped: number;
      entropy: number;
      approx_kl_k3: number;
      clipfrac: number;
      grad_norm_before_clip: number;
      grads_before_clip?: Layers;
      params_after?: Layers;
    }[];
  };
}

const golden = sharedJson<Golden>('golden/rl_losses_torch.json');

/** Our order: weight [in, out], then bias. */
function flatten(layers: Layers): number[] {
  const flat: number[] = [];
  for (let l = 0; l < layers.length; l += 2) {
    const weight = layers[l] as Matrix;
    for (let i = 0; i < weight[0].length; i++) for (const row of weight) flat.push(row[i]);
    flat.push(...(layers[l + 1] as number[]));
  }
  return flat;
}

function expectClose(actual: Float32Array, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)));
  });
}

test.skipIf(golden === undefined)('three minibatch updates equal those of PyTorch', () => {
  const { config, actor_init, critic_init, obs, act, adv, ret, old_values, old_logprob, steps } =
    golden!.ppo_discrete;
  const kernels = createKernels();
  const rng = createRng(1);
  const body = {
    inputDim: 4,
    hidden: [8, 8],
    activation: 'tanh',
    init: 'orthogonal',
    outputScale: 1,
    rng,
  } as const;
  const policy = createMlp(kernels, { ...body, outputDim: 2 });
  const critic = createMlp(kernels, { ...body, outputDim: 1 });
  policy.parameters.set(flatten(actor_init));
  critic.parameters.set(flatten(critic_init));
  // The reference halves the value error inside the loss and weighs it by one half once more.
  const lossConfig = {
    normalizeAdvantages: true,
    entropyCoefficient: config.ent,
    valueCoefficient: 0.25,
    valueClipRange: config.clip,
  };
  const head = createPolicyHead(kernels, createDiscrete(2), 0);
  const loss = new PpoLoss({ policy, critic, head }, lossConfig, obs.length, kernels);
  const blocks = [policy, critic];
  const optimizer = createAdam(kernels, blocks, { epsilon: config.eps });
  const observations = kernels.allocate(obs.length * 4);
  observations.set(obs.flat());
  for (const expected of steps) {
    const minibatch = {
      size: obs.length,
      observations,
      actions: Int32Array.from(act),
      oldLogProbs: Float32Array.from(old_logprob),
      oldValues: Float32Array.from(old_values),
      advantages: Float32Array.from(adv),
      returns: Float32Array.from(ret),
    };
    const losses = loss.accumulateGradients(minibatch, config.clip);
    expect(losses.policyLoss).toBeCloseTo(expected.policy_loss, 5);
    expect(losses.valueLoss / 2).toBeCloseTo(expected.value_loss_clipped, 5);
    expect(losses.entropy).toBeCloseTo(expected.entropy, 5);
    expect(losses.approxKl).toBeCloseTo(expected.approx_kl_k3, 5);
    expect(losses.clipFraction).toBe(expected.clipfrac);
    if (expected.grads_before_clip !== undefined) {
      expectClose(
        Float32Array.of(...policy.gradients, ...critic.gradients),
        flatten(expected.grads_before_clip),
        1e-5,
      );
    }
    expect(clipGradientNorm(kernels, blocks, config.max_grad_norm)).toBeCloseTo(
      expected.grad_norm_before_clip,
      5,
    );
    optimizer.step(config.lr);
    if (expected.params_after !== undefined) {
      expectClose(
        Float32Array.of(...policy.parameters, ...critic.parameters),
        flatten(expected.params_after),
        1e-5,
      );
    }
  }
});

describe('the gradient is the derivative of the loss', () => {
  const spaces: [string, ActionSpace][] = [
    ['discrete', createDiscrete(3)],
    ['multi-discrete', createMultiDiscrete([2, 3])],
    ['continuous', createBox([2], -1, 1)],
  ];
  for (const [name, space] of spaces) {
    for (const valueClipRange of [0, 0.3]) {
      test(`${name} actions, value clip range ${valueClipRange}`, () => checkGradient(space, valueClipRange));
    }
  }
});

function checkGradient(space: ActionSpace, valueClipRange: number): void {
  const size = 7;
  const inputDim = 3;
  const kernels = createKernels();
  const rng = createRng('gradient');
  const head = createPolicyHead(kernels, space, -0.3);
  const body = {
    inputDim,
    hidden: [5],
    activation: 'tanh',
    init: 'orthogonal',
    outputScale: 1,
    rng,
  } as const;
  const policy: Mlp = createMlp(kernels, { ...body, outputDim: head.outputDim });
  const critic = createMlp(kernels, { ...body, outputDim: 1 });
  checkPpoGradient(kernels, { policy, critic, head }, size, rng, { valueClipRange, tolerance: 2e-3 });
}

test('advantages of one row are left as they are, those of more are normalised by the sample deviation', () => {
  const kernels = createKernels();
  const rng = createRng(3);
  const head = createPolicyHead(kernels, createDiscrete(2), 0);
  const body = {
    inputDim: 1,
    hidden: [],
    activation: 'tanh',
    init: 'orthogonal',
    outputScale: 1,
    rng,
  } as const;
  const networks = {
    policy: createMlp(kernels, { ...body, outputDim: 2 }),
    critic: createMlp(kernels, { ...body, outputDim: 1 }),
    head,
  };
  const config = { normalizeAdvantages: true, entropyCoefficient: 0, valueCoefficient: 0, valueClipRange: 0 };
  const loss = new PpoLoss(networks, config, 2, kernels);
  const batch = (size: number, advantages: Float32Array): PpoMinibatch => ({
    size,
    observations: new Float32Array(2),
    actions: new Int32Array(2),
    oldLogProbs: new Float32Array(2).fill(-Math.LN2),
    oldValues: new Float32Array(2),
    advantages,
    returns: new Float32Array(2),
  });
  const one = Float32Array.of(5, 0);
  loss.accumulateGradients(batch(1, one), 0.2);
  expect(one[0]).toBe(5);
  const two = Float32Array.of(1, 3);
  loss.accumulateGradients(batch(2, two), 0.2);
  expect(two[0]).toBeCloseTo(-Math.SQRT1_2, 6);
  expect(two[1]).toBeCloseTo(Math.SQRT1_2, 6);
});
