/** Agents that take masks never choose what is not allowed, learn all the same, and stop at an empty mask. */
import { describe, expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import type { AgentPlugin } from '../../agents/agent.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import type { Env } from '../../envs/env.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';

const NUM_CHOICES = 4;

/** Of four choices two are allowed, drawn anew each step; the higher one pays. A choice that is not allowed throws. */
function createPicky(seed: number): Env {
  let rng: Rng = createRng(seed);
  let steps = 0;
  const observation = new Float32Array(NUM_CHOICES);
  const mask = new Uint8Array(NUM_CHOICES);
  const draw = (): void => {
    mask.fill(0);
    const first = rng.integer(NUM_CHOICES);
    mask[first] = 1;
    mask[(first + 1 + rng.integer(NUM_CHOICES - 1)) % NUM_CHOICES] = 1;
    observation.set(mask);
  };
  return {
    observationSpace: createBox([NUM_CHOICES], 0, 1),
    actionSpace: createDiscrete(NUM_CHOICES),
    actionMask: () => mask,
    reset(options) {
      if (options?.seed !== undefined) rng = createRng(options.seed);
      steps = 0;
      draw();
      return { observation, info: {} };
    },
    step(action) {
      if (mask[action as number] !== 1) throw new Error(`Action ${action} is not allowed by [${mask}].`);
      const reward = action === mask.lastIndexOf(1) ? 1 : 0;
      draw();
      return { observation, reward, terminated: false, truncated: ++steps >= 50, info: {} };
    },
  };
}

function trained(plugin: AgentPlugin, config: Record<string, unknown>, totalSteps: number) {
  const numEnvs = 4;
  const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createPicky(i)));
  const { observationSpace, actionSpace } = envs;
  const context = {
    observationSpace,
    actionSpace,
    numEnvs,
    rng: createRng(1),
    totalSteps,
    masksActions: true,
  };
  const agent = plugin.build(context, config);
  train({ envs, agent, totalSteps, seed: 1 });
  return agent;
}

const agents: [AgentPlugin, Record<string, unknown>, number][] = [
  [ppo, { rolloutSteps: 64, minibatchSize: 64, learningRate: 3e-3, gamma: 0, hidden: [16] }, 6_000],
  [
    ppo,
    { network: 'lstm', rolloutSteps: 64, minibatchSize: 64, learningRate: 3e-3, gamma: 0, hidden: [16] },
    6_000,
  ],
  [a2c, { learningRate: 3e-3, gamma: 0, hidden: [16] }, 10_000],
  [
    dqn,
    {
      learningRate: 3e-3,
      gamma: 0.5,
      hidden: [16],
      targetUpdateEvery: 100,
      trainEvery: 4,
      bufferSize: 5_000,
    },
    6_000,
  ],
];

describe('masks', () => {
  for (const [plugin, config, steps] of agents) {
    const name = [plugin.name, config.network].join(' ').trim();
    test(`${name} chooses among what is allowed, and learns the best of it`, () => {
      const agent = trained(plugin, config, steps);
      const { meanReturn } = evaluate(agent, createPicky(99), { episodes: 5, seed: 5 });
      expect(meanReturn).toBeGreaterThan(45);
    });

    test(`${name} stops at a mask that allows nothing`, () => {
      const agent = trained(plugin, config, 64);
      const stepContext = { episodeStarts: new Uint8Array(1), actionMasks: new Uint8Array(NUM_CHOICES) };
      expect(() => agent.act(new Float32Array(NUM_CHOICES), 1, false, stepContext)).toThrowError(
        /allows no action/,
      );
    });
  }
});
