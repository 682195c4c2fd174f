/** Turns any drawn action into one that an env's mask allows. */
import { type Action, type ActionBatch, type ActionSpace, actionDim } from './spaces.ts';

/** The number of choices of each component. */
export function choiceSizes(space: ActionSpace): readonly number[] {
  if (space.kind === 'discrete') return [space.n];
  return space.kind === 'multi-discrete' ? Array.from(space.sizes) : [];
}

/**
 * Each choice moved on to the next one that is allowed, so that the same draws give the same actions.
 * @param action not kept, not changed
 * @param mask 1 or 0 per choice, with some 1 in each component; absent: everything is allowed
 * @returns a copy, where it is no number
 */
export function allowedAction(action: Action, space: ActionSpace, mask: Uint8Array | undefined): Action {
  if (mask === undefined || space.kind === 'box') return typeof action === 'number' ? action : action.slice();
  const choices = typeof action === 'number' ? [action] : action.slice();
  let offset = 0;
  for (const [c, size] of choiceSizes(space).entries()) {
    while (mask[offset + choices[c]] === 0) choices[c] = (choices[c] + 1) % size;
    offset += size;
  }
  return typeof action === 'number' ? choices[0] : (choices as Action);
}

/** A copy of the i-th action of a batch, as `step` takes it. */
export function actionAt(actions: ActionBatch, space: ActionSpace, i: number): Action {
  if (space.kind === 'discrete') return actions[i];
  const dim = actionDim(space);
  return actions.slice(i * dim, (i + 1) * dim);
}
