import { describe, expect, test } from 'vitest';
import type { AgentPlugin } from '../../../agents/agent.ts';
import { dqn } from '../../../agents/dqn.ts';
import { sac } from '../../../agents/sac.ts';
import { createRng } from '../../../core/rng.ts';
import { hashSnapshot, type Snapshot, snapshotPart } from '../../../core/snapshot.ts';
import { CartPole } from '../../../envs/cartpole.ts';
import type { Env } from '../../../envs/env.ts';
import { TradingEnv } from '../../../envs/trading.ts';
import { createVectorEnv } from '../../../envs/vector/vector-env.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { Training } from '../../../trainers/train.ts';

const candles = geometricBrownian({ rng: createRng(1), length: 700 });
const createTrading = (seed: number): Env =>
  new TradingEnv({
    candles,
    seed,
    config: { window: 16, features: ['return:1', 'volatility:5'], normalizationBars: 50, episodeBars: 60 },
  });
const config = { hidden: [8], bufferSize: 400, learningStarts: 64, batchSize: 16, metricsEvery: 100 };

function begin(plugin: AgentPlugin, overrides: Record<string, unknown>, create = createTrading) {
  const envs = createVectorEnv([create(1), create(2)]);
  const { observationSpace, actionSpace, numEnvs } = envs;
  const totalSteps = 1200;
  const agent = plugin.build(
    { observationSpace, actionSpace, numEnvs, rng: createRng(3), totalSteps },
    { ...config, ...overrides },
  );
  return { agent, training: new Training({ envs, agent, totalSteps, seed: 5 }) };
}

const finish = (training: Training): Snapshot => {
  while (training.advance() !== undefined);
  return training.save();
};
const learnt = (snapshot: Snapshot) => {
  const agent = snapshotPart(snapshot, 'agent');
  const normalized = snapshotPart(agent, 'agent');
  const learner = snapshotPart(Object.keys(normalized.arrays).length > 0 ? normalized : agent, 'learner');
  expect(Object.keys(learner.arrays)).not.toHaveLength(0);
  return hashSnapshot(learner);
};

describe.each([
  ['dqn', dqn, { nSteps: 3, prioritized: true }],
  ['sac', sac, {}],
  ['sac, normalised', sac, { normalizeObservations: true, normalizeRewards: true }],
] as const)('%s on windows of a market', (_name, plugin, overrides) => {
  test('learns the same bits whether shared rows are stored once or not', () => {
    const compact = finish(begin(plugin as AgentPlugin, overrides).training);
    const full = finish(begin(plugin as AgentPlugin, { ...overrides, compactReplay: false }).training);
    expect(learnt(compact)).toBe(learnt(full));
    const size = ({ arrays }: Snapshot) =>
      Object.entries(arrays).reduce(
        (sum, [key, { byteLength }]) => (key.includes('/replay/') ? sum + byteLength : sum),
        0,
      );
    expect(size(full) / size(compact)).toBeGreaterThan(2);
  });

  test('goes on to the same bits from a state that was saved either way, with either setting', () => {
    const expected = learnt(finish(begin(plugin as AgentPlugin, overrides).training));
    for (const savedCompact of [true, false]) {
      const { training } = begin(plugin as AgentPlugin, { ...overrides, compactReplay: savedCompact });
      for (let i = 0; i < 5; i++) training.advance();
      expect(training.isFinished).toBe(false);
      const saved = training.save();
      for (const compactReplay of [true, false]) {
        const { training: resumed } = begin(plugin as AgentPlugin, { ...overrides, compactReplay });
        resumed.load(saved);
        expect(learnt(finish(resumed))).toBe(expected);
      }
    }
  });
});

test('the memory that is saved is said', () => {
  // A key of 2 + 4 numbers, a new row of 2, spare number, action, reward and flags: 24 + 8 + 4 + 9 bytes.
  expect(begin(dqn, {}).agent.remarks).toEqual([
    'The replay buffer keeps each row of a window once: 45 bytes a transition in place of 157, 0.0 MB in place of 0.1 MB ' +
      'when it holds 400.',
  ]);
  const silent = [begin(dqn, { compactReplay: false }), begin(dqn, {}, (seed) => new CartPole(seed))];
  for (const { agent } of silent) expect(agent.remarks ?? []).toEqual([]);
  const normalized = { normalizeObservations: true, normalizeRewards: true };
  expect(begin(dqn, normalized).agent.remarks).toHaveLength(1);
});
