/**
 * Adds the noise that makes a deterministic policy try things.
 *
 * Source: Uhlenbeck & Ornstein (1930), as Lillicrap et al. (2016) use it, arXiv:1509.02971, section 7:
 *   x ← x − θ·x·dt + σ·√dt·ε,   ε standard normal, x = 0 at the start of an episode
 * and independent Gaussian noise σ·ε, as Fujimoto et al. (2018) use it, arXiv:1802.09477, section 6.1.
 */
import { z } from '../../core/config.ts';
import type { Rng } from '../../core/rng.ts';
import { restoreArrayInto, type Snapshot, type Snapshotable } from '../../core/snapshot.ts';

/** The keys an agent's configuration takes over to offer noise. */
export const explorationNoiseConfig = {
  noise: z
    .enum(['gaussian', 'ornstein-uhlenbeck'])
    .default('gaussian')
    .describe('independent from step to step, or drifting within an episode'),
  noiseDeviation: z
    .number()
    .min(0)
    .default(0.1)
    .describe('deviation of what each step adds; half the width of the action box is 1'),
  noiseReversion: z
    .number()
    .min(0)
    .max(1)
    .default(0.15)
    .describe('share of Ornstein-Uhlenbeck noise that is lost per unit of time'),
  noiseStep: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('time that a step of Ornstein-Uhlenbeck noise takes, dt: 0.01 is that of the DDPG paper'),
};

export interface ExplorationNoiseConfig {
  readonly noise: 'gaussian' | 'ornstein-uhlenbeck';
  readonly noiseDeviation: number;
  readonly noiseReversion: number;
  readonly noiseStep?: number;
}

/** N envs, A action elements. Independent noise is the drifting one with a reversion of 1. */
export class ExplorationNoise implements Snapshotable {
  readonly #deviation: number;
  readonly #reversion: number;
  readonly #actionDim: number;
  readonly #values: Float32Array; // [N, A]

  constructor(config: ExplorationNoiseConfig, numEnvs: number, actionDim: number) {
    const step = config.noise === 'gaussian' ? 1 : (config.noiseStep ?? 1);
    this.#deviation = config.noiseDeviation * Math.sqrt(step);
    this.#reversion = config.noise === 'gaussian' ? 1 : config.noiseReversion * step;
    this.#actionDim = actionDim;
    this.#values = new Float32Array(numEnvs * actionDim);
  }

  /**
   * Adds one step's noise to the actions, which then are clipped to [−1, 1].
   * @param actions [N, A]
   * @param episodeStarts [N], 1 where an episode begins with this action
   */
  addInto(actions: Float32Array, episodeStarts: Uint8Array | undefined, rng: Rng): void {
    const values = this.#values;
    for (let i = 0; i < values.length; i++) {
      const isStart = episodeStarts !== undefined && episodeStarts[Math.floor(i / this.#actionDim)] !== 0;
      const kept = isStart ? 0 : (1 - this.#reversion) * values[i];
      values[i] = kept + this.#deviation * rng.gaussian();
      actions[i] = Math.min(Math.max(actions[i] + values[i], -1), 1);
    }
  }

  save(): Snapshot {
    return { arrays: { values: this.#values.slice() }, values: {} };
  }

  load(snapshot: Snapshot): void {
    restoreArrayInto(this.#values, snapshot, 'values');
  }
}
