/** Whether an agent that learns on keeps apart what was in its old envs and what is in the new ones. */
import { expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import type { AgentPlugin } from '../../agents/agent.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { fineTune } from '../../continual/fine-tune.ts';
import { createRng } from '../../core/rng.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { Env } from '../../envs/env.ts';
import { type ActionSpace, createBox, createDiscrete } from '../../envs/spaces.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { ENDED, STARTED, TRUNCATED } from '../../replay/transition-store.ts';
import { train } from '../../trainers/train.ts';

const NUM_ENVS = 2;
const BEFORE = 5;
const AFTER = 6;
const BOX = createBox([1], -1, 1);

/** Its episodes have no end; it shows and rewards one number. */
function constantEnv(value: number, actionSpace: ActionSpace): Env {
  const observation = Float32Array.of(value);
  return {
    observationSpace: createBox([1], -10, 10),
    actionSpace,
    reset: () => ({ observation, info: {} }),
    step: () => ({ observation, reward: value, terminated: false, truncated: false, info: {} }),
  };
}

/** A few steps in envs of one number, then a few in envs of another. */
function learnOn(plugin: AgentPlugin, settings: Record<string, unknown>, actionSpace: ActionSpace): Snapshot {
  const envsOf = (value: number) =>
    createVectorEnv(Array.from({ length: NUM_ENVS }, () => constantEnv(value, actionSpace)));
  const build = () =>
    plugin.build(
      {
        observationSpace: createBox([1], -10, 10),
        actionSpace,
        numEnvs: NUM_ENVS,
        rng: createRng(1),
        totalSteps: 1000,
      },
      settings,
    );
  const agent = build();
  train({ agent, envs: envsOf(1), totalSteps: BEFORE * NUM_ENVS, seed: 1 });
  const steps = AFTER * NUM_ENVS;
  return fineTune({ agent: build(), state: agent.save(), envs: envsOf(5), steps, seed: 1 });
}

/** An array of a snapshot by how its name ends. */
function arrayOf({ arrays }: Snapshot, ending: string): number[] {
  const name = Object.keys(arrays).find((key) => key.endsWith(ending));
  return [...(arrays[name ?? ''] ?? [])];
}

const OFF_POLICY = { hidden: [4], batchSize: 4, bufferSize: 64, learningStarts: 4, trainEvery: 1 };
test.each<[string, AgentPlugin, ActionSpace, object]>([
  ['dqn', dqn, createDiscrete(2), { nSteps: 3 }],
  ['dqn with priorities', dqn, createDiscrete(2), { nSteps: 3, prioritized: true }],
  ['dqn with rewards normalised', dqn, createDiscrete(2), { nSteps: 3, normalizeRewards: true }],
  ['sac', sac, BOX, {}],
  ['td3', td3, BOX, {}],
  ['ddpg', ddpg, BOX, {}],
])('the returns of %s end where the old envs end', (_, plugin, space, change) => {
  const state = learnOn(plugin, { ...OFF_POLICY, ...change }, space);
  const flags = arrayOf(state, 'replay/steps/flags').concat(arrayOf(state, 'replay/store/steps/flags'));
  const ends = flags.slice(0, (BEFORE + AFTER) * NUM_ENVS).map((flag) => flag & ENDED);
  const expected = new Array((BEFORE + AFTER) * NUM_ENVS).fill(0);
  expected.fill(TRUNCATED, (BEFORE - 1) * NUM_ENVS, BEFORE * NUM_ENVS);
  expect(ends).toEqual(expected);
  expect(flags[BEFORE * NUM_ENVS] & STARTED).toBe(STARTED);
});

const ROLLOUT = { hidden: [4], rolloutSteps: 8 };
test.each<[string, AgentPlugin, object]>([
  ['ppo', ppo, { minibatchSize: 4 }],
  ['ppo with a memory', ppo, { minibatchSize: 4, network: 'lstm', recurrentUnits: 4, sequenceLength: 4 }],
  ['a2c', a2c, {}],
])('a rollout of %s begins anew in the new envs', (_, plugin, settings) => {
  const state = learnOn(plugin, { ...ROLLOUT, ...settings }, createDiscrete(2));
  const step = Object.entries(state.values).find(([name]) => name.endsWith('rollout/step'));
  expect(step?.[1]).toBe(AFTER);
  const rewards = arrayOf(state, 'rollout/rewards').slice(0, AFTER * NUM_ENVS);
  expect(new Set(rewards)).toEqual(new Set([5]));
});

test('the return by which rewards are scaled begins anew', () => {
  const settings = { ...ROLLOUT, minibatchSize: 4, normalizeRewards: true, gamma: 1 };
  const state = learnOn(ppo, settings, createDiscrete(2));
  expect(arrayOf(state, 'discounted')).toEqual([5 * AFTER, 5 * AFTER]);
});
