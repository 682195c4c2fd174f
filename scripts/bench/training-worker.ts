/** A thread that trains PPO on CartPole until it is ended: the candidate in the background of a live session. */
import { parentPort } from 'node:worker_threads';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { PPO_CARTPOLE } from '../../experiments/zoo-settings.ts';
import { train } from '../../trainers/train.ts';

const { numEnvs, config } = PPO_CARTPOLE;
const STEPS = 4096;

for (let seed = 1; ; seed++) {
  const envs = createVectorEnv(Array.from({ length: numEnvs }, (_, i) => new CartPole(i)));
  const { observationSpace, actionSpace } = envs;
  const context = { observationSpace, actionSpace, numEnvs, rng: createRng(seed), totalSteps: STEPS };
  train({ envs, agent: ppo.build(context, config), totalSteps: STEPS, seed });
  parentPort?.postMessage(seed * STEPS);
}
