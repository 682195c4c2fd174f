/**
 * Updates the soft actor-critic for continuous actions, with a squashed Gaussian policy.
 *
 * Source: Haarnoja et al. (2018), "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905, algorithm 1.
 * Differences from the source: a truncated episode bootstraps from its last observation. With state-dependent
 * exploration, the noise of a gradient step is drawn for each row, from the same distribution as that of acting.
 */
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreArrayInto, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import {
  squashedGaussianGradientsInto,
  squashedGaussianInto,
  squashedMeansInto,
} from '../../networks/distributions/squashed-gaussian.ts';
import {
  createStateDependentGaussian,
  type StateDependentGaussian,
} from '../../networks/distributions/state-dependent-gaussian.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import type { AgentContext, Metrics } from '../agent.ts';
import { createCustomNetwork, requireOwnNetworks } from '../custom-network.ts';
import { StateDependentNoise } from '../on-policy/state-dependent-exploration.ts';
import type { PolicyDescription } from '../policy-description.ts';
import { ClippedAdam } from './clipped-adam.ts';
import { Critics } from './critics.ts';
import { EntropyCoefficient } from './entropy-coefficient.ts';
import { createFanInMlp, type FanInMlpOptions, fanInMlpLayer } from './fan-in-mlp.ts';
import type { LearnerBatch, OffPolicyLearner } from './loop.ts';
import type { SacConfig } from './sac-config.ts';
import { UnitActions } from './unit-actions.ts';

/** N envs, D observation elements, A action elements, B rows a batch. */
export class SacContinuous implements OffPolicyLearner {
  readonly #config: SacConfig;
  readonly #rng: Rng;
  readonly #space: UnitActions;
  readonly #actor: Network; // [D] → [2A]
  readonly #actorOptimizer: ClippedAdam;
  /** What makes it explore, where that is state-dependent. */
  readonly #keptNoise: StateDependentNoise | undefined;
  readonly #critics: Critics;
  readonly #alpha: EntropyCoefficient;
  readonly #targetEntropy: number;
  readonly #actions: Float32Array; // [B, A]
  readonly #logProbs: Float32Array; // [B]
  readonly #noise: Float32Array; // [B, A]
  readonly #y: Float32Array; // [B]
  readonly #actionGradients: Float32Array; // [B, A]
  readonly #outputGradients: Float32Array; // [B, 2A]
  readonly #exploringNoise: Float32Array; // [N, A]
  readonly #exploringLogProbs: Float32Array; // [N]

  constructor(context: AgentContext, config: SacConfig, kernels: Kernels, rng: Rng) {
    const { batchSize, maxGradientNorm, targetEntropy, entropyCoefficient } = config;
    const observationDim = context.observationSpace.dim;
    this.#space = new UnitActions(context.actionSpace, 'sac');
    const { actionDim } = this.#space;
    this.#config = config;
    this.#rng = rng;
    const request = {
      role: 'policy',
      inputDim: observationDim,
      outputDim: 2 * actionDim,
      rng: rng.fork('actor'),
    } as const;
    if (config.stateDependentExploration) {
      requireOwnNetworks(context, 'stateDependentExploration');
      const actor = createStateDependentActor(kernels, { ...config, ...request }, actionDim);
      // Learning steps come once in so many steps of each env.
      const phase = Math.ceil(config.trainEvery / context.numEnvs);
      this.#actor = actor;
      this.#keptNoise = new StateDependentNoise(actor, context.numEnvs, config.resampleEvery || phase);
    } else {
      this.#actor =
        createCustomNetwork(context, kernels, request) ?? createFanInMlp(kernels, { ...config, ...request });
    }
    this.#actorOptimizer = new ClippedAdam("sac's actor", kernels, [this.#actor], maxGradientNorm);
    this.#critics = new Critics(kernels, {
      ...config,
      name: 'sac',
      numCritics: 2,
      observationDim,
      actionDim,
      rng,
      context,
    });
    this.#alpha = new EntropyCoefficient(kernels, entropyCoefficient, config.initialEntropyCoefficient);
    this.#targetEntropy = targetEntropy === 'auto' ? -actionDim : targetEntropy;
    this.#actions = new Float32Array(batchSize * actionDim);
    this.#logProbs = new Float32Array(batchSize);
    this.#noise = new Float32Array(batchSize * actionDim);
    this.#y = new Float32Array(batchSize);
    this.#actionGradients = new Float32Array(batchSize * actionDim);
    this.#outputGradients = kernels.allocate(batchSize * 2 * actionDim);
    this.#exploringNoise = new Float32Array(context.numEnvs * actionDim);
    this.#exploringLogProbs = new Float32Array(context.numEnvs);
  }

  randomInto(actions: Float32Array, rng: Rng): void {
    this.#space.randomInto(actions, rng);
  }

  exploreInto(actions: Float32Array, observations: Float32Array): void {
    const logProbs = this.#exploringLogProbs;
    const noise = this.#exploringNoise;
    if (this.#keptNoise === undefined) this.#sampleInto(actions, logProbs, noise, observations);
    else {
      const outputs = this.#actor.forward(observations, logProbs.length);
      this.#keptNoise.sampleInto(noise, this.#rng);
      squashedGaussianInto(actions, logProbs, outputs, noise, logProbs.length, this.#space.actionDim);
    }
  }

  greedyInto(actions: Float32Array, observations: Float32Array): void {
    const { actionDim } = this.#space;
    const numEnvs = actions.length / actionDim;
    squashedMeansInto(actions, this.#actor.forward(observations, numEnvs), numEnvs, actionDim);
  }

  describePolicy(): PolicyDescription | undefined {
    const steps = this.#actor.describe?.();
    return (
      steps && {
        // Means come first, then log deviations; with state-dependent exploration means alone are described.
        steps: [
          ...steps,
          { kind: 'columns', from: 0, to: this.#space.actionDim },
          { kind: 'activation', activation: 'tanh' },
        ],
        decision: { kind: 'scaled', space: this.#space.space },
      }
    );
  }

  toEnvInto(envActions: Float32Array, actions: Float32Array): void {
    this.#space.toEnvInto(envActions, actions);
  }

  learn(batch: LearnerBatch, learningRate: number, envStep: number): Metrics {
    const { observations, nextObservations, rewards, discounts } = batch;
    const critics = this.#critics;
    const alpha = this.#alpha.value;
    const actions = this.#actions;
    const logProbs = this.#logProbs;
    const y = this.#y;
    const size = y.length;

    // y = r + γ·(min_i Q'_i(s′, a′) − α·ln π(a′|s′)),   a′ drawn from π(·|s′)
    this.#sampleInto(actions, logProbs, this.#noise, nextObservations);
    critics.targetMinimumInto(y, nextObservations, actions);
    for (let b = 0; b < size; b++) y[b] = rewards[b] + discounts[b] * (y[b] - alpha * logProbs[b]);

    // J(θ_i) = ½·mean (Q_i(s, a) − y)²
    const drawn = batch.actions as Float32Array;
    const criticLoss = critics.descend(observations, drawn, y, 0.5, learningRate, envStep);

    // J(φ) = mean (α·ln π(ã|s) − min_i Q_i(s, ã)),   ã = tanh(μ(s) + σ(s)·ε)
    const outputs = this.#sampleInto(actions, logProbs, this.#noise, observations);
    const value = critics.actionGradientsInto(this.#actionGradients, observations, actions, 2);
    squashedGaussianGradientsInto(
      this.#outputGradients,
      outputs,
      this.#noise,
      actions,
      this.#actionGradients,
      alpha / size,
      size,
      this.#space.actionDim,
    );
    let entropy = 0;
    for (let b = 0; b < size; b++) entropy -= logProbs[b] / size;
    const actorLoss = -alpha * entropy - value;
    this.#actor.backward(this.#outputGradients);
    this.#actorOptimizer.step(actorLoss, learningRate, envStep);

    // J(α) = α·(H − H̄)
    this.#alpha.step(entropy - this.#targetEntropy, learningRate, envStep);

    critics.softUpdate(this.#config.tau);
    return { criticLoss, actorLoss, entropy, entropyCoefficient: alpha };
  }

  /**
   * Draws noise, then actions and their log-probabilities by it.
   * @returns the actor's outputs
   */
  #sampleInto(
    actions: Float32Array,
    logProbs: Float32Array,
    noise: Float32Array,
    observations: Float32Array,
  ): Float32Array {
    const outputs = this.#actor.forward(observations, logProbs.length);
    for (let i = 0; i < noise.length; i++) noise[i] = this.#rng.gaussian();
    squashedGaussianInto(actions, logProbs, outputs, noise, logProbs.length, this.#space.actionDim);
    return outputs;
  }

  save(): Snapshot {
    return joinSnapshots({
      actor: { arrays: { parameters: this.#actor.parameters.slice() }, values: {} },
      actorOptimizer: this.#actorOptimizer.save(),
      critics: this.#critics.save(),
      alpha: this.#alpha.save(),
      ...(this.#keptNoise && { keptNoise: this.#keptNoise.save() }),
    });
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#actor.parameters, snapshot, 'actor/parameters');
    this.#actorOptimizer.load(snapshotPart(snapshot, 'actorOptimizer'));
    this.#critics.load(snapshotPart(snapshot, 'critics'));
    this.#alpha.load(snapshotPart(snapshot, 'alpha'));
    this.#keptNoise?.load(snapshotPart(snapshot, 'keptNoise'));
  }
}

/** Bound of the means with state-dependent exploration, as in its authors' code: tanh has hardly a slope beyond. */
const MEAN_BOUND = 2;

function createStateDependentActor(
  kernels: Kernels,
  { hidden, ...options }: Omit<FanInMlpOptions, 'outputDim'> & Pick<SacConfig, 'initialLogStd'>,
  actionDim: number,
): StateDependentGaussian {
  const featureDim = hidden[hidden.length - 1];
  const { activation: outputActivation, initialLogStd } = options;
  return createStateDependentGaussian(kernels, {
    features: fanInMlpLayer({
      ...options,
      hidden: hidden.slice(0, -1),
      outputDim: featureDim,
      outputActivation,
    }),
    means: fanInMlpLayer({ ...options, inputDim: featureDim, hidden: [], outputDim: actionDim }),
    initialLogStd,
    learnFeatures: true,
    meanBound: MEAN_BOUND,
  });
}
