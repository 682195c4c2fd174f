/** Allocates the arrays of a step of N envs in memory that threads share. */
import type { Env } from '../env.ts';
import { type ActionBatch, actionDim, numChoices } from '../spaces.ts';

// N: envs, of all workers. D: numbers per observation. A: numbers per action. K: choices.

/** In shared memory: every worker writes the rows of its own envs. */
export interface SharedBatch {
  /** [N, D], the two take turns, so that what was acted on outlives the step. */
  readonly observations: readonly [Float32Array, Float32Array];
  /** [N, D] */
  readonly nextObservations: Float32Array;
  /** [N, A] */
  readonly actions: ActionBatch;
  /** [N] */
  readonly rewards: Float32Array;
  /** [N] */
  readonly terminated: Uint8Array;
  /** [N] */
  readonly truncated: Uint8Array;
  /** [N] */
  readonly episodeStarts: Uint8Array;
  /** [N, K] */
  readonly masks?: readonly [Uint8Array, Uint8Array];
  /** [N, K] */
  readonly nextMasks?: Uint8Array;
}

export function createSharedBatch(
  numEnvs: number,
  { observationSpace, actionSpace }: Pick<Env, 'observationSpace' | 'actionSpace'>,
  hasMasks: boolean,
): SharedBatch {
  const floats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
  const bytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
  const numNumbers = numEnvs * observationSpace.dim;
  const numActions = numEnvs * actionDim(actionSpace);
  const masks = (): Uint8Array => bytes(numEnvs * numChoices(actionSpace));
  return {
    observations: [floats(numNumbers), floats(numNumbers)],
    nextObservations: floats(numNumbers),
    actions:
      actionSpace.kind === 'box' ? floats(numActions) : new Int32Array(new SharedArrayBuffer(4 * numActions)),
    rewards: floats(numEnvs),
    terminated: bytes(numEnvs),
    truncated: bytes(numEnvs),
    episodeStarts: bytes(numEnvs),
    ...(hasMasks && { masks: [masks(), masks()], nextMasks: masks() }),
  };
}
