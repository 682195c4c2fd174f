/**
 * Explores by generalised state-dependent noise: noise that is a function of the state, kept for several steps, in
 * place of noise that is drawn anew in each.
 *
 * Source: Raffin, Kober & Stulp (2021), "Smooth Exploration for Robotic Reinforcement Learning", arXiv:2005.05719,
 * algorithm 1.
 * Differences from the source: what is kept is standard normal, and scaled by the deviations as they are at each step,
 * so that an update between two draws leaves no noise of the deviations before it.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, restoreNumber, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';
import { type ActionSpace, type Box, describeSpace } from '../../envs/spaces.ts';
import type { StateDependentGaussian } from '../../networks/distributions/state-dependent-gaussian.ts';

/** The keys an agent's configuration takes over to offer state-dependent exploration. */
export const stateDependentExplorationConfig = {
  stateDependentExploration: z
    .boolean()
    .default(false)
    .describe('explore by a function of the state that is kept for several steps; continuous actions only'),
  resampleEvery: z
    .int()
    .min(0)
    .default(0)
    .describe('steps of each env between draws of that function; 0: once a rollout or training phase'),
};

/** N envs, F features, A actions: a matrix [F, A] for each env. */
export class StateDependentNoise implements Snapshotable {
  readonly #network: StateDependentGaussian;
  readonly #interval: number;
  readonly #draws: Float32Array; // [N, F, A], standard normal
  #numSteps = 0;

  /** @param interval steps between draws, ≥ 1 */
  constructor(network: StateDependentGaussian, numEnvs: number, interval: number) {
    this.#network = network;
    this.#interval = interval;
    this.#draws = new Float32Array((numEnvs * network.featureDim * network.outputDim) / 2);
  }

  /**
   * One step's noise, in units of the deviations, after the network's `forward` of the N observations.
   * @param noise receives it, [N, A]
   */
  sampleInto(noise: Float32Array, rng: Rng): void {
    const draws = this.#draws;
    if (this.#numSteps % this.#interval === 0) {
      for (let i = 0; i < draws.length; i++) draws[i] = rng.gaussian();
    }
    this.#numSteps++;
    this.#network.standardNoiseInto(noise, draws);
  }

  save(): Snapshot {
    return { arrays: { draws: this.#draws.slice() }, values: { numSteps: this.#numSteps } };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#draws, snapshot, 'draws');
    this.#numSteps = restoreNumber(snapshot, 'numSteps');
  }
}

/** @throws ConfigError `unsuitable-space`, `invalid-value` where it cannot be */
export function requireStateDependentExploration(
  space: ActionSpace,
  hidden: readonly number[],
): asserts space is Box {
  if (space.kind !== 'box') {
    throw new ConfigError(
      'unsuitable-space',
      `stateDependentExploration is for continuous actions (a Box); the env has ${describeSpace(space)}. Turn it off.`,
    );
  }
  if (hidden.length === 0) {
    throw new ConfigError(
      'invalid-value',
      'stateDependentExploration explores by the last hidden layer, but hidden is empty; give it at least one width.',
    );
  }
}

/** @throws ConfigError `invalid-value` when a policy with a memory is to explore so */
export function requireNoMemory(network: string, stateDependentExploration: boolean): void {
  if (!stateDependentExploration) return;
  throw new ConfigError(
    'invalid-value',
    `stateDependentExploration does not go with network "${network}"; turn it off, or take network "mlp".`,
  );
}
