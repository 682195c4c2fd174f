/**
 * Proximal policy optimisation, for discrete, multi-discrete and continuous actions.
 *
 * Source: Schulman et al. (2017), "Proximal Policy Optimization Algorithms", arXiv:1707.06347, algorithm 1.
 * Differences from the source, all common to the reference implementations:
 *   - separate policy and value networks, orthogonal initialisation with gain 0.01 on the policy head;
 *   - gradients clipped by their global norm, Adam's epsilon 1e-5;
 *   - a truncated episode bootstraps from its last observation, a terminated one does not;
 *   - continuous actions: a diagonal Gaussian whose log deviation does not depend on the state; actions are
 *     clipped to the box only on their way to the env, the learner keeps what it drew.
 */
import { type ConfigOf, z } from '../core/config.ts';
import { TrainingError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';
import type { ActionBatch } from '../envs/spaces.ts';
import { createKernels, type Kernels } from '../networks/kernels.ts';
import { createMlp } from '../networks/mlp.ts';
import type { ParameterBlock } from '../networks/network.ts';
import { clipGradientNorm, createAdam, type Optimizer } from '../networks/optimizer.ts';
import { estimateAdvantagesInto, explainedVariance } from '../replay/advantages.ts';
import { RolloutBuffer } from '../replay/rollout-buffer.ts';
import { copyRow } from '../replay/rows.ts';
import {
  type Agent,
  type AgentContext,
  defineAgent,
  type Metrics,
  type Situation,
  type TransitionBatch,
} from './agent.ts';
import { createCustomNetwork } from './custom-network.ts';
import { MetricMeans } from './metric-means.ts';
import { normalizationConfig, normalizeAgent } from './normalization.ts';
import { createPolicyHead } from './policy-head.ts';
import { PpoLoss, type PpoLosses, type PpoMinibatch, type PpoNetworks } from './ppo-loss.ts';
import { scheduleConfig, scheduled } from './schedule.ts';

const config = z.object({
  learningRate: z.number().positive().default(3e-4).describe('Adam step size'),
  learningRateSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  rolloutSteps: z.int().min(1).default(2048).describe('steps of each env between updates'),
  minibatchSize: z.int().min(1).default(64).describe('rows per gradient step'),
  epochs: z.int().min(1).default(10).describe('passes over a rollout'),
  gamma: z.number().min(0).max(1).default(0.99).describe('discount per step'),
  lambda: z.number().min(0).max(1).default(0.95).describe('weight of longer returns in the advantage'),
  clipRange: z
    .number()
    .positive()
    .default(0.2)
    .describe('largest change of the probability ratio that is rewarded'),
  clipRangeSchedule: scheduleConfig.describe('constant, or linear down to 0 over the run'),
  valueClipRange: z.number().min(0).default(0).describe('largest rewarded change of a value; 0 turns it off'),
  normalizeAdvantages: z.boolean().default(true).describe('to mean 0, deviation 1 in each minibatch'),
  entropyCoefficient: z.number().min(0).default(0).describe('weight of the entropy bonus'),
  valueCoefficient: z.number().min(0).default(0.5).describe('weight of the squared value error'),
  maxGradientNorm: z.number().positive().default(0.5).describe('global norm the gradient is clipped to'),
  targetKl: z
    .number()
    .min(0)
    .default(0)
    .describe('an update ends past 1.5 times this divergence; 0 turns it off'),
  hidden: z.array(z.int().min(1)).default([64, 64]).describe('units of each hidden layer'),
  activation: z.enum(['tanh', 'relu']).default('tanh').describe('of the hidden layers'),
  initialLogStd: z.number().default(0).describe('starting log deviation of continuous actions'),
  adamEpsilon: z.number().positive().default(1e-5).describe("Adam's epsilon"),
  ...normalizationConfig,
});

export type PpoConfig = ConfigOf<typeof config>;

export const ppo = defineAgent({
  name: 'ppo',
  description: 'Proximal policy optimisation (Schulman et al. 2017), for any action space',
  config,
  build: (context, config) => normalizeAgent(new Ppo(context, config), context, config),
});

export type OptimizerFactory = (kernels: Kernels, blocks: readonly ParameterBlock[]) => Optimizer;

/** T steps a rollout, N envs, D observation elements, A action elements, B rows a minibatch. */
export class Ppo implements Agent {
  readonly #config: PpoConfig;
  readonly #totalSteps: number;
  readonly #kernels: Kernels;
  readonly #networks: PpoNetworks;
  readonly #blocks: readonly ParameterBlock[];
  readonly #optimizer: Optimizer;
  readonly #loss: PpoLoss;
  readonly #rng: Rng;
  readonly #rollout: RolloutBuffer<ActionBatch>;
  readonly #values: Float32Array; // [T, N]
  readonly #advantages: Float32Array; // [T, N]
  readonly #returns: Float32Array; // [T, N]
  readonly #order: Int32Array; // [T·N], rollout rows as an epoch visits them
  readonly #minibatch: PpoMinibatch;
  readonly #minibatchMasks: Uint8Array; // [B, K]
  readonly #drawn: ActionBatch; // [N, A], what the last exploring act drew, before clipping
  readonly #drawnLogProbs: Float32Array; // [N]
  readonly #finalObservation: Float32Array; // [D]
  #greedy: ActionBatch; // [N, A], grows with the number of envs that are evaluated
  #step = 0;

  /** @param createOptimizer Adam unless told otherwise */
  constructor(
    context: AgentContext,
    config: PpoConfig,
    createOptimizer: OptimizerFactory = (kernels, blocks) =>
      createAdam(kernels, blocks, { epsilon: config.adamEpsilon }),
  ) {
    const { observationSpace, actionSpace, numEnvs, rng } = context;
    const { hidden, activation } = config;
    const kernels = createKernels(context.kernels);
    const head = createPolicyHead(kernels, actionSpace, config.initialLogStd);
    const body = { hidden, activation, init: 'orthogonal' as const };
    const policyRequest = {
      role: 'policy',
      inputDim: observationSpace.dim,
      outputDim: head.outputDim,
      rng: rng.fork('policy'),
    } as const;
    const criticRequest = {
      role: 'critic',
      inputDim: observationSpace.dim,
      outputDim: 1,
      rng: rng.fork('critic'),
    } as const;
    const policy =
      createCustomNetwork(context, kernels, policyRequest) ??
      createMlp(kernels, { ...body, ...policyRequest, outputScale: 0.01 });
    const critic =
      createCustomNetwork(context, kernels, criticRequest) ??
      createMlp(kernels, { ...body, ...criticRequest, outputScale: 1 });
    const numRows = config.rolloutSteps * numEnvs;
    const minibatchSize = Math.min(config.minibatchSize, numRows);
    this.#config = config;
    this.#totalSteps = context.totalSteps;
    this.#kernels = kernels;
    this.#networks = { policy, critic, head };
    this.#blocks = [policy, critic, ...head.blocks];
    this.#optimizer = createOptimizer(kernels, this.#blocks);
    this.#loss = new PpoLoss(this.#networks, config, minibatchSize, kernels);
    this.#rng = rng.fork('ppo');
    this.#rollout = new RolloutBuffer(
      config.rolloutSteps,
      numEnvs,
      kernels.allocate(numRows * observationSpace.dim),
      head.createActions(numRows),
    );
    this.#values = new Float32Array(numRows);
    this.#advantages = new Float32Array(numRows);
    this.#returns = new Float32Array(numRows);
    this.#order = new Int32Array(numRows);
    this.#minibatch = {
      size: minibatchSize,
      observations: kernels.allocate(minibatchSize * observationSpace.dim),
      actions: head.createActions(minibatchSize),
      oldLogProbs: new Float32Array(minibatchSize),
      oldValues: new Float32Array(minibatchSize),
      advantages: new Float32Array(minibatchSize),
      returns: new Float32Array(minibatchSize),
    };
    this.#minibatchMasks = new Uint8Array(minibatchSize * head.outputDim);
    this.#drawn = head.createActions(numEnvs);
    this.#drawnLogProbs = new Float32Array(numEnvs);
    this.#finalObservation = new Float32Array(observationSpace.dim);
    this.#greedy = head.createActions(numEnvs);
  }

  act(observations: Float32Array, numEnvs: number, explore: boolean, situation?: Situation): ActionBatch {
    const { policy, head } = this.#networks;
    const outputs = policy.forward(observations, numEnvs);
    const masks = situation?.actionMasks;
    if (explore) {
      head.sampleInto(this.#drawn, this.#drawnLogProbs, outputs, numEnvs, this.#rng, masks);
      return head.toEnvActions(this.#drawn);
    }
    if (this.#greedy.length !== numEnvs * head.actionDim) this.#greedy = head.createActions(numEnvs);
    head.modeInto(this.#greedy, outputs, numEnvs, masks);
    return head.toEnvActions(this.#greedy);
  }

  observe(transition: TransitionBatch): Metrics | undefined {
    const { observations, rewards, nextObservations, terminated, truncated, actionMasks } = transition;
    const rollout = this.#rollout;
    const row = rollout.push(
      observations,
      this.#drawn,
      this.#drawnLogProbs,
      rewards,
      terminated,
      truncated,
      actionMasks,
    );
    for (let n = 0; n < rollout.numEnvs; n++) {
      if (truncated[n] !== 0 && terminated[n] === 0) {
        copyRow(this.#finalObservation, 0, nextObservations, n, this.#finalObservation.length);
        rollout.finalValues[row + n] = this.#networks.critic.forward(this.#finalObservation, 1)[0];
      }
    }
    this.#step += rollout.numEnvs;
    if (!rollout.isFull) return undefined;
    this.#estimateReturns(nextObservations);
    const metrics = this.#update();
    rollout.clear();
    return metrics;
  }

  #estimateReturns(nextObservations: Float32Array): void {
    const { critic } = this.#networks;
    const { numSteps, numEnvs, observations, rewards, terminated, truncated, finalValues } = this.#rollout;
    const values = this.#values;
    copyRow(values, 0, critic.forward(observations, values.length), 0, values.length);
    const lastValues = critic.forward(nextObservations, numEnvs);
    const rollout = { rewards, values, terminated, truncated, finalValues, lastValues };
    const { gamma, lambda } = this.#config;
    estimateAdvantagesInto(this.#advantages, this.#returns, rollout, numSteps, numEnvs, gamma, lambda);
  }

  #update(): Metrics {
    const { epochs, minibatchSize, maxGradientNorm, targetKl, ...config } = this.#config;
    const remaining = 1 - this.#step / this.#totalSteps;
    const learningRate = scheduled(config.learningRate, config.learningRateSchedule, remaining);
    const clipRange = scheduled(config.clipRange, config.clipRangeSchedule, remaining);
    const order = this.#order;
    const means = new MetricMeans();
    for (let i = 0; i < order.length; i++) order[i] = i;
    for (let epoch = 0; epoch < epochs; epoch++) {
      this.#rng.shuffle(order);
      for (let start = 0; start < order.length; start += minibatchSize) {
        const minibatch = this.#gather(start, Math.min(minibatchSize, order.length - start));
        const losses = this.#loss.accumulateGradients(minibatch, clipRange);
        const gradientNorm = clipGradientNorm(this.#kernels, this.#blocks, maxGradientNorm);
        this.#requireFinite(losses, gradientNorm, epoch);
        means.add({ ...losses, gradientNorm });
        if (targetKl > 0 && losses.approxKl > 1.5 * targetKl) {
          for (const block of this.#blocks) block.gradients.fill(0);
          epoch = epochs;
          break;
        }
        this.#optimizer.step(learningRate);
      }
    }
    const explained = explainedVariance(this.#values, this.#returns);
    return { ...means.take(), explainedVariance: explained, learningRate, clipRange };
  }

  /** Copies the rows `order[start … start + size)` of the rollout into the minibatch. */
  #gather(start: number, size: number): PpoMinibatch {
    const { observations, actions, oldLogProbs, oldValues, advantages, returns } = this.#minibatch;
    const rollout = this.#rollout;
    const observationDim = this.#finalObservation.length;
    const { actionDim, outputDim } = this.#networks.head;
    const actionMasks = rollout.actionMasks && this.#minibatchMasks;
    for (let b = 0; b < size; b++) {
      const row = this.#order[start + b];
      copyRow(observations, b, rollout.observations, row, observationDim);
      copyRow(actions, b, rollout.actions, row, actionDim);
      if (actionMasks !== undefined) copyRow(actionMasks, b, rollout.actionMasks!, row, outputDim);
      oldLogProbs[b] = rollout.logProbs[row];
      oldValues[b] = this.#values[row];
      advantages[b] = this.#advantages[row];
      returns[b] = this.#returns[row];
    }
    return { ...this.#minibatch, size, actionMasks };
  }

  #requireFinite(losses: PpoLosses, gradientNorm: number, epoch: number): void {
    const { policyLoss, valueLoss, entropy } = losses;
    if (Number.isFinite(gradientNorm) && Number.isFinite(policyLoss + valueLoss + entropy)) return;
    throw new TrainingError(
      'non-finite-loss',
      `PPO stopped at env step ${this.#step} (epoch ${epoch + 1} of the update): policy loss ${policyLoss}, ` +
        `value loss ${valueLoss}, entropy ${entropy}, gradient norm ${gradientNorm}. The weights are those before this ` +
        'step. Try a lower learningRate, or normalizeObservations and normalizeRewards.',
    );
  }

  save(): Snapshot {
    const { policy, critic, head } = this.#networks;
    return joinSnapshots({
      policy: { arrays: { parameters: policy.parameters.slice() }, values: {} },
      critic: { arrays: { parameters: critic.parameters.slice() }, values: {} },
      head: head.save(),
      optimizer: this.#optimizer.save(),
      rollout: this.#rollout.save(),
      rng: this.#rng.save(),
      progress: { arrays: {}, values: { step: this.#step } },
    });
  }

  load(snapshot: Snapshot): void {
    const { policy, critic, head } = this.#networks;
    restoreArrayInto(policy.parameters, snapshot, 'policy/parameters');
    restoreArrayInto(critic.parameters, snapshot, 'critic/parameters');
    head.load(snapshotPart(snapshot, 'head'));
    this.#optimizer.load(snapshotPart(snapshot, 'optimizer'));
    this.#rollout.load(snapshotPart(snapshot, 'rollout'));
    this.#rng.load(snapshotPart(snapshot, 'rng'));
    this.#step = restoreNumber(snapshot, 'progress/step');
  }
}
