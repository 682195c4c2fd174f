/** Lets an agent's decisions come late. */
import { EnvError } from '../../core/errors.ts';
import { allowedAction } from '../allowed-action.ts';
import type { Env } from '../env.ts';
import type { Action } from '../spaces.ts';

/**
 * The env with each action taken `steps` steps later than it was decided; until the first one arrives nothing is held: the choice whose
 * exposure is nearest to 0, or a box's value nearest to 0. Where the mask forbids what arrives, an action that it allows is taken. Not to be saved.
 * @param steps ≥ 0
 * @throws EnvError `invalid-delay`
 */
export function delayActions<Info extends object>(env: Env<Info>, steps: number): Env<Info> {
  if (!(Number.isInteger(steps) && steps >= 0)) {
    throw new EnvError('invalid-delay', `Actions are delayed by a whole number of steps, got ${steps}.`);
  }
  if (steps === 0) return env;
  const { actionSpace } = env;
  let waiting: Action[] = [];
  return {
    observationSpace: env.observationSpace,
    actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    reset(options) {
      waiting = Array.from({ length: steps }, () => idleAction(env));
      return env.reset(options);
    },
    step(action) {
      waiting.push(typeof action === 'number' ? action : action.slice());
      return env.step(allowedAction(waiting.shift()!, actionSpace, env.actionMask?.()));
    },
    render: env.render && (() => env.render!()),
    close: env.close && (() => env.close!()),
  };
}

function idleAction({ actionSpace: space }: Pick<Env, 'actionSpace'>): Action {
  if (space.kind === 'box') {
    return Float32Array.from(space.low, (low, i) => Math.max(low, Math.min(0, space.high[i])));
  }
  if (space.kind === 'multi-discrete') return new Int32Array(space.sizes.length);
  const { values } = space;
  if (values === undefined) return 0;
  return values.reduce((best, value, i) => (Math.abs(value) < Math.abs(values[best]) ? i : best), 0);
}
