/** Checks what every vector env makes sure of, wherever its envs are stepped. */
import { EnvError } from '../../core/errors.ts';
import type { Env } from '../env.ts';
import { type ActionBatch, type ActionSpace, describeSpace } from '../spaces.ts';

export type Spaces = Pick<Env, 'observationSpace' | 'actionSpace'>;

/** @throws EnvError `no-envs` */
export function requireSomeEnvs(count: number): void {
  if (count < 1) throw new EnvError('no-envs', 'A vector env needs at least one env, got none.');
}

/** @throws EnvError `not-reset` */
export function requireReset(isReset: boolean): void {
  if (!isReset) throw new EnvError('not-reset', 'The envs were stepped before their first reset.');
}

/**
 * Copies the actions of all envs.
 * @param target [N, A]
 * @throws EnvError `invalid-action` for another length or element type than the target's
 */
export function takeActionsInto(
  target: ActionBatch,
  actions: ActionBatch,
  numEnvs: number,
  space: ActionSpace,
): void {
  if (actions.length !== target.length || actions.constructor !== target.constructor) {
    throw new EnvError(
      'invalid-action',
      `${numEnvs} envs with actions ${describeSpace(space)} take ` +
        `${target.constructor.name}[${target.length}], got ${actions.constructor.name}[${actions.length}].`,
    );
  }
  target.set(actions);
}

/** Why the envs cannot be saved. */
export function cannotSave(envIndex: number): EnvError {
  return new EnvError(
    'cannot-save',
    `Env ${envIndex} has no save() and load(), so the state of these envs cannot be stored.`,
  );
}

/**
 * @param indexOf the number of the env at a place of the list
 * @throws EnvError `unequal-spaces`
 */
export function requireEqualSpaces(
  envs: readonly Spaces[],
  indexOf = (place: number): number => place,
): void {
  const [first] = envs;
  envs.forEach((env, place) => {
    for (const field of ['observationSpace', 'actionSpace'] as const) {
      if (!equalSpaces(first[field], env[field])) {
        throw new EnvError(
          'unequal-spaces',
          `Envs ${indexOf(0)} and ${indexOf(place)} differ in ${field}: ${describeSpace(first[field])} and ${describeSpace(env[field])}` +
            '; envs stepped together need equal spaces, with equal bounds, values and names.',
        );
      }
    }
  });
}

function equalSpaces(a: ActionSpace, b: ActionSpace): boolean {
  if (a.kind === 'discrete' && b.kind === 'discrete') return a.n === b.n && equalLists(a.values, b.values);
  if (a.kind === 'multi-discrete' && b.kind === 'multi-discrete') return equalLists(a.sizes, b.sizes);
  if (a.kind === 'box' && b.kind === 'box') {
    return (
      (['shape', 'low', 'high', 'names'] as const).every((field) => equalLists(a[field], b[field])) &&
      a.window?.rows === b.window?.rows &&
      a.window?.columns === b.window?.columns
    );
  }
  return false;
}

type List = ArrayLike<number> | ArrayLike<string>;

function equalLists(a: List = [], b: List = []): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (element, i) => element === b[i]);
}
