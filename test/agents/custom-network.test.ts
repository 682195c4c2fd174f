/** A user's networks in every agent: they learn, resume, and are refused where they do not fit. */
import { beforeAll, describe, expect, test } from 'vitest';
import { a2c } from '../../agents/a2c.ts';
import type { AgentContext, AgentPlugin } from '../../agents/agent.ts';
import type { NetworkFactory } from '../../agents/custom-network.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { dqn } from '../../agents/dqn.ts';
import { createFanInMlp } from '../../agents/off-policy/fan-in-mlp.ts';
import { ppo } from '../../agents/ppo.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot, type Snapshot } from '../../core/snapshot.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { conv1dLayer } from '../../networks/layers/conv1d.ts';
import { duelingLayer } from '../../networks/layers/dueling.ts';
import { createMlp, mlpLayer } from '../../networks/layers/mlp.ts';
import { recurrentWindowLayer } from '../../networks/layers/recurrent-window.ts';
import { createSequential } from '../../networks/layers/sequential.ts';
import { createTfjsNetwork } from '../../networks/tfjs.ts';
import { loadTensorFlow, type TensorFlow } from '../../networks/tfjs-backend.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { Training } from '../../trainers/train.ts';
import { counts, isSoak } from '../soak.ts';

const hidden = [16];
const replay = { hidden, learningStarts: 64, batchSize: 32, bufferSize: 500, trainEvery: 4 };
const createCartPole = (seed: number): Env => new CartPole(seed);
const createPendulum = (seed: number): Env => new Pendulum(seed, 50);

type Case = readonly [
  name: string,
  plugin: AgentPlugin,
  createEnv: (seed: number) => Env,
  config: Record<string, unknown>,
];
const CASES: readonly Case[] = [
  ['ppo, discrete', ppo, createCartPole, { rolloutSteps: 32, epochs: 2, hidden }],
  ['ppo, continuous', ppo, createPendulum, { rolloutSteps: 32, epochs: 2, hidden }],
  ['a2c', a2c, createCartPole, { hidden }],
  ['dqn', dqn, createCartPole, replay],
  ['dqn, dueling', dqn, createCartPole, { ...replay, dueling: true }],
  ['ddpg', ddpg, createPendulum, replay],
  ['td3', td3, createPendulum, replay],
  ['sac, continuous', sac, createPendulum, replay],
  ['sac, discrete', sac, createCartPole, replay],
];

function begin(
  [, plugin, createEnv, config]: Case,
  createNetwork?: NetworkFactory,
  kernels: AgentContext['kernels'] = {},
  totalSteps = 600,
) {
  const numEnvs = 2;
  const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(i)));
  const { observationSpace, actionSpace } = envs;
  const rng = createRng(5);
  const context = { observationSpace, actionSpace, numEnvs, rng, totalSteps, kernels, createNetwork };
  const agent = plugin.build(context, config);
  return { agent, training: new Training({ envs, agent, totalSteps, seed: 3 }) };
}

function finish(training: Training): Snapshot {
  while (training.advance() !== undefined);
  return training.save();
}

/** What the agents make by themselves. */
const asBuiltIn =
  (isFanIn: boolean, isDueling: boolean): NetworkFactory =>
  ({ role, inputDim, outputDim, rng }, kernels) => {
    const shape = { inputDim, outputDim, hidden, rng };
    if (isFanIn && !isDueling) return createFanInMlp(kernels, { ...shape, activation: 'relu' });
    const outputScale = role === 'policy' ? 0.01 : 1;
    const activation = isDueling ? 'relu' : 'tanh';
    return createMlp(kernels, { ...shape, activation, outputScale, init: 'orthogonal' });
  };

/** The observation as a window of steps with one or more features each, read by a convolution, or by an LSTM. */
const composed: NetworkFactory = ({ role, inputDim, outputDim, rng }, kernels) => {
  const body =
    role === 'policy'
      ? conv1dLayer({
          window: inputDim,
          features: 1,
          channels: 4,
          kernelSize: 2,
          activation: 'relu',
          init: 'he',
          rng,
        })
      : recurrentWindowLayer({
          cell: 'lstm',
          window: inputDim,
          inputDim: 1,
          hiddenDim: 6,
          init: 'orthogonal',
          rng,
        });
  const head = mlpLayer({
    inputDim: body.outputDim,
    hidden: [8],
    outputDim,
    activation: 'tanh',
    layerNorm: true,
    outputScale: 0.1,
    init: 'orthogonal',
    rng,
  });
  return createSequential(kernels, [body, head]);
};

describe.each(CASES)('%s', (...agentCase) => {
  const [, plugin, , { dueling = false }] = agentCase;
  const isFanIn = plugin !== ppo && plugin !== a2c;

  test('gives the same bits with its own networks and with equal ones of the user', () => {
    const own = finish(begin(agentCase).training);
    const users = finish(begin(agentCase, asBuiltIn(isFanIn, dueling === true)).training);
    expect(hashSnapshot(users)).toBe(hashSnapshot(own));
  });

  test('learns with composed networks, resumes exactly, and needs no certain number of threads', () => {
    const start = begin(agentCase, composed);
    const before = start.agent.save();
    const unbroken = finish(start.training);
    expect(hashSnapshot(unbroken)).not.toBe(hashSnapshot(before));
    const first = begin(agentCase, composed).training;
    for (let i = 0; i < 2; i++) first.advance();
    const resumed = begin(agentCase, composed).training;
    resumed.load(first.save());
    expect(hashSnapshot(finish(resumed))).toBe(hashSnapshot(unbroken));
    const threaded = begin(agentCase, composed, { threads: 2 }).training;
    expect(hashSnapshot(finish(threaded))).toBe(hashSnapshot(unbroken));
  });

  test('starts each target as the network it follows, though the factory draws anew each time', () => {
    const rng = createRng('anew');
    const { agent } = begin(agentCase, (request, kernels) =>
      composed({ ...request, rng: rng.fork(String(rng.integer(1e9))) }, kernels),
    );
    const { arrays } = agent.save();
    for (const [name, array] of Object.entries(arrays)) {
      const followed = name.replace('target', 'network');
      if (followed !== name && arrays[followed] !== undefined) expect(array, name).toEqual(arrays[followed]);
    }
  });
});

test.each([
  ['ppo, continuous', 'policy 3→1, critic 3→1'],
  ['a2c', 'policy 4→2, critic 4→1'],
  ['dqn', 'critic 4→2, critic 4→2'],
  ['dqn, dueling', 'critic 4→3, critic 4→3'],
  ['ddpg', 'policy 3→1, policy 3→1, critic 4→1, critic 4→1'],
  ['td3', 'policy 3→1, policy 3→1, critic 4→1, critic 4→1, critic 4→1, critic 4→1'],
  ['sac, continuous', 'policy 3→2, critic 4→1, critic 4→1, critic 4→1, critic 4→1'],
  ['sac, discrete', 'policy 4→2, critic 4→2, critic 4→2, critic 4→2, critic 4→2'],
])('%s asks for each network with its role and shape', (name, networks) => {
  const asked: string[] = [];
  begin(CASES.find(([other]) => other === name)!, ({ role, inputDim, outputDim }) => {
    asked.push(`${role} ${inputDim}→${outputDim}`);
    return undefined;
  });
  expect(asked.join(', ')).toBe(networks);
});

describe('a network that cannot be used is refused', () => {
  const build = (createNetwork: unknown) => () => begin(CASES[0], createNetwork as NetworkFactory);
  const linear = (kernels: Kernels, inputDim: number, outputDim: number) =>
    createSequential(kernels, [
      mlpLayer({
        inputDim,
        hidden,
        outputDim,
        activation: 'tanh',
        outputScale: 1,
        init: 'he',
        rng: createRng(1),
      }),
    ]);
  const need = 'The policy needs a network from 4 numbers to 2';

  test('for its outputs or inputs', () => {
    expect(build((_: unknown, kernels: Kernels) => linear(kernels, 4, 3))).toThrow(
      `${need}, but createNetwork returned one from 4 to 3`,
    );
    expect(build((_: unknown, kernels: Kernels) => linear(kernels, 5, 2))).toThrow(
      `${need}, but createNetwork returned one from 5 to 2`,
    );
  });

  test('for other memory, as it would be overwritten', () => {
    const other = createKernels();
    expect(build(() => linear(other, 4, 2))).toThrow(
      `${need}, with its parameters in the memory of the kernels`,
    );
  });

  test('when it is in use already', () => {
    let only: ReturnType<typeof linear> | undefined;
    expect(() =>
      begin(CASES[3], (_, kernels) => {
        only ??= linear(kernels, 4, 2);
        return only;
      }),
    ).toThrow(
      'The critic needs a network from 4 numbers to 2, but createNetwork returned one that is in use',
    );
  });

  test('when it is none', () => {
    for (const wrong of [null, 5, {}, Promise.resolve()]) {
      expect(build(() => wrong)).toThrow(`${need}, but createNetwork returned something that is no network`);
    }
  });

  test('with the reason for which it was not made, on one line', () => {
    expect(
      build(() => {
        throw new TypeError('no such layer\nat all');
      }),
    ).toThrow(/^The policy needs a network from 4 numbers to 2, but createNetwork failed: no such layer$/);
    expect(
      build((_: unknown, kernels: Kernels) => createSequential(kernels, [duelingLayer(2), duelingLayer(2)])),
    ).toThrow(`${need}, but createNetwork failed: Layer 1 takes 3 numbers, but layer 0 gives 2.`);
  });
});

describe('a tfjs model', () => {
  let tf: TensorFlow;
  beforeAll(async () => {
    tf = await loadTensorFlow({ backend: 'wasm' });
  });

  const tfjs: NetworkFactory = ({ role, inputDim, outputDim, rng }, kernels) => {
    const orthogonal = (gain: number) => tf.initializers.orthogonal({ gain, seed: rng.integer(2 ** 31) });
    const model = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 32,
          activation: 'tanh',
          inputShape: [inputDim],
          kernelInitializer: orthogonal(Math.SQRT2),
        }),
        tf.layers.dense({ units: outputDim, kernelInitializer: orthogonal(role === 'policy' ? 0.01 : 1) }),
      ],
    });
    return createTfjsNetwork(kernels, tf, model, { inputDim, outputDim });
  };

  test.each(CASES)('serves %s, repeats, and leaves no tensor behind', (...agentCase) => {
    const steps = counts(240, 600);
    const { agent, training } = begin(agentCase, tfjs, {}, steps);
    for (let i = 0; i < 2; i++) training.advance();
    const { numTensors } = tf.memory();
    const { arrays } = finish(training);
    expect(tf.memory().numTensors).toBe(numTensors);
    for (const [name, array] of Object.entries(arrays)) {
      expect(array.every(Number.isFinite), name).toBe(true);
    }
    const again = begin(agentCase, tfjs, {}, steps);
    finish(again.training);
    expect(hashSnapshot(again.agent.save())).toBe(hashSnapshot(agent.save()));
  });

  test.runIf(isSoak)('learns CartPole as the network of PPO', () => {
    const envs = createVectorEnv(Array.from({ length: 8 }, (_, i) => new CartPole(i)));
    const { observationSpace, actionSpace } = envs;
    const totalSteps = 12_000;
    const context = {
      observationSpace,
      actionSpace,
      numEnvs: 8,
      rng: createRng(1),
      totalSteps,
      createNetwork: tfjs,
    };
    const config = {
      rolloutSteps: 64,
      minibatchSize: 128,
      epochs: 6,
      learningRate: 2e-3,
      lambda: 0.8,
      gamma: 0.98,
    };
    const agent = ppo.build(context, config);
    const score = () => evaluate(agent, new CartPole(0), { episodes: 10, seed: 1000 }).meanReturn;
    const untrained = score();
    finish(new Training({ envs, agent, totalSteps, seed: 1 }));
    expect(untrained).toBeLessThan(60);
    expect(score()).toBeGreaterThan(150);
  });

  test('with the wrong input shape is refused', () => {
    const wrong: NetworkFactory = (request, kernels) => tfjs({ ...request, inputDim: 5 }, kernels);
    const five: NetworkFactory = ({ inputDim, outputDim }, kernels) => {
      const model = tf.sequential({ layers: [tf.layers.dense({ units: outputDim, inputShape: [5] })] });
      return createTfjsNetwork(kernels, tf, model, { inputDim, outputDim });
    };
    expect(() => begin(CASES[0], wrong)).toThrow(/policy needs a network from 4 numbers to 2.* from 5 to 2/);
    expect(() => begin(CASES[0], five)).toThrow(/\[null, 5\] to \[null, 2\], but 4 numbers come in per row/);
  });
});
