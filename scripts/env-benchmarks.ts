/** How fast single envs step, resets included. */
import { createRng } from '../core/rng.ts';
import { CartPole } from '../envs/cartpole.ts';
import type { Env } from '../envs/env.ts';
import { TradingEnv } from '../envs/trading.ts';
import { geometricBrownian } from '../market/synthetic.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';

export const envBenchmarks: readonly Benchmark[] = [
  {
    name: 'env.trading.steps_per_s',
    unit: 'steps/s',
    measure() {
      const candles = geometricBrownian({ rng: createRng(1), length: 20_000 });
      return stepsPerSecond(new TradingEnv({ candles, seed: 1 }), 3, 500_000);
    },
  },
  {
    name: 'env.cartpole.steps_per_s',
    unit: 'steps/s',
    measure: () => stepsPerSecond(new CartPole(1), 2, 2_000_000),
  },
];

function stepsPerSecond(env: Env, numActions: number, steps: number): number {
  const rng = createRng(2);
  const actions = Int32Array.from({ length: 4096 }, () => rng.integer(numActions));
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
