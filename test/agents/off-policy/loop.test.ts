/** What the off-policy agents have in common: what they bootstrap from, when they begin, what they refuse. */
import { describe, expect, test } from 'vitest';
import type { Agent, AgentPlugin, Metrics } from '../../../agents/agent.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { buildOffPolicyAgent, type LearnerBatch } from '../../../agents/off-policy/loop.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { resolveConfig } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { type ActionSpace, createBox, createDiscrete, createMultiDiscrete } from '../../../envs/spaces.ts';

const BOX = createBox([2], [-2, 0], [2, 10]);
const SMALL = { hidden: [16], batchSize: 16, bufferSize: 64, learningStarts: 16, metricsEvery: 1 };

function context(actionSpace: ActionSpace, numEnvs = 1) {
  const observationSpace = createBox([2], -1, 1);
  return { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps: 1000 };
}

/** Acts and observes the same step again and again; returns the last metrics. */
function repeat(
  agent: Agent,
  steps: number,
  { reward = 1, terminated = 0, truncated = 0, numEnvs = 1 } = {},
): Metrics | undefined {
  let metrics: Metrics | undefined;
  const observations = new Float32Array(2 * numEnvs).fill(0.5);
  const episodeStarts = new Uint8Array(numEnvs);
  for (let i = 0; i < steps; i++) {
    const actions = agent.act(observations, numEnvs, true, { episodeStarts });
    metrics = agent.observe({
      observations,
      actions,
      rewards: new Float32Array(numEnvs).fill(reward),
      nextObservations: observations,
      terminated: new Uint8Array(numEnvs).fill(terminated),
      truncated: new Uint8Array(numEnvs).fill(truncated),
    });
  }
  return metrics;
}

const AGENTS: [name: string, plugin: AgentPlugin, space: ActionSpace, config: object][] = [
  ['ddpg', ddpg, BOX, {}],
  ['td3', td3, BOX, {}],
  ['sac, continuous', sac, BOX, { entropyCoefficient: 0 }],
  ['sac, discrete', sac, createDiscrete(3), { entropyCoefficient: 0 }],
  ['dqn', dqn, createDiscrete(3), { trainEvery: 1, targetUpdateEvery: 1 }],
];

describe.each(AGENTS)('%s', (_name, plugin, space, config) => {
  const settings = { ...SMALL, ...config };

  test('values nothing after a termination, and what would follow after a truncation', () => {
    const learning = { ...settings, gamma: 0.5, tau: 0.1, learningRate: 3e-3, gradientSteps: 5 };
    const value = (end: { terminated?: number; truncated?: number }): number => {
      const agent = plugin.build(context(space), learning);
      const { actorLoss, meanValue = -actorLoss } = repeat(agent, 300, end)!;
      return meanValue;
    };
    // r, and r/(1 − γ)
    expect(Math.abs(value({ terminated: 1 }) - 1)).toBeLessThan(0.05);
    expect(Math.abs(value({ truncated: 1 }) - 2)).toBeLessThan(0.1);
    expect(Math.abs(value({}) - 2)).toBeLessThan(0.1);
  });

  test('acts at random and learns nothing before learningStarts, then at every trainEvery-th step', () => {
    const agent = plugin.build(context(space), { ...settings, learningStarts: 25, trainEvery: 5 });
    const reported: number[] = [];
    for (let step = 1; step <= 40; step++) if (repeat(agent, 1) !== undefined) reported.push(step);
    expect(reported).toEqual([25, 30, 35, 40]);
    const other = plugin.build(context(space), { ...settings, learningStarts: 1000 });
    const first = space.kind === 'box' ? space.low[0] : 0;
    const last = space.kind === 'box' ? space.high[0] : 2;
    const drawn = Array.from(
      { length: 300 },
      () => other.act(Float32Array.of(0.5, 0.5), 1, true, { episodeStarts: Uint8Array.of(0) })[0],
    );
    expect(drawn.reduce((sum, action) => sum + action, 0) / 300).toBeCloseTo((first + last) / 2, 0.5);
  });

  test('reports the mean metrics of metricsEvery env steps', () => {
    const agent = plugin.build(context(space, 2), { ...settings, metricsEvery: 30 });
    const reported: number[] = [];
    for (let step = 2; step <= 100; step += 2) {
      const metrics = repeat(agent, 1, { numEnvs: 2 });
      if (metrics !== undefined) reported.push(step);
    }
    expect(reported).toEqual([30, 60, 90]);
  });

  test('stops at a reward that is not finite, with its weights as they were', () => {
    const agent = plugin.build(context(space), settings);
    repeat(agent, 15, { reward: Number.NaN });
    const before = agent.save().arrays;
    expect(() => repeat(agent, 1, { reward: Number.NaN })).toThrowError(
      /(critics|DQN) stopped at env step 16: loss NaN, gradient norm NaN\..*normalizeRewards\.$/,
    );
    const { arrays } = agent.save();
    for (const name of Object.keys(arrays)) {
      if (name.startsWith('learner/')) expect(arrays[name], name).toEqual(before[name]);
    }
  });

  test('refuses a batch that is larger than the buffer', () => {
    expect(() =>
      plugin.build(context(space, 3), { ...settings, bufferSize: 17, batchSize: 16 }),
    ).toThrowError(
      /^Agent "\w+" cannot draw a batchSize of 16 from a bufferSize of 17, which keeps 15 transitions of 3 envs;/,
    );
  });
});

describe('wrong spaces', () => {
  const build = (plugin: AgentPlugin, space: ActionSpace) => () => plugin.build(context(space), SMALL);

  test('discrete actions for ddpg and td3', () => {
    expect(build(ddpg, createDiscrete(2))).toThrowError(
      'Agent "ddpg" needs continuous actions (a Box); the env has Discrete(2). Try "dqn" or "ppo".',
    );
    expect(build(td3, createMultiDiscrete([2, 3]))).toThrowError(/"td3".*MultiDiscrete\(2, 3\)/);
  });

  test('several discrete choices for sac', () => {
    expect(build(sac, createMultiDiscrete([2, 3]))).toThrowError(/"sac".*MultiDiscrete\(2, 3\).*"ppo"/);
  });

  test('a box without bounds', () => {
    expect(build(sac, createBox([2], -1, [1, Infinity]))).toThrowError(/element 1 .* \[-1, Infinity\]/);
  });
});

test('actions cover the box and no more', () => {
  const agent = ddpg.build(context(BOX), { ...SMALL, noiseDeviation: 10, learningStarts: 0 });
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < 200; i++) {
    const actions = agent.act(Float32Array.of(0, 0), 1, true);
    for (let a = 0; a < 2; a++) {
      low[a] = Math.min(low[a], actions[a]);
      high[a] = Math.max(high[a], actions[a]);
    }
  }
  expect(low).toEqual([-2, 0]);
  expect(high).toEqual([2, 10]);
});

test('weights make up for drawing by priority the more, the later: from priorityBeta to all of it', () => {
  const [alpha, beta, totalSteps] = [0.6, 0.4, 1000];
  const settings = {
    prioritized: true,
    priorityAlpha: alpha,
    priorityBeta: beta,
    batchSize: 16,
    learningStarts: 16,
  };
  const config = resolveConfig(dqn.config, { ...settings, trainEvery: 1, bufferSize: 64 }, 'agent "dqn"');
  const errors = new Map<number, number>();
  const seen: { step: number; beta: number }[] = [];
  const learn = (batch: LearnerBatch, _learningRate: number, step: number) => {
    const known = [...batch.rewards].flatMap((reward, b) => {
      const error = errors.get(reward);
      return error === undefined ? [] : [{ error, weight: batch.weights[b] }];
    });
    // w is in proportion to p^−β, and p to error^α.
    const [first, other] = [known[0], known.find(({ error }) => error !== known[0].error)];
    if (other !== undefined) {
      const ratio = Math.log(first.weight / other.weight) / Math.log(other.error / first.error);
      seen.push({ step, beta: ratio / alpha });
    }
    for (const [b, reward] of batch.rewards.entries()) {
      batch.tdErrors[b] = reward;
      errors.set(reward, reward);
    }
    return { loss: 0 };
  };
  const agent = buildOffPolicyAgent('test', { ...context(createDiscrete(2)), totalSteps }, config, () => ({
    exploreInto: (actions) => actions.fill(0),
    greedyInto: (actions) => actions.fill(0),
    learn,
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  }));
  for (let step = 0; step < 1200; step++) {
    // A name of its own, and the error that is learnt of it; until then it has the highest priority.
    const reward = 1 + (step % 64);
    errors.delete(reward);
    agent.act(new Float32Array(2), 1, true);
    agent.observe({
      observations: new Float32Array(2),
      actions: new Int32Array(1),
      rewards: Float32Array.of(reward),
      nextObservations: new Float32Array(2),
      terminated: Uint8Array.of(1),
      truncated: Uint8Array.of(0),
    });
  }
  expect(seen.length).toBeGreaterThan(500);
  for (const each of seen.filter(({ step }) => step > 200)) {
    expect(each.beta).toBeCloseTo(beta + (1 - beta) * Math.min(1, each.step / totalSteps), 3);
  }
});
