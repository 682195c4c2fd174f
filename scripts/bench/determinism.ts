/**
 * Trains every learning agent for a while on the portable kernels, or on the fused ones, with one, two and four threads, and
 * prints a hash of the weights of each: equal on every machine, Node version and number of threads.
 *
 *     node dist/scripts/bench/determinism.js [--steps 20000] [--kernels wasm-fma]
 *
 * One line an agent, name and hash. Exits with 1 when the number of threads changes a hash.
 */
import { parseArgs } from 'node:util';
import { a2c } from '../../agents/a2c.ts';
import type { AgentPlugin } from '../../agents/agent.ts';
import { ddpg } from '../../agents/ddpg.ts';
import { dqn } from '../../agents/dqn.ts';
import { ppo } from '../../agents/ppo.ts';
import { sac } from '../../agents/sac.ts';
import { td3 } from '../../agents/td3.ts';
import { createRng } from '../../core/rng.ts';
import { hashSnapshot } from '../../core/snapshot.ts';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';
import { train } from '../../trainers/train.ts';

const THREADS = [1, 2, 4];
const NUM_ENVS = 4;
const normalized = { normalizeObservations: true, normalizeRewards: true };
const onPolicy = { rolloutSteps: 128, minibatchSize: 256, epochs: 2, hidden: [64, 64] };
const stateDependent = { stateDependentExploration: true, resampleEvery: 4 };
/** 256 rows of 64 units are enough for single products to be divided among threads. */
const replay = { hidden: [64, 64], batchSize: 256, bufferSize: 5_000, learningStarts: 1_000, trainEvery: 64 };

const createTrading = (seed: number): Env =>
  new TradingEnv({ candles: geometricBrownian({ rng: createRng(7), length: 2_000 }), seed });
const createCartPole = (seed: number): Env => new CartPole(seed);
const createPendulum = (seed: number): Env => new Pendulum(seed);

/** Every learning agent on discrete and continuous actions where it takes both, with the options that change its sums. */
const CASES: readonly (readonly [
  name: string,
  plugin: AgentPlugin,
  createEnv: (seed: number) => Env,
  config: Record<string, unknown>,
])[] = [
  ['ppo, cartpole', ppo, createCartPole, onPolicy],
  ['ppo, pendulum, normalised', ppo, createPendulum, { ...onPolicy, ...normalized }],
  ['ppo, trading', ppo, createTrading, onPolicy],
  ['ppo, trading, lstm', ppo, createTrading, { ...onPolicy, network: 'lstm' }],
  ['ppo, pendulum, gru', ppo, createPendulum, { ...onPolicy, network: 'gru' }],
  ['ppo, pendulum, state-dependent', ppo, createPendulum, { ...onPolicy, ...stateDependent }],
  ['a2c, cartpole', a2c, createCartPole, {}],
  ['a2c, pendulum', a2c, createPendulum, normalized],
  ['dqn, cartpole', dqn, createCartPole, replay],
  [
    'dqn, cartpole, every option',
    dqn,
    createCartPole,
    { ...replay, double: true, dueling: true, prioritized: true, nSteps: 3 },
  ],
  ['ddpg, pendulum', ddpg, createPendulum, replay],
  ['td3, pendulum', td3, createPendulum, { ...replay, noise: 'ornstein-uhlenbeck' }],
  ['sac, pendulum', sac, createPendulum, replay],
  ['sac, pendulum, state-dependent', sac, createPendulum, { ...replay, ...stateDependent }],
  ['sac, cartpole', sac, createCartPole, replay],
];

function hashAfter(
  [, plugin, createEnv, config]: (typeof CASES)[number],
  backend: 'wasm' | 'wasm-fma',
  threads: number,
  totalSteps: number,
): string {
  const envs = createVectorEnv(Array.from({ length: NUM_ENVS }, (_, i) => createEnv(i)));
  const { observationSpace, actionSpace } = envs;
  const context = { observationSpace, actionSpace, numEnvs: NUM_ENVS, rng: createRng(1), totalSteps };
  const agent = plugin.build({ ...context, kernels: { backend, threads } }, config);
  train({ envs, agent, totalSteps, seed: 1 });
  return hashSnapshot(agent.save());
}

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '20000' }, kernels: { type: 'string', default: 'wasm' } },
});
const backend = values.kernels === 'wasm-fma' ? 'wasm-fma' : 'wasm';
for (const agentCase of CASES) {
  const [name] = agentCase;
  const hashes = THREADS.map((threads) => hashAfter(agentCase, backend, threads, Number(values.steps)));
  process.stdout.write(`${name}: ${hashes[0]}\n`);
  hashes.forEach((hash, i) => {
    if (hash === hashes[0]) return;
    process.stderr.write(`${name}: with ${THREADS[i]} threads ${hash}, with ${THREADS[0]} ${hashes[0]}\n`);
    process.exitCode = 1;
  });
}
