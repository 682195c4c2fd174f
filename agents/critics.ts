/** Critics Q_1 … Q_M of continuous actions and the copies Q'_1 … Q'_M that follow them slowly, for DDPG, TD3 and SAC. */
import type { Rng } from '../core/rng.ts';
import type { Snapshot, Snapshotable } from '../core/snapshot.ts';
import type { Kernels } from '../networks/kernels.ts';
import { createFanInMlp } from './fan-in-mlp.ts';
import { FollowedNetworks } from './followed-networks.ts';

export interface CriticsOptions {
  /** The agent's, for messages. */
  readonly name: string;
  /** M */
  readonly numCritics: number;
  readonly observationDim: number;
  readonly actionDim: number;
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** B */
  readonly batchSize: number;
  readonly maxGradientNorm: number;
  readonly rng: Rng;
}

/** B rows a batch, D observation elements, A action elements. A critic's input is the observation, then the action. */
export class Critics implements Snapshotable {
  readonly #critics: FollowedNetworks;
  readonly #size: number; // B
  readonly #observationDim: number;
  readonly #actionDim: number;
  readonly #inputs: Float32Array; // [B, D + A]
  readonly #outputGradients: readonly Float32Array[]; // M of [B]

  constructor(kernels: Kernels, options: CriticsOptions) {
    const { name, numCritics, observationDim, actionDim, batchSize, maxGradientNorm, rng } = options;
    const inputDim = observationDim + actionDim;
    this.#critics = new FollowedNetworks(kernels, {
      name: `${name}'s critics`,
      count: numCritics,
      create: (i) =>
        createFanInMlp(kernels, { ...options, inputDim, outputDim: 1, rng: rng.fork(`critic${i}`) }),
      maxGradientNorm,
    });
    this.#size = batchSize;
    this.#observationDim = observationDim;
    this.#actionDim = actionDim;
    this.#inputs = kernels.allocate(batchSize * inputDim);
    this.#outputGradients = this.#critics.networks.map(() => kernels.allocate(batchSize));
  }

  /**
   * min_i Q'_i(s, a)
   * @param values receives it, [B]
   * @param observations [B, D]
   * @param actions [B, A]
   */
  targetMinimumInto(values: Float32Array, observations: Float32Array, actions: Float32Array): void {
    this.#joinInputs(observations, actions);
    values.fill(Infinity);
    for (const target of this.#critics.targets) {
      const outputs = target.forward(this.#inputs, this.#size);
      for (let b = 0; b < this.#size; b++) values[b] = Math.min(values[b], outputs[b]);
    }
  }

  /**
   * One step down the gradient of `weight`·Σ_i mean (Q_i(s, a) − y)².
   * @param observations [B, D]
   * @param actions [B, A]
   * @param y [B]
   * @returns that loss
   * @throws TrainingError `non-finite-loss`
   */
  descend(
    observations: Float32Array,
    actions: Float32Array,
    y: Float32Array,
    weight: number,
    learningRate: number,
    envStep: number,
  ): number {
    const size = this.#size;
    this.#joinInputs(observations, actions);
    let loss = 0;
    for (let i = 0; i < this.#critics.networks.length; i++) {
      const values = this.#critics.networks[i].forward(this.#inputs, size);
      const gradients = this.#outputGradients[i];
      let squares = 0;
      for (let b = 0; b < size; b++) {
        const error = values[b] - y[b];
        squares += error * error;
        gradients[b] = (weight * 2 * error) / size;
      }
      loss += (weight * squares) / size;
      this.#critics.networks[i].backward(gradients);
    }
    this.#critics.step(loss, learningRate, envStep);
    return loss;
  }

  /**
   * The gradient of −mean_b min_{i ≤ count} Q_i(s, a) for the actions; the critics stay as they are.
   * @param actionGradients receives it, [B, A]
   * @param observations [B, D]
   * @param actions [B, A]
   * @param count how many critics take part, from the first on: 1 or 2
   * @returns the mean that is differentiated, mean_b min_i Q_i(s, a)
   */
  actionGradientsInto(
    actionGradients: Float32Array,
    observations: Float32Array,
    actions: Float32Array,
    count: 1 | 2,
  ): number {
    const size = this.#size;
    this.#joinInputs(observations, actions);
    const values = this.#critics.networks[0].forward(this.#inputs, size);
    const otherValues = count === 2 ? this.#critics.networks[1].forward(this.#inputs, size) : values;
    const [gradients, otherGradients] = this.#outputGradients;
    let sum = 0;
    for (let b = 0; b < size; b++) {
      const isFirst = values[b] <= otherValues[b];
      sum += isFirst ? values[b] : otherValues[b];
      gradients[b] = isFirst ? -1 / size : 0;
      if (count === 2) otherGradients[b] = isFirst ? 0 : -1 / size;
    }
    actionGradients.fill(0);
    for (let i = 0; i < count; i++) this.#addActionGradients(actionGradients, i);
    return sum / size;
  }

  /** θ'_i ← τ·θ_i + (1 − τ)·θ'_i */
  follow(tau: number): void {
    this.#critics.follow(tau);
  }

  save(): Snapshot {
    return this.#critics.save();
  }

  load(snapshot: Snapshot): void {
    this.#critics.load(snapshot);
  }

  #addActionGradients(actionGradients: Float32Array, i: number): void {
    const network = this.#critics.networks[i];
    network.backward(this.#outputGradients[i]);
    const inputGradients = network.inputGradients();
    network.gradients.fill(0);
    const observationDim = this.#observationDim;
    const actionDim = this.#actionDim;
    for (let b = 0; b < this.#size; b++) {
      const from = b * (observationDim + actionDim) + observationDim;
      for (let a = 0; a < actionDim; a++) actionGradients[b * actionDim + a] += inputGradients[from + a];
    }
  }

  #joinInputs(observations: Float32Array, actions: Float32Array): void {
    const observationDim = this.#observationDim;
    const actionDim = this.#actionDim;
    const inputs = this.#inputs;
    let to = 0;
    for (let b = 0; b < this.#size; b++) {
      const observation = b * observationDim;
      const action = b * actionDim;
      for (let d = 0; d < observationDim; d++) inputs[to++] = observations[observation + d];
      for (let a = 0; a < actionDim; a++) inputs[to++] = actions[action + a];
    }
  }
}
