import { expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import { normalizeAgent, RewardNormalizer } from '../../agents/normalization.ts';
import { createRng } from '../../core/rng.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import type { TransitionBatch } from '../../envs/transition.ts';
import { sharedJson } from '../shared.ts';

interface Golden {
  vecnormalize_reward: {
    gamma: number;
    clip: number;
    steps: { reward: number[]; normalized: number[]; done: boolean[] }[];
  };
}

const golden = sharedJson<Golden>('golden/rl_losses_torch.json');

test.skipIf(golden === undefined)("reward scaling equals VecNormalize's", () => {
  const { gamma, clip, steps } = golden!.vecnormalize_reward;
  const numEnvs = steps[0].reward.length;
  const normalizer = new RewardNormalizer(numEnvs, gamma, clip);
  const normalized = new Float32Array(numEnvs);
  for (const { reward, done, normalized: expected } of steps) {
    normalizer.normalizeInto(
      normalized,
      Float32Array.from(reward),
      Uint8Array.from(done, Number),
      new Uint8Array(numEnvs),
    );
    expected.forEach((value, n) => {
      expect(normalized[n]).toBeCloseTo(value, 5);
    });
  }
});

/** Remembers what it is shown. */
function createSpy(): Agent & { acted: number[][]; observed: TransitionBatch[] } {
  const acted: number[][] = [];
  const observed: TransitionBatch[] = [];
  return {
    acted,
    observed,
    act(observations, numEnvs) {
      acted.push([...observations]);
      return new Int32Array(numEnvs);
    },
    observe(transition) {
      observed.push({
        ...transition,
        observations: transition.observations.slice(),
        rewards: transition.rewards.slice(),
      });
      return undefined;
    },
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
}

const context = {
  observationSpace: createBox([2], -Infinity, Infinity),
  actionSpace: createDiscrete(2),
  numEnvs: 3,
  rng: createRng(1),
  totalSteps: 100,
};
const config = { normalizeObservations: true, normalizeRewards: true, normalizationClip: 10, gamma: 0.99 };

function exploreOnce(agent: Agent, rng = createRng(2)): void {
  const observations = Float32Array.from({ length: 6 }, () => 5 + 3 * rng.gaussian());
  const actions = agent.act(observations, 3, true);
  agent.observe({
    observations,
    actions,
    rewards: Float32Array.of(1, 2, 3),
    nextObservations: observations,
    terminated: new Uint8Array(3),
    truncated: new Uint8Array(3),
  });
}

test('the agent learns from what it acted on, to the bit, and sees mean 0 and deviation 1 before long', () => {
  const spy = createSpy();
  const agent = normalizeAgent(spy, context, config);
  const rng = createRng(2);
  for (let i = 0; i < 500; i++) exploreOnce(agent, rng);
  spy.acted.forEach((acted, i) => {
    expect([...spy.observed[i].observations]).toEqual(acted);
  });
  const late = spy.acted.slice(250).flat();
  const mean = late.reduce((sum, x) => sum + x, 0) / late.length;
  const variance = late.reduce((sum, x) => sum + (x - mean) ** 2, 0) / late.length;
  expect(Math.abs(mean)).toBeLessThan(0.1);
  expect(Math.abs(variance - 1)).toBeLessThan(0.15);
});

test('evaluation leaves the statistics as they are', () => {
  const agent = normalizeAgent(createSpy(), context, config);
  exploreOnce(agent);
  const before = agent.save();
  agent.act(Float32Array.of(1e6, -1e6), 1, false);
  expect(agent.save()).toEqual(before);
});

test('what it does at one time does not depend on what comes later', () => {
  const seen = (future: number): number[] => {
    const spy = createSpy();
    const agent = normalizeAgent(spy, context, config);
    const rng = createRng(2);
    for (let i = 0; i < 10; i++) exploreOnce(agent, rng);
    agent.act(new Float32Array(6).fill(future), 3, true);
    return spy.acted.slice(0, 10).flat();
  };
  expect(seen(1)).toEqual(seen(1e9));
});

test('statistics are saved and restored with the agent', () => {
  const first = normalizeAgent(createSpy(), context, config);
  const rng = createRng(2);
  for (let i = 0; i < 5; i++) exploreOnce(first, rng);
  const spy = createSpy();
  const second = normalizeAgent(spy, context, config);
  second.load(first.save());
  expect(second.save()).toEqual(first.save());
});

test('an agent that asks for no normalisation is handed back as it is', () => {
  const spy = createSpy();
  expect(
    normalizeAgent(spy, context, { ...config, normalizeObservations: false, normalizeRewards: false }),
  ).toBe(spy);
});
