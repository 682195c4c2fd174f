/** Each check passes what is sound, and names what is broken. */
import { describe, expect, test } from 'vitest';
import { type Agent, defineAgent } from '../../agents/agent.ts';
import { ppo } from '../../agents/ppo.ts';
import { random } from '../../agents/rules/random.ts';
import { z } from '../../core/config.ts';
import { createRng } from '../../core/rng.ts';
import { cartpole } from '../../envs/cartpole.ts';
import { bybit } from '../../live/venues/bybit.ts';
import { linear } from '../../models/linear.ts';
import { defineModel } from '../../models/model.ts';
import { xgboost } from '../../models/trees/xgboost-kind.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import { createMlp } from '../../networks/layers/mlp.ts';
import type { Network } from '../../networks/network.ts';
import { checkAgent } from '../../testing/agent.ts';
import { checkModel } from '../../testing/model.ts';
import { checkNetwork } from '../../testing/network.ts';
import { checkVenue } from '../../testing/venue.ts';
import { dialects } from '../live/venues/dialects.ts';
import { sampleOf } from '../live/venues/venue-samples.ts';

const createEnv = (seed: number) => cartpole.create({ seed });

describe('checkAgent', () => {
  test('a sound agent passes', () => {
    checkAgent({ plugin: ppo, createEnv, config: { rolloutSteps: 32, hidden: [8] }, steps: 300 });
    checkAgent({ plugin: random, createEnv, isRandom: true });
  });

  const broken = (change: (agent: Agent) => Partial<Agent>) =>
    defineAgent({
      name: 'broken',
      description: 'Breaks one rule',
      config: z.object({}),
      build(context) {
        const agent = random.build(context);
        const parts: Agent = {
          act: (...args) => agent.act(...args),
          observe: (transition) => agent.observe(transition),
          save: () => agent.save(),
          load: (snapshot) => agent.load(snapshot),
        };
        return { ...parts, ...change(parts) };
      },
    });

  const cases: readonly [name: string, change: (agent: Agent) => Partial<Agent>, message: RegExp][] = [
    [
      'actions outside the space',
      () => ({ act: (_, n) => new Int32Array(n).fill(2) }),
      /action\[0\] is 2, outside \[0, 1\]/,
    ],
    ['too few actions', () => ({ act: () => new Int32Array(1) }), /1 numbers for 3 envs/],
    [
      'actions of another type',
      () => ({ act: (_, n) => new Float32Array(n) }),
      /a Float32Array, not a Int32Array/,
    ],
    ['a state that is not loaded', () => ({ load() {} }), /the state after a pause at event 1/],
    [
      'evaluation that is remembered',
      (agent) => {
        let calls = 0;
        return {
          act: (observations, n, explore) => {
            calls++;
            return agent.act(observations, n, explore);
          },
          save: () => ({ ...agent.save(), values: { ...agent.save().values, calls } }),
        };
      },
      /evaluation changes nothing: the state after acting without exploration is not the same/,
    ],
  ];
  for (const [name, change, message] of cases) {
    test(`${name}: named`, () => {
      expect(() => checkAgent({ plugin: broken(change), createEnv })).toThrow(message);
    });
  }
});

describe('checkNetwork', () => {
  const mlp = (): Network =>
    createMlp(createKernels(), {
      inputDim: 3,
      hidden: [5],
      outputDim: 2,
      activation: 'tanh',
      init: 'orthogonal',
      outputScale: 1,
      rng: createRng(1),
    });
  /** The network with other methods: what it has as getters stays readable. */
  const changed = (change: (network: Network) => Partial<Network>) => () => {
    const network = mlp();
    return Object.assign(Object.create(network) as Network, change(network));
  };

  test('a sound network passes', () => checkNetwork('mlp', mlp));

  test('gradients of half the size are named with their place', () => {
    const halved = changed((network) => ({
      parameters: network.parameters,
      gradients: network.gradients,
      inputDim: 3,
      outputDim: 2,
      forward: (inputs, batch) => network.forward(inputs, batch),
      backward: (gradients) => network.backward(gradients.map((gradient) => gradient / 2)),
      inputGradients: () => network.inputGradients(),
      inputGradientsOf: undefined,
    }));
    expect(() => checkNetwork('halved', halved)).toThrow(
      /^The network "halved" breaks its contract: has the gradients that finite differences give: the gradient of parameter \d+ is .*, differences give/,
    );
  });

  test('rows that depend on each other are named', () => {
    const mixed = changed((network) => ({
      inputDim: 3,
      outputDim: 2,
      parameters: network.parameters,
      gradients: network.gradients,
      forward(inputs, batch) {
        const outputs = network.forward(inputs, batch).slice();
        const mean = outputs.reduce((sum, value) => sum + value, 0) / outputs.length;
        return outputs.map((value) => value - mean);
      },
      backward: (gradients) => network.backward(gradients),
      inputGradients: () => network.inputGradients(),
      inputGradientsOf: undefined,
    }));
    expect(() => checkNetwork('mixed', mixed)).toThrow(/row 0 of 2, output\[0\]/);
  });
});

describe('checkModel', () => {
  test('sound kinds pass', async () => {
    await checkModel(linear);
    await checkModel(xgboost, { config: { num_round: 5 } });
  });

  test('a state that forgets, and probabilities that do not add up, are named', async () => {
    const forgetful = defineModel({
      ...linear,
      name: 'forgetful',
      async load(shape, state, config) {
        const predictor = await linear.load(shape, state, config);
        return {
          ...predictor,
          save: () => predictor.save(),
          predict: (inputs, batch) => predictor.predict(inputs, batch).map((p) => 1 - p),
        };
      },
    });
    await expect(checkModel(forgetful)).rejects.toThrow(/model kind "forgetful" .* after load, output\[0\]/);
    const greedy = defineModel({
      ...linear,
      name: 'greedy',
      async train(context, config) {
        const predictor = await linear.train(context, config);
        return {
          ...predictor,
          save: () => predictor.save(),
          predict: (inputs, batch) => predictor.predict(inputs, batch).map((p) => 2 * p),
        };
      },
    });
    await expect(checkModel(greedy)).rejects.toThrow(/not probabilities/);
  });
});

describe('checkVenue', () => {
  const dialect = dialects.find(({ plugin }) => plugin.name === 'bybit')!;

  test('a sound venue passes', () =>
    checkVenue(dialect.plugin, sampleOf(dialect), { mutations: 200, places: 2 }));

  test('a venue that never has a book is named', () => {
    expect(() =>
      checkVenue(bybit, { ...sampleOf(dialect), inputs: [{ kind: 'open' }] }, { mutations: 0, places: 1 }),
    ).toThrow(/^The venue "bybit" breaks its contract: a session without a fault/);
  });
});
