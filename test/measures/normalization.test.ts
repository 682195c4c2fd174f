/** What off-policy agents gain by normalising what they draw and not what they store. */
import { expect, test } from 'vitest';
import type { Agent, AgentPlugin } from '../../agents/agent.ts';
import { dqn } from '../../agents/dqn.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { studentQuantile } from '../../market/statistics/student-t.ts';
import { meanReverting } from '../../market/synthetic/candles.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { train } from '../../trainers/train.ts';

const NUM_SEEDS = Number(process.env.MEASURED_SEEDS ?? 6);

interface Case {
  readonly plugin: AgentPlugin;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly createEnv: (seed: number, part: 'train' | 'test') => Env;
  readonly episodes: number;
}

/** A buffer that is read as those of earlier states are: it keeps normalised numbers. */
function storeNormalized(agent: Agent): void {
  const { arrays, values } = agent.save();
  const { 'agent/progress/isRaw': _, ...others } = values;
  agent.load({ arrays, values: others });
}

function score({ plugin, settings, steps, createEnv, episodes }: Case, seed: number, whenDrawn: boolean) {
  const envs = createVectorEnv([createEnv(seed, 'train')]);
  const { observationSpace, actionSpace, numEnvs } = envs;
  const agent = plugin.build(
    { observationSpace, actionSpace, numEnvs, rng: createRng(`agent ${seed}`), totalSteps: steps },
    { ...settings, normalizeObservations: true, normalizeRewards: true },
  );
  if (!whenDrawn) storeNormalized(agent);
  train({ envs, agent, totalSteps: steps, seed });
  return evaluate(agent, createEnv(seed, 'test'), { episodes, seed: 1000 }).meanReturn;
}

const market = (seed: number, part: string) =>
  new TradingEnv({
    candles: meanReverting({
      rng: createRng(`market ${part} ${seed}`),
      length: 2000,
      reversionPerBar: 0.1,
      deviation: 0.08,
    }),
    seed,
    config: { episodeBars: 250, levels: [-1, 0, 1] },
  });

const CASES: [name: string, Case][] = [
  [
    'TD3, Pendulum, 4,000 steps',
    {
      plugin: td3 as AgentPlugin,
      settings: { hidden: [64, 64], batchSize: 128, learningRate: 1e-3 },
      steps: 4000,
      createEnv: (seed) => new Pendulum(seed),
      episodes: 20,
    },
  ],
  [
    'DQN, a mean-reverting market, 12,000 steps',
    {
      plugin: dqn as AgentPlugin,
      settings: { hidden: [32], learningRate: 1e-3, gamma: 0.95, targetUpdateEvery: 500 },
      steps: 12_000,
      createEnv: market,
      episodes: 20,
    },
  ],
];

test.each(CASES)('%s', (name, task) => {
  const seeds = Array.from({ length: NUM_SEEDS }, (_, i) => i + 1);
  const drawn = seeds.map((seed) => score(task, seed, true));
  const stored = seeds.map((seed) => score(task, seed, false));
  const differences = drawn.map((value, i) => value - stored[i]);
  const reach =
    (studentQuantile(0.975, NUM_SEEDS - 1) * standardDeviation(differences)) / Math.sqrt(NUM_SEEDS);
  console.log(
    `${name}, ${NUM_SEEDS} seeds: drawn ${mean(drawn).toFixed(3)}, stored ${mean(stored).toFixed(3)}, ` +
      `difference ${mean(differences).toFixed(3)} ± ${reach.toFixed(3)}; ` +
      `drawn ${drawn.map((x) => x.toFixed(2)).join(' ')}; stored ${stored.map((x) => x.toFixed(2)).join(' ')}`,
  );
  expect(mean(differences)).toBeGreaterThan(-Math.max(1e-9, 2 * reach));
});
