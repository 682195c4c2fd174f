/** Exported policies decide as the agents do, in onnxruntime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { Agent, AgentContext } from '../../../agents/agent.ts';
import { builtInAgents } from '../../../agents/built-in.ts';
import type { PolicyDescription } from '../../../agents/policy-description.ts';
import { createRng } from '../../../core/rng.ts';
import type { ActionSpace, Box } from '../../../envs/spaces.ts';
import { exportPolicy } from '../../../experiments/export/onnx/policy.ts';
import type { NetworkStep } from '../../../networks/steps.ts';
import { counts } from '../../soak.ts';

const NUM_ROWS = counts(1000, 10_000);
const WINDOW = { rows: 6, columns: 4 };
const DIM = WINDOW.rows * WINDOW.columns + 3;
const observationSpace: Box = {
  kind: 'box',
  dim: DIM,
  shape: [DIM],
  low: new Float32Array(DIM).fill(-Infinity),
  high: new Float32Array(DIM).fill(Infinity),
  window: WINDOW,
};
const discrete: ActionSpace = { kind: 'discrete', n: 5 };
const multi: ActionSpace = { kind: 'multi-discrete', sizes: [3, 2, 4] };
const box: ActionSpace = {
  kind: 'box',
  dim: 2,
  shape: [2],
  low: Float32Array.of(-2, 0),
  high: Float32Array.of(2, 1),
};

function build(
  name: string,
  actionSpace: ActionSpace,
  config: Record<string, unknown>,
  masksActions = false,
): Agent {
  const plugin = builtInAgents.find((agent) => agent.name === name);
  const context: AgentContext = {
    observationSpace,
    actionSpace,
    numEnvs: 4,
    rng: createRng(3),
    totalSteps: 1000,
    masksActions,
  };
  return plugin!.build(context, config as never);
}

/** Networks start almost silent: their last layers are made loud, biases too. */
function shake(steps: readonly NetworkStep[], rng = createRng(9)): void {
  for (const step of steps) {
    if (step.kind === 'branches') for (const branch of step.branches) shake(branch, rng);
    if (step.kind === 'dense') {
      const gain = 0.7 / Math.sqrt(step.weights.length / step.bias.length);
      for (let i = 0; i < step.weights.length; i++) step.weights[i] += gain * rng.gaussian();
    }
    if ('bias' in step) for (let i = 0; i < step.bias.length; i++) step.bias[i] += 0.3 * rng.gaussian();
    if ('biases' in step) for (let i = 0; i < step.biases.length; i++) step.biases[i] += 0.3 * rng.gaussian();
    if ('gain' in step) for (let i = 0; i < step.gain.length; i++) step.gain[i] += 0.2 * rng.gaussian();
  }
}

const observations = (() => {
  const rng = createRng(5);
  return Float32Array.from({ length: NUM_ROWS * DIM }, () => 2 * rng.gaussian());
})();

async function open(policy: PolicyDescription | undefined, masksActions = false): Promise<InferenceSession> {
  expect(policy).toBeDefined();
  const file = exportPolicy(policy as PolicyDescription, {
    observationDim: DIM,
    masksActions,
    properties: { agent: 'test' },
  });
  return InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
}

const rowsOf = (array: Float32Array, dim: number, numRows = NUM_ROWS) =>
  new Tensor('float32', array, [numRows, dim]);

/** Choices may differ only where two are worth the same to 1e-5. */
function expectSameActions(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number | bigint>,
  values: ArrayLike<number> | undefined,
  sizes: readonly number[],
): void {
  let different = 0;
  let first = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    const size = sizes[i % sizes.length];
    const own = ours[i];
    const other = Number(theirs[i]);
    if (values === undefined) largest = Math.max(largest, Math.abs(own - other));
    else if (own !== other) {
      different++;
      largest = Math.max(largest, Math.abs(values[first + own] - values[first + other]));
    }
    first += size;
  }
  expect(largest).toBeLessThan(1e-5);
  expect(different).toBeLessThan(ours.length / 500);
}

const cases: [name: string, agent: string, space: ActionSpace, config: Record<string, unknown>][] = [
  ['discrete', 'ppo', discrete, {}],
  ['several choices at once', 'ppo', multi, { activation: 'relu' }],
  ['a Gaussian, observations normalised', 'ppo', box, { normalizeObservations: true }],
  ['state-dependent exploration', 'ppo', box, { stateDependentExploration: true }],
  [
    'a convolution with layer norm',
    'a2c',
    discrete,
    { network: 'cnn', channels: [8, 6], stride: 2, kernelSize: 2, layerNorm: true },
  ],
  ['dense layers with layer norm', 'dqn', discrete, { layerNorm: true }],
  ['dueling', 'dqn', discrete, { dueling: true }],
  ['dueling over a convolution', 'dqn', discrete, { dueling: true, network: 'cnn' }],
  ['an LSTM over its window', 'a2c', discrete, { network: 'lstm', recurrentUnits: 12 }],
  ['a GRU over its window', 'sac', box, { network: 'gru', recurrentUnits: 12 }],
  ['a squashed Gaussian', 'sac', box, { normalizeObservations: true }],
  ['a squashed Gaussian with bounded means', 'sac', box, { stateDependentExploration: true }],
  ['discrete', 'sac', discrete, {}],
  ['deterministic', 'td3', box, {}],
  ['deterministic, over a convolution', 'ddpg', box, { network: 'cnn' }],
];

describe('an exported policy decides as its agent does', () => {
  test.each(cases)('%s: %s', async (_, name, space, config) => {
    const agent = build(name, space, config);
    if (config.normalizeObservations) {
      // The statistics of what it saw.
      const seen = Float32Array.from(
        { length: 4 * DIM },
        (_, i) => 30_000 * ((i % DIM) % 2) + observations[i],
      );
      agent.act(seen, 4, true);
    }
    shake(agent.describePolicy?.()?.steps ?? []);
    const session = await open(agent.describePolicy?.());
    const { action, values } = await session.run({ observation: rowsOf(observations, DIM) });
    const sizes = space.kind === 'discrete' ? [space.n] : space.kind === 'box' ? [1] : space.sizes;
    expectSameActions(
      agent.act(observations, NUM_ROWS, false),
      action.data as Float32Array,
      values?.data as Float32Array,
      sizes,
    );
    if (space.kind === 'box') {
      const data = action.data as Float32Array;
      for (let i = 0; i < data.length; i++) {
        expect(data[i] >= space.low[i % 2] && data[i] <= space.high[i % 2]).toBe(true);
      }
    }
    expect(new Set(action.data as unknown as number[]).size).toBeGreaterThan(space.kind === 'box' ? 50 : 1);
  });

  test.each(['lstm', 'gru'] as const)('with a memory that goes from step to step: %s', async (network) => {
    const agent = build('ppo', discrete, { network, recurrentUnits: 16, layerNorm: true });
    shake(agent.describePolicy?.()?.steps ?? []);
    const session = await open(agent.describePolicy?.());
    const numEnvs = 50;
    const stateDim = network === 'lstm' ? 32 : 16;
    let state = new Float32Array(numEnvs * stateDim);
    const starts = new Uint8Array(numEnvs).fill(1);
    for (let step = 0; step < NUM_ROWS / numEnvs; step++) {
      const rows = observations.subarray(step * numEnvs * DIM, (step + 1) * numEnvs * DIM);
      const outputs = await session.run({
        observation: rowsOf(rows, DIM, numEnvs),
        state_in: rowsOf(state, stateDim, numEnvs),
      });
      const actions = agent.act(rows, numEnvs, false, { episodeStarts: starts });
      starts.fill(0);
      expectSameActions(
        actions,
        outputs.action.data as Float32Array,
        outputs.values.data as Float32Array,
        [5],
      );
      state = (outputs.state_out.data as Float32Array).slice();
    }
  });

  test('among the choices that its mask allows', async () => {
    const agent = build('ppo', multi, {}, true);
    shake(agent.describePolicy?.()?.steps ?? []);
    const session = await open(agent.describePolicy?.(), true);
    const rng = createRng(8);
    const masks = Uint8Array.from({ length: NUM_ROWS * 9 }, (_, i) =>
      [0, 3, 5].includes(i % 9) || rng.uniform() < 0.4 ? 1 : 0,
    );
    const { action, values } = await session.run({
      observation: rowsOf(observations, DIM),
      action_mask: new Tensor('bool', masks, [NUM_ROWS, 9]),
    });
    const actions = agent.act(observations, NUM_ROWS, false, {
      episodeStarts: new Uint8Array(NUM_ROWS),
      actionMasks: masks,
    });
    expectSameActions(actions, action.data as Float32Array, values.data as Float32Array, multi.sizes);
  });
});

test('policies that are no network of their own are not described', () => {
  for (const name of ['random', 'buy-and-hold']) {
    expect(
      build(name, { kind: 'box', dim: 1, shape: [1], low: Float32Array.of(0), high: Float32Array.of(1) }, {})
        .describePolicy,
    ).toBeUndefined();
  }
});
