/** How fast single envs step, resets included. */
import { createRng } from '../core/rng.ts';
import { ArbitrageEnv } from '../envs/arbitrage.ts';
import { SYNTHETIC_MARKET } from '../envs/arbitrage-synthetic.ts';
import { CartPole } from '../envs/cartpole.ts';
import type { Env } from '../envs/env.ts';
import { TradingEnv } from '../envs/trading.ts';
import { geometricBrownian } from '../market/synthetic.ts';
import { SyntheticVenues } from '../market/synthetic-venues.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';

export const envBenchmarks: readonly Benchmark[] = [
  {
    name: 'env.trading.steps_per_s',
    unit: 'steps/s',
    measure() {
      const candles = geometricBrownian({ rng: createRng(1), length: 20_000 });
      return stepsPerSecond(new TradingEnv({ candles, seed: 1 }), uniformActions(3), 500_000);
    },
  },
  {
    // Two venues of five levels, a decision at every event; one in a hundred is not to hold.
    name: 'env.arbitrage.steps_per_s',
    unit: 'steps/s',
    measure() {
      const market = new SyntheticVenues({ ...SYNTHETIC_MARKET, events: 60_000, depth: 5 });
      const env = new ArbitrageEnv({ books: market.generate(createRng(1)), seed: 1 });
      const numActions = env.actionSpace.kind === 'discrete' ? env.actionSpace.n : 1;
      const rng = createRng(3);
      const actions = Int32Array.from({ length: 4096 }, () =>
        rng.uniform() < 0.01 ? rng.integer(numActions) : 0,
      );
      return stepsPerSecond(env, actions, 500_000);
    },
  },
  {
    name: 'env.cartpole.steps_per_s',
    unit: 'steps/s',
    measure: () => stepsPerSecond(new CartPole(1), uniformActions(2), 2_000_000),
  },
];

function uniformActions(numActions: number): Int32Array {
  const rng = createRng(2);
  return Int32Array.from({ length: 4096 }, () => rng.integer(numActions));
}

function stepsPerSecond(env: Env, actions: Int32Array, steps: number): number {
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
