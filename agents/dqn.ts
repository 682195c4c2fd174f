/**
 * Deep Q-learning, with the usual refinements as options.
 *
 * Source: Mnih et al. (2015), "Human-level control through deep reinforcement learning", algorithm 1;
 *   double: van Hasselt et al. (2016), arXiv:1509.06461, eq. 4;
 *   dueling: Wang et al. (2016), arXiv:1511.06581, eq. 9;
 *   prioritized: Schaul et al. (2016), arXiv:1511.05952, algorithm 1;
 *   n-step: Sutton & Barto (2018), "Reinforcement Learning: An Introduction", eq. 7.1.
 * Differences from the source: Adam instead of RMSprop, gradients clipped by their global norm; a truncated episode
 * bootstraps from its last observation; n-step returns are not corrected for what the policy has learnt since.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { ConfigError, TrainingError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';
import { describeSpace } from '../envs/spaces.ts';
import { createKernels } from '../networks/create-kernels.ts';
import type { Kernels } from '../networks/kernels.ts';
import type { Network } from '../networks/network.ts';
import { clipGradientNorm, createAdam, type Optimizer } from '../networks/optimizer.ts';
import { polyakInto } from '../networks/polyak.ts';
import { PrioritizedReplay } from '../replay/prioritized-buffer.ts';
import { createReplayBatch, type ReplayBatch } from '../replay/replay-batch.ts';
import { UniformReplay } from '../replay/uniform-buffer.ts';
import {
  type Agent,
  type AgentContext,
  defineAgent,
  type Metrics,
  type Situation,
  type TransitionBatch,
} from './agent.ts';
import { bestChoice, randomChoice } from './choices.ts';
import { dqnLossInto, dqnTargetsInto } from './dqn-loss.ts';
import { MaskedObservations } from './masked-observations.ts';
import { MetricMeans } from './metric-means.ts';
import { normalizationConfig, normalizeAgent } from './normalization.ts';
import { createQNetwork } from './q-network.ts';
import { passes, scheduleConfig, scheduled } from './schedule.ts';

const config = z.object({
  learningRate: z.number().positive().default(1e-4).describe('Adam step size'),
  learningRateSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  bufferSize: z.int().min(1).default(1_000_000).describe('transitions kept for replay'),
  learningStarts: z.int().min(0).default(100).describe('env steps before the first gradient step'),
  batchSize: z.int().min(1).default(32).describe('transitions per gradient step'),
  gamma: z.number().min(0).max(1).default(0.99).describe('discount per step'),
  nSteps: z.int().min(1).default(1).describe('rewards summed before bootstrapping'),
  trainEvery: z.int().min(1).default(4).describe('env steps between training phases'),
  gradientSteps: z.int().min(1).default(1).describe('gradient steps per training phase'),
  targetUpdateEvery: z
    .int()
    .min(1)
    .default(10_000)
    .describe('env steps between updates of the target network'),
  tau: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('share of the weights the target takes over; 1 is a hard update'),
  double: z
    .boolean()
    .default(false)
    .describe('choose the next action by the learning network, value it by the target'),
  dueling: z
    .boolean()
    .default(false)
    .describe('separate streams for the value of a state and the advantages in it'),
  prioritized: z.boolean().default(false).describe('replay surprising transitions more often'),
  priorityAlpha: z.number().min(0).max(1).default(0.6).describe('how much more often; 0 is uniform'),
  priorityBeta: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .describe('first correction of that bias; 1 at the end of the run'),
  explorationInitial: z.number().min(0).max(1).default(1).describe('chance of a random action at the start'),
  explorationFinal: z.number().min(0).max(1).default(0.05).describe('chance of a random action in the end'),
  explorationFraction: z.number().gt(0).max(1).default(0.1).describe('share of the run in which it falls'),
  maxGradientNorm: z.number().positive().default(10).describe('global norm the gradient is clipped to'),
  hidden: z.array(z.int().min(1)).default([64, 64]).describe('units of each hidden layer'),
  activation: z.enum(['tanh', 'relu']).default('relu').describe('of the hidden layers'),
  ...normalizationConfig,
});

type DqnConfig = ConfigOf<typeof config>;

/** Env steps between two reports of metrics. */
const REPORT_EVERY = 1000;

export const dqn = defineAgent({
  name: 'dqn',
  description: 'Deep Q-learning (Mnih et al. 2015): double, dueling, prioritized, n-step; discrete actions',
  config,
  build: (context, config) => normalizeAgent(new Dqn(context, config), context, config),
});

/** N envs, D observation elements, K choices, B rows a batch. */
class Dqn implements Agent {
  readonly #config: DqnConfig;
  readonly #totalSteps: number;
  readonly #kernels: Kernels;
  readonly #network: Network; // [D] → [K]
  readonly #target: Network;
  readonly #optimizer: Optimizer;
  readonly #replay: UniformReplay | PrioritizedReplay;
  readonly #batch: ReplayBatch;
  readonly #observations: MaskedObservations;
  readonly #nextObservations: MaskedObservations;
  readonly #rng: Rng;
  readonly #targets: Float32Array; // [B]
  readonly #tdErrors: Float32Array; // [B]
  readonly #outputGradients: Float32Array; // [B, K]
  #actions: Int32Array; // [N]
  readonly #metrics = new MetricMeans();
  #step = 0;

  constructor(context: AgentContext, config: DqnConfig) {
    const { observationSpace, actionSpace, numEnvs, rng, masksActions = false } = context;
    if (actionSpace.kind !== 'discrete') {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "dqn" needs discrete actions, but the action space is ${describeSpace(actionSpace)}; ` +
          'try "ddpg", "td3", "sac" or "ppo".',
      );
    }
    const { batchSize, bufferSize, gamma, nSteps, priorityAlpha } = config;
    if (batchSize > bufferSize) {
      throw new ConfigError(
        'invalid-value',
        `Agent "dqn": a batchSize of ${batchSize} does not fit into a bufferSize of ${bufferSize}; raise bufferSize.`,
      );
    }
    const kernels = createKernels(context.kernels);
    const { dim } = observationSpace;
    const { hidden, activation, dueling } = config;
    const layers = { inputDim: dim, numChoices: actionSpace.n, hidden, activation, dueling };
    this.#config = config;
    this.#totalSteps = context.totalSteps;
    this.#kernels = kernels;
    this.#network = createQNetwork(kernels, context, { ...layers, rng: rng.fork('network') });
    this.#target = createQNetwork(kernels, context, { ...layers, rng: rng.fork('network') });
    this.#target.parameters.set(this.#network.parameters);
    this.#optimizer = createAdam(kernels, [this.#network], {});
    this.#observations = new MaskedObservations(kernels, dim, masksActions ? actionSpace.n : 0, batchSize);
    this.#nextObservations = new MaskedObservations(
      kernels,
      dim,
      masksActions ? actionSpace.n : 0,
      batchSize,
    );
    const replayOptions = {
      capacity: bufferSize,
      numEnvs,
      observationDim: this.#observations.storedDim,
      actionDim: 1,
      discreteActions: true,
      gamma,
      nSteps,
    };
    this.#replay = config.prioritized
      ? new PrioritizedReplay({ ...replayOptions, alpha: priorityAlpha })
      : new UniformReplay(replayOptions);
    const allocate = (length: number): Float32Array => kernels.allocate(length);
    this.#batch = createReplayBatch({ ...replayOptions, size: batchSize }, allocate);
    this.#rng = rng.fork('dqn');
    this.#targets = new Float32Array(batchSize);
    this.#tdErrors = new Float32Array(batchSize);
    this.#outputGradients = kernels.allocate(batchSize * actionSpace.n);
    this.#actions = new Int32Array(numEnvs);
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, situation?: Situation): Int32Array {
    if (this.#actions.length !== numEnvs) this.#actions = new Int32Array(numEnvs);
    const numActions = this.#network.outputDim;
    const values = this.#network.forward(observations, numEnvs);
    const masks = situation?.actionMasks;
    const epsilon = explore ? this.#epsilon() : 0;
    for (let n = 0; n < numEnvs; n++) {
      const isRandom = explore && this.#rng.uniform() < epsilon;
      this.#actions[n] = isRandom
        ? randomChoice(this.#rng, numActions, masks, n)
        : bestChoice(values, numActions, masks, n);
    }
    return this.#actions;
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const { trainEvery, gradientSteps, targetUpdateEvery, learningStarts, batchSize } = this.#config;
    const before = this.#step;
    this.#replay.push(this.#observations.withMasks(transition));
    this.#step += transition.rewards.length;
    if (passes(before, this.#step, targetUpdateEvery)) this.#updateTarget();
    if (this.#step >= Math.max(learningStarts, batchSize) && passes(before, this.#step, trainEvery)) {
      for (let i = 0; i < gradientSteps; i++) this.#learn();
    }
    if (this.#metrics.isEmpty || !passes(before, this.#step, REPORT_EVERY)) return undefined;
    return { ...this.#metrics.take(), epsilon: this.#epsilon() };
  }

  /** One gradient step on ½·(y − Q(s, a))², linear beyond an error of 1, with y = R + γⁿ·Q⁻(s′, a*). */
  #learn(): void {
    const { batchSize, double, learningRate, learningRateSchedule, maxGradientNorm } = this.#config;
    const { actions, rewards, discounts, weights } = this.#batch;
    const numActions = this.#network.outputDim;
    this.#sample();
    const observations = this.#observations.split(this.#batch.observations, batchSize);
    const nextObservations = this.#nextObservations.split(this.#batch.nextObservations, batchSize);
    const nextMasks = this.#nextObservations.masks;

    const targetValues = this.#target.forward(nextObservations, batchSize);
    const choosing = double ? this.#network.forward(nextObservations, batchSize) : targetValues;
    dqnTargetsInto(this.#targets, rewards, discounts, targetValues, choosing, numActions, nextMasks);
    const values = this.#network.forward(observations, batchSize);
    const { loss, meanValue } = dqnLossInto(
      this.#outputGradients,
      this.#tdErrors,
      values,
      actions,
      this.#targets,
      weights,
      numActions,
    );
    this.#network.backward(this.#outputGradients);
    const gradientNorm = clipGradientNorm(this.#kernels, [this.#network], maxGradientNorm);
    this.#requireFinite(loss, gradientNorm);
    const remaining = 1 - this.#step / this.#totalSteps;
    this.#optimizer.step(scheduled(learningRate, learningRateSchedule, remaining));
    if (this.#replay instanceof PrioritizedReplay) this.#replay.updatePriorities(this.#batch, this.#tdErrors);
    this.#metrics.add({ loss, meanValue, gradientNorm });
  }

  #sample(): void {
    const { batchSize, priorityBeta } = this.#config;
    if (this.#replay instanceof PrioritizedReplay) {
      const progress = Math.min(1, this.#step / this.#totalSteps);
      this.#replay.sampleInto(
        this.#batch,
        batchSize,
        this.#rng,
        priorityBeta + (1 - priorityBeta) * progress,
      );
    } else {
      this.#replay.sampleInto(this.#batch, batchSize, this.#rng);
    }
  }

  #updateTarget(): void {
    polyakInto(this.#kernels, this.#target.parameters, this.#network.parameters, this.#config.tau);
  }

  #epsilon(): number {
    const { explorationInitial, explorationFinal, explorationFraction } = this.#config;
    const progress = Math.min(1, this.#step / (explorationFraction * this.#totalSteps));
    return explorationInitial + (explorationFinal - explorationInitial) * progress;
  }

  #requireFinite(loss: number, gradientNorm: number): void {
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
    throw new TrainingError(
      'non-finite-loss',
      `DQN stopped at env step ${this.#step}: loss ${loss}, gradient norm ${gradientNorm}. The weights are those ` +
        'before this step. Try a lower learningRate, or normalizeObservations and normalizeRewards.',
    );
  }

  save(borrow = false): Snapshot {
    return joinSnapshots({
      network: { arrays: { parameters: this.#network.parameters.slice() }, values: {} },
      target: { arrays: { parameters: this.#target.parameters.slice() }, values: {} },
      optimizer: this.#optimizer.save(),
      replay: this.#replay.save(borrow),
      rng: this.#rng.save(),
      metrics: this.#metrics.save(),
      progress: { arrays: {}, values: { step: this.#step } },
    });
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#network.parameters, snapshot, 'network/parameters');
    restoreArrayInto(this.#target.parameters, snapshot, 'target/parameters');
    this.#optimizer.load(snapshotPart(snapshot, 'optimizer'));
    this.#replay.load(snapshotPart(snapshot, 'replay'));
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#metrics.load(snapshotPart(snapshot, 'metrics'));
    this.#step = restoreNumber(snapshot, 'progress/step');
  }
}
