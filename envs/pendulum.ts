/** Swings up and holds a pendulum on a motor too weak to lift it at once. */
import { z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { sinCosInto } from '../core/math.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { restoreEpisode, saveEpisode } from './episode-state.ts';
import { type Action, createBox } from './spaces.ts';
import { selectObservations } from './wrappers/select-observations.ts';

const GRAVITY = 10;
const MASS = 1;
const LENGTH = 1;
const SECONDS_PER_STEP = 0.05;
const MAX_TORQUE = 2;
const MAX_SPEED = 8;
// The reference computes the two torque terms in Float32; each fround stands where it rounds.
const { fround } = Math;
const TORQUE_COST = fround(0.001);
const TWO_PI = 2 * Math.PI;

const config = z.object({
  maxSteps: z.number().int().positive().default(200).describe('steps after which an episode is truncated'),
  hideVelocities: z
    .boolean()
    .default(false)
    .describe('show cosine and sine alone: a task for agents that remember'),
});

/**
 * Observation [3]: cosine and sine of the angle from upright, angular velocity. Action [1]: torque, clipped to ±2.
 * Reward −(angle² + 0.1 velocity² + 0.001 torque²), with the angle in [−π, π) before the step. Never terminates.
 * Source: the constants, update and rounding of Gymnasium's Pendulum-v1; equal but for the last bit of sin.
 */
export class Pendulum implements Env {
  readonly observationSpace = createBox([3], [-1, -1, -MAX_SPEED], [1, 1, MAX_SPEED]);
  readonly actionSpace = createBox([1], -MAX_TORQUE, MAX_TORQUE);
  readonly #maxSteps: number;
  /** Angle (radians, unbounded) and angular velocity (radians per second). */
  readonly #state = new Float64Array(2);
  /** Sine and cosine of the angle, from when it was last observed. */
  readonly #direction = new Float64Array(2);
  readonly #observation = new Float32Array(3);
  readonly #reset: ResetResult<object> = { observation: this.#observation, info: {} };
  readonly #result: StepResult<object> = {
    observation: this.#observation,
    reward: -0.5,
    terminated: false,
    truncated: false,
    info: {},
  };
  #rng: Rng;
  /** Steps taken in this episode; −1 before the first reset. */
  #steps = -1;

  /** @param maxSteps steps after which an episode is truncated */
  constructor(seed: number, maxSteps = 200) {
    this.#rng = createRng(seed);
    this.#maxSteps = maxSteps;
  }

  reset(options?: ResetOptions): ResetResult<object> {
    if (options?.seed !== undefined) this.#rng = createRng(options.seed);
    this.#state[0] = (2 * this.#rng.uniform() - 1) * Math.PI;
    this.#state[1] = 2 * this.#rng.uniform() - 1;
    this.#steps = 0;
    this.#observe();
    return this.#reset;
  }

  /**
   * Begins an episode at a chosen state instead of a random one.
   * @param state [2]: angle in radians, angular velocity in radians per second
   */
  setState(state: ArrayLike<number>): void {
    this.#state.set(state);
    this.#steps = 0;
    this.#observe();
  }

  /** The state [2], angle and angular velocity, in Float64: a copy. */
  getState(): Float64Array {
    return this.#state.slice();
  }

  /**
   * @param action [1], torque; beyond ±2 it acts as ±2
   * @throws EnvError `invalid-action` when not one finite number, `not-reset` before the first reset
   */
  step(action: Action): StepResult<object> {
    if (typeof action === 'number' || action.length !== 1 || !Number.isFinite(action[0])) {
      throw new EnvError(
        'invalid-action',
        `Pendulum takes one finite torque in a Float32Array, got ${action}.`,
      );
    }
    if (this.#steps < 0) throw new EnvError('not-reset', 'Pendulum was stepped before its first reset.');
    const state = this.#state;
    const angle = state[0];
    const velocity = state[1];
    const torque = Math.min(MAX_TORQUE, Math.max(-MAX_TORQUE, action[0]));
    const fromUpright = normalizeAngle(angle);

    const acceleration =
      ((3 * GRAVITY) / (2 * LENGTH)) * this.#direction[0] + fround((3 / (MASS * LENGTH * LENGTH)) * torque);
    const newVelocity = Math.min(MAX_SPEED, Math.max(-MAX_SPEED, velocity + acceleration * SECONDS_PER_STEP));
    state[0] = angle + newVelocity * SECONDS_PER_STEP;
    state[1] = newVelocity;
    this.#observe();

    const result = this.#result;
    result.reward = -(
      fromUpright * fromUpright +
      0.1 * (velocity * velocity) +
      fround(TORQUE_COST * fround(torque * torque))
    );
    result.truncated = ++this.#steps >= this.#maxSteps;
    return result;
  }

  render(): string {
    const row = Math.round(2 - 2 * this.#direction[1]);
    const column = Math.round(4 + 4 * this.#direction[0]);
    const picture = Array.from({ length: 5 }, () => new Array<string>(9).fill(' '));
    picture[2][4] = '+';
    picture[row][column] = 'o';
    return picture.map((line) => line.join('').trimEnd()).join('\n');
  }

  save(): Snapshot {
    return saveEpisode(this.#state, this.#steps, this.#rng);
  }

  load(snapshot: Snapshot): void {
    this.#steps = restoreEpisode(snapshot, this.#state, this.#rng);
    this.#observe();
  }

  #observe(): void {
    const direction = this.#direction;
    sinCosInto(direction, this.#state, 0);
    const observation = this.#observation;
    observation[0] = direction[1];
    observation[1] = direction[0];
    observation[2] = this.#state[1];
  }
}

/** The same angle in [−π, π). */
function normalizeAngle(angle: number): number {
  const turned = (angle + Math.PI) % TWO_PI;
  return (turned < 0 ? turned + TWO_PI : turned) - Math.PI;
}

export const pendulum = defineEnv({
  name: 'pendulum',
  description: 'Swing a pendulum up and hold it with limited torque (Pendulum-v1)',
  config,
  create({ seed }, { maxSteps, hideVelocities }) {
    const env = new Pendulum(seed, maxSteps);
    return hideVelocities ? selectObservations(env, [0, 1]) : env;
  },
});
