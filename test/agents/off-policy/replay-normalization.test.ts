import { expect, test } from 'vitest';
import type { AgentPlugin } from '../../../agents/agent.ts';
import { dqn } from '../../../agents/dqn.ts';
import { RewardNormalizer } from '../../../agents/normalization.ts';
import { buildOffPolicyAgent, type OffPolicyLearner } from '../../../agents/off-policy/loop.ts';
import { resolveConfig } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { RunningMoments } from '../../../core/running-moments.ts';
import { hashSnapshot } from '../../../core/snapshot.ts';
import { createBox, createDiscrete } from '../../../envs/spaces.ts';

const GAMMA = 0.9;
const BATCH = 64;
const context = (masksActions = false) => ({
  observationSpace: createBox([2], -Infinity, Infinity),
  actionSpace: createDiscrete(2),
  numEnvs: 1,
  rng: createRng(1),
  totalSteps: 1000,
  masksActions,
});

interface Drawn {
  readonly observations: Float32Array;
  readonly nextObservations: Float32Array;
  readonly rewards: Float32Array;
}

/** An agent whose learner keeps what it is shown. */
function createAgent(settings: Record<string, unknown> = {}, masksActions = false) {
  const drawn: Drawn[] = [];
  const acted: Float32Array[] = [];
  const learner: OffPolicyLearner = {
    exploreInto: (_actions, observations) => void acted.push(observations.slice()),
    greedyInto: (_actions, observations) => void acted.push(observations.slice()),
    learn({ observations, nextObservations, rewards }) {
      drawn.push({
        observations: observations.slice(),
        nextObservations: nextObservations.slice(),
        rewards: rewards.slice(),
      });
      return { loss: 0 };
    },
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
  const config = resolveConfig(
    dqn.config,
    {
      batchSize: BATCH,
      bufferSize: 256,
      learningStarts: 0,
      trainEvery: 200,
      gamma: GAMMA,
      normalizeObservations: true,
      normalizeRewards: true,
      ...settings,
    },
    'agent "dqn"',
  );
  return { agent: buildOffPolicyAgent('spy', context(masksActions), config, () => learner), drawn, acted };
}

/** Step i: observation (i, −100·i), reward i; an episode ends every 50 steps. */
function play({ agent }: ReturnType<typeof createAgent>, from: number, to: number): void {
  const masks = Uint8Array.of(1, 0);
  for (let i = from; i < to; i++) {
    const at = (step: number) => Float32Array.of(step, -100 * step);
    const actions = agent.act(at(i), 1, true, { episodeStarts: Uint8Array.of(0), actionMasks: masks });
    agent.observe({
      observations: at(i),
      actions,
      rewards: Float32Array.of(i),
      nextObservations: at(i + 1),
      terminated: new Uint8Array(1),
      truncated: Uint8Array.of(i % 50 === 49 ? 1 : 0),
      actionMasks: masks,
      nextActionMasks: masks,
    });
  }
}

test.each([false, true])('a batch has one scale, that of when it is drawn (masks: %s)', (masksActions) => {
  const subject = createAgent({}, masksActions);
  play(subject, 0, 200);
  const moments = new RunningMoments(2);
  const rewards = new RewardNormalizer(1, GAMMA, 10);
  for (let i = 0; i < 200; i++) {
    moments.update(Float32Array.of(i, -100 * i), 1);
    rewards.update(Float32Array.of(i), new Uint8Array(1), Uint8Array.of(i % 50 === 49 ? 1 : 0));
  }
  expect(subject.drawn).toHaveLength(1);
  const [batch] = subject.drawn;
  const [mean] = moments.mean;
  const deviation = Math.sqrt(moments.variance[0]);
  const steps = new Set<number>();
  for (let b = 0; b < BATCH; b++) {
    // Which step was drawn can be read from its reward.
    const step = Math.round(batch.rewards[b] / rewards.scale(1));
    steps.add(step);
    expect(batch.rewards[b]).toBeCloseTo(rewards.scale(step), 5);
    expect(batch.observations[2 * b]).toBeCloseTo((step - mean) / deviation, 5);
    expect(batch.observations[2 * b + 1]).toBeCloseTo((mean - step) / deviation, 5);
    expect(batch.nextObservations[2 * b]).toBeCloseTo((step + 1 - mean) / deviation, 5);
  }
  expect(steps.size).toBeGreaterThan(20);
});

test('each reward of an n-step return is scaled and clipped by itself', () => {
  const settings = { nSteps: 3, normalizeObservations: false, normalizationClip: 0.2 };
  const subject = createAgent(settings);
  play(subject, 0, 200);
  const rewards = new RewardNormalizer(1, GAMMA, 0.2);
  for (let i = 0; i < 200; i++)
    rewards.update(Float32Array.of(i), new Uint8Array(1), Uint8Array.of(i % 50 === 49 ? 1 : 0));
  const [batch] = subject.drawn;
  let clipped = 0;
  for (let b = 0; b < BATCH; b++) {
    const step = batch.observations[2 * b];
    let sum = 0;
    for (let k = 0; k < 3 && (k === 0 || (step + k) % 50 !== 0) && step + k < 200; k++) {
      sum += GAMMA ** k * rewards.scale(step + k);
      if (rewards.scale(step + k) === 0.2) clipped++;
    }
    expect(batch.rewards[b]).toBeCloseTo(sum, 5);
  }
  expect(clipped).toBeGreaterThan(0);
});

test('the policy sees normalised observations, and evaluation leaves the statistics as they are', () => {
  const { agent, acted } = createAgent();
  for (const observation of [3, 5, 7]) agent.act(Float32Array.of(observation, 0), 1, true);
  expect(acted[2][0]).toBeCloseTo((7 - 5) / Math.sqrt(8 / 3), 3);
  const before = hashSnapshot(agent.save());
  agent.act(Float32Array.of(1e6, 1e6, 5, 0), 2, false);
  expect([...acted[3].slice(0, 2)]).toEqual([10, 10]);
  expect(acted[3][2]).toBeCloseTo(0, 3);
  expect(hashSnapshot(agent.save())).toBe(before);
});

test('a buffer that was saved normalised goes on so, and is not scaled again', () => {
  const first = createAgent();
  play(first, 0, 150);
  const { arrays, values } = first.agent.save();
  const { 'agent/progress/isRaw': isRaw, ...others } = values;
  expect(isRaw).toBe(true);
  const earlier = { arrays, values: others };
  const subject = createAgent();
  subject.agent.load(earlier);
  play(subject, 150, 200);
  // What was stored by step 150 is drawn as it stands there.
  const [batch] = subject.drawn;
  const untouched = [...batch.rewards].filter((reward) => Number.isInteger(reward) && reward > 1);
  expect(untouched.length).toBeGreaterThan(10);
  expect([...batch.rewards].filter((reward) => !Number.isInteger(reward)).length).toBeGreaterThan(0);
  const resumed = createAgent();
  resumed.agent.load(subject.agent.save());
  expect(hashSnapshot(resumed.agent.save())).toBe(hashSnapshot(subject.agent.save()));
});

test('dqn with normalisation goes on to the same bits after a stop', () => {
  const build = () => ({
    agent: (dqn as AgentPlugin).build(context(), {
      hidden: [8],
      batchSize: 16,
      learningStarts: 16,
      nSteps: 2,
      normalizeObservations: true,
      normalizeRewards: true,
    }),
    drawn: [],
    acted: [],
  });
  const straight = build();
  play(straight, 0, 120);
  const stopped = build();
  play(stopped, 0, 61);
  const resumed = build();
  resumed.agent.load(stopped.agent.save());
  play(resumed, 61, 120);
  expect(hashSnapshot(resumed.agent.save())).toBe(hashSnapshot(straight.agent.save()));
});
