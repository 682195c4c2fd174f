/** How fast the off-policy agents train, with the RL Zoo's settings for Pendulum. */
import type { AgentPlugin } from '../agents/agent.ts';
import { ddpg } from '../agents/ddpg.ts';
import { sac } from '../agents/sac.ts';
import { td3 } from '../agents/td3.ts';
import { createRng } from '../core/rng.ts';
import { Pendulum } from '../envs/pendulum.ts';
import { createVectorEnv } from '../envs/vector-env.ts';
import { Training } from '../trainers/train.ts';
import type { Benchmark } from './benchmarks.ts';

const TOTAL_STEPS = 20_000;

/** Learning steps that are timed, and those before them that are not: every one does the same work. */
const TIMED_STEPS = 500;
const WARM_UP_STEPS = 100;

const DETERMINISTIC = { learningRate: 1e-3, gamma: 0.98, bufferSize: 200_000, noiseDeviation: 0.1 };

export const offPolicyBenchmarks: readonly Benchmark[] = [
  {
    name: 'ddpg.pendulum.steps_per_s',
    unit: 'steps/s',
    measure: () => measure(ddpg, { ...DETERMINISTIC, learningStarts: 10_000 }),
  },
  {
    name: 'td3.pendulum.steps_per_s',
    unit: 'steps/s',
    measure: () => measure(td3, { ...DETERMINISTIC, learningStarts: 10_000 }),
  },
  {
    name: 'sac.pendulum.steps_per_s',
    unit: 'steps/s',
    // Learning begins with the first full batch.
    measure: () => measure(sac, { learningRate: 1e-3, learningStarts: 256 }),
  },
];

/** Env steps per second of a whole run, training included: from its random steps and some of those that learn. */
function measure(plugin: AgentPlugin, config: Readonly<Record<string, number>>): number {
  const { learningStarts } = config;
  const envs = createVectorEnv([new Pendulum(1)]);
  const { observationSpace, actionSpace } = envs;
  const rng = createRng(1);
  const context = { observationSpace, actionSpace, numEnvs: 1, rng, totalSteps: TOTAL_STEPS };
  // A report at every step makes `advance` stop there.
  const agent = plugin.build(context, { ...config, metricsEvery: 1 });
  const training = new Training({ envs, agent, totalSteps: TOTAL_STEPS, seed: 1 });
  const randomSeconds = secondsUntil(training, learningStarts);
  secondsUntil(training, learningStarts + WARM_UP_STEPS);
  const timedSeconds = secondsUntil(training, learningStarts + WARM_UP_STEPS + TIMED_STEPS);
  const learningSeconds = (timedSeconds / TIMED_STEPS) * (TOTAL_STEPS - learningStarts);
  return TOTAL_STEPS / (randomSeconds + learningSeconds);
}

function secondsUntil(training: Training, step: number): number {
  const start = performance.now();
  while (training.step < step) training.advance();
  return (performance.now() - start) / 1000;
}
