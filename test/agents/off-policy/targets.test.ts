/**
 * What the replay agents regress on, term by term: networks that say what the test wants, and keep what they are told of
 * their loss.
 */
import { expect, test } from 'vitest';
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import type { NetworkFactory } from '../../../agents/custom-network.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { createRng } from '../../../core/rng.ts';
import { type ActionSpace, createBox, createDiscrete } from '../../../envs/spaces.ts';
import type { Network } from '../../../networks/network.ts';

const BATCH = 4;
const GAMMA = 0.5;
const REWARD = 1;

interface Spy {
  readonly inputs: Float32Array[];
  readonly gradients: Float32Array[];
}

/** A network of one parameter that gives each row the same outputs; d output 0 / d each input is `slope`. */
function constant(network: { inputDim: number; outputDim: number }, outputs: number[], slope: number) {
  const spy: Spy = { inputs: [], gradients: [] };
  const create: (kernels: Parameters<NetworkFactory>[1]) => Network = (kernels) => {
    const { inputDim, outputDim } = network;
    let inputGradients = new Float32Array(0);
    return {
      inputDim,
      outputDim,
      parameters: kernels.allocate(1),
      gradients: kernels.allocate(1),
      forward(inputs, batch) {
        spy.inputs.push(inputs.slice(0, batch * inputDim));
        return Float32Array.from({ length: batch * outputDim }, (_, i) => outputs[i % outputDim]);
      },
      backward(outputGradients) {
        spy.gradients.push(outputGradients.slice());
        inputGradients = Float32Array.from(
          { length: (outputGradients.length / outputDim) * inputDim },
          (_, i) => slope * outputGradients[Math.floor(i / inputDim) * outputDim],
        );
      },
      inputGradients: () => inputGradients,
    };
  };
  return { spy, create };
}

interface Setup {
  readonly plugin: AgentPlugin;
  readonly actionSpace: ActionSpace;
  readonly config?: Record<string, unknown>;
  /** Outputs of the policies and critics in the order in which the agent asks for them: those that learn come first. */
  readonly policies?: number[][];
  readonly critics: number[][];
  readonly slope?: number;
  readonly terminated?: boolean;
  readonly masksActions?: boolean;
  /** What is said to have been done, one step after another. */
  readonly actions?: readonly number[];
}

/** Fills the replay until there was one update. */
function updateOnce(setup: Setup) {
  const { plugin, actionSpace, policies = [], critics, slope = 0, actions = [0] } = setup;
  const spies: { policy: Spy[]; critic: Spy[] } = { policy: [], critic: [] };
  const createNetwork: NetworkFactory = (request, kernels) => {
    const outputs = { policy: policies, critic: critics }[request.role][spies[request.role].length];
    const { spy, create } = constant(request, outputs, slope);
    spies[request.role].push(spy);
    return create(kernels);
  };
  const agent: Agent = plugin.build(
    {
      observationSpace: createBox([1], -1, 1),
      actionSpace,
      numEnvs: 1,
      rng: createRng(1),
      totalSteps: 100,
      createNetwork,
      masksActions: setup.masksActions,
    },
    {
      batchSize: BATCH,
      bufferSize: 20,
      learningStarts: 8,
      gamma: GAMMA,
      trainEvery: 1,
      metricsEvery: 1,
      ...setup.config,
    },
  );
  const isDiscrete = actionSpace.kind === 'discrete';
  for (let step = 0; step < 8; step++) {
    const observations = Float32Array.of(0.25);
    const stepContext = { episodeStarts: new Uint8Array(1) };
    const drawn = agent.act(observations, 1, true, stepContext);
    const done = actions[step % actions.length];
    agent.observe({
      observations,
      actions: isDiscrete ? Int32Array.of(done) : drawn.slice(),
      rewards: Float32Array.of(REWARD),
      nextObservations: Float32Array.of(0.75),
      terminated: Uint8Array.of(Number(setup.terminated ?? false)),
      truncated: Uint8Array.of(0),
    });
  }
  return spies;
}

const LOGITS = [0, Math.log(3)];
const ALPHA = 0.2;
const TWO_CHOICES = { plugin: sac, actionSpace: createDiscrete(2), config: { entropyCoefficient: ALPHA } };
const discreteCritics = [
  [1, 2],
  [3, 0.5],
  [5, 7],
  [6, 4],
];

test.each<[rule: string, terminated: boolean, y: number]>([
  [
    'the reward, and what the smaller target values and the entropy of the policy are worth',
    false,
    REWARD + GAMMA * (0.25 * (5 - ALPHA * Math.log(0.25)) + 0.75 * (4 - ALPHA * Math.log(0.75))),
  ],
  ['the reward alone after a termination', true, REWARD],
])('discrete sac regresses both critics on %s', (_, terminated, y) => {
  const { critic } = updateOnce({
    ...TWO_CHOICES,
    policies: [LOGITS],
    critics: discreteCritics,
    terminated,
    actions: [1],
  });
  for (const i of [0, 1]) {
    const expected = (discreteCritics[i][1] - y) / BATCH;
    const [gradients] = critic[i].gradients;
    for (let b = 0; b < BATCH; b++) {
      expect(gradients[2 * b]).toBe(0);
      expect(gradients[2 * b + 1]).toBeCloseTo(expected, 6);
    }
  }
  expect([critic[2].gradients, critic[3].gradients]).toEqual([[], []]);
});

test('discrete sac moves its policy to what the smaller values and the entropy say', () => {
  const { policy } = updateOnce({ ...TWO_CHOICES, policies: [LOGITS], critics: discreteCritics });
  const probabilities = [0.25, 0.75];
  const costs = [ALPHA * Math.log(0.25) - 1, ALPHA * Math.log(0.75) - 0.5];
  const mean = probabilities[0] * costs[0] + probabilities[1] * costs[1];
  const [gradients] = policy[0].gradients;
  for (let b = 0; b < BATCH; b++) {
    for (const k of [0, 1]) {
      expect(gradients[2 * b + k]).toBeCloseTo((probabilities[k] * (costs[k] - mean)) / BATCH, 6);
    }
  }
});

const BOX = createBox([1], -1, 1);
// A policy at 0: tanh changes nothing there.
const AT_ZERO = [[0], [0]];

test.each<[rule: string, plugin: AgentPlugin, critics: number[][], terminated: boolean, targets: number]>([
  [
    'td3 regresses on the smaller of the two target values',
    td3,
    [[1], [3], [5], [4]],
    false,
    REWARD + GAMMA * 4,
  ],
  ['td3 regresses on the reward alone after a termination', td3, [[1], [3], [5], [4]], true, REWARD],
  ['ddpg regresses on its one target value', ddpg, [[1], [5]], false, REWARD + GAMMA * 5],
  ['ddpg regresses on the reward alone after a termination', ddpg, [[1], [5]], true, REWARD],
])('%s', (_, plugin, critics, terminated, y) => {
  const { critic } = updateOnce({ plugin, actionSpace: BOX, policies: AT_ZERO, critics, terminated });
  for (let i = 0; i < critics.length / 2; i++) {
    const expected = (2 * (critics[i][0] - y)) / BATCH;
    expect([...critic[i].gradients[0]]).toEqual(
      Array.from({ length: BATCH }, () => expect.closeTo(expected, 6)),
    );
  }
});

test('ddpg moves its policy up the slope of its critic', () => {
  const { policy } = updateOnce({
    plugin: ddpg,
    actionSpace: BOX,
    policies: AT_ZERO,
    critics: [[1], [5]],
    slope: 0.3,
  });
  for (const gradient of policy[0].gradients[0]) expect(gradient).toBeCloseTo(-0.3 / BATCH, 7);
});

test.each<[rule: string, plugin: AgentPlugin, config: Record<string, unknown>, most: number]>([
  ['ddpg asks for the value of its target policy itself', ddpg, {}, 0],
  [
    'td3 asks for it near that, no farther than the clip',
    td3,
    { targetNoise: 5, targetNoiseClip: 0.25 },
    0.25,
  ],
  ['td3 may do without', td3, { targetNoise: 0 }, 0],
])('%s', (_, plugin, config, most) => {
  const numCritics = plugin === td3 ? 2 : 1;
  const { critic } = updateOnce({
    plugin,
    actionSpace: BOX,
    config,
    policies: AT_ZERO,
    critics: Array.from({ length: 2 * numCritics }, () => [1]),
  });
  // Observation and action of each row; what a network is tried with is one row.
  const inputs = critic[numCritics].inputs.find(({ length }) => length > 2) as Float32Array;
  const actions = [...inputs].filter((_, i) => i % 2 === 1);
  expect(actions).toHaveLength(BATCH);
  expect(Math.max(...actions.map(Math.abs))).toBe(most);
  expect([...inputs].filter((_, i) => i % 2 === 0)).toEqual([0.75, 0.75, 0.75, 0.75]);
});

test.each<[rule: string, config: Record<string, unknown>, y: number]>([
  ['the largest target value', { double: false }, REWARD + GAMMA * 5],
  ['the target value of what it would choose itself', { double: true }, REWARD + GAMMA * 4],
])('dqn regresses on %s', (_, config, y) => {
  const { critic } = updateOnce({
    plugin: dqn,
    actionSpace: createDiscrete(2),
    config,
    critics: [
      [1, 2],
      [5, 4],
    ],
    actions: [1],
  });
  // Beyond an error of 1 the slope of the Huber loss is 1.
  const expected = Math.max(-1, 2 - y) / BATCH;
  const [gradients] = critic[0].gradients;
  for (let b = 0; b < BATCH; b++) {
    expect(gradients[2 * b]).toBe(0);
    expect(gradients[2 * b + 1]).toBeCloseTo(expected, 6);
  }
});
