/** Shows an agent a part of what can be observed. */
import { EnvError } from '../../core/errors.ts';
import type { Env, ResetResult, StepResult } from '../env.ts';
import { createBox } from '../spaces.ts';

/**
 * The env with the elements `indices` of its observations alone, in that order, as a flat vector. A group of elements
 * remains where all of it is selected, since a part of it may not be read for the whole. The wrapper has no state: saving, rendering, masks and closing are those of `env`.
 * @param indices at least one, of the flat observation
 * @throws EnvError `invalid-selection` for an empty selection, or an index that is not one of an element
 */
export function selectObservations<Info extends object>(
  env: Env<Info>,
  indices: readonly number[],
): Env<Info> {
  const { dim, low, high, names, groups } = env.observationSpace;
  if (indices.length === 0 || !indices.every((i) => Number.isInteger(i) && i >= 0 && i < dim)) {
    throw new EnvError(
      'invalid-selection',
      `Of observations with ${dim} elements, those with the indices [${indices.join(', ')}] cannot be selected; ` +
        `name at least one from 0 to ${dim - 1}.`,
    );
  }
  const pick = (values: ArrayLike<number>): number[] => indices.map((i) => values[i]);
  const observationSpace = createBox(
    [indices.length],
    pick(low),
    pick(high),
    names && indices.map((i) => names[i]),
    undefined,
    groups
      ?.filter(({ elements }) => elements.every((i) => indices.includes(i)))
      .map((group) => ({ ...group, elements: group.elements.map((i) => indices.indexOf(i)) })),
  );
  const observation = new Float32Array(indices.length);
  let resetResult: ResetResult<Info> | undefined;
  let stepResult: StepResult<Info> | undefined;

  function select(whole: Float32Array): Float32Array {
    for (let i = 0; i < indices.length; i++) observation[i] = whole[indices[i]];
    return observation;
  }

  return {
    observationSpace,
    actionSpace: env.actionSpace,
    actionMask: env.actionMask && (() => env.actionMask!()),
    reset(options) {
      const inner = env.reset(options);
      resetResult ??= { ...inner };
      resetResult.observation = select(inner.observation);
      resetResult.info = inner.info;
      return resetResult;
    },
    step(action) {
      const inner = env.step(action);
      stepResult ??= { ...inner };
      stepResult.observation = select(inner.observation);
      stepResult.reward = inner.reward;
      stepResult.terminated = inner.terminated;
      stepResult.truncated = inner.truncated;
      stepResult.info = inner.info;
      return stepResult;
    },
    render: env.render && (() => env.render!()),
    close: env.close && (() => env.close!()),
    save: env.save && (() => env.save!()),
    load: env.load && ((snapshot) => env.load!(snapshot)),
  };
}
