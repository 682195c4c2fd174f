/** Runs the loop of off-policy agents: act, remember, and learn from batches of what is remembered. */
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';
import { type ActionBatch, actionDim, createActionBatch, numChoices } from '../../envs/spaces.ts';
import type { StepContext, TransitionBatch } from '../../envs/transition.ts';
import { createKernels } from '../../networks/kernels/create.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { PrioritizedReplay } from '../../replay/prioritized-buffer.ts';
import { createReplayBatch, type ReplayBatch } from '../../replay/replay-batch.ts';
import { UniformReplay } from '../../replay/uniform-buffer.ts';
import { WindowCodec } from '../../replay/window-codec.ts';
import type { Agent, AgentContext, Metrics } from '../agent.ts';
import { MetricMeans } from '../metric-means.ts';
import type { PolicyDescription } from '../policy-description.ts';
import { passes, scheduled } from '../schedule.ts';
import type { OffPolicyConfig } from './config.ts';
import { MaskedObservations } from './masked-observations.ts';
import { createReplayNormalization, type ReplayNormalization } from './replay-normalization.ts';

/** B transitions that were drawn, of D observation elements, A action elements and K choices. */
export interface LearnerBatch {
  /** [B, D] */
  readonly observations: Float32Array;
  /** [B, A] */
  readonly actions: ActionBatch;
  /** [B], of one step or, discounted, of several. */
  readonly rewards: Float32Array;
  /** [B], weight of what follows in the target: γ to the number of steps, or 0 after a termination. */
  readonly discounts: Float32Array;
  /** [B], importance of each row in the loss; 1 without priorities. */
  readonly weights: Float32Array;
  /** [B, D] */
  readonly nextObservations: Float32Array;
  /** [B, K], allowed choices at `observations`; absent when the envs allow all. */
  readonly actionMasks: Uint8Array | undefined;
  /** [B, K], allowed choices at `nextObservations`. */
  readonly nextActionMasks: Uint8Array | undefined;
  /** [B], receives what was wrong with each value, for transitions with priorities; others may leave it. */
  readonly tdErrors: Float32Array;
}

/** N envs, D observation elements, A action elements, B rows a batch. Continuous actions are in [−1, 1] here. */
export interface OffPolicyLearner extends Snapshotable {
  /** Draws actions [N, A] that know nothing yet, before `learningStarts`; absent: it explores from the first step on. */
  randomInto?(actions: ActionBatch, rng: Rng, stepContext: StepContext | undefined): void;
  /** The policy's actions [N, A] with what makes it explore. */
  exploreInto(
    actions: ActionBatch,
    observations: Float32Array,
    stepContext: StepContext | undefined,
    envStep: number,
  ): void;
  /** The policy's greedy actions [N, A]; draws nothing. */
  greedyInto(actions: ActionBatch, observations: Float32Array, stepContext: StepContext | undefined): void;
  /** What `greedyInto` computes, and `toEnvInto` makes of it. */
  describePolicy?(): PolicyDescription | undefined;
  /** What the envs are sent [N, A] for actions [N, A]; absent: these. */
  toEnvInto?(envActions: ActionBatch, actions: ActionBatch): void;
  /** Env steps have gone from `before` to `after`, before any learning from them. */
  advance?(before: number, after: number): void;
  /**
   * One gradient step.
   * @throws TrainingError `non-finite-loss`
   */
  learn(batch: LearnerBatch, learningRate: number, envStep: number): Metrics;
}

/** Builds the agent called `name` around a learner that draws from `rng`, with the normalisation it is to have. */
export function buildOffPolicyAgent(
  name: string,
  context: AgentContext,
  config: OffPolicyConfig,
  createLearner: (kernels: Kernels, rng: Rng) => OffPolicyLearner,
): Agent {
  requireBatchFits(name, config, context.numEnvs);
  const rng = context.rng.fork(name);
  const kernels = createKernels(context.kernels);
  return new OffPolicyAgent(context, config, kernels, createLearner(kernels, rng), rng);
}

class OffPolicyAgent implements Agent {
  readonly #context: AgentContext;
  readonly #config: OffPolicyConfig;
  readonly #learner: OffPolicyLearner;
  readonly #normalization: ReplayNormalization | undefined;
  #replay: UniformReplay | PrioritizedReplay;
  /** Whether the buffer holds raw numbers; those of states that were saved before are normalised. */
  #isRaw = true;
  #isCompact: boolean;
  readonly #batch: ReplayBatch;
  readonly #observations: MaskedObservations;
  readonly #nextObservations: MaskedObservations;
  readonly #tdErrors: Float32Array; // [B]
  readonly #rng: Rng;
  readonly #metrics = new MetricMeans();
  readonly #drawn: ActionBatch; // [N, A], what the last exploring act chose
  readonly #envActions: ActionBatch; // [N, A], the same for the envs
  #greedy: ActionBatch; // [M, A], grows with the number of envs that are evaluated
  #greedyEnvActions: ActionBatch; // [M, A]
  #step = 0;

  constructor(
    context: AgentContext,
    config: OffPolicyConfig,
    kernels: Kernels,
    learner: OffPolicyLearner,
    rng: Rng,
  ) {
    const { observationSpace, actionSpace, numEnvs } = context;
    const numMasked = context.masksActions ? numChoices(actionSpace) : 0;
    const createMasked = (): MaskedObservations =>
      new MaskedObservations(kernels, observationSpace.dim, numMasked, config.batchSize);
    this.#context = context;
    this.#config = config;
    this.#learner = learner;
    this.#observations = createMasked();
    this.#nextObservations = createMasked();
    const shape = {
      observationDim: this.#observations.storedDim,
      actionDim: actionDim(actionSpace),
      discreteActions: actionSpace.kind !== 'box',
    };
    this.#normalization = createReplayNormalization(context, config);
    this.#isCompact = config.compactReplay && (observationSpace.window?.rows ?? 1) > 1;
    this.#replay = this.#createReplay(this.#isCompact);
    this.#batch = createReplayBatch({ ...shape, size: config.batchSize }, kernels.allocate);
    this.#tdErrors = new Float32Array(config.batchSize);
    this.#rng = rng;
    this.#drawn = createActionBatch(actionSpace, numEnvs);
    this.#envActions = createActionBatch(actionSpace, numEnvs);
    this.#greedy = createActionBatch(actionSpace, numEnvs);
    this.#greedyEnvActions = createActionBatch(actionSpace, numEnvs);
  }

  #createReplay(compact: boolean): UniformReplay | PrioritizedReplay {
    const { observationSpace, actionSpace, numEnvs } = this.#context;
    const { gamma, nSteps, prioritized, priorityAlpha, bufferSize } = this.#config;
    const observationDim = this.#observations.storedDim;
    const { window } = observationSpace;
    const numSteps = Math.floor(bufferSize / numEnvs);
    const options = {
      observationDim,
      actionDim: actionDim(actionSpace),
      discreteActions: actionSpace.kind !== 'box',
      capacity: bufferSize,
      numEnvs,
      gamma,
      nSteps,
      ...(this.#isRaw && { scaleReward: this.#normalization?.scaleReward }),
      ...(compact && window && { codec: new WindowCodec({ numEnvs, observationDim, window, numSteps }) }),
    };
    return prioritized
      ? new PrioritizedReplay({ ...options, alpha: priorityAlpha })
      : new UniformReplay(options);
  }

  get remarks(): readonly string[] {
    if (!this.#isCompact) return [];
    const { observationSpace } = this.#context;
    const { window } = observationSpace;
    const { capacity, bytesPerTransition } = this.#replay;
    // What the window's rows take, in place of the newest and of the two numbers of its key.
    const plain = bytesPerTransition + 4 * (((window?.rows ?? 1) - 1) * (window?.columns ?? 0) - 2);
    const megabytes = (bytes: number) => ((bytes * capacity) / 1e6).toFixed(1);
    return [
      `The replay buffer keeps each row of a window once: ${bytesPerTransition} bytes a transition in place of ${plain}, ` +
        `${megabytes(bytesPerTransition)} MB in place of ${megabytes(plain)} MB when it holds ${capacity}.`,
    ];
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, stepContext?: StepContext): ActionBatch {
    const learner = this.#learner;
    const seen = this.#normalization?.seen(observations, numEnvs, explore) ?? observations;
    if (!explore) {
      this.#reserveGreedy(numEnvs);
      learner.greedyInto(this.#greedy, seen, stepContext);
      return this.#toEnv(this.#greedyEnvActions, this.#greedy);
    }
    if (this.#step < this.#config.learningStarts && learner.randomInto !== undefined) {
      learner.randomInto(this.#drawn, this.#rng, stepContext);
    } else {
      learner.exploreInto(this.#drawn, seen, stepContext, this.#step);
    }
    return this.#toEnv(this.#envActions, this.#drawn);
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const { learningStarts, batchSize, trainEvery, gradientSteps, metricsEvery } = this.#config;
    const before = this.#step;
    // Where both mean the same, what was done counts: another hand may have acted.
    const actions = this.#learner.toEnvInto === undefined ? transition.actions : this.#drawn;
    this.#normalization?.observe(transition);
    const kept = this.#isRaw ? transition : (this.#normalization?.scaled(transition) ?? transition);
    this.#replay.push(this.#observations.withMasks({ ...kept, actions }));
    this.#step += this.#context.numEnvs;
    this.#learner.advance?.(before, this.#step);
    if (this.#step >= Math.max(learningStarts, batchSize) && passes(before, this.#step, trainEvery)) {
      for (let i = 0; i < gradientSteps; i++) this.#learn();
    }
    if (this.#metrics.isEmpty || !passes(before, this.#step, metricsEvery)) return undefined;
    return { ...this.#metrics.take(), learningRate: this.#learningRate };
  }

  describePolicy(): PolicyDescription | undefined {
    const policy = this.#learner.describePolicy?.();
    const first = this.#normalization?.describe();
    return policy && first ? { ...policy, steps: [first, ...policy.steps] } : policy;
  }

  dropPartialRollout(): void {
    this.#normalization?.clear();
    this.#replay.truncateEpisodes();
  }

  #learn(): void {
    const { batchSize } = this.#config;
    const { actions, rewards, discounts, weights, observations, nextObservations } = this.#batch;
    this.#replay.sampleInto(this.#batch, batchSize, this.#rng, this.#priorityBeta);
    const batch = {
      observations: this.#observations.split(observations, batchSize),
      actions,
      rewards,
      discounts,
      weights,
      nextObservations: this.#nextObservations.split(nextObservations, batchSize),
      actionMasks: this.#observations.masks,
      nextActionMasks: this.#nextObservations.masks,
      tdErrors: this.#tdErrors,
    };
    if (this.#isRaw) {
      this.#normalization?.scaleObservations(batch.observations);
      this.#normalization?.scaleObservations(batch.nextObservations);
    }
    this.#metrics.add(this.#learner.learn(batch, this.#learningRate, this.#step));
    if (this.#replay instanceof PrioritizedReplay) this.#replay.updatePriorities(this.#batch, this.#tdErrors);
  }

  get #priorityBeta(): number {
    const { priorityBeta = 1 } = this.#config;
    return priorityBeta + (1 - priorityBeta) * Math.min(1, this.#step / this.#context.totalSteps);
  }

  get #learningRate(): number {
    const remaining = 1 - this.#step / this.#context.totalSteps;
    return scheduled(this.#config.learningRate, this.#config.learningRateSchedule, remaining);
  }

  #toEnv(envActions: ActionBatch, actions: ActionBatch): ActionBatch {
    if (this.#learner.toEnvInto === undefined) return actions;
    this.#learner.toEnvInto(envActions, actions);
    return envActions;
  }

  #reserveGreedy(numEnvs: number): void {
    const { actionSpace } = this.#context;
    if (this.#greedy.length === numEnvs * actionDim(actionSpace)) return;
    this.#greedy = createActionBatch(actionSpace, numEnvs);
    this.#greedyEnvActions = createActionBatch(actionSpace, numEnvs);
  }

  save(borrow = false): Snapshot {
    const own = joinSnapshots({
      learner: this.#learner.save(),
      replay: this.#replay.save(borrow),
      rng: this.#rng.save(),
      metrics: this.#metrics.save(),
      progress: {
        arrays: {},
        values: {
          step: this.#step,
          ...(this.#isCompact && { isCompact: true }),
          ...(this.#normalization && { isRaw: this.#isRaw }),
        },
      },
    });
    if (this.#normalization === undefined) return own;
    const { arrays, values } = this.#normalization.save();
    const agent = joinSnapshots({ agent: own });
    return { arrays: { ...agent.arrays, ...arrays }, values: { ...agent.values, ...values } };
  }

  load(snapshot: Snapshot): void {
    this.#normalization?.load(snapshot);
    const own = this.#normalization === undefined ? snapshot : snapshotPart(snapshot, 'agent');
    this.#learner.load(snapshotPart(own, 'learner'));
    // A buffer that was saved the other way is read that way, and goes on so.
    const isCompact = own.values['progress/isCompact'] === true;
    const isRaw = this.#normalization === undefined || own.values['progress/isRaw'] === true;
    if (isCompact !== this.#isCompact || isRaw !== this.#isRaw) {
      this.#isCompact = isCompact;
      this.#isRaw = isRaw;
      this.#replay = this.#createReplay(isCompact);
    }
    this.#replay.load(snapshotPart(own, 'replay'));
    this.#rng.load(snapshotPart(own, 'rng'));
    this.#metrics.load(snapshotPart(own, 'metrics'));
    this.#step = restoreNumber(own, 'progress/step');
  }
}

function requireBatchFits(name: string, { batchSize, bufferSize }: OffPolicyConfig, numEnvs: number): void {
  const capacity = bufferSize - (bufferSize % numEnvs);
  if (batchSize <= capacity) return;
  throw new ConfigError(
    'invalid-value',
    `Agent "${name}" cannot draw a batchSize of ${batchSize} from a bufferSize of ${bufferSize}, which keeps ` +
      `${capacity} transitions of ${numEnvs} envs; raise bufferSize or lower batchSize.`,
  );
}
