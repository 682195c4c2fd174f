/** Carries a run out on disk: trains, evaluates, logs, saves checkpoints, and stops where it is told to. */
import type { Agent, Metrics } from '../../agents/agent.ts';
import { EnvError, TrainingError } from '../../core/errors.ts';
import { joinSnapshots } from '../../core/snapshot.ts';
import { mean } from '../../core/statistics.ts';
import { describeSpace } from '../../envs/spaces.ts';
import type { VectorEnv } from '../../envs/vector/vector-env.ts';
import { nextTurn, systemClock } from '../../live/connection/clock.ts';
import { type CheckpointDetails, keepLatest, saveCheckpoint } from '../../storage/checkpoint.ts';
import type { RunDirectory } from '../../storage/run-directory.ts';
import { RunLog } from '../../storage/run-log.ts';
import { everySteps, PeriodicEvaluation } from '../../trainers/callbacks.ts';
import { evaluate } from '../../trainers/evaluate.ts';
import { type TrainEvent, Training } from '../../trainers/train.ts';
import type { TrainingEvent } from './events.ts';
import { countUpdates } from './fit-updates.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { buildAgent, createEvaluationEnv, createTrainingEnvs } from './parts.ts';
import type { Run } from './spec.ts';

/** The name of the checkpoint with the best evaluation. */
export const BEST_CHECKPOINT = 'best';

/** Episodes of evaluation are seeded apart from those of training. */
const EVALUATION_SEED_OFFSET = 1_000_003;
/** Episodes behind the running mean return that is shown and logged. */
const RECENT_EPISODES = 100;

export interface SessionResult {
  readonly agent: Agent;
  readonly step: number;
  readonly interrupted: boolean;
  /** What an evaluation ended the run for; undefined when it went to its last step. */
  readonly endedEarlyBy: PeriodicEvaluation['ending'];
  /** Path of the last checkpoint. */
  readonly checkpoint: string;
  /** The highest mean return of an evaluation; −Infinity without one. */
  readonly bestReturn: number;
  readonly stepsPerSecond: number;
  /** Updates of the weights since it began or went on; of an agent that keeps no rollouts or replay, its reports of learning. */
  readonly numUpdates: number;
}

export interface CarryOutOptions {
  /** Told of everything that happens, as it happens. */
  readonly onEvent?: (event: TrainingEvent) => void;
  /** Looked at between updates: once aborted, training stops where it is. */
  readonly signal?: AbortSignal;
  /** Env steps at which training pauses, to go on in another session to the same bits; default: its last. */
  readonly untilStep?: number;
}

export class TrainingSession {
  readonly #run: Run;
  readonly #directory: RunDirectory;
  readonly #envs: VectorEnv;
  readonly #agent: Agent;
  readonly #evaluation: PeriodicEvaluation;
  readonly #training: Training;
  readonly #runLog: RunLog;
  readonly #recentReturns: number[] = [];
  readonly #recentLengths: number[] = [];
  #lastCheckpoint = '';
  #numReports = 0;
  #tell: (event: TrainingEvent) => void = () => {};

  /** @param resumeFrom a checkpoint of this run to continue from */
  constructor(run: Run, directory: RunDirectory, resumeFrom?: string) {
    const { numEnvs, seed, totalSteps, evaluateEvery, evaluateEpisodes, checkpointEvery } = run.spec;
    const { patience, targetReturn, log } = run.spec;
    this.#run = run;
    this.#directory = directory;
    const stored = resumeFrom === undefined ? undefined : openCheckpoint(resumeFrom, run.spec);
    this.#envs = createTrainingEnvs(run);
    this.#agent = buildAgent(run, this.#envs, numEnvs, run.spec.kernels);
    const evaluationEnv = createEvaluationEnv(run, 'validation');
    const evaluationSeed = seed + EVALUATION_SEED_OFFSET;
    this.#evaluation = new PeriodicEvaluation({
      evaluate: () => {
        try {
          return evaluate(this.#agent, evaluationEnv, { episodes: evaluateEpisodes, seed: evaluationSeed });
        } catch (error) {
          // What was trained is kept, whatever becomes of its judgement.
          this.#save(stepName(this.#training.step));
          throw error;
        }
      },
      onEvaluation: ({ step }, { meanReturn, deviation, lengths }, isBest) => {
        const meanLength = mean(lengths);
        this.#runLog.append({ step, kind: 'evaluation', meanReturn, deviation, meanLength, isBest });
        this.#tell({ kind: 'evaluation', step, meanReturn, deviation, isBest });
        if (isBest) this.#save(BEST_CHECKPOINT);
      },
      patience,
      targetReturn,
    });
    const startStep = stored?.steps ?? 0;
    this.#training = new Training({
      envs: this.#envs,
      agent: this.#agent,
      totalSteps,
      seed,
      callbacks: [
        (event) => this.#log(event),
        everySteps(evaluateEvery, this.#evaluation.callback, startStep),
        everySteps(checkpointEvery, ({ step }) => this.#save(stepName(step)), startStep),
      ],
    });
    if (stored !== undefined) {
      stored.restore('run', this.#training);
      stored.restore('evaluation', this.#evaluation);
      const { returns = [], lengths = [] } = stored.part('recent').arrays;
      this.#recentReturns.push(...returns);
      this.#recentLengths.push(...lengths);
    }
    this.#runLog = new RunLog(directory, { formats: log, clock: systemClock, startStep: stored?.steps });
  }

  /** What people should know of the agent's set-up, a sentence each. */
  get remarks(): readonly string[] {
    return [...(this.#run.remarks ?? []), ...(this.#agent.remarks ?? [])];
  }

  get isFinished(): boolean {
    return this.#training.isFinished || this.#evaluation.ending !== undefined;
  }

  /** Whether a run continued from a checkpoint of these envs gives the bits of an unbroken one. */
  get isExact(): boolean {
    return this.#envs.canSave;
  }

  /**
   * Trains to the end, or until `signal` is aborted, and saves a last checkpoint.
   * @throws TrainingError when a loss is not finite; the checkpoints before it stay
   * @throws EnvError naming the env, when it breaks its contract on the way
   */
  async carryOut({
    onEvent = () => {},
    signal,
    untilStep = Infinity,
  }: CarryOutOptions = {}): Promise<SessionResult> {
    const { totalSteps, agent, numEnvs } = this.#run.spec;
    const training = this.#training;
    const startStep = training.step;
    const startMs = systemClock.monotonicMs();
    this.#tell = onEvent;
    onEvent({ kind: 'started', step: startStep, totalSteps });
    try {
      const isPaused = (): boolean => signal?.aborted === true || training.step >= untilStep;
      while (!isPaused() && !this.isFinished && training.advance() !== undefined) {
        onEvent({ kind: 'progress', step: training.step, ...this.#scores() });
        // Lets signals and listeners have their turn.
        await nextTurn();
      }
      this.#save(stepName(training.step));
    } catch (error) {
      if (!(error instanceof EnvError)) throw error;
      throw new EnvError(error.code, `In env "${this.#run.spec.env.name}": ${error.message}`, {
        cause: error,
      });
    } finally {
      onEvent({ kind: 'ended', step: training.step, isFinished: this.isFinished });
    }
    const seconds = (systemClock.monotonicMs() - startMs) / 1000;
    this.#envs.close();
    return {
      agent: this.#agent,
      step: training.step,
      interrupted: !this.isFinished,
      endedEarlyBy: this.#evaluation.ending,
      checkpoint: this.#lastCheckpoint,
      bestReturn: this.#evaluation.best,
      stepsPerSecond: (training.step - startStep) / seconds,
      numUpdates: countUpdates(agent.config, numEnvs, startStep, training.step) ?? this.#numReports,
    };
  }

  #log({ step, episodes, metrics }: TrainEvent): undefined {
    for (const episode of episodes) {
      this.#recentReturns.push(episode.return);
      this.#recentLengths.push(episode.length);
    }
    for (const recent of [this.#recentReturns, this.#recentLengths])
      recent.splice(0, recent.length - RECENT_EPISODES);
    if (metrics === undefined) return;
    this.#numReports++;
    requireFiniteLosses(metrics, step);
    const meanReturn = this.#recentReturns.length > 0 ? mean(this.#recentReturns) : null;
    const meanLength = this.#recentLengths.length > 0 ? mean(this.#recentLengths) : null;
    this.#runLog.append({ step, kind: 'update', meanReturn, meanLength, ...metrics });
  }

  #scores(): { meanReturn?: number; bestReturn?: number } {
    const { best } = this.#evaluation;
    return {
      ...(this.#recentReturns.length > 0 && { meanReturn: mean(this.#recentReturns) }),
      ...(Number.isFinite(best) && { bestReturn: best }),
    };
  }

  #save(name: string): undefined {
    const { spec } = this.#run;
    const manifest: CheckpointDetails = {
      agent: spec.agent,
      env: spec.env,
      seed: spec.seed,
      steps: this.#training.step,
      observationSpace: describeSpace(this.#envs.observationSpace),
      actionSpace: describeSpace(this.#envs.actionSpace),
      codeVersion: spec.version,
      ...(spec.data && { dataHash: spec.data.sha256 }),
      ...(Number.isFinite(this.#evaluation.best) && { metrics: { bestReturn: this.#evaluation.best } }),
    };
    const snapshot = joinSnapshots({
      run: this.#training.save(true),
      evaluation: this.#evaluation.save(),
      recent: {
        arrays: {
          returns: Float64Array.from(this.#recentReturns),
          lengths: Float64Array.from(this.#recentLengths),
        },
        values: {},
      },
    });
    this.#lastCheckpoint = saveCheckpoint(this.#directory.checkpoints, name, { snapshot, manifest });
    keepLatest(this.#directory.checkpoints, spec.keepCheckpoints ?? Infinity, BEST_CHECKPOINT);
    this.#tell({ kind: 'checkpoint', step: this.#training.step, name, path: this.#lastCheckpoint });
  }
}

/** A score that has no value, such as a variance explained of none, may be NaN; a loss or a gradient may not. */
function requireFiniteLosses(metrics: Metrics, step: number): void {
  const found = Object.entries(metrics).find(
    ([name, value]) => /loss|gradient/i.test(name) && !Number.isFinite(value),
  );
  if (found === undefined) return;
  throw new TrainingError(
    'non-finite-loss',
    `Training stopped at env step ${step}: ${found[0]} is ${found[1]}. Try a lower learning rate.`,
  );
}

function stepName(step: number): string {
  return `step-${String(step).padStart(12, '0')}`;
}
