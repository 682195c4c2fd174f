/** Runs the training loop: the same for on-policy and off-policy agents, and for one env or many. */
import type { Agent, Metrics } from '../agents/agent.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../core/snapshot.ts';
import type { FinishedEpisode, VectorEnv } from '../envs/vector/vector-env.ts';

/** What has happened since the last event. */
export interface TrainEvent {
  /** Env steps taken since the beginning of the run, over all envs. */
  readonly step: number;
  /** Episodes that ended, oldest first. */
  readonly episodes: readonly FinishedEpisode[];
  /** What the agent reported, if it learnt. */
  readonly metrics: Metrics | undefined;
}

/**
 * Looks at a run while it goes on: evaluates, saves, logs. It must not change agent or envs.
 * @returns `'stop'` to end the run
 */
export type TrainCallback = (event: TrainEvent) => 'stop' | undefined;

export interface TrainOptions {
  readonly envs: VectorEnv;
  readonly agent: Agent;
  /** Env steps of the whole run, over all envs; the last vector step may go up to N − 1 past it. */
  readonly totalSteps: number;
  readonly seed: number;
  readonly callbacks?: readonly TrainCallback[];
}

/** Vector steps after which an event comes even when the agent has nothing to report. */
const EVENT_INTERVAL = 1024;

/** A run in progress: it can be paused between any two steps, saved, and continued to the same bits. */
export class Training implements Snapshotable {
  readonly #options: TrainOptions;
  #step = 0;
  #stopped = false;

  constructor(options: TrainOptions) {
    this.#options = options;
    options.envs.reset(options.seed);
    // An agent that has learnt before did so in other episodes.
    options.agent.dropPartialRollout?.();
  }

  get step(): number {
    return this.#step;
  }

  get isFinished(): boolean {
    return this.#stopped || this.#step >= this.#options.totalSteps;
  }

  /** Trains until the agent has learnt once more, or for a while; undefined when the run is over. */
  advance(): TrainEvent | undefined {
    if (this.isFinished) return undefined;
    const { envs, agent, totalSteps, callbacks = [] } = this.#options;
    const episodes: FinishedEpisode[] = [];
    let metrics: Metrics | undefined;
    for (let i = 0; i < EVENT_INTERVAL && this.#step < totalSteps && metrics === undefined; i++) {
      const actions = agent.act(envs.observations, envs.numEnvs, true, envs.stepContext);
      const transition = envs.step(actions);
      metrics = agent.observe(transition);
      this.#step += envs.numEnvs;
      if (envs.finishedEpisodes.length > 0) episodes.push(...envs.finishedEpisodes);
    }
    const event = { step: this.#step, episodes, metrics };
    for (const callback of callbacks) {
      if (callback(event) === 'stop') this.#stopped = true;
    }
    return event;
  }

  /** Envs that cannot be saved are left out: a run continued from there begins new episodes. */
  save(borrow = false): Snapshot {
    const { agent, envs } = this.#options;
    return joinSnapshots({
      agent: agent.save(borrow),
      ...(envs.canSave && { envs: envs.save() }),
      training: { arrays: {}, values: { step: this.#step } },
    });
  }

  load(snapshot: Snapshot): void {
    const { agent, envs } = this.#options;
    agent.load(snapshotPart(snapshot, 'agent'));
    if (envs.canSave) envs.load(snapshotPart(snapshot, 'envs'));
    else agent.dropPartialRollout?.();
    this.#step = restoreNumber(snapshot, 'training/step');
  }
}

/**
 * Trains from beginning to end.
 * @example
 * train({ envs, agent, totalSteps: 50_000, seed: 1 });
 */
export function train(options: TrainOptions): void {
  const training = new Training(options);
  while (training.advance() !== undefined);
}
