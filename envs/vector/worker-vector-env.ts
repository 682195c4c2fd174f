/** Steps N envs in worker threads: for envs whose steps are costly. The same bits as in one thread. */

import { ConfigError } from '../../core/errors.ts';
import {
  type NumericArray,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { Env } from '../env.ts';
import type { ActionBatch, ActionSpace, Box } from '../spaces.ts';
import type { StepContext, TransitionBatch } from '../transition.ts';
import { cannotSave, requireEqualSpaces, requireReset, requireSomeEnvs, takeActionsInto } from './checks.ts';
import { createSharedBatch, type SharedBatch } from './shared-batch.ts';
import type { FinishedEpisode, VectorEnv } from './vector-env.ts';
import { Command } from './worker-protocol.ts';
import { EnvWorkers, type EnvWorkersOptions } from './workers.ts';

/** What the module of a `EnvWorkersOptions` exports. */
export interface EnvModule {
  /**
   * Builds env `index` of the vector env: the same for the same arguments, in whatever thread.
   * @param argument what the options carry
   */
  createEnv(index: number, argument: unknown): Env | Promise<Env>;
}

/**
 * Starts the workers, and waits until they have built their envs. Beside what `VectorEnv` says: `infos` are copies, taken
 * when they are asked for; an info must be plain data. Close it, or drop it, to end the threads; they never keep the
 * process alive.
 * @throws EnvError `no-envs`, `unequal-spaces`, `no-env`, and what the envs throw: their own errors, `env-failed` for
 *   others, `env-worker-lost` when a thread ended or did not answer in time
 * @throws ConfigError `env-workers-invalid`
 */
export function createWorkerVectorEnv(options: EnvWorkersOptions): VectorEnv {
  const { numEnvs, workers } = options;
  requireSomeEnvs(numEnvs);
  if (!Number.isInteger(workers) || workers < 1) {
    throw new ConfigError('env-workers-invalid', `Envs are stepped by 1 worker or more, not by ${workers}.`);
  }
  return new WorkerVectorEnv(new EnvWorkers(options));
}

/** Ends the threads of vector envs that were dropped without `close`. */
const collected = new FinalizationRegistry<EnvWorkers>((workers) => workers.end());

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

class WorkerVectorEnv implements VectorEnv {
  readonly numEnvs: number;
  readonly observationSpace: Box;
  readonly actionSpace: ActionSpace;
  readonly transition: TransitionBatch;
  readonly stepContext: StepContext;
  readonly nextObservations: Float32Array; // [N, D]
  readonly rewards: Float32Array; // [N]
  readonly terminated: Uint8Array; // [N]
  readonly truncated: Uint8Array; // [N]
  readonly finishedEpisodes: FinishedEpisode[] = [];
  readonly #workers: EnvWorkers;
  readonly #batch: SharedBatch;
  readonly #unsaveable: number | undefined;
  /** The same objects as `transition` and `stepContext`, writable here. */
  readonly #transition: Writable<TransitionBatch>;
  readonly #stepContext: Writable<StepContext>;
  readonly #infos: object[];
  #hasInfos = true;
  #numSteps = 0;
  #isReset = false;

  constructor(workers: EnvWorkers) {
    this.#workers = workers;
    const introductions = workers.introduce();
    requireEqualSpaces(introductions, (place) => workers.shares[place].first);
    this.numEnvs = workers.numEnvs;
    this.observationSpace = introductions[0].observationSpace;
    this.actionSpace = introductions[0].actionSpace;
    this.#unsaveable = introductions.find(({ unsaveable }) => unsaveable !== undefined)?.unsaveable;
    this.#batch = createSharedBatch(
      this.numEnvs,
      introductions[0],
      introductions.some(({ hasMasks }) => hasMasks),
    );
    workers.command(Command.setUp, () => this.#batch);
    const { observations, actions, rewards, nextObservations, terminated, truncated } = this.#batch;
    this.nextObservations = nextObservations;
    this.rewards = rewards;
    this.terminated = terminated;
    this.truncated = truncated;
    const { episodeStarts, masks, nextMasks } = this.#batch;
    const actedOn = observations[1];
    this.#transition = { observations: actedOn, actions, rewards, nextObservations, terminated, truncated };
    this.#stepContext = { episodeStarts };
    if (masks !== undefined) {
      this.#stepContext.actionMasks = masks[0];
      this.#transition.actionMasks = masks[1];
      this.#transition.nextActionMasks = nextMasks;
    }
    this.transition = this.#transition;
    this.stepContext = this.#stepContext;
    this.#infos = Array.from({ length: this.numEnvs }, () => ({}));
    collected.register(this, workers);
  }

  get observations(): Float32Array {
    return this.#batch.observations[this.#workers.buffer];
  }

  get totalSteps(): number {
    return this.#numSteps * this.numEnvs;
  }

  get canSave(): boolean {
    return this.#unsaveable === undefined;
  }

  get infos(): readonly object[] {
    if (!this.#hasInfos) {
      const infos = this.#workers.command(Command.infos).flat() as object[];
      for (let i = 0; i < infos.length; i++) this.#infos[i] = infos[i];
      this.#hasInfos = true;
    }
    return this.#infos;
  }

  reset(seed?: number): Float32Array {
    this.#workers.command(Command.reset, () => ({ seed }));
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.finishedEpisodes.length = 0;
    this.#hasInfos = false;
    this.#isReset = true;
    return this.observations;
  }

  step(actions: ActionBatch): TransitionBatch {
    requireReset(this.#isReset);
    takeActionsInto(this.#batch.actions, actions, this.numEnvs, this.actionSpace);
    this.#turnBuffers();
    this.#numSteps++;
    this.#hasInfos = false;
    if (this.finishedEpisodes.length > 0) this.finishedEpisodes.length = 0;
    for (const episodes of this.#workers.command(Command.step)) {
      if (episodes !== undefined) this.finishedEpisodes.push(...(episodes as FinishedEpisode[]));
    }
    return this.#transition;
  }

  /** What a vector env in one thread saves: a run may go on with other workers, or none. */
  save(): Snapshot {
    if (this.#unsaveable !== undefined) throw cannotSave(this.#unsaveable);
    const parts = this.#workers.command(Command.save) as Snapshot[];
    const arrays: Record<string, NumericArray> = Object.assign({}, ...parts.map((part) => part.arrays));
    for (const name of Object.keys(arrays).filter((name) => name.startsWith('vector/'))) {
      arrays[name] = concatenate(parts.map((part) => part.arrays[name]));
    }
    return { arrays, values: Object.assign({}, ...parts.map((part) => part.values)) };
  }

  load(snapshot: Snapshot): void {
    if (this.#unsaveable !== undefined) throw cannotSave(this.#unsaveable);
    const own = snapshotPart(snapshot, 'vector');
    restoreArrayInto(this.observations, own, 'observations');
    restoreArrayInto(new Float64Array(this.numEnvs), own, 'returns');
    restoreArrayInto(new Float64Array(this.numEnvs), own, 'lengths');
    restoreArrayInto(this.#stepContext.episodeStarts, own, 'episodeStarts');
    const numSteps = restoreNumber(own, 'numSteps');
    this.#workers.command(Command.load, ({ first, end }) => shareOf(snapshot, this.numEnvs, first, end));
    this.#numSteps = numSteps;
    this.#isReset = own.values.isReset === true;
    this.finishedEpisodes.length = 0;
    this.#hasInfos = false;
  }

  close(): void {
    this.#workers.close();
  }

  /** What was acted on outlives the step. */
  #turnBuffers(): void {
    const { observations, masks } = this.#batch;
    const actedOn = this.#workers.buffer;
    this.#workers.buffer = 1 - actedOn;
    this.#transition.observations = observations[actedOn];
    if (masks === undefined) return;
    this.#transition.actionMasks = masks[actedOn];
    this.#stepContext.actionMasks = masks[1 - actedOn];
  }
}

/** The part of a snapshot that belongs to the envs from `first` to `end` − 1. */
function shareOf(snapshot: Snapshot, numEnvs: number, first: number, end: number): Snapshot {
  const isOwn = (name: string): boolean => {
    const index = /^env(\d+)\//.exec(name)?.[1];
    return index === undefined || (Number(index) >= first && Number(index) < end);
  };
  const own = <Value>(entries: Readonly<Record<string, Value>>): [string, Value][] =>
    Object.entries(entries).filter(([name]) => isOwn(name));
  const arrays = own(snapshot.arrays).map(([name, array]): [string, NumericArray] => {
    if (!name.startsWith('vector/')) return [name, array];
    const rowLength = array.length / numEnvs;
    return [name, array.slice(first * rowLength, end * rowLength)];
  });
  return { arrays: Object.fromEntries(arrays), values: Object.fromEntries(own(snapshot.values)) };
}

function concatenate(parts: readonly NumericArray[]): NumericArray {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (parts[0].constructor as new (length: number) => NumericArray)(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
