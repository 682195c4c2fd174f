import { describe, expect, test } from 'vitest';
import { a2c } from '../../../agents/a2c.ts';
import { type AgentPlugin, defineAgent } from '../../../agents/agent.ts';
import { ddpg } from '../../../agents/ddpg.ts';
import { dqn } from '../../../agents/dqn.ts';
import { ppo } from '../../../agents/ppo.ts';
import type { PriorConfig } from '../../../agents/priors/config.ts';
import { addCategoricalPull, addContinuousPull } from '../../../agents/priors/pull.ts';
import type { ContinuousForm, PriorUse } from '../../../agents/priors/support.ts';
import { withPrior } from '../../../agents/priors/with-prior.ts';
import { priorPolicy } from '../../../agents/rules/prior-policy.ts';
import { random } from '../../../agents/rules/random.ts';
import { sac } from '../../../agents/sac.ts';
import { td3 } from '../../../agents/td3.ts';
import { createRng } from '../../../core/rng.ts';
import { hashSnapshot } from '../../../core/snapshot.ts';
import type { Env } from '../../../envs/env.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import { selectObservations } from '../../../envs/wrappers/select-observations.ts';
import { createFeaturePipeline, type FeatureMatrix } from '../../../market/features/pipeline.ts';
import { meanReverting } from '../../../market/synthetic/candles.ts';
import { agentChecks } from '../../../testing/agent.ts';
import { testAgent } from '../../../testing/suites.ts';
import { combinationsFor } from '../../../trainers/prior-ablation.ts';
import { train } from '../../../trainers/train.ts';
import { counts } from '../../soak.ts';

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
const groups = [{ name: 'prior', columns: [2, 3] }];
const features = { numRows: LENGTH, numColumns: 4, columns, groups, firstRow: plain.firstRow, values };

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

/** The same without word of the window: replay keeps every row whole, as it did when the bits were pinned. */
const withoutWindow = (createEnv: (seed: number) => Env) => (seed: number) => {
  const env = createEnv(seed);
  return selectObservations(env, [...Array(env.observationSpace.dim).keys()]);
};

for (const [name, options, prior, goldenHash] of cases) {
  const otherShape = trading(options.createEnv === discrete ? 'discrete' : 'continuous', 3);
  const isOnPolicy = 'rolloutSteps' in (options.config ?? {});
  const wrapped = {
    ...options,
    createEnv: withoutWindow(options.createEnv),
    plugin: withPrior(options.plugin, prior),
  };
  testAgent(`with a prior: ${name}`, {
    ...wrapped,
    createOtherEnv: otherShape,
    // Several events of a training are soon there.
    ...(isOnPolicy
      ? { goldenHash }
      : { config: { ...options.config, metricsEvery: 100 }, steps: counts(900, 3300) }),
  });
  if (isOnPolicy) continue;
  test(`with a prior: ${name}: learns the pinned bits`, () => {
    const golden = agentChecks({ ...wrapped, steps: 3300, goldenHash });
    golden.find((check) => check.name === 'learns the pinned bits')!.run();
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
    expect(() => build(ppo, {}, bare)).toThrowError(/a group "prior" of the newest bar.*withPriorColumns/);
  });

  test('an agent that cannot use the mechanism', () => {
    expect(() => build(dqn, { pullWeight: 1 })).toThrowError(
      /^Agent "dqn" cannot use "pull" of a prior; it can use columns, guidance\.$/,
    );
    expect(() => build(random, { residual: 1 })).toThrowError(
      /"random" cannot use "residual" of a prior; it can use columns\. Its plugin may declare more/,
    );
    expect(() => build(ppo, { guidance: 0.5 })).toThrowError(
      /"ppo" cannot use "guidance".*warm-start, pull, residual/,
    );
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

describe('an agent of the user’s own', () => {
  /** PPO by another name, with what its plugin declares. */
  const mine = (prior?: typeof ppo.prior, build: typeof ppo.build = ppo.build): AgentPlugin =>
    defineAgent({ name: 'mine', description: 'Of a user.', config: ppo.config, prior, build });
  const full = { ...all, columns: false };
  const stateOf = (plugin: AgentPlugin, createEnv: (seed: number) => TradingEnv, settings: object) => {
    const envs = createVectorEnv([createEnv(1), createEnv(2)]);
    const { observationSpace, actionSpace } = envs;
    const context = { observationSpace, actionSpace, numEnvs: 2, rng: createRng(5), totalSteps: 400 };
    const agent = withPrior(plugin, settings).build(context, { ...onPolicy, minibatchSize: 16 });
    train({ envs, agent, totalSteps: 400, seed: 5 });
    return hashSnapshot(agent.save());
  };

  test.each([discrete, continuous])('is given all that it declares, to the bit', (createEnv) => {
    expect(stateOf(mine(ppo.prior), createEnv, full)).toBe(stateOf(ppo, createEnv, full));
  });

  test('has what it declares to combine, and no more', () => {
    const named = (uses: readonly PriorUse[]) => combinationsFor(mine({ uses })).map((all) => all.join('+'));
    expect(named(['columns', 'pull'])).toEqual(['columns', 'pull', 'columns+pull']);
    expect(combinationsFor(mine())).toEqual([['columns']]);
    expect(() => combinationsFor(mine({ uses: ['guidance'] }), ['pull'])).toThrowError(
      'Agent "mine" cannot use "pull" of a prior; it can use guidance.',
    );
  });

  const refusal = (plugin: AgentPlugin, settings: Partial<PriorConfig>, createEnv = discrete) => {
    try {
      withPrior(plugin, settings).build(contextOf(createEnv));
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };

  test('is told in one line what its plugin lacks', () => {
    const { uses, createNetwork } = ppo.prior!;
    const own = () => random.build(contextOf(discrete));
    expect(refusal(mine(), { pullWeight: 1 })).toBe(
      'Agent "mine" cannot use "pull" of a prior; it can use columns. Its plugin may declare more, as "prior" in defineAgent.',
    );
    expect(refusal(mine({ uses }), { residual: 1 })).toMatch(
      /does not say how it makes its own policy network.*declare prior\.createNetwork/,
    );
    expect(refusal(mine({ uses, createNetwork }), { residual: 1 }, continuous)).toMatch(
      /does not say how its policy gives continuous actions; declare prior\.continuousForm/,
    );
    expect(refusal(mine({ uses, createNetwork, continuousForm: 'squashed' }), full, continuous)).toMatch(
      /policy network of 1 outputs, where the form "squashed" makes 2; correct prior\.continuousForm/,
    );
    expect(refusal(mine(ppo.prior, own), { warmStartSteps: 5 })).toMatch(
      /asked its context for no policy network/,
    );
    expect(refusal(mine(ppo.prior, own), { columns: false })).toMatch(/asked its context for no network/);
    expect(refusal(mine(ppo.prior, own), {})).toBe('none');
  });

  test('may bring its networks another way: a factory of the run goes before what it declares', () => {
    const { uses, createNetwork } = ppo.prior!;
    const asked: string[] = [];
    const context = contextOf(discrete);
    withPrior(mine({ uses }), { residual: 1 }).build({
      ...context,
      createNetwork: (request, kernels) => {
        asked.push(request.role);
        return createNetwork!(request, kernels, ppo.config.parse({ hidden: [4] }));
      },
    });
    expect(asked).toEqual(['policy', 'critic']);
  });

  test('cannot declare what there is not', () => {
    expect(() => mine({ uses: ['pul' as PriorUse] })).toThrowError(
      /"mine".*"pul" is no use of a prior\..*"pull"/,
    );
  });
});

describe('the columns of a prior', () => {
  const priorOf = (given: FeatureMatrix) => trading('discrete', 2, given)(1).observationSpace.groups;

  test('are a group of the observation for each bar, in the order of the classes', () => {
    // Two bars of four columns, the older bar first.
    const last = { name: 'prior', bar: 0, elements: [6, 7] };
    expect(priorOf(features)).toEqual([{ name: 'prior', bar: -1, elements: [2, 3] }, last]);
    expect(priorOf({ ...features, groups: [{ name: 'prior', columns: [3, 2] }] })![1].elements).toEqual([
      7, 6,
    ]);
    expect(priorOf({ ...features, groups: undefined })).toBeUndefined();
  });

  test('are known by their group, whatever they are called', () => {
    const { observationSpace, actionSpace } = discrete(1);
    const context = { ...contextOf(discrete), actionSpace };
    const unnamed = { ...observationSpace, names: undefined };
    const saying9 = saying(observationSpace.dim, observationSpace.names!, [0.9]);
    expect(priorPolicy.build({ ...context, observationSpace: unnamed }).act(saying9, 1, false)[0]).toBe(2);
    const ungrouped = { ...observationSpace, groups: undefined };
    expect(() => priorPolicy.build({ ...context, observationSpace: ungrouped })).toThrowError(
      /a group "prior"/,
    );
  });

  test('of two models are refused: nobody says which is meant', () => {
    const twice = { ...features, groups: [...groups, { name: 'prior', columns: [0, 1] }] };
    const context = contextOf(trading('discrete', 2, twice));
    expect(() => withPrior(ppo).build(context)).toThrowError(/finds 2 priors/);
  });

  test('stay a prior behind a wrapper that selects all of them, and are none where one is left out', () => {
    const env = trading('discrete', 1)(1);
    const { names } = env.observationSpace;
    const [down, up] = ['prior:down@0', 'prior:up@0'].map((name) => names!.indexOf(name));
    expect(selectObservations(env, [up, 0, down]).observationSpace.groups).toEqual([
      { name: 'prior', bar: 0, elements: [2, 0] },
    ]);
    expect(selectObservations(env, [up, 0]).observationSpace.groups).toBeUndefined();
  });
});
