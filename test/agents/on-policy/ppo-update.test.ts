/** When an update of PPO ends early, and what it leaves then. */
import { describe, expect, test } from 'vitest';
import { createPolicyHead } from '../../../agents/on-policy/create-policy-head.ts';
import type { PpoMinibatch } from '../../../agents/on-policy/ppo-loss.ts';
import { PpoUpdate, type PpoUpdateConfig } from '../../../agents/on-policy/ppo-update.ts';
import { TrainingError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { createDiscrete } from '../../../envs/spaces.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createMlp } from '../../../networks/layers/mlp.ts';
import { createAdam } from '../../../networks/optimizer.ts';

const ROWS = 8;
const CONFIG: PpoUpdateConfig = {
  learningRate: 0.01,
  learningRateSchedule: 'constant',
  clipRange: 0.2,
  clipRangeSchedule: 'constant',
  epochs: 1,
  maxGradientNorm: 0.5,
  targetKl: 0,
  normalizeAdvantages: false,
  entropyCoefficient: 0,
  valueCoefficient: 0.5,
  valueClipRange: 0,
};

/** One update of a small policy, of minibatches whose old log-probabilities are off by `shift`. */
function update(config: Partial<PpoUpdateConfig> = {}, change: (minibatch: PpoMinibatch) => void = () => {}) {
  const kernels = createKernels();
  const rng = createRng(1);
  const mlp = (outputDim: number) =>
    createMlp(kernels, {
      inputDim: 3,
      hidden: [4],
      outputDim,
      activation: 'tanh',
      outputScale: 1,
      init: 'orthogonal',
      rng,
    });
  const head = createPolicyHead(kernels, createDiscrete(2), 0);
  const networks = { policy: mlp(2), critic: mlp(1), head };
  const observations = Float32Array.from({ length: 3 * ROWS }, () => rng.gaussian());
  const actions = head.createActions(ROWS);
  const logProbs = new Float32Array(ROWS);
  head.sampleInto(actions, logProbs, networks.policy.forward(observations, ROWS), ROWS, rng);
  const minibatch: PpoMinibatch = {
    size: ROWS,
    observations,
    actions,
    oldLogProbs: logProbs.map((logProb, b) => logProb + (b % 2 === 0 ? 0.3 : -0.3)),
    oldValues: new Float32Array(ROWS),
    advantages: Float32Array.from({ length: ROWS }, () => rng.gaussian()),
    returns: Float32Array.from({ length: ROWS }, () => rng.gaussian()),
  };
  change(minibatch);
  const before = networks.policy.parameters.slice();
  let numMinibatches = 0;
  const ppo = new PpoUpdate(kernels, networks, createAdam, { ...CONFIG, ...config }, ROWS, 1000);
  const run = (envStep = 0) =>
    ppo.run(
      {
        numUnits: 2 * ROWS,
        unitsPerMinibatch: ROWS,
        gather: () => {
          numMinibatches++;
          return minibatch;
        },
      },
      createRng(2),
      envStep,
    );
  return {
    run,
    networks,
    hasMoved: () => before.some((value, i) => value !== networks.policy.parameters[i]),
    numMinibatches: () => numMinibatches,
  };
}

/** The divergence of the first minibatch, which no step came before. */
function firstKl(): number {
  const { run } = update({ learningRate: 0 });
  return run().approxKl;
}

describe('an update with a target divergence', () => {
  test.each([
    ['goes on while a minibatch is within one and a half of it', 1.0001, 2, true],
    ['ends at the first minibatch beyond, which moves nothing', 0.9999, 1, false],
  ])('%s', (_, factor, numMinibatches, hasMoved) => {
    // So small a step that the second minibatch has the divergence of the first.
    const result = update({ targetKl: (factor * firstKl()) / 1.5, learningRate: 1e-9 });
    result.run();
    expect([result.numMinibatches(), result.hasMoved()]).toEqual([numMinibatches, hasMoved]);
  });

  test('ends all epochs, and leaves no gradient behind', () => {
    const { run, networks, numMinibatches } = update({ targetKl: firstKl() / 1.6, epochs: 4 });
    run();
    expect(numMinibatches()).toBe(1);
    for (const { gradients } of [networks.policy, networks.critic]) {
      expect(gradients.every((gradient) => gradient === 0)).toBe(true);
    }
  });

  test('of zero never ends early', () => {
    const { run, numMinibatches } = update({ epochs: 3 });
    run();
    expect(numMinibatches()).toBe(6);
  });
});

test('learning rate and clip range fall with the steps that remain, where they are to', () => {
  const linear = { learningRateSchedule: 'linear', clipRangeSchedule: 'linear' } as const;
  for (const [config, envStep, learningRate, clipRange] of [
    [{}, 250, 0.01, 0.2],
    [linear, 0, 0.01, 0.2],
    [linear, 250, 0.0075, 0.15],
  ] as const) {
    const result = update(config).run(envStep);
    expect(result.learningRate).toBeCloseTo(learningRate, 12);
    expect(result.clipRange).toBeCloseTo(clipRange, 12);
  }
});

test('a loss that is not finite stops with the step and the epoch, before the weights move', () => {
  for (const part of ['advantages', 'returns'] as const) {
    const { run, hasMoved } = update({}, (minibatch) => {
      minibatch[part][3] = Number.NaN;
    });
    expect(() => run(40)).toThrow(TrainingError);
    expect(() => run(40)).toThrow(/^PPO stopped at env step 40 \(epoch 1 of the update\): /);
    expect(hasMoved()).toBe(false);
  }
});
