/**
 * Updates the soft actor-critic for discrete actions: expectations over all actions take the place of samples.
 *
 * Source: Christodoulou (2019), "Soft Actor-Critic for Discrete Action Settings", arXiv:1910.07207, algorithm 1.
 * Differences from the source: actions that a mask forbids have probability 0, and a target entropy that is relative
 * counts the allowed ones alone, and is 0.89 instead of 0.98 of the largest (docs/decisions/off-policy.md); a truncated
 * episode bootstraps from its last observation.
 */
import { log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import { joinSnapshots, restoreArrayInto, type Snapshot, snapshotPart } from '../../core/snapshot.ts';
import type { Discrete } from '../../envs/spaces.ts';
import type { StepContext } from '../../envs/transition.ts';
import { categoricalEntropiesInto, normalizeLogitsInto } from '../../networks/distributions/categorical.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import type { AgentContext, Metrics } from '../agent.ts';
import { createCustomNetwork } from '../custom-network.ts';
import { CategoricalHead } from '../on-policy/categorical-head.ts';
import type { PolicyDescription } from '../policy-description.ts';
import { randomChoice } from './choices.ts';
import { ClippedAdam } from './clipped-adam.ts';
import { EntropyCoefficient } from './entropy-coefficient.ts';
import { createFanInMlp } from './fan-in-mlp.ts';
import type { LearnerBatch, OffPolicyLearner } from './loop.ts';
import type { SacConfig } from './sac-config.ts';
import { TargetNetworks } from './target-networks.ts';

/** N envs, D observation elements, K choices, B rows a batch. */
export class SacDiscrete implements OffPolicyLearner {
  readonly #config: SacConfig;
  readonly #kernels: Kernels;
  readonly #rng: Rng;
  readonly #sizes: readonly [number]; // K
  readonly #head: CategoricalHead;
  readonly #actor: Network; // [D] → [K], logits
  readonly #actorOptimizer: ClippedAdam;
  readonly #critics: TargetNetworks; // two of [D] → [K]
  readonly #alpha: EntropyCoefficient;
  readonly #logits: Float32Array; // [B, K], −Infinity where a choice is forbidden
  readonly #logProbs: Float32Array; // [B, K]
  readonly #probabilities: Float32Array; // [B, K]
  readonly #outputGradients: Float32Array; // [B, K]
  readonly #values: Float32Array; // [B, K]
  readonly #entropies: Float32Array; // [B]
  readonly #y: Float32Array; // [B]
  readonly #exploringLogProbs: Float32Array; // [N]

  constructor(context: AgentContext, space: Discrete, config: SacConfig, kernels: Kernels, rng: Rng) {
    const { batchSize, maxGradientNorm } = config;
    const shape = { inputDim: context.observationSpace.dim, outputDim: space.n };
    const create = (role: 'policy' | 'critic', name: string): Network => {
      const request = { ...shape, role, rng: rng.fork(name) };
      return (
        createCustomNetwork(context, kernels, request) ?? createFanInMlp(kernels, { ...config, ...request })
      );
    };
    this.#config = config;
    this.#kernels = kernels;
    this.#rng = rng;
    this.#sizes = [space.n];
    this.#head = new CategoricalHead(kernels, space, this.#sizes);
    this.#actor = create('policy', 'actor');
    this.#actorOptimizer = new ClippedAdam("sac's actor", kernels, [this.#actor], maxGradientNorm);
    this.#critics = new TargetNetworks(kernels, {
      name: "sac's critics",
      count: 2,
      create: (i) => create('critic', `critic${i}`),
      maxGradientNorm,
    });
    this.#alpha = new EntropyCoefficient(
      kernels,
      config.entropyCoefficient,
      config.initialEntropyCoefficient,
    );
    this.#logits = kernels.allocate(batchSize * space.n);
    this.#logProbs = kernels.allocate(batchSize * space.n);
    this.#probabilities = kernels.allocate(batchSize * space.n);
    this.#outputGradients = kernels.allocate(batchSize * space.n);
    this.#values = new Float32Array(batchSize * space.n);
    this.#entropies = new Float32Array(batchSize);
    this.#y = new Float32Array(batchSize);
    this.#exploringLogProbs = new Float32Array(context.numEnvs);
  }

  randomInto(actions: Int32Array, rng: Rng, stepContext: StepContext | undefined): void {
    for (let n = 0; n < actions.length; n++) {
      actions[n] = randomChoice(rng, this.#sizes[0], stepContext?.actionMasks, n);
    }
  }

  exploreInto(actions: Int32Array, observations: Float32Array, stepContext: StepContext | undefined): void {
    const numEnvs = actions.length;
    const logits = this.#actor.forward(observations, numEnvs);
    const masks = stepContext?.actionMasks;
    this.#head.sampleInto(actions, this.#exploringLogProbs, logits, numEnvs, this.#rng, masks);
  }

  greedyInto(actions: Int32Array, observations: Float32Array, stepContext: StepContext | undefined): void {
    const logits = this.#actor.forward(observations, actions.length);
    this.#head.modeInto(actions, logits, actions.length, stepContext?.actionMasks);
  }

  describePolicy(): PolicyDescription | undefined {
    const steps = this.#actor.describe?.();
    return steps && { steps, decision: this.#head.decision };
  }

  learn(batch: LearnerBatch, learningRate: number, envStep: number): Metrics {
    const { observations, nextObservations, rewards, discounts, actions, actionMasks, nextActionMasks } =
      batch;
    const [K] = this.#sizes;
    const alpha = this.#alpha.value;
    const [first, second] = this.#critics.networks;
    const [firstTarget, secondTarget] = this.#critics.targets;
    const probabilities = this.#probabilities;
    const logProbs = this.#logProbs;
    const y = this.#y;
    const size = y.length;

    // y = r + γ·Σ_k π_k(s′)·(min_i Q'_i(s′, k) − α·ln π_k(s′))
    this.#normalize(nextObservations, nextActionMasks);
    const targets = firstTarget.forward(nextObservations, size);
    const otherTargets = secondTarget.forward(nextObservations, size);
    for (let b = 0; b < size; b++) {
      y[b] = rewards[b];
      // After a last step nothing need be allowed, and then there is no policy.
      if (discounts[b] === 0) continue;
      let value = 0;
      for (let i = b * K; i < (b + 1) * K; i++) {
        if (probabilities[i] === 0) continue;
        value += probabilities[i] * (Math.min(targets[i], otherTargets[i]) - alpha * logProbs[i]);
      }
      y[b] += discounts[b] * value;
    }

    // J(θ_i) = ½·mean (Q_i(s, a) − y)²
    const criticLoss =
      this.#regress(first, observations, actions, y) + this.#regress(second, observations, actions, y);
    this.#critics.step(criticLoss, learningRate, envStep);

    // J(φ) = mean Σ_k π_k(s)·(α·ln π_k(s) − min_i Q_i(s, k))
    const values = this.#values;
    const firstValues = first.forward(observations, size);
    const secondValues = second.forward(observations, size);
    for (let i = 0; i < values.length; i++) values[i] = Math.min(firstValues[i], secondValues[i]);
    this.#normalize(observations, actionMasks);
    const gradients = this.#outputGradients;
    const actorLoss = softPolicyGradientsInto(gradients, logProbs, probabilities, values, alpha, size, K);
    this.#actor.backward(gradients);
    this.#actorOptimizer.step(actorLoss, learningRate, envStep);

    // J(α) = mean α·(H(s) − H̄(s))
    const entropies = this.#entropies;
    categoricalEntropiesInto(entropies, logProbs, probabilities, this.#sizes, size);
    let entropy = 0;
    let excess = 0;
    for (let b = 0; b < size; b++) {
      entropy += entropies[b] / size;
      excess += (entropies[b] - this.#targetEntropy(b)) / size;
    }
    this.#alpha.step(excess, learningRate, envStep);

    this.#critics.softUpdate(this.#config.tau);
    return { criticLoss, actorLoss, entropy, entropyCoefficient: alpha };
  }

  /** H̄ for a row of the last `#normalize`. */
  #targetEntropy(row: number): number {
    const { targetEntropy, targetEntropyRatio } = this.#config;
    if (targetEntropy !== 'auto') return targetEntropy;
    const [K] = this.#sizes;
    let numAllowed = 0;
    for (let i = row * K; i < (row + 1) * K; i++) if (this.#logits[i] !== -Infinity) numAllowed++;
    return targetEntropyRatio * log(numAllowed);
  }

  /** Fills `probabilities` and `logProbs` with the policy at `observations`. */
  #normalize(observations: Float32Array, masks: Uint8Array | undefined): void {
    const size = this.#y.length;
    const logits = this.#logits;
    logits.set(this.#actor.forward(observations, size));
    if (masks !== undefined) {
      for (let i = 0; i < logits.length; i++) if (masks[i] === 0) logits[i] = -Infinity;
    }
    normalizeLogitsInto(this.#logProbs, this.#probabilities, this.#kernels, logits, this.#sizes, size);
  }

  /** Adds the gradient of ½·mean (Q(s, a) − y)² to the critic, and returns that loss. */
  #regress(critic: Network, observations: Float32Array, actions: ArrayLike<number>, y: Float32Array): number {
    const size = y.length;
    const values = critic.forward(observations, size);
    const gradients = this.#outputGradients.fill(0);
    let loss = 0;
    for (let b = 0; b < size; b++) {
      const i = b * this.#sizes[0] + actions[b];
      const error = values[i] - y[b];
      loss += (0.5 * error * error) / size;
      gradients[i] = error / size;
    }
    critic.backward(gradients);
    return loss;
  }

  save(): Snapshot {
    return joinSnapshots({
      actor: { arrays: { parameters: this.#actor.parameters.slice() }, values: {} },
      actorOptimizer: this.#actorOptimizer.save(),
      critics: this.#critics.save(),
      alpha: this.#alpha.save(),
    });
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#actor.parameters, snapshot, 'actor/parameters');
    this.#actorOptimizer.load(snapshotPart(snapshot, 'actorOptimizer'));
    this.#critics.load(snapshotPart(snapshot, 'critics'));
    this.#alpha.load(snapshotPart(snapshot, 'alpha'));
  }
}

/**
 * The gradient of mean_b Σ_k π_k·c_k with c_k = α·ln π_k − q_k by the logits: π_k·(c_k − Σ_j π_j·c_j)/B, for what
 * ln π_k contributes of its own sums to 0.
 * @param outputGradients [B, K], overwritten
 * @param logProbs [B, K]
 * @param probabilities [B, K]
 * @param values [B, K], q
 * @returns the mean
 */
export function softPolicyGradientsInto(
  outputGradients: Float32Array,
  logProbs: Float32Array,
  probabilities: Float32Array,
  values: Float32Array,
  alpha: number,
  batch: number,
  numChoices: number,
): number {
  let mean = 0;
  for (let b = 0; b < batch; b++) {
    const first = b * numChoices;
    const end = first + numChoices;
    let expected = 0;
    for (let i = first; i < end; i++) {
      // A forbidden choice has no part in it; its ln π is −Infinity.
      const cost = probabilities[i] === 0 ? 0 : alpha * logProbs[i] - values[i];
      outputGradients[i] = cost;
      expected += probabilities[i] * cost;
    }
    for (let i = first; i < end; i++) {
      outputGradients[i] = (probabilities[i] * (outputGradients[i] - expected)) / batch;
    }
    mean += expected / batch;
  }
  return mean;
}
