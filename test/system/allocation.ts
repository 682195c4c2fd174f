/** Prints how many bytes a million steps of one env allocate: run by allocation.test.ts in a process of its own. */
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { PerpTradingEnv } from '../../envs/perp-trading.ts';
import { createActionBatch, sampleActionsInto } from '../../envs/spaces.ts';
import { TradingEnv, type TradingEnvOptions } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';

type Walk = (numSteps: number) => void;

const NUM_STEPS = 1_000_000;
const candles = geometricBrownian({ rng: createRng(1), length: 20_000 });

function createTrading(config: TradingEnvOptions['config'] = {}): TradingEnv {
  return new TradingEnv({ candles, config: { borrowRatePerYear: 0.1, ...config } });
}

function createPerpetual(config: TradingEnvOptions['config'] = {}): PerpTradingEnv {
  return new PerpTradingEnv({ candles, config: { funding: 'synthetic', ...config } });
}

function single(env: Env): Walk {
  const batch = createActionBatch(env.actionSpace, 4096);
  sampleActionsInto(batch, env.actionSpace, createRng(2));
  const actions =
    env.actionSpace.kind === 'discrete'
      ? Array.from(batch)
      : Array.from(batch, (_, i) => batch.subarray(i, i + 1));
  let i = 0;
  env.reset();
  return (numSteps) => {
    for (let step = 0; step < numSteps; step++) {
      const { terminated, truncated } = env.step(actions[i++ & 4095]);
      if (terminated || truncated) env.reset();
    }
  };
}

function vector(envs: Env[]): Walk {
  const env = createVectorEnv(envs);
  const batches = Array.from({ length: 64 }, (_, seed) => {
    const batch = createActionBatch(env.actionSpace, env.numEnvs);
    sampleActionsInto(batch, env.actionSpace, createRng(seed));
    return batch;
  });
  let i = 0;
  env.reset();
  return (numSteps) => {
    for (let step = 0; step < numSteps; step += env.numEnvs) env.step(batches[i++ & 63]);
  };
}

const walks: Record<string, () => Walk> = {
  trading: () => single(createTrading()),
  'trading with continuous actions': () => single(createTrading({ actions: 'continuous', maxLeverage: 3 })),
  'trading with slippage and impact': () =>
    single(createTrading({ slippageRate: 0.0005, impactCoefficient: 0.3 })),
  'trading at the close': () => single(createTrading({ execution: 'close' })),
  'trading for the differential Sharpe ratio': () => single(createTrading({ reward: 'differential-sharpe' })),
  'trading with a drawdown penalty': () => single(createTrading({ reward: 'drawdown-penalised' })),
  perpetual: () => single(createPerpetual()),
  'perpetual with isolated margin': () => single(createPerpetual({ marginMode: 'isolated', maxLeverage: 3 })),
  'a vector of 8 trading envs': () => vector(Array.from({ length: 8 }, () => createTrading())),
  cartpole: () => single(new CartPole(1)),
  pendulum: () => single(new Pendulum(1)),
};

const walk = walks[process.argv[2]]();
walk(NUM_STEPS);
globalThis.gc!();
// The least of three: the compiler may still be at work in the first.
let least = Infinity;
for (let round = 0; round < 3; round++) {
  const before = process.memoryUsage().heapUsed;
  walk(NUM_STEPS);
  const used = process.memoryUsage().heapUsed - before;
  // A collection on the way makes a round useless.
  if (used >= 0) least = Math.min(least, used);
}
console.log(JSON.stringify(least));
