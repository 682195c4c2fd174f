/** What is measured, and how: every value the median of several rounds, after a warm-up. */

import { createPolicyHead } from '../agents/policy-head.ts';
import { ppo } from '../agents/ppo.ts';
import { PpoLoss } from '../agents/ppo-loss.ts';
import { createRng } from '../core/rng.ts';
import { median } from '../core/statistics.ts';
import { CartPole } from '../envs/cartpole.ts';
import { createDiscrete } from '../envs/spaces.ts';
import { TradingEnv } from '../envs/trading.ts';
import { createVectorEnv } from '../envs/vector-env.ts';
import { geometricBrownian } from '../market/synthetic.ts';
import { createKernels } from '../networks/kernels.ts';
import { createMlp } from '../networks/mlp.ts';
import { clipGradientNorm, createAdam } from '../networks/optimizer.ts';
import { train } from '../trainers/train.ts';
import { PPO_CARTPOLE } from './zoo-settings.ts';

export interface Benchmark {
  readonly name: string;
  readonly unit: string;
  measure(): number;
}

const ROUNDS = 7;

export const benchmarks: readonly Benchmark[] = [
  { name: 'calibration', unit: 'ms', measure: () => secondsPer(1, calibration, 1) * 1000 },
  { name: 'env.trading.steps_per_s', unit: 'steps/s', measure: measureTradingEnv },
  { name: 'env.cartpole.steps_per_s', unit: 'steps/s', measure: measureCartPole },
  { name: 'kernel.gemm_gflops.64x64x64', unit: 'GFLOP/s', measure: () => measureProduct(64) },
  { name: 'kernel.gemm_gflops.256x256x256', unit: 'GFLOP/s', measure: () => measureProduct(256) },
  { name: 'ppo.update64_ms', unit: 'ms', measure: measurePpoUpdate },
  { name: 'ppo.cartpole.steps_per_s', unit: 'steps/s', measure: measurePpoOnCartPole },
];

/** Median seconds of one call, over rounds of `calls` calls each, the first round left out. */
function secondsPer(calls: number, run: () => void, rounds = ROUNDS): number {
  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    seconds.push((performance.now() - start) / 1000 / calls);
  }
  return median(seconds.slice(1));
}

/** A fixed loop of dependent scalar additions, multiplications and integer steps, so that machines can be compared. */
function calibration(): void {
  let x = 0.5;
  let state = 1;
  for (let i = 0; i < 50_000_000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    x = x * 0.999 + (state & 1);
  }
  if (!(x > 0)) throw new Error('The calibration loop was optimised away.');
}

function measureTradingEnv(): number {
  const candles = geometricBrownian({ rng: createRng(1), length: 20_000 });
  const env = new TradingEnv({ candles, seed: 1 });
  const rng = createRng(2);
  const actions = Int32Array.from({ length: 4096 }, () => rng.integer(3));
  const steps = 500_000;
  env.reset();
  let i = 0;
  const run = (): void => {
    for (let n = 0; n < steps; n++) {
      const result = env.step(actions[i++ & 4095]);
      if (result.terminated || result.truncated) env.reset();
    }
  };
  return steps / secondsPer(1, run);
}

function measureCartPole(): number {
  const env = new CartPole(1);
  const rng = createRng(2);
  const actions = Int32Array.from({ length: 4096 }, () => rng.integer(2));
  const steps = 2_000_000;
  env.reset();
  let i = 0;
  const run = (): void => {
    for (let n = 0; n < steps; n++) {
      const result = env.step(actions[i++ & 4095]);
      if (result.terminated || result.truncated) env.reset();
    }
  };
  return steps / secondsPer(1, run);
}

function measureProduct(size: number): number {
  const kernels = createKernels();
  const rng = createRng(1);
  const random = (): Float32Array => kernels.allocate(size * size).map(() => rng.gaussian());
  const [a, b, c] = [0, 1, 2].map(() => kernels.allocate(size * size));
  a.set(random());
  b.set(random());
  const calls = Math.ceil(2e8 / size ** 3);
  const seconds = secondsPer(calls, () => kernels.multiply(a, b, c, size, size, size, false));
  return (2 * size ** 3) / seconds / 1e9;
}

/** One minibatch of 64 rows: two 32-64-64 tanh nets, three actions, loss, backward, clipping and Adam. */
function measurePpoUpdate(): number {
  const size = 64;
  const inputDim = 32;
  const kernels = createKernels();
  const rng = createRng(1);
  const head = createPolicyHead(kernels, createDiscrete(3), 0);
  const body = { inputDim, hidden: [64, 64], activation: 'tanh', init: 'orthogonal', rng } as const;
  const policy = createMlp(kernels, { ...body, outputDim: 3, outputScale: 0.01 });
  const critic = createMlp(kernels, { ...body, outputDim: 1, outputScale: 1 });
  const config = {
    normalizeAdvantages: true,
    entropyCoefficient: 0.01,
    valueCoefficient: 0.5,
    valueClipRange: 0,
  };
  const loss = new PpoLoss({ policy, critic, head }, config, size, kernels);
  const blocks = [policy, critic];
  const optimizer = createAdam(kernels, blocks, { epsilon: 1e-5 });
  const gaussians = (length: number): Float32Array => Float32Array.from({ length }, () => rng.gaussian());
  const observations = kernels.allocate(size * inputDim);
  observations.set(gaussians(size * inputDim));
  const minibatch = {
    size,
    observations,
    actions: Int32Array.from({ length: size }, () => rng.integer(3)),
    oldLogProbs: new Float32Array(size).fill(-1.0986123),
    oldValues: new Float32Array(size),
    advantages: gaussians(size),
    returns: gaussians(size),
  };
  const update = (): void => {
    loss.accumulateGradients(minibatch, 0.2);
    clipGradientNorm(kernels, blocks, 0.5);
    optimizer.step(1e-5);
  };
  return secondsPer(1000, update) * 1000;
}

/** The Zoo's settings, training included. */
function measurePpoOnCartPole(): number {
  const totalSteps = 40_960;
  const { numEnvs, config } = PPO_CARTPOLE;
  const run = (): void => {
    const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => new CartPole(i)));
    const { observationSpace, actionSpace } = envs;
    const agent = ppo.build(
      { observationSpace, actionSpace, numEnvs, rng: createRng(1), totalSteps },
      config,
    );
    train({ envs, agent, totalSteps, seed: 1 });
  };
  return totalSteps / secondsPer(1, run, 3);
}
