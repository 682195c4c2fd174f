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
import { ConfigError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type Discrete, describeSpace } from '../envs/spaces.ts';
import type { StepContext } from '../envs/transition.ts';
import type { Kernels } from '../networks/kernels/kernels.ts';
import { type AgentContext, defineAgent, type Metrics } from './agent.ts';
import { bestChoice, randomChoice } from './off-policy/choices.ts';
import { offPolicyConfig } from './off-policy/config.ts';
import { dqnLossInto, dqnTargetsInto } from './off-policy/dqn-loss.ts';
import { buildOffPolicyAgent, type LearnerBatch, type OffPolicyLearner } from './off-policy/loop.ts';
import { valuePrior } from './off-policy/prior.ts';
import { createQNetwork } from './off-policy/q-network.ts';
import { TargetNetworks } from './off-policy/target-networks.ts';
import type { PolicyDescription } from './policy-description.ts';
import { passes } from './schedule.ts';
import { withWindowNetworks } from './window-network.ts';

const config = z.object({
  ...offPolicyConfig({ learningRate: 1e-4, hidden: [64, 64], batchSize: 32, trainEvery: 4 }),
  learningStarts: z.int().min(0).default(100).describe('env steps before the first gradient step'),
  nSteps: z.int().min(1).default(1).describe('rewards summed before bootstrapping'),
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
});

type DqnConfig = ConfigOf<typeof config>;

export const dqn = defineAgent({
  name: 'dqn',
  description: 'Deep Q-learning (Mnih et al. 2015): double, dueling, prioritized, n-step; discrete actions',
  config,
  prior: valuePrior,
  build(context, config) {
    const { actionSpace } = context;
    if (actionSpace.kind !== 'discrete') {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "dqn" needs discrete actions, but the action space is ${describeSpace(actionSpace)}; ` +
          'try "ddpg", "td3", "sac" or "ppo".',
      );
    }
    const withNetworks = withWindowNetworks('dqn', context, config, 'fan-in');
    return buildOffPolicyAgent(
      'dqn',
      context,
      config,
      (kernels, rng) => new Dqn(withNetworks, actionSpace, config, kernels, rng),
    );
  },
});

/** N envs, D observation elements, K choices, B rows a batch. */
class Dqn implements OffPolicyLearner {
  readonly #config: DqnConfig;
  readonly #totalSteps: number;
  readonly #numChoices: number; // K
  readonly #networks: TargetNetworks; // one of [D] → [K]
  readonly #rng: Rng;
  readonly #targets: Float32Array; // [B]
  readonly #outputGradients: Float32Array; // [B, K]

  constructor(context: AgentContext, { n }: Discrete, config: DqnConfig, kernels: Kernels, rng: Rng) {
    const { batchSize, hidden, activation, dueling, maxGradientNorm } = config;
    const layers = { inputDim: context.observationSpace.dim, numChoices: n, hidden, activation, dueling };
    this.#config = config;
    this.#totalSteps = context.totalSteps;
    this.#numChoices = n;
    this.#networks = new TargetNetworks(kernels, {
      name: 'DQN',
      count: 1,
      create: () => createQNetwork(kernels, context, { ...layers, rng: context.rng.fork('network') }),
      maxGradientNorm,
    });
    this.#rng = rng;
    this.#targets = new Float32Array(batchSize);
    this.#outputGradients = kernels.allocate(batchSize * n);
  }

  exploreInto(
    actions: Int32Array,
    observations: Float32Array,
    stepContext: StepContext | undefined,
    envStep: number,
  ): void {
    const epsilon = this.#epsilon(envStep);
    this.greedyInto(actions, observations, stepContext);
    for (let n = 0; n < actions.length; n++) {
      if (this.#rng.uniform() >= epsilon) continue;
      actions[n] = randomChoice(this.#rng, this.#numChoices, stepContext?.actionMasks, n);
    }
  }

  greedyInto(actions: Int32Array, observations: Float32Array, stepContext: StepContext | undefined): void {
    const values = this.#networks.networks[0].forward(observations, actions.length);
    for (let n = 0; n < actions.length; n++) {
      actions[n] = bestChoice(values, this.#numChoices, stepContext?.actionMasks, n);
    }
  }

  describePolicy(): PolicyDescription | undefined {
    const steps = this.#networks.networks[0].describe?.();
    return steps && { steps, decision: { kind: 'largest', sizes: [this.#numChoices] } };
  }

  advance(before: number, after: number): void {
    const { targetUpdateEvery, tau } = this.#config;
    if (passes(before, after, targetUpdateEvery)) this.#networks.softUpdate(tau);
  }

  /** One gradient step on ½·(y − Q(s, a))², linear beyond an error of 1, with y = R + γⁿ·Q⁻(s′, a*). */
  learn(batch: LearnerBatch, learningRate: number, envStep: number): Metrics {
    const { observations, actions, rewards, discounts, weights, nextObservations, tdErrors } = batch;
    const targets = this.#targets;
    const size = targets.length;
    const [network] = this.#networks.networks;
    const [target] = this.#networks.targets;

    const next = target.forward(nextObservations, size);
    const choosing = this.#config.double ? network.forward(nextObservations, size) : next;
    dqnTargetsInto(targets, rewards, discounts, next, choosing, this.#numChoices, batch.nextActionMasks);
    const values = network.forward(observations, size);
    const gradients = this.#outputGradients;
    const { loss, meanValue } = dqnLossInto(
      gradients,
      tdErrors,
      values,
      actions,
      targets,
      weights,
      this.#numChoices,
    );
    network.backward(gradients);
    const gradientNorm = this.#networks.step(loss, learningRate, envStep);
    return { loss, meanValue, gradientNorm, epsilon: this.#epsilon(envStep) };
  }

  #epsilon(envStep: number): number {
    const { explorationInitial, explorationFinal, explorationFraction } = this.#config;
    const progress = Math.min(1, envStep / (explorationFraction * this.#totalSteps));
    return explorationInitial + (explorationFinal - explorationInitial) * progress;
  }

  save(): Snapshot {
    return this.#networks.save();
  }

  load(snapshot: Snapshot): void {
    this.#networks.load(snapshot);
  }
}
