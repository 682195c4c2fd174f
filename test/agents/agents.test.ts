import { describe, expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { buyAndHold } from '../../agents/rules/buy-and-hold.ts';
import { random } from '../../agents/rules/random.ts';
import { smaCross } from '../../agents/rules/sma-cross.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { testAgent } from '../../testing/suites.ts';

const createCartPole = (seed: number) => new CartPole(seed);
const createPendulum = (seed: number) => new Pendulum(seed, 50);

testAgent('ppo, discrete', {
  plugin: ppo,
  config: { rolloutSteps: 32, minibatchSize: 25, epochs: 3, hidden: [16], learningRateSchedule: 'linear' },
  createEnv: createCartPole,
  createOtherEnv: createPendulum,
  goldenHash: '473b1292b5a8f6b7973d9b3c1d0ab90c7162df401b963d0a28373a155e6a8c29',
});

testAgent('ppo, continuous, normalised, with every option', {
  plugin: ppo,
  config: {
    rolloutSteps: 32,
    minibatchSize: 32,
    epochs: 4,
    hidden: [16, 8],
    activation: 'relu',
    entropyCoefficient: 0.01,
    valueClipRange: 0.2,
    clipRangeSchedule: 'linear',
    targetKl: 0.02,
    normalizeObservations: true,
    normalizeRewards: true,
  },
  createEnv: createPendulum,
  createOtherEnv: createCartPole,
  goldenHash: '00ba11ed284b583fb00ce10bafcd3461e71e3bdeb45144d3715dedc3eb8fdf40',
});

testAgent('ppo with an lstm, discrete', {
  plugin: ppo,
  config: {
    network: 'lstm',
    recurrentUnits: 9,
    sequenceLength: 8,
    rolloutSteps: 32,
    minibatchSize: 40,
    epochs: 3,
    hidden: [16],
    learningRateSchedule: 'linear',
  },
  createEnv: createCartPole,
  createOtherEnv: createPendulum,
  goldenHash: 'd89eb494a587f84993f122eb76a028ea56d2f73243400f59a4ffb89bd80190fe',
});

testAgent('ppo with a gru, continuous, normalised', {
  plugin: ppo,
  config: {
    network: 'gru',
    recurrentUnits: 16,
    sequenceLength: 16,
    rolloutSteps: 32,
    minibatchSize: 64,
    epochs: 3,
    hidden: [],
    entropyCoefficient: 0.01,
    valueClipRange: 0.2,
    targetKl: 0.02,
    normalizeObservations: true,
    normalizeRewards: true,
  },
  createEnv: createPendulum,
  createOtherEnv: createCartPole,
  goldenHash: 'b75b0fe60ff58d1f94cd64da457aa1f8d4aaf0410a96182d11140daab7bec94b',
});

testAgent('a2c', {
  plugin: a2c,
  config: { hidden: [16], normalizeObservations: true },
  createEnv: createCartPole,
  createOtherEnv: createPendulum,
  goldenHash: 'cab49f2aaaceea6244731202ef46bd89bec8bf7df7797414f67914e46dfada58',
});

testAgent('dqn', {
  plugin: dqn,
  config: { hidden: [16], bufferSize: 500, learningStarts: 50, targetUpdateEvery: 100 },
  createEnv: createCartPole,
  steps: 8_000,
  goldenHash: '2803e86c23aef94565bd3dc9d4e618a81fc1abd5392a6b761b4cdce9daefe013',
});

testAgent('dqn, with every option', {
  plugin: dqn,
  config: {
    hidden: [16],
    bufferSize: 500,
    learningStarts: 50,
    targetUpdateEvery: 10,
    tau: 0.1,
    double: true,
    dueling: true,
    prioritized: true,
    nSteps: 3,
    learningRateSchedule: 'linear',
    normalizeRewards: true,
  },
  createEnv: createCartPole,
  steps: 8_000,
  goldenHash: '2f46852f8f73641ced2de27b4edbd04449badb3c2255310757df85182302ffe8',
});

testAgent('random', {
  plugin: random,
  config: { changeProbability: 0.01 },
  createEnv: createPendulum,
  isRandom: true,
  steps: 10_000,
  goldenHash: '25ff6b80264bf38c2271df73f6bb319976623dba0ca36fc2b1bf2d9947206da8',
});

describe('rules', () => {
  const context = (
    observationSpace = createBox([2], -1, 1),
    actionSpace = createDiscrete(3, [-1, 0, 1]),
  ) => ({
    observationSpace,
    actionSpace,
    numEnvs: 2,
    rng: createRng(1),
    totalSteps: 0,
  });

  test('buy-and-hold picks the level nearest to its exposure', () => {
    const observations = new Float32Array(4);
    expect([...buyAndHold.build(context()).act(observations, 2, false)]).toEqual([2, 2]);
    expect([...buyAndHold.build(context(), { exposure: 0.2 }).act(observations, 2, false)]).toEqual([1, 1]);
    const box = { ...context(), actionSpace: createBox([1], -0.5, 0.5) };
    expect([...buyAndHold.build(box).act(observations, 2, false)]).toEqual([0.5, 0.5]);
  });

  test('a rule refuses actions that are no exposures', () => {
    const cartpole = { ...context(), actionSpace: createDiscrete(2) };
    expect(() => buyAndHold.build(cartpole)).toThrowError(/target exposure.*Discrete\(2\)/);
  });

  test('sma-cross is long while the fast average is above the slow one', () => {
    const space = createBox([3], -1, 1, ['rsi:14@0', 'ma-distance:50@0', 'ma-distance:20@0']);
    const agent = smaCross.build(context(space));
    // Distances of the close: above the slow average by 5 % and the fast by 2 %, so the fast one is higher.
    expect([...agent.act(Float32Array.of(0, 0.05, 0.02, 0, 0.02, 0.05), 2, false)]).toEqual([2, 1]);
    expect([
      ...smaCross.build(context(space), { belowExposure: -1 }).act(Float32Array.of(0, 0, 0.1), 1, false),
    ]).toEqual([0]);
  });

  test('sma-cross names the feature it misses', () => {
    expect(() => smaCross.build(context())).toThrowError(/"ma-distance:20"/);
  });

  test('random keeps its action with the given probability', () => {
    const agent = random.build({ ...context(), numEnvs: 1 }, { changeProbability: 0.1 });
    let changes = 0;
    let last = agent.act(new Float32Array(2), 1, true)[0];
    for (let i = 0; i < 5000; i++) {
      const action = agent.act(new Float32Array(2), 1, true)[0];
      if (action !== last) changes++;
      last = action;
    }
    // One in ten steps draws anew, and two draws of three differ.
    expect(Math.abs(changes / 5000 - 0.1 * (2 / 3))).toBeLessThan(0.015);
  });
});

describe('bad settings', () => {
  const context = {
    observationSpace: createBox([2], -1, 1),
    actionSpace: createDiscrete(2),
    numEnvs: 1,
    rng: createRng(1),
    totalSteps: 10,
  };
  test('an unknown key is refused with the nearest one', () => {
    expect(() => ppo.build(context, { learningrate: 1 } as never)).toThrowError(
      'Unknown key "learningrate" for agent "ppo". Did you mean "learningRate"?',
    );
  });
  test('a value out of range is refused by name', () => {
    expect(() => ppo.build(context, { gamma: 1.5 })).toThrowError(/"gamma" of agent "ppo"/);
  });
});
