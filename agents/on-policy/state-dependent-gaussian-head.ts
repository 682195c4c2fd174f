/** Reads a policy over continuous actions whose deviations depend on the state. */
import { exp } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { type Box, createActionBatch } from '../../envs/spaces.ts';
import type { PolicyDecision } from '../policy-description.ts';
import { ClippedActions } from './clipped-actions.ts';
import type { PolicyHead } from './policy-head.ts';
import type { StateDependentNoise } from './state-dependent-exploration.ts';

/** ln(2π) / 2 */
const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * A normal distribution with independent components. A row of outputs holds A means μ, then A log deviations ℓ; with
 * z = (action − μ)·e^−ℓ
 *   ln p = Σ_a −z²/2 − ℓ − ln(2π)/2,   entropy = Σ_a ℓ + ½ + ln(2π)/2
 */
export class StateDependentGaussianHead implements PolicyHead {
  readonly outputDim: number;
  readonly actionDim: number;
  readonly blocks = [];
  readonly #space: Box;
  readonly #noise: StateDependentNoise;
  readonly #clipped: ClippedActions;

  /** @param noise of the network whose outputs this head is given */
  constructor(space: Box, noise: StateDependentNoise) {
    this.outputDim = 2 * space.dim;
    this.actionDim = space.dim;
    this.#space = space;
    this.#noise = noise;
    this.#clipped = new ClippedActions(space);
  }

  get decision(): PolicyDecision {
    return { kind: 'clipped', space: this.#space };
  }

  createActions(batch: number): Float32Array {
    return createActionBatch(this.#space, batch) as Float32Array;
  }

  sampleInto(
    actions: Float32Array,
    logProbs: Float32Array,
    outputs: Float32Array,
    batch: number,
    rng: Rng,
  ): void {
    const { actionDim, outputDim } = this;
    this.#noise.sampleInto(actions, rng);
    for (let b = 0; b < batch; b++) {
      for (let a = 0; a < actionDim; a++) {
        const output = b * outputDim + a;
        const deviation = exp(outputs[output + actionDim]);
        actions[b * actionDim + a] = outputs[output] + deviation * actions[b * actionDim + a];
      }
    }
    this.#logProbsInto(logProbs, outputs, actions, batch);
  }

  modeInto(actions: Float32Array, outputs: Float32Array, batch: number): void {
    const { actionDim, outputDim } = this;
    for (let b = 0; b < batch; b++) {
      for (let a = 0; a < actionDim; a++) actions[b * actionDim + a] = outputs[b * outputDim + a];
    }
  }

  logProbsInto(
    logProbs: Float32Array,
    entropies: Float32Array,
    outputs: Float32Array,
    actions: Float32Array,
    batch: number,
  ): void {
    const { actionDim, outputDim } = this;
    this.#logProbsInto(logProbs, outputs, actions, batch);
    for (let b = 0; b < batch; b++) {
      let entropy = actionDim * (0.5 + HALF_LOG_TWO_PI);
      for (let a = 0; a < actionDim; a++) entropy += outputs[b * outputDim + actionDim + a];
      entropies[b] = entropy;
    }
  }

  #logProbsInto(logProbs: Float32Array, outputs: Float32Array, actions: Float32Array, batch: number): void {
    const { actionDim, outputDim } = this;
    for (let b = 0; b < batch; b++) {
      let logProb = 0;
      for (let a = 0; a < actionDim; a++) {
        const output = b * outputDim + a;
        const logStd = outputs[output + actionDim];
        const z = (actions[b * actionDim + a] - outputs[output]) * exp(-logStd);
        logProb -= 0.5 * z * z + logStd + HALF_LOG_TWO_PI;
      }
      logProbs[b] = logProb;
    }
  }

  /** By the means w·z·e^−ℓ, by the log deviations w·(z² − 1) + v, for weights w and v. */
  gradientsInto(
    outputGradients: Float32Array,
    outputs: Float32Array,
    actions: Float32Array,
    logProbWeights: Float32Array,
    entropyWeights: Float32Array,
    batch: number,
  ): void {
    const { actionDim, outputDim } = this;
    for (let b = 0; b < batch; b++) {
      for (let a = 0; a < actionDim; a++) {
        const output = b * outputDim + a;
        const precision = exp(-outputs[output + actionDim]);
        const z = (actions[b * actionDim + a] - outputs[output]) * precision;
        outputGradients[output] = logProbWeights[b] * z * precision;
        outputGradients[output + actionDim] = logProbWeights[b] * (z * z - 1) + entropyWeights[b];
      }
    }
  }

  toEnvActions(actions: Float32Array): Float32Array {
    return this.#clipped.of(actions);
  }

  save(): Snapshot {
    return this.#noise.save();
  }

  load(snapshot: Snapshot): void {
    this.#noise.load(snapshot);
  }
}
