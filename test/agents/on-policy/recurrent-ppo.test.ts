/** PPO with a memory: its gradient, the states it carries, and what it learns that no agent without one can. */
import { describe, expect, test } from 'vitest';
import type { Agent, Metrics } from '../../../agents/agent.ts';
import { createPolicyHead } from '../../../agents/on-policy/create-policy-head.ts';
import { ppo } from '../../../agents/ppo.ts';
import { createRng, type Rng } from '../../../core/rng.ts';
import { hashSnapshot, type Snapshot } from '../../../core/snapshot.ts';
import { CartPole } from '../../../envs/cartpole.ts';
import type { Env } from '../../../envs/env.ts';
import { Pendulum } from '../../../envs/pendulum.ts';
import { type ActionSpace, createBox, createDiscrete } from '../../../envs/spaces.ts';
import { createVectorEnv, type VectorEnv } from '../../../envs/vector/vector-env.ts';
import { limitTime } from '../../../envs/wrappers/time-limit.ts';
import { createKernels } from '../../../networks/kernels/create.ts';
import { createSequenceNetwork, type SequenceNetwork } from '../../../networks/layers/sequence-network.ts';
import { estimateAdvantagesInto, explainedVariance } from '../../../replay/advantages.ts';
import { evaluate } from '../../../trainers/evaluate.ts';
import { train } from '../../../trainers/train.ts';
import { checkPpoGradient } from './ppo-gradient.ts';

const cells = ['lstm', 'gru'] as const;
type Cell = (typeof cells)[number];

const small = { recurrentUnits: 7, sequenceLength: 4, rolloutSteps: 12, minibatchSize: 8, hidden: [5] };

function begin(
  config: Record<string, unknown>,
  create: (seed: number) => Env = (seed) => new CartPole(seed),
  seed = 1,
): { agent: Agent; envs: VectorEnv } {
  const envs = createVectorEnv([0, 1, 2].map((n) => create(seed + n)));
  envs.reset(seed);
  const { observationSpace, actionSpace, numEnvs } = envs;
  const context = { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps: 10_000 };
  return { agent: ppo.build(context, { ...small, ...config }), envs };
}

/** Steps all envs, and returns what each update reported. */
function run({ agent, envs }: { agent: Agent; envs: VectorEnv }, steps: number): Metrics[] {
  const updates: Metrics[] = [];
  for (let i = 0; i < steps; i++) {
    const actions = agent.act(envs.observations, envs.numEnvs, true, envs.stepContext);
    const metrics = agent.observe(envs.step(actions));
    if (metrics !== undefined) updates.push(metrics);
  }
  return updates;
}

function createNetwork(cell: Cell, inputDim: number, outputDim: number, rng: Rng): SequenceNetwork {
  return createSequenceNetwork(createKernels(), {
    cell,
    memory: { inputDim, hiddenDim: small.recurrentUnits, init: 'uniform', rng },
    dense: { hidden: small.hidden, activation: 'tanh', outputDim, outputScale: 1, init: 'orthogonal', rng },
  });
}

describe.each(cells)('%s', (cell) => {
  const spaces: [string, ActionSpace][] = [
    ['discrete', createDiscrete(3)],
    ['continuous', createBox([2], -1, 1)],
  ];
  test.each(spaces)('the gradient is the derivative of the whole loss, %s actions', (_, space) => {
    checkGradient(cell, space);
  });

  test('before the first step of the optimizer the ratios of all updates are exactly 1', () => {
    // Episodes of 5 steps begin anywhere in the sequences of 4, and states are carried from rollout to rollout.
    const config = { network: cell, epochs: 1, minibatchSize: 36, learningRate: 0.01 };
    const updates = run(
      begin(config, (seed) => limitTime(new CartPole(seed), 5)),
      48,
    );
    expect(updates).toHaveLength(4);
    for (const { approxKl, clipFraction } of updates) expect([approxKl, clipFraction]).toEqual([0, 0]);
  });

  test('values and bootstraps come from the state that the critic has come to in each env', () => {
    const session = begin({ network: cell }, (seed) => limitTime(new Pendulum(seed), 5));
    const { agent, envs } = session;
    const [numSteps, numEnvs, dim] = [12, 3, 3];
    const observations: Float32Array[] = []; // [T + 1], each [N, D]
    const rewards: number[] = [];
    const finals: Float32Array[] = []; // [T], each [N, D]
    for (let t = 0; t < numSteps - 1; t++) {
      observations.push(envs.observations.slice());
      run(session, 1);
      finals.push(envs.nextObservations.slice());
      rewards.push(...envs.rewards);
    }
    // The update that ends the rollout changes the critic, but not what it had estimated before.
    const critic = createNetwork(cell, dim, 1, createRng(0));
    critic.parameters.set(agent.save().arrays['critic/parameters'] as Float32Array);
    observations.push(envs.observations.slice());
    const [{ explainedVariance: reported }] = run(session, 1);
    observations.push(envs.observations.slice());
    finals.push(envs.nextObservations.slice());
    rewards.push(...envs.rewards);

    const values = new Float32Array(numSteps * numEnvs);
    const finalValues = new Float32Array(numSteps * numEnvs);
    const lastValues = new Float32Array(numEnvs);
    const { arrays, values: counters } = agent.save();
    expect(counters['progress/step']).toBe(numSteps * numEnvs);
    for (let n = 0; n < numEnvs; n++) {
      const valueAt = (rows: Float32Array, state: Float32Array): number =>
        critic.step(rows.slice(n * dim, (n + 1) * dim), state, 1)[0];
      const state = new Float32Array(critic.stateDim);
      for (let t = 0; t < numSteps; t++) {
        if (t % 5 === 0) state.fill(0);
        const row = t * numEnvs + n;
        values[row] = valueAt(observations[t], state);
        if (t % 5 === 4) finalValues[row] = valueAt(finals[t], state.slice());
      }
      expect(arrays['memory/critic'].slice(n * state.length, (n + 1) * state.length)).toEqual(state);
      lastValues[n] = valueAt(observations[numSteps], state);
    }
    expect(arrays['memory/values']).toEqual(values);
    expect(arrays['rollout/finalValues']).toEqual(finalValues);
    const truncated = arrays['rollout/truncated'] as Uint8Array;
    const terminated = new Uint8Array(truncated.length);
    const rollout = {
      rewards: Float32Array.from(rewards),
      values,
      terminated,
      truncated,
      finalValues,
      lastValues,
    };
    const [advantages, returns] = [new Float32Array(36), new Float32Array(36)];
    estimateAdvantagesInto(advantages, returns, rollout, numSteps, numEnvs, 0.99, 0.95);
    expect(reported).toBe(explainedVariance(values, returns));
  });

  test('a run interrupted within a rollout and resumed ends in the bits of an unbroken one', () => {
    const config = { network: cell, normalizeObservations: true };
    const end = ({ agent, envs }: { agent: Agent; envs: VectorEnv }): string[] =>
      [agent.save(), envs.save()].map(hashSnapshot);
    const unbroken = begin(config);
    run(unbroken, 61);
    for (const pause of [1, 5, 12, 31]) {
      const session = begin(config);
      run(session, pause);
      const saved: [Snapshot, Snapshot] = [session.agent.save(), session.envs.save()];
      const resumed = begin(config, undefined, 50);
      run(resumed, 7);
      resumed.agent.load(saved[0]);
      resumed.envs.load(saved[1]);
      run(resumed, 61 - pause);
      expect(end(resumed)).toEqual(end(unbroken));
    }
  });

  test('evaluation in the middle of training has a memory of its own and changes nothing', () => {
    const undisturbed = begin({ network: cell });
    run(undisturbed, 30);
    const disturbed = begin({ network: cell });
    for (let i = 0; i < 30; i++) {
      run(disturbed, 1);
      evaluate(disturbed.agent, new CartPole(9), { episodes: 1, seed: i });
    }
    expect(disturbed.agent.save()).toEqual(undisturbed.agent.save());
  });

  test('evaluation remembers until an episode begins or the number of envs changes', () => {
    const { agent } = begin({ network: cell }, (seed) => new Pendulum(seed));
    const observations = Float32Array.of(1, 0, 0.5, 0, 1, -0.5);
    const act = (numEnvs: number, starts?: number[]): number[] => [
      ...agent.act(
        observations.subarray(0, 3 * numEnvs),
        numEnvs,
        false,
        starts && { episodeStarts: Uint8Array.from(starts) },
      ),
    ];
    const first = act(2, [1, 1]);
    const second = act(2);
    expect(second[0]).not.toBe(first[0]);
    expect(second[1]).not.toBe(first[1]);
    const third = act(2, [0, 1]);
    expect(third[0]).not.toBe(second[0]);
    expect(third[1]).toBe(first[1]);
    expect(act(1)).toEqual([first[0]]);
    expect(act(1)).toEqual([second[0]]);
    expect(act(2)).toEqual(first);
    agent.load(agent.save());
    expect(act(2)).toEqual(first);
  });

  test('learns to repeat at the end what it was shown at the start, as no agent without a memory can', () => {
    const returns = ([cell, 'mlp'] as const).map((network) => {
      const envs = createVectorEnv(Array.from({ length: 8 }, (_, n) => createRecall(n)));
      const { observationSpace, actionSpace, numEnvs } = envs;
      const totalSteps = 10_000;
      const context = { observationSpace, actionSpace, numEnvs, rng: createRng(2), totalSteps };
      const agent = ppo.build(context, {
        network,
        recurrentUnits: 16,
        hidden: [],
        sequenceLength: 8,
        rolloutSteps: 32,
        minibatchSize: 64,
        epochs: 4,
        learningRate: 0.01,
      });
      train({ envs, agent, totalSteps, seed: 1 });
      return evaluate(agent, createRecall(99), { episodes: 100, seed: 1 }).meanReturn;
    });
    expect(returns[0]).toBe(1);
    expect(returns[1]).toBeLessThan(0.7);
  });
});

/** Shows 1 or −1 once; the action of the fifth step earns 1 when it names which. */
function createRecall(seed: number): Env {
  let rng = createRng(seed);
  let steps = 0;
  let cue = 0;
  const observation = new Float32Array(1);
  return {
    observationSpace: createBox([1], -1, 1),
    actionSpace: createDiscrete(2),
    reset(options) {
      if (options?.seed !== undefined) rng = createRng(options.seed);
      steps = 0;
      cue = rng.integer(2);
      observation[0] = 2 * cue - 1;
      return { observation, info: {} };
    },
    step(action) {
      observation[0] = 0;
      const isLast = ++steps === 5;
      const reward = isLast && action === cue ? 1 : 0;
      return { observation, reward, terminated: isLast, truncated: false, info: {} };
    },
  };
}

/** Three sequences of five steps, in which episodes begin at the first, at inner and at the last step. */
function checkGradient(cell: Cell, space: ActionSpace): void {
  const [numSteps, batch, inputDim] = [5, 3, 3];
  const size = numSteps * batch;
  const kernels = createKernels();
  const rng = createRng('gradient');
  const head = createPolicyHead(kernels, space, -0.3);
  const create = (outputDim: number): SequenceNetwork =>
    createSequenceNetwork(kernels, {
      cell,
      memory: { inputDim, hiddenDim: 5, init: 'uniform', rng },
      dense: { hidden: [3], activation: 'tanh', outputDim, outputScale: 1, init: 'orthogonal', rng },
    });
  const policy = create(head.outputDim);
  const critic = create(1);
  const starts = new Uint8Array(size);
  for (const [t, b] of [
    [0, 0],
    [2, 0],
    [3, 1],
    [4, 2],
  ]) {
    starts[t * batch + b] = 1;
  }
  for (const network of [policy, critic]) {
    const initialStates = Float32Array.from({ length: batch * network.stateDim }, () => rng.gaussian());
    network.readAs({ numSteps, starts, initialStates });
  }
  checkPpoGradient(kernels, { policy, critic, head }, size, rng, { tolerance: 5e-4 });
}

describe('bad settings', () => {
  test.each([
    [
      { network: 'lstm', minibatchSize: 16, sequenceLength: 32, rolloutSteps: 64 },
      'minibatchSize 16 cannot be cut into whole sequences of 32 steps: set minibatchSize to 32, or sequenceLength ' +
        'to a divisor of 16.',
    ],
    [
      { network: 'gru', minibatchSize: 100, sequenceLength: 32, rolloutSteps: 64 },
      'minibatchSize 100 cannot be cut into whole sequences of 32 steps: set minibatchSize to 96 or 128, or ' +
        'sequenceLength to a divisor of 100.',
    ],
    [
      { network: 'lstm', minibatchSize: 16, sequenceLength: 16, rolloutSteps: 8 },
      'rolloutSteps 8 cannot be cut into whole sequences of 16 steps: set rolloutSteps to 16, or sequenceLength to ' +
        'a divisor of 8.',
    ],
  ] as const)('%j is refused in one line', (config, message) => {
    expect(() => begin(config)).toThrowError(message);
  });

  test('no agent takes the state of one with another memory', () => {
    const states = ['mlp', 'lstm', 'gru'].map((network) => begin({ network }).agent);
    for (const agent of states) {
      for (const other of states) {
        if (other !== agent) expect(() => agent.load(other.save())).toThrowError(/saved/);
      }
    }
  });
});
