/**
 * Learns a deterministic policy from critics: DDPG, and TD3, which adds a second critic, smoothed target actions and a
 * policy that is updated less often.
 *
 * Source: Lillicrap et al. (2016), "Continuous control with deep reinforcement learning", arXiv:1509.02971,
 * algorithm 1; Fujimoto et al. (2018), "Addressing Function Approximation Error in Actor-Critic Methods",
 * arXiv:1802.09477, algorithm 1.
 * Differences from the source: the action enters a critic beside the observation, no batch normalisation and no
 * weight decay (all as in TD3's own DDPG); a truncated episode bootstraps from its last observation.
 */
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreNumber, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { StepContext } from '../../envs/transition.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { tanhLayer, withLastStep } from '../../networks/layers/last-step.ts';
import type { Network } from '../../networks/network.ts';
import type { AgentContext, Metrics } from '../agent.ts';
import { createCustomNetwork } from '../custom-network.ts';
import type { PolicyDescription } from '../policy-description.ts';
import type { OffPolicyConfig } from './config.ts';
import { Critics } from './critics.ts';
import { ExplorationNoise, type ExplorationNoiseConfig } from './exploration-noise.ts';
import { createFanInMlp } from './fan-in-mlp.ts';
import type { LearnerBatch, OffPolicyLearner } from './loop.ts';
import { TargetNetworks } from './target-networks.ts';
import { UnitActions } from './unit-actions.ts';

export interface DeterministicActorCriticConfig extends OffPolicyConfig, ExplorationNoiseConfig {
  /** Critics, the least of which gives the target: 1 or 2. */
  readonly numCritics: number;
  /** Updates of the critics per update of the actor and of all targets, d. */
  readonly policyDelay: number;
  /** Deviation of the noise on target actions. */
  readonly targetNoise: number;
  /** Bound of that noise, c. */
  readonly targetNoiseClip: number;
}

/** N envs, D observation elements, A action elements, B rows a batch. */
export class DeterministicActorCritic implements OffPolicyLearner {
  readonly #config: DeterministicActorCriticConfig;
  readonly #rng: Rng;
  readonly #space: UnitActions;
  readonly #noise: ExplorationNoise;
  /** φ and φ': [D] → [A], each in (−1, 1). */
  readonly #actor: TargetNetworks;
  readonly #critics: Critics;
  readonly #actionGradients: Float32Array; // [B, A]
  readonly #y: Float32Array; // [B]
  #numUpdates = 0;
  #actorLoss = 0;

  /** @param name of the agent, for messages */
  constructor(
    name: string,
    context: AgentContext,
    config: DeterministicActorCriticConfig,
    kernels: Kernels,
    rng: Rng,
  ) {
    const { batchSize, maxGradientNorm, numCritics } = config;
    const observationDim = context.observationSpace.dim;
    this.#space = new UnitActions(context.actionSpace, name);
    const { actionDim } = this.#space;
    const shape = { role: 'policy', inputDim: observationDim, outputDim: actionDim } as const;
    const createActor = (): Network => {
      const request = { ...shape, rng: rng.fork('actor') };
      const custom = createCustomNetwork(context, kernels, request);
      if (custom !== undefined) return withLastStep(kernels, custom, tanhLayer(actionDim));
      return createFanInMlp(kernels, { ...config, ...request, outputActivation: 'tanh' });
    };
    this.#config = config;
    this.#rng = rng;
    this.#noise = new ExplorationNoise(config, context.numEnvs, actionDim);
    this.#actor = new TargetNetworks(kernels, {
      name: `${name}'s actor`,
      count: 1,
      create: createActor,
      maxGradientNorm,
    });
    this.#critics = new Critics(kernels, {
      ...config,
      name,
      numCritics,
      observationDim,
      actionDim,
      rng,
      context,
    });
    this.#actionGradients = kernels.allocate(batchSize * actionDim);
    this.#y = new Float32Array(batchSize);
  }

  randomInto(actions: Float32Array, rng: Rng): void {
    this.#space.randomInto(actions, rng);
  }

  exploreInto(actions: Float32Array, observations: Float32Array, stepContext: StepContext | undefined): void {
    this.greedyInto(actions, observations);
    this.#noise.addInto(actions, stepContext?.episodeStarts, this.#rng);
  }

  greedyInto(actions: Float32Array, observations: Float32Array): void {
    const numEnvs = actions.length / this.#space.actionDim;
    actions.set(this.#actor.networks[0].forward(observations, numEnvs));
  }

  describePolicy(): PolicyDescription | undefined {
    const steps = this.#actor.networks[0].describe?.();
    return steps && { steps, decision: { kind: 'scaled', space: this.#space.space } };
  }

  toEnvInto(envActions: Float32Array, actions: Float32Array): void {
    this.#space.toEnvInto(envActions, actions);
  }

  learn(batch: LearnerBatch, learningRate: number, envStep: number): Metrics {
    const { tau, policyDelay } = this.#config;
    const actions = batch.actions as Float32Array;
    const { observations, nextObservations, rewards, discounts } = batch;
    const critics = this.#critics;
    const [policy] = this.#actor.networks;
    const [targetPolicy] = this.#actor.targets;
    const y = this.#y;
    const size = y.length;

    // ã = clip(π'(s′) + clip(ε, −c, c), −1, 1),   y = r + γ·min_i Q'_i(s′, ã)
    const targetActions = targetPolicy.forward(nextObservations, size);
    this.#smooth(targetActions);
    critics.targetMinimumInto(y, nextObservations, targetActions);
    for (let b = 0; b < size; b++) y[b] = rewards[b] + discounts[b] * y[b];

    // θ_i ← argmin mean (Q_i(s, a) − y)²
    const criticLoss = critics.descend(observations, actions, y, 1, learningRate, envStep);

    if (++this.#numUpdates % policyDelay === 0) {
      // ∇φ J = mean ∇_a Q_1(s, a)|a = π(s) · ∇φ π(s)
      const policyActions = policy.forward(observations, size);
      this.#actorLoss = -critics.actionGradientsInto(this.#actionGradients, observations, policyActions, 1);
      policy.backward(this.#actionGradients);
      this.#actor.step(this.#actorLoss, learningRate, envStep);

      // θ'_i ← τ·θ_i + (1 − τ)·θ'_i,   φ' ← τ·φ + (1 − τ)·φ'
      critics.softUpdate(tau);
      this.#actor.softUpdate(tau);
    }
    return { criticLoss, actorLoss: this.#actorLoss };
  }

  /** Adds clipped noise to target actions, so that their value is that of a neighbourhood. */
  #smooth(actions: Float32Array): void {
    const { targetNoise, targetNoiseClip: c } = this.#config;
    if (targetNoise === 0) return;
    for (let i = 0; i < actions.length; i++) {
      const noise = Math.min(Math.max(targetNoise * this.#rng.gaussian(), -c), c);
      actions[i] = Math.min(Math.max(actions[i] + noise, -1), 1);
    }
  }

  save(): Snapshot {
    return joinSnapshots({
      actor: this.#actor.save(),
      critics: this.#critics.save(),
      noise: this.#noise.save(),
      progress: { arrays: {}, values: { numUpdates: this.#numUpdates, actorLoss: this.#actorLoss } },
    });
  }

  load(snapshot: Snapshot): void {
    this.#actor.load(snapshotPart(snapshot, 'actor'));
    this.#critics.load(snapshotPart(snapshot, 'critics'));
    this.#noise.load(snapshotPart(snapshot, 'noise'));
    this.#numUpdates = restoreNumber(snapshot, 'progress/numUpdates');
    this.#actorLoss = restoreNumber(snapshot, 'progress/actorLoss');
  }
}
