/** Envs for a benchmark of env workers: CartPole, and the same with a fixed amount of work in every step. */
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';

/** @param argument multiply-adds of a step beside its own */
export function createEnv(index: number, argument: unknown): Env {
  const env = new CartPole(index);
  const work = argument as number;
  let x = 0.5;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (options) => env.reset(options),
    step(action) {
      for (let i = 0; i < work; i++) x = x * 0.999 + 0.001;
      const result = env.step(action as number);
      // Added so that the loop has a result that is used; it changes nothing.
      result.reward += 0 * x;
      return result;
    },
  };
}
