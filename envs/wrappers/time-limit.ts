/** Cuts episodes off after a number of steps. */
import { EnvError } from '../../core/errors.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Env, StepResult } from '../env.ts';

/**
 * The env with `truncated` true from the `maxSteps`-th step of an episode on. A step that terminates on the limit
 * is both. Saving, rendering, masks and closing work as they do on `env`.
 * @param maxSteps positive
 * @throws EnvError `invalid-limit` unless `maxSteps` is a positive whole number
 */
export function limitTime<Info extends object>(env: Env<Info>, maxSteps: number): Env<Info> {
  if (!Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new EnvError('invalid-limit', `A time limit is a positive whole number of steps, got ${maxSteps}.`);
  }
  let steps = 0;
  let result: StepResult<Info> | undefined;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    reset(options) {
      steps = 0;
      return env.reset(options);
    },
    step(action) {
      const inner = env.step(action);
      result ??= { ...inner };
      result.observation = inner.observation;
      result.reward = inner.reward;
      result.terminated = inner.terminated;
      result.truncated = ++steps >= maxSteps || inner.truncated;
      result.info = inner.info;
      return result;
    },
    render: env.render && (() => env.render!()),
    close: env.close && (() => env.close!()),
    save:
      env.save &&
      (() => {
        const limit: Snapshot = { arrays: {}, values: { steps } };
        return joinSnapshots({ env: env.save!(), limit });
      }),
    load:
      env.load &&
      ((snapshot) => {
        steps = restoreNumber(snapshotPart(snapshot, 'limit'), 'steps');
        env.load!(snapshotPart(snapshot, 'env'));
      }),
  };
}
