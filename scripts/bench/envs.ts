/** How fast single envs step, resets included. */
import { createRng } from '../../core/rng.ts';
import { SYNTHETIC_MARKET } from '../../envs/arbitrage/synthetic.ts';
import { ArbitrageEnv } from '../../envs/arbitrage.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { ComboEnv, syntheticLegs } from '../../envs/combo-arbitrage.ts';
import { CARRY } from '../../envs/combos/kinds.ts';
import type { Env } from '../../envs/env.ts';
import { PerpTradingEnv } from '../../envs/perp-trading.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { createWorkerVectorEnv } from '../../envs/vector/worker-vector-env.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { SyntheticVenues } from '../../market/synthetic/venues.ts';
import { type Benchmark, secondsPer } from './benchmark.ts';
import { createEnv } from './costly-env.ts';

/** Multiply-adds of a costly step: about a millisecond. */
const COSTLY_WORK = 300_000;

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
  // After the others: what a process has run before decides how fast V8 makes what follows.
  {
    name: 'env.perp.steps_per_s',
    unit: 'steps/s',
    measure() {
      const candles = geometricBrownian({ rng: createRng(1), length: 20_000 });
      const config = { instrument: 'perpetual', funding: 'synthetic' } as const;
      return stepsPerSecond(new PerpTradingEnv({ candles, seed: 1, config }), uniformActions(3), 500_000);
    },
  },
  {
    // Spot and perpetual, a decision after a book of both; one in a hundred is not to hold.
    name: 'env.carry.steps_per_s',
    unit: 'steps/s',
    measure() {
      const markets = syntheticLegs(CARRY, { steps: 20_000 })(createRng(1));
      // A decision after a book of each market, whatever a user's default is: the row goes on measuring what it did.
      const config = { actions: 'trades', decisionMs: 0 } as const;
      const env = new ComboEnv({ kind: CARRY, markets, seed: 1, config });
      const rng = createRng(3);
      const actions = Int32Array.from({ length: 4096 }, () =>
        rng.uniform() < 0.01 ? rng.integer(env.actionSpace.n) : 0,
      );
      return stepsPerSecond(env, actions, 500_000);
    },
  },
  ...[0, 2].flatMap((workers): Benchmark[] =>
    Object.entries({ cheap: 0, costly: COSTLY_WORK }).map(([cost, work]) => ({
      name: `envs.${cost}${workers > 0 ? `.workers${workers}` : ''}.steps_per_s`,
      unit: 'steps/s',
      measure: () => vectorStepsPerSecond(workers, work),
    })),
  ),
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

/** Eight envs together, in this thread or in workers. */
function vectorStepsPerSecond(workers: number, work: number): number {
  const numEnvs = 8;
  const module = new URL(`costly-env${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const envs =
    workers === 0
      ? createVectorEnv(Array.from({ length: numEnvs }, (_, i) => createEnv(i, work)))
      : createWorkerVectorEnv({ module, argument: work, numEnvs, workers });
  envs.reset(1);
  const rng = createRng(2);
  const actions = Int32Array.from({ length: numEnvs }, () => rng.integer(2));
  const seconds = secondsPer(work > 0 ? 50 : 5_000, () => {
    actions[rng.integer(numEnvs)] ^= 1;
    envs.step(actions);
  });
  envs.close();
  return numEnvs / seconds;
}
