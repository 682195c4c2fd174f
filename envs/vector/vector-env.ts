/** Steps N envs as one, into batch arrays, restarting each env in the same step in which its episode ends. */

import { EnvError } from '../../core/errors.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Env } from '../env.ts';
import {
  type Action,
  type ActionBatch,
  type ActionSpace,
  actionDim,
  type Box,
  createActionBatch,
  numChoices,
} from '../spaces.ts';
import type { StepContext, TransitionBatch } from '../transition.ts';
import { cannotSave, requireEqualSpaces, requireReset, requireSomeEnvs, takeActionsInto } from './checks.ts';

// N: envs. D: numbers per observation. A: numbers per action.

/** An episode that has ended. */
export interface FinishedEpisode {
  readonly envIndex: number;
  /** Sum of the episode's rewards, undiscounted. */
  readonly return: number;
  /** Steps. */
  readonly length: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  /** A shallow copy of the last step's info. */
  readonly info: object;
}

/**
 * N envs stepped together. All arrays are allocated once; `transition` and what is in it stay valid until the
 * next `step`, `reset` or `load`.
 */
export interface VectorEnv extends Snapshotable {
  readonly numEnvs: number;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  /** [N, D], what to act on next; for an env whose episode just ended, the first of its next episode. */
  readonly observations: Float32Array;
  /** What `Agent.act` may need to know beside `observations`: beginnings of episodes, and masks if the envs have them. */
  readonly stepContext: StepContext;
  /** The last step, as `Agent.observe` takes it. Its `observations` are those that were acted on. */
  readonly transition: TransitionBatch;
  /** [N, D], what the last step led to; at an episode's end its last observation, never the reset one. */
  readonly nextObservations: Float32Array;
  /** [N] */
  readonly rewards: Float32Array;
  /** [N] */
  readonly terminated: Uint8Array;
  /** [N] */
  readonly truncated: Uint8Array;
  /** [N], the last step's info (after `reset`, the reset's); at an episode's end, a shallow copy of its last. */
  readonly infos: readonly object[];
  /** Episodes that ended in the last step, in the order of the envs: empty after most steps. */
  readonly finishedEpisodes: readonly FinishedEpisode[];
  /** Steps of all envs together since construction. */
  readonly totalSteps: number;
  /** Whether every env has `save` and `load`. */
  readonly canSave: boolean;
  /**
   * Begins a new episode in every env.
   * @param seed env i is reset with `seed + i`; without it, each env goes on with the randomness it has
   * @returns `observations`
   */
  reset(seed?: number): Float32Array;
  /**
   * @param actions Int32Array [N] or [N, A] for discrete spaces, Float32Array [N, A] for boxes; copied
   * @returns `transition`
   * @throws EnvError `invalid-action` for another length or element type, `not-reset` before the first reset,
   *   `non-finite` for a reward or observation that is NaN or infinite, naming env, step and element
   */
  step(actions: ActionBatch): TransitionBatch;
  /** @throws EnvError `cannot-save` when an env has no `save` or no `load` */
  save(): Snapshot;
  load(snapshot: Snapshot): void;
  /** Closes every env. */
  close(): void;
}

/**
 * Steps the envs one after another in this thread.
 * @param envs at least one, each an instance of its own, all with equal spaces
 * @param firstIndex the number of the first env, for one that is a part of a larger vector env
 * @throws EnvError `no-envs`, `same-env` or `unequal-spaces`
 * @example
 * const envs = createVectorEnv([1, 2, 3, 4].map((seed) => cartpole.create({ seed })));
 */
export function createVectorEnv(envs: readonly Env[], firstIndex = 0): VectorEnv {
  return new InThreadVectorEnv(envs, firstIndex);
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

class InThreadVectorEnv implements VectorEnv {
  readonly numEnvs: number;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly transition: TransitionBatch;
  readonly stepContext: StepContext;
  readonly nextObservations: Float32Array; // [N, D]
  readonly rewards: Float32Array; // [N]
  readonly terminated: Uint8Array; // [N]
  readonly truncated: Uint8Array; // [N]
  readonly infos: object[];
  readonly finishedEpisodes: FinishedEpisode[] = [];
  readonly canSave: boolean;
  readonly #envs: readonly Env[];
  readonly #firstIndex: number;
  readonly #actions: ActionBatch; // [N, A]
  /** Per env, its row of `#actions`; undefined for a Discrete space, whose actions are numbers. */
  readonly #actionViews: readonly Action[] | undefined;
  /** The same objects as `transition` and `stepContext`, writable here. */
  readonly #transition: Writable<TransitionBatch>;
  readonly #stepContext: Writable<StepContext>;
  readonly #returns: Float64Array; // [N], of the running episodes
  readonly #lengths: Float64Array; // [N], steps of the running episodes
  // The two take turns, so that what was acted on outlives the step.
  #observations: Float32Array; // [N, D]
  #otherObservations: Float32Array; // [N, D]
  /** As `#otherObservations`; undefined when no env has masks. */
  #otherMasks: Uint8Array | undefined; // [N, K]
  #numSteps = 0;
  #isReset = false;

  constructor(envs: readonly Env[], firstIndex: number) {
    requireSomeEnvs(envs.length);
    if (new Set(envs).size !== envs.length) {
      throw new EnvError(
        'same-env',
        'A vector env was given the same env twice; create one instance per slot.',
      );
    }
    requireEqualSpaces(envs, (place) => firstIndex + place);
    this.#firstIndex = firstIndex;
    this.#envs = [...envs];
    this.numEnvs = envs.length;
    this.observationSpace = envs[0].observationSpace;
    this.actionSpace = envs[0].actionSpace;
    this.canSave = envs.every((env) => env.save !== undefined && env.load !== undefined);
    const length = this.numEnvs * this.observationSpace.dim;
    this.#observations = new Float32Array(length);
    this.#otherObservations = new Float32Array(length);
    this.nextObservations = new Float32Array(length);
    this.rewards = new Float32Array(this.numEnvs);
    this.terminated = new Uint8Array(this.numEnvs);
    this.truncated = new Uint8Array(this.numEnvs);
    this.infos = envs.map(() => ({}));
    this.#returns = new Float64Array(this.numEnvs);
    this.#lengths = new Float64Array(this.numEnvs);
    const actions = createActionBatch(this.actionSpace, this.numEnvs);
    const dim = actionDim(this.actionSpace);
    this.#actions = actions;
    if (this.actionSpace.kind !== 'discrete') {
      this.#actionViews = envs.map((_, i) => actions.subarray(i * dim, (i + 1) * dim));
    }
    this.#transition = {
      observations: this.#otherObservations,
      actions,
      rewards: this.rewards,
      nextObservations: this.nextObservations,
      terminated: this.terminated,
      truncated: this.truncated,
    };
    this.transition = this.#transition;
    this.#stepContext = { episodeStarts: new Uint8Array(this.numEnvs) };
    this.stepContext = this.#stepContext;
    if (envs.some((env) => env.actionMask !== undefined)) this.#makeMasks();
  }

  get observations(): Float32Array {
    return this.#observations;
  }

  get totalSteps(): number {
    return this.#numSteps * this.numEnvs;
  }

  reset(seed?: number): Float32Array {
    for (let i = 0; i < this.numEnvs; i++) {
      const { observation, info } = this.#envs[i].reset(
        seed === undefined ? undefined : { seed: seed + this.#firstIndex + i },
      );
      this.#copyObservation(observation, this.#observations, i);
      this.infos[i] = info;
      this.#copyMask(i, this.#stepContext.actionMasks);
    }
    this.#stepContext.episodeStarts.fill(1);
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.#returns.fill(0);
    this.#lengths.fill(0);
    this.finishedEpisodes.length = 0;
    this.#isReset = true;
    return this.#observations;
  }

  step(actions: ActionBatch): TransitionBatch {
    requireReset(this.#isReset);
    takeActionsInto(this.#actions, actions, this.numEnvs, this.actionSpace);
    const actedOn = this.#observations;
    const observations = this.#otherObservations;
    this.#observations = observations;
    this.#otherObservations = actedOn;
    this.#transition.observations = actedOn;
    this.#turnMasks();
    this.#numSteps++;
    if (this.finishedEpisodes.length > 0) this.finishedEpisodes.length = 0;

    const { numEnvs, nextObservations, rewards, infos } = this;
    const views = this.#actionViews;
    for (let i = 0; i < numEnvs; i++) {
      const env = this.#envs[i];
      this.#lengths[i]++;
      const result = env.step(views === undefined ? this.#actions[i] : views[i]);
      const reward = result.reward;
      if (!Number.isFinite(reward)) throw this.#nonFinite(i, `reward is ${reward}`);
      this.#copyObservation(result.observation, nextObservations, i);
      rewards[i] = reward;
      infos[i] = result.info;
      this.#returns[i] += reward;
      const { terminated, truncated } = result;
      this.terminated[i] = terminated ? 1 : 0;
      this.truncated[i] = truncated ? 1 : 0;
      this.#stepContext.episodeStarts[i] = terminated || truncated ? 1 : 0;
      this.#copyMask(i, this.#transition.nextActionMasks);
      if (terminated || truncated) {
        // The env may reuse its info object in reset, so the last one is kept as a copy.
        const info = { ...result.info };
        infos[i] = info;
        this.finishedEpisodes.push({
          envIndex: this.#firstIndex + i,
          return: this.#returns[i],
          length: this.#lengths[i],
          terminated,
          truncated,
          info,
        });
        this.#returns[i] = 0;
        this.#lengths[i] = 0;
        this.#copyObservation(env.reset().observation, observations, i);
      } else {
        const dim = this.observationSpace.dim;
        const offset = i * dim;
        for (let d = offset; d < offset + dim; d++) observations[d] = nextObservations[d];
      }
      this.#copyMask(i, this.#stepContext.actionMasks);
    }
    return this.#transition;
  }

  save(): Snapshot {
    this.#requireSaveable();
    const parts: Record<string, Snapshot> = {
      vector: {
        arrays: {
          observations: this.#observations.slice(),
          returns: this.#returns.slice(),
          lengths: this.#lengths.slice(),
          episodeStarts: this.#stepContext.episodeStarts.slice(),
        },
        values: { numSteps: this.#numSteps, isReset: this.#isReset },
      },
    };
    for (let i = 0; i < this.numEnvs; i++) parts[`env${this.#firstIndex + i}`] = this.#envs[i].save!();
    return joinSnapshots(parts);
  }

  load(snapshot: Snapshot): void {
    this.#requireSaveable();
    const own = snapshotPart(snapshot, 'vector');
    restoreArrayInto(this.#observations, own, 'observations');
    restoreArrayInto(this.#returns, own, 'returns');
    restoreArrayInto(this.#lengths, own, 'lengths');
    restoreArrayInto(this.#stepContext.episodeStarts, own, 'episodeStarts');
    this.#numSteps = restoreNumber(own, 'numSteps');
    this.#isReset = own.values.isReset === true;
    this.finishedEpisodes.length = 0;
    for (let i = 0; i < this.numEnvs; i++) {
      this.#envs[i].load!(snapshotPart(snapshot, `env${this.#firstIndex + i}`));
      this.#copyMask(i, this.#stepContext.actionMasks);
    }
  }

  close(): void {
    for (const env of this.#envs) env.close?.();
  }

  #makeMasks(): void {
    const length = this.numEnvs * numChoices(this.actionSpace);
    this.#otherMasks = new Uint8Array(length);
    this.#stepContext.actionMasks = new Uint8Array(length);
    this.#transition.actionMasks = this.#otherMasks;
    this.#transition.nextActionMasks = new Uint8Array(length);
  }

  /** What was acted on outlives the step, as with the observations. */
  #turnMasks(): void {
    if (this.#otherMasks === undefined) return;
    const actedOn = this.#stepContext.actionMasks;
    this.#stepContext.actionMasks = this.#otherMasks;
    this.#transition.actionMasks = actedOn;
    this.#otherMasks = actedOn;
  }

  #copyMask(envIndex: number, masks: Uint8Array | undefined): void {
    if (masks === undefined) return;
    const length = masks.length / this.numEnvs;
    const mask = this.#envs[envIndex].actionMask?.();
    for (let k = 0; k < length; k++) masks[envIndex * length + k] = mask === undefined ? 1 : mask[k];
  }

  #copyObservation(observation: Float32Array, batch: Float32Array, envIndex: number): void {
    const dim = this.observationSpace.dim;
    const offset = envIndex * dim;
    for (let d = 0; d < dim; d++) {
      const value = observation[d];
      if (!Number.isFinite(value)) throw this.#nonFinite(envIndex, `observation[${d}] is ${value}`);
      batch[offset + d] = value;
    }
  }

  #nonFinite(envIndex: number, what: string): EnvError {
    return new EnvError(
      'non-finite',
      `Env ${this.#firstIndex + envIndex}: ${what} at step ${this.#numSteps} (step ${this.#lengths[envIndex]} of its episode). ` +
        'Check the data and the reward of this env.',
    );
  }

  #requireSaveable(): void {
    const index = this.#envs.findIndex((env) => env.save === undefined || env.load === undefined);
    if (index >= 0) throw cannotSave(this.#firstIndex + index);
  }
}
