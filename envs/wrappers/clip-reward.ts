/** Keeps rewards within a range. */
import { EnvError } from '../../core/errors.ts';
import type { Env, StepResult } from '../env.ts';

/**
 * The env with rewards clipped to [low, high]; NaN and infinities stay what they are, so that they are found.
 * The wrapper has no state: saving, rendering, masks and closing are those of `env`.
 * @throws EnvError `invalid-range` unless low ≤ high
 */
export function clipReward<Info extends object>(env: Env<Info>, low: number, high: number): Env<Info> {
  if (!(low <= high)) {
    throw new EnvError('invalid-range', `A reward range needs low ≤ high, got ${low} and ${high}.`);
  }
  let result: StepResult<Info> | undefined;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    reset: (options) => env.reset(options),
    step(action) {
      const inner = env.step(action);
      result ??= { ...inner };
      result.observation = inner.observation;
      const reward = inner.reward;
      result.reward = Number.isFinite(reward) ? Math.min(high, Math.max(low, reward)) : reward;
      result.terminated = inner.terminated;
      result.truncated = inner.truncated;
      result.info = inner.info;
      return result;
    },
    render: env.render && (() => env.render!()),
    close: env.close && (() => env.close!()),
    save: env.save && (() => env.save!()),
    load: env.load && ((snapshot) => env.load!(snapshot)),
  };
}
