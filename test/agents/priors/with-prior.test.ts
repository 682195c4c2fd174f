import { describe, expect, test } from 'vitest';
import { a2c } from '../../../agents/a2c.ts';
import type { AgentPlugin } from '../../../agents/agent.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { ppo } from '../../../agents/ppo.ts';
import type { PriorConfig } from '../../../agents/priors/config.ts';
import { addCategoricalPull, addContinuousPull, type ContinuousForm } from '../../../agents/priors/pull.ts';
import { withPrior } from '../../../agents/priors/with-prior.ts';
import { priorPolicy } from '../../../agents/rules/prior-policy.ts';
import { random } from '../../../agents/rules/random.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { createRng } from '../../../core/rng.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { createFeaturePipeline, type FeatureMatrix } from '../../../market/features/pipeline.ts';
import { meanReverting } from '../../../market/synthetic/candles.ts';
import { testAgent } from '../../contracts/test-agent.ts';

const LENGTH = 400;
const candles = meanReverting({ rng: createRng('prior'), length: LENGTH, stepMs: 86_400_000 });
const plain = createFeaturePipeline(['return:1', 'return:5'], { normalize: 'none' }).compute(candles);
/** A prior that knows nothing, but says it with conviction. */
const columns = ['return:1', 'return:5', 'prior:down', 'prior:up'];
const values = new Float32Array(LENGTH * 4);
const rng = createRng('opinions');
for (let row = 0; row < LENGTH; row++) {
  const up = 0.1 + 0.8 * rng.uniform();
  values.set([plain.values[2 * row], plain.values[2 * row + 1], 1 - up, up], 4 * row);
}
const features = { numRows: LENGTH, numColumns: 4, columns, firstRow: plain.firstRow, values };

const trading =
  (actions: 'discrete' | 'continuous', window = 2, given: FeatureMatrix = features) =>
  (seed: number) =>
    new TradingEnv({ candles, features: given, seed, config: { window, actions, episodeBars: 60 } });
const discrete = trading('discrete');
const continuous = trading('continuous');

const onPolicy = { rolloutSteps: 16, hidden: [8] };
const offPolicy = { learningStarts: 40, batchSize: 16, trainEvery: 9, hidden: [8] };
const all = { warmStartSteps: 45, warmStartEpochs: 2, pullWeight: 0.5, residual: 0.5, sharpness: 2 };

const cases: [string, Parameters<typeof testAgent>[1], Partial<PriorConfig>, string][] = [
  [
    'ppo, columns',
    { plugin: ppo, config: { ...onPolicy, minibatchSize: 20 }, createEnv: discrete },
    {},
    '4824cdab82f62862a4ba397cf1a654b14021f306bd4371a83c6f3b0d8aee4d29',
  ],
  [
    'ppo, warm start',
    { plugin: ppo, config: { ...onPolicy, minibatchSize: 20 }, createEnv: discrete },
    { warmStartSteps: 45, columns: false },
    'cb7e5d8606799f1f9b870eaf6509edf7bf3deb9f3dc3378db7904a30d6f2351a',
  ],
  [
    'a2c, pull',
    { plugin: a2c, config: onPolicy, createEnv: discrete },
    { pullWeight: 0.5 },
    'c764032b5d6f465bf2b1a61125e1c3f8d8e8012943117178a66fc0e068f98f88',
  ],
  [
    'ppo, residual, continuous',
    { plugin: ppo, config: { ...onPolicy, minibatchSize: 20 }, createEnv: continuous },
    { residual: 1 },
    'd5690b84ec703f8d58fe6f9d355faefe85043109645a2d3a46d645b9eb5a9f6b',
  ],
  [
    'sac, all, discrete',
    { plugin: sac, config: offPolicy, createEnv: discrete },
    all,
    '96b162506bb9e114272bfb6c0958e156875cd54513a439eddace844df1d067c9',
  ],
  [
    'sac, all, continuous',
    { plugin: sac, config: offPolicy, createEnv: continuous },
    all,
    'ec554b4cf477a6724dff84490fd7744bf60ed87916d97e6f4cb9653dd66e64e3',
  ],
  [
    'dqn, guidance',
    { plugin: dqn, config: { ...offPolicy, explorationFraction: 1 }, createEnv: discrete },
    { guidance: 0.5, columns: false },
    '587342cf0d9c9af857d3a753ab0fd4b77e227e86c0d6ecf261f29a3c330c5d99',
  ],
  [
    'ddpg, cloning term',
    { plugin: ddpg, config: offPolicy, createEnv: continuous },
    { pullWeight: 1 },
    'bfcae25d7e97c63ea9f7810591ec552106be300a5bd9207042f369d398de628a',
  ],
  [
    'td3, all',
    { plugin: td3, config: offPolicy, createEnv: continuous },
    all,
    '5e5fa217565ee677dee98810de832f126cf93b58d86b1b3cbdf2fe5c2c310200',
  ],
];

for (const [name, options, prior, goldenHash] of cases) {
  const otherShape = trading(options.createEnv === discrete ? 'discrete' : 'continuous', 3);
  testAgent(`with a prior: ${name}`, {
    ...options,
    plugin: withPrior(options.plugin, prior),
    createOtherEnv: otherShape,
    steps: 'rolloutSteps' in (options.config ?? {}) ? 600 : 3300,
    goldenHash,
  });
}

describe('the pull', () => {
  const prior = Float32Array.of(0.2, 0.5, 0.3);

  test('is the divergence term by term, with its gradient', () => {
    const logits = Float32Array.of(0.3, -1, 2);
    const total = Math.exp(0.3) + Math.exp(-1) + Math.exp(2);
    let divergence = 0;
    for (let k = 0; k < 3; k++) {
      const p = Math.exp(logits[k]) / total;
      divergence += p * Math.log(p / prior[k]);
    }
    const gradients = new Float32Array(3);
    expect(addCategoricalPull(gradients, logits, prior, 0, 3, 1)).toBeCloseTo(divergence, 5);
    expectSlopes(gradients, logits, (at) => addCategoricalPull(new Float32Array(3), at, prior, 0, 3, 1));
    const twice = new Float32Array(3);
    addCategoricalPull(twice, logits, prior, 0, 3, 2);
    expect(twice[1]).toBeCloseTo(2 * gradients[1], 5);
  });

  for (const form of ['means', 'squashed', 'tanh'] as ContinuousForm[]) {
    test(`of continuous actions has the gradient of its loss: ${form}`, () => {
      const outputs = Float32Array.of(0.4, -0.7);
      const loss = (at: Float32Array, into = new Float32Array(2)) =>
        addContinuousPull(form, into, at, 0, -0.3, 0.6, 2, 1);
      const gradients = new Float32Array(2);
      loss(outputs, gradients);
      expectSlopes(gradients, outputs, loss);
    });
  }

  function expectSlopes(gradients: Float32Array, at: Float32Array, loss: (at: Float32Array) => number) {
    const h = 1e-2;
    for (let i = 0; i < at.length; i++) {
      const [more, less] = [at.slice(), at.slice()];
      more[i] += h;
      less[i] -= h;
      expect(gradients[i]).toBeCloseTo((loss(more) - loss(less)) / (2 * h), 3);
    }
  }
});

const contextOf = (createEnv: (seed: number) => TradingEnv, numEnvs = 1, totalSteps = 1000) => {
  const { observationSpace, actionSpace } = createEnv(1);
  return { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps };
};

/** One observation for each saying of the prior. */
function saying(dim: number, names: readonly string[], ups: readonly number[]): Float32Array {
  const observations = new Float32Array(ups.length * dim);
  ups.forEach((up, n) => {
    observations[n * dim + names.indexOf('prior:down@0')] = 1 - up;
    observations[n * dim + names.indexOf('prior:up@0')] = up;
  });
  return observations;
}

test('the prior alone takes the exposure of its most probable class, or its expected exposure', () => {
  for (const [createEnv, expected] of [
    [discrete, [0, 2, 2]],
    [continuous, [-0.8, 0.4, 1]],
  ] as const) {
    const context = contextOf(createEnv);
    const { dim, names } = context.observationSpace;
    const actions = priorPolicy
      .build(context, { floor: 0.01 })
      .act(saying(dim, names!, [0.1, 0.7, 1]), 3, false);
    for (const [n, action] of expected.entries()) expect(actions[n]).toBeCloseTo(action, 4);
  }
});

test('a residual policy begins as its prior', () => {
  const context = contextOf(discrete);
  const { dim, names } = context.observationSpace;
  for (const plugin of [ppo, a2c] as AgentPlugin[]) {
    const agent = withPrior(plugin, { residual: 1 }).build(context);
    expect([...agent.act(saying(dim, names!, [0.1, 0.9, 0.2, 0.8]), 4, false)]).toEqual([0, 2, 0, 2]);
  }
});

test('a policy that does not see the columns acts the same whatever the prior says', () => {
  const context = contextOf(discrete);
  const { dim, names } = context.observationSpace;
  for (const plugin of [ppo, dqn, sac] as AgentPlugin[]) {
    const agent = withPrior(plugin, { columns: false }).build(context);
    const actions = agent.act(saying(dim, names!, [0.01, 0.99, 0.4]), 3, false);
    expect(new Set(actions).size).toBe(1);
  }
});

test('guided exploration draws from the prior as often as it is told, and less and less', () => {
  const context = contextOf(discrete, 1000, 100_000);
  const { dim, names } = context.observationSpace;
  const agent = withPrior(dqn, { guidance: 1, guidanceFraction: 0.5, floor: 0.03 }).build(context);
  const actions = agent.act(saying(dim, names!, new Array(1000).fill(0.9)), 1000, true);
  expect(actions.filter((action) => action === 2).length / 1000).toBeCloseTo(0.97 * 0.9 + 0.01, 1);
});

describe('one clear line for', () => {
  const build = (
    plugin: Parameters<typeof withPrior>[0],
    prior: Partial<PriorConfig>,
    createEnv = discrete,
  ) => withPrior(plugin, prior).build(contextOf(createEnv));

  test('an env without the columns', () => {
    const bare = trading('discrete', 2, plain);
    expect(() => build(ppo, {}, bare)).toThrowError(/prior:…@0.*withPriorColumns/);
  });

  test('an agent that cannot use the mechanism', () => {
    expect(() => build(dqn, { pullWeight: 1 })).toThrowError(/"dqn" has no policy network/);
    expect(() => build(random, { residual: 1 })).toThrowError(/"random" has no policy network/);
    expect(() => build(ppo, { guidance: 0.5 })).toThrowError(/"ppo" cannot explore by a prior/);
    const recurrent = { ...ppo, build: (context: never) => ppo.build(context, { network: 'lstm' }) };
    expect(() => build(recurrent as typeof ppo, { pullWeight: 1 })).toThrowError(/network "lstm"/);
  });

  test('normalised observations, which no prior can be read from', () => {
    const agent = withPrior(ppo, { pullWeight: 1 });
    expect(() => agent.build(contextOf(discrete), { normalizeObservations: true })).toThrowError(
      /normalizeObservations off/,
    );
  });

  test('a setting that does not exist', () => {
    expect(() => withPrior(ppo, { pulWeight: 1 } as never)).toThrowError(/pulWeight.*pullWeight/);
  });
});
