/**
 * Trains critics Q_1 … Q_M of continuous actions and keeps the copies Q'_1 … Q'_M that follow them slowly, for DDPG,
 * TD3 and SAC.
 */
import type { Rng } from '../../core/rng.ts';
import type { Snapshot, Snapshotable } from '../../core/snapshot.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import type { Network } from '../../networks/network.ts';
import { createCustomNetwork, type NetworkContext } from '../custom-network.ts';
import { ActionGradients } from './action-gradients.ts';
import { createFanInMlp } from './fan-in-mlp.ts';
import { TargetNetworks } from './target-networks.ts';

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
  /** Whether the user brings the networks. */
  readonly context: NetworkContext;
}

/** B rows a batch, D observation elements, A action elements. A critic's input is the observation, then the action. */
export class Critics implements Snapshotable {
  readonly #kernels: Kernels;
  readonly #critics: TargetNetworks;
  readonly #size: number; // B
  readonly #observationDim: number;
  readonly #actionDim: number;
  readonly #inputs: Float32Array; // [B, D + A]
  readonly #outputGradients: readonly Float32Array[]; // M of [B]
  readonly #values: Float32Array[]; // M of [B], of the last forward passes; views
  readonly #actionGradients: ActionGradients;
  // Work on all critics at once, for `concurrently`.
  readonly #forwardTasks: readonly (() => void)[];
  readonly #targetTasks: readonly (() => void)[];
  readonly #backwardTasks: readonly (() => void)[];

  constructor(kernels: Kernels, options: CriticsOptions) {
    const { name, numCritics, observationDim, actionDim, batchSize, maxGradientNorm, rng } = options;
    const inputDim = observationDim + actionDim;
    this.#kernels = kernels;
    this.#critics = new TargetNetworks(kernels, {
      name: `${name}'s critics`,
      count: numCritics,
      create: (i) => {
        const request = { role: 'critic', inputDim, outputDim: 1, rng: rng.fork(`critic${i}`) } as const;
        return (
          createCustomNetwork(options.context, kernels, request) ??
          createFanInMlp(kernels, { ...options, ...request })
        );
      },
      maxGradientNorm,
    });
    this.#size = batchSize;
    this.#observationDim = observationDim;
    this.#actionDim = actionDim;
    this.#inputs = kernels.allocate(batchSize * inputDim);
    const { networks, targets } = this.#critics;
    this.#outputGradients = networks.map(() => kernels.allocate(batchSize));
    this.#values = networks.map(() => this.#inputs);
    this.#actionGradients = new ActionGradients(kernels, networks, options);
    this.#forwardTasks = networks.map((network, i) => () => this.#forward(network, i));
    this.#targetTasks = targets.map((target, i) => () => this.#forward(target, i));
    this.#backwardTasks = networks.map((network, i) => () => network.backward(this.#outputGradients[i]));
  }

  /**
   * min_i Q'_i(s, a)
   * @param values receives it, [B]
   * @param observations [B, D]
   * @param actions [B, A]
   */
  targetMinimumInto(values: Float32Array, observations: Float32Array, actions: Float32Array): void {
    this.#joinInputs(observations, actions);
    this.#kernels.concurrently(this.#targetTasks);
    values.fill(Infinity);
    for (const outputs of this.#values) {
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
    this.#kernels.concurrently(this.#forwardTasks);
    let loss = 0;
    for (let i = 0; i < this.#values.length; i++) {
      const values = this.#values[i];
      const gradients = this.#outputGradients[i];
      let squares = 0;
      for (let b = 0; b < size; b++) {
        const error = values[b] - y[b];
        squares += error * error;
        gradients[b] = (weight * 2 * error) / size;
      }
      loss += (weight * squares) / size;
    }
    this.#kernels.concurrently(this.#backwardTasks);
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
    this.#joinInputs(observations, actions);
    if (count === 1) this.#forwardTasks[0]();
    else this.#kernels.concurrently(this.#forwardTasks);
    return this.#actionGradients.into(actionGradients, this.#values, count);
  }

  /** θ'_i ← τ·θ_i + (1 − τ)·θ'_i */
  softUpdate(tau: number): void {
    this.#critics.softUpdate(tau);
  }

  save(): Snapshot {
    return this.#critics.save();
  }

  load(snapshot: Snapshot): void {
    this.#critics.load(snapshot);
  }

  #forward(network: Network, i: number): void {
    this.#values[i] = network.forward(this.#inputs, this.#size);
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
