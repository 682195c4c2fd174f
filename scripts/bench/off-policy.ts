/** How fast the off-policy agents train, with the RL Zoo's settings for Pendulum. */
import type { AgentPlugin } from '../../agents/agent.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import type { KernelOptions } from '../../networks/kernels/kernels.ts';
import { Training } from '../../trainers/train.ts';
import { type Benchmark, ifBlasFound } from './benchmark.ts';

const TOTAL_STEPS = 20_000;

/** Learning steps that are timed, and those before them that are not: every one does the same work. */
const TIMED_STEPS = 500;
const WARM_UP_STEPS = 100;

const DETERMINISTIC = {
  learningRate: 1e-3,
  gamma: 0.98,
  bufferSize: 200_000,
  learningStarts: 10_000,
  noiseDeviation: 0.1,
};
const RUNS: readonly (readonly [plugin: AgentPlugin, config: Readonly<Record<string, number>>])[] = [
  [ddpg, DETERMINISTIC],
  [td3, DETERMINISTIC],
  // Learning begins with the first full batch.
  [sac, { learningRate: 1e-3, learningStarts: 256 }],
];

/** With the products of OpenBLAS on one thread and on two, NaN where it is missing, and with the portable ones. */
export const offPolicyBenchmarks: readonly Benchmark[] = RUNS.flatMap(([plugin, config]) => [
  {
    name: `${plugin.name}.pendulum.steps_per_s`,
    unit: 'steps/s',
    measure: () => ifBlasFound(() => measure(plugin, config, { backend: 'blas' })),
  },
  {
    name: `${plugin.name}.blas.threads2.pendulum.steps_per_s`,
    unit: 'steps/s',
    measure: () => ifBlasFound(() => measure(plugin, config, { backend: 'blas', threads: 2 })),
  },
  {
    name: `${plugin.name}.wasm.pendulum.steps_per_s`,
    unit: 'steps/s',
    measure: () => measure(plugin, config, {}),
  },
]);

/** Env steps per second of a whole run, training included: from its random steps and some of those that learn. */
function measure(
  plugin: AgentPlugin,
  config: Readonly<Record<string, number>>,
  kernels: KernelOptions,
): number {
  const { learningStarts } = config;
  const envs = createVectorEnv([new Pendulum(1)]);
  const { observationSpace, actionSpace } = envs;
  const rng = createRng(1);
  const context = { observationSpace, actionSpace, numEnvs: 1, rng, totalSteps: TOTAL_STEPS, kernels };
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
