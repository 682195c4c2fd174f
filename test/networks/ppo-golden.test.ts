import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import {
  categoricalEntropiesInto,
  categoricalGradientsInto,
  categoricalLogProbsInto,
  normalizeLogitsInto,
} from '../../networks/categorical.ts';
import { createKernels } from '../../networks/kernels.ts';
import { createMlp, type Mlp } from '../../networks/mlp.ts';
import { clipGradientNorm, createAdam } from '../../networks/optimizer.ts';
import { sharedJson } from '../shared.ts';

/** A torch parameter: a matrix [O, I] or a bias [O]. */
type TorchParameter = number[][] | number[];

interface Golden {
  config: { clip: number; ent: number; vf: number; max_grad_norm: number; lr: number; eps: number };
  actor_init: TorchParameter[];
  critic_init: TorchParameter[];
  obs: number[][];
  act: number[];
  adv: number[];
  ret: number[];
  old_values: number[];
  old_logprob: number[];
  steps: {
    policy_loss: number;
    value_loss_clipped: number;
    entropy: number;
    grad_norm_before_clip: number;
    /** In the first step only. */
    grads_before_clip?: TorchParameter[];
    /** In the last step only. */
    params_after?: TorchParameter[];
  }[];
}

const golden = sharedJson<{ ppo_discrete: Golden }>('golden/rl_losses_torch.json')?.ppo_discrete;

/** Torch's [O, I] matrices and biases in the order and layout of `parameters`. */
function flatten(tensors: TorchParameter[]): number[] {
  return tensors.flatMap((tensor) =>
    Array.isArray(tensor[0])
      ? tensor[0].flatMap((_, i) => (tensor as number[][]).map((row) => row[i]))
      : (tensor as number[]),
  );
}

test.skipIf(golden === undefined)("two networks follow PyTorch through three steps of PPO's loss", () => {
  const { config, obs, act, adv, ret, old_values, old_logprob, actor_init, critic_init, steps } = golden!;
  const batch = obs.length;
  const kernels = createKernels();
  const load = (tensors: TorchParameter[], outputDim: number): Mlp => {
    const network = createMlp(kernels, {
      inputDim: 4,
      hidden: [8, 8],
      outputDim,
      activation: 'tanh',
      outputScale: 1,
      init: 'orthogonal',
      rng: createRng(1),
    });
    network.parameters.set(flatten(tensors));
    return network;
  };
  const actor = load(actor_init, 2);
  const critic = load(critic_init, 1);
  const adam = createAdam(kernels, [actor, critic], { epsilon: config.eps });
  const observations = Float32Array.from(obs.flat());
  const actions = Int32Array.from(act);
  const logProbs = kernels.allocate(batch * 2);
  const probabilities = kernels.allocate(batch * 2);
  const taken = new Float32Array(batch);
  const entropies = new Float32Array(batch);
  const weights = new Float32Array(batch);
  const entropyWeights = new Float32Array(batch).fill(-config.ent / batch);
  const logitGradients = new Float32Array(batch * 2);
  const valueGradients = new Float32Array(batch);
  const mean = adv.reduce((sum, x) => sum + x, 0) / batch;
  const deviation = Math.sqrt(adv.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (batch - 1));
  const advantages = adv.map((x) => (x - mean) / (deviation + 1e-8));
  const clamp = (x: number, center: number) =>
    Math.min(Math.max(x, center - config.clip), center + config.clip);

  for (const step of steps) {
    const logits = actor.forward(observations, batch);
    normalizeLogitsInto(logProbs, probabilities, kernels, logits, [2], batch);
    categoricalLogProbsInto(taken, logProbs, actions, [2], batch);
    categoricalEntropiesInto(entropies, logProbs, probabilities, [2], batch);
    const values = critic.forward(observations, batch);
    let policyLoss = 0;
    let valueLoss = 0;
    for (let b = 0; b < batch; b++) {
      const ratio = Math.exp(taken[b] - old_logprob[b]);
      const free = ratio * advantages[b];
      const clipped = clamp(ratio, 1) * advantages[b];
      policyLoss -= Math.min(free, clipped) / batch;
      weights[b] = free <= clipped ? -free / batch : 0;
      const freeError = values[b] - ret[b];
      const clippedValue = clamp(values[b], old_values[b]);
      const clippedError = clippedValue - ret[b];
      const takesClipped = clippedError ** 2 > freeError ** 2;
      valueLoss += Math.max(freeError ** 2, clippedError ** 2) / 2 / batch;
      valueGradients[b] = takesClipped ? 0 : (config.vf * freeError) / batch;
    }
    expect(policyLoss).toBeCloseTo(step.policy_loss, 5);
    expect(valueLoss).toBeCloseTo(step.value_loss_clipped, 5);
    expect(entropies.reduce((sum, x) => sum + x, 0) / batch).toBeCloseTo(step.entropy, 5);

    categoricalGradientsInto(
      logitGradients,
      logProbs,
      probabilities,
      actions,
      weights,
      entropyWeights,
      [2],
      batch,
    );
    actor.backward(logitGradients);
    critic.backward(valueGradients);
    const expected = flatten(step.grads_before_clip ?? []);
    const actual = [...actor.gradients, ...critic.gradients];
    for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThan(2e-6);
    const norm = clipGradientNorm(kernels, [actor, critic], config.max_grad_norm);
    expect(norm).toBeCloseTo(step.grad_norm_before_clip, 5);
    adam.step(config.lr);
    const after = flatten(step.params_after ?? []);
    const parameters = [...actor.parameters, ...critic.parameters];
    for (let i = 0; i < after.length; i++) expect(Math.abs(parameters[i] - after[i])).toBeLessThan(1e-5);
  }
});
