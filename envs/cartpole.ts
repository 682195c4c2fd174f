/** Balances a pole on a cart by pushing the cart left or right. */
import { z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { sinCosInto } from '../core/math.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { restoreEpisode, saveEpisode } from './episode-state.ts';
import { type Action, createBox, createDiscrete } from './spaces.ts';
import { selectObservations } from './wrappers/select-observations.ts';

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1.1;
const HALF_LENGTH = 0.5;
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH;
const FORCE = 10;
const SECONDS_PER_STEP = 0.02;
const POSITION_LIMIT = 2.4;
const ANGLE_LIMIT = (12 * 2 * Math.PI) / 360;
const RESET_RANGE = 0.05;

const config = z.object({
  maxSteps: z.number().int().positive().default(500).describe('steps after which an episode is truncated'),
  hideVelocities: z
    .boolean()
    .default(false)
    .describe('show position and angle alone: a task for agents that remember'),
});

/**
 * Observation [4]: position, velocity, angle (radians from upright), angular velocity. Actions: 0 pushes left,
 * 1 pushes right. Reward 1 per step. Terminates past 2.4 from the centre or 12° from upright.
 * Source: Barto, Sutton & Anderson (1983), with the constants and Euler order of Gymnasium's CartPole-v1.
 */
export class CartPole implements Env {
  readonly observationSpace = createBox(
    [4],
    [-2 * POSITION_LIMIT, -Infinity, -2 * ANGLE_LIMIT, -Infinity],
    [2 * POSITION_LIMIT, Infinity, 2 * ANGLE_LIMIT, Infinity],
  );
  readonly actionSpace = createDiscrete(2);
  readonly #maxSteps: number;
  readonly #state = new Float64Array(4);
  /** Sine and cosine of the angle. */
  readonly #direction = new Float64Array(2);
  readonly #observation = new Float32Array(4);
  readonly #reset: ResetResult<object> = { observation: this.#observation, info: {} };
  readonly #result: StepResult<object> = {
    observation: this.#observation,
    reward: 1,
    terminated: false,
    truncated: false,
    info: {},
  };
  #rng: Rng;
  /** Steps taken in this episode; −1 before the first reset. */
  #steps = -1;

  /** @param maxSteps steps after which an episode is truncated */
  constructor(seed: number, maxSteps = 500) {
    this.#rng = createRng(seed);
    this.#maxSteps = maxSteps;
  }

  reset(options?: ResetOptions): ResetResult<object> {
    if (options?.seed !== undefined) this.#rng = createRng(options.seed);
    const state = this.#state;
    for (let i = 0; i < 4; i++) state[i] = (2 * this.#rng.uniform() - 1) * RESET_RANGE;
    this.#observation.set(state);
    this.#steps = 0;
    return this.#reset;
  }

  /**
   * Begins an episode at a chosen state instead of a random one.
   * @param state [4], as in the observation, in Float64
   */
  setState(state: ArrayLike<number>): void {
    this.#state.set(state);
    this.#observation.set(state);
    this.#steps = 0;
  }

  /** The state [4] behind the observation, in Float64: a copy. */
  getState(): Float64Array {
    return this.#state.slice();
  }

  /** @throws EnvError `invalid-action` unless 0 or 1, `not-reset` before the first reset */
  step(action: Action): StepResult<object> {
    if (action !== 0 && action !== 1) {
      throw new EnvError('invalid-action', `CartPole takes action 0 (left) or 1 (right), got ${action}.`);
    }
    if (this.#steps < 0) throw new EnvError('not-reset', 'CartPole was stepped before its first reset.');
    const state = this.#state;
    const velocity = state[1];
    const angle = state[2];
    const angularVelocity = state[3];
    sinCosInto(this.#direction, state, 2);
    const sine = this.#direction[0];
    const cosine = this.#direction[1];
    const force = action === 1 ? FORCE : -FORCE;
    const push = (force + POLE_MASS_LENGTH * (angularVelocity * angularVelocity) * sine) / TOTAL_MASS;
    const angularAcceleration =
      (GRAVITY * sine - cosine * push) /
      (HALF_LENGTH * (4 / 3 - (POLE_MASS * (cosine * cosine)) / TOTAL_MASS));
    const acceleration = push - (POLE_MASS_LENGTH * angularAcceleration * cosine) / TOTAL_MASS;

    const newPosition = state[0] + SECONDS_PER_STEP * velocity;
    const newVelocity = velocity + SECONDS_PER_STEP * acceleration;
    const newAngle = angle + SECONDS_PER_STEP * angularVelocity;
    const newAngularVelocity = angularVelocity + SECONDS_PER_STEP * angularAcceleration;
    state[0] = newPosition;
    state[1] = newVelocity;
    state[2] = newAngle;
    state[3] = newAngularVelocity;
    const observation = this.#observation;
    observation[0] = newPosition;
    observation[1] = newVelocity;
    observation[2] = newAngle;
    observation[3] = newAngularVelocity;

    const result = this.#result;
    result.terminated =
      newPosition < -POSITION_LIMIT ||
      newPosition > POSITION_LIMIT ||
      newAngle < -ANGLE_LIMIT ||
      newAngle > ANGLE_LIMIT;
    result.truncated = ++this.#steps >= this.#maxSteps;
    return result;
  }

  render(): string {
    const [position, , angle] = this.#state;
    const column = Math.min(40, Math.max(0, Math.round(20 + (position / POSITION_LIMIT) * 20)));
    const lean = angle < -0.03 ? -1 : angle > 0.03 ? 1 : 0;
    const top = Math.max(0, column + lean);
    return `${' '.repeat(top)}${'\\|/'[lean + 1]}\n${'-'.repeat(column)}#${'-'.repeat(40 - column)}`;
  }

  save(): Snapshot {
    return saveEpisode(this.#state, this.#steps, this.#rng);
  }

  load(snapshot: Snapshot): void {
    this.#steps = restoreEpisode(snapshot, this.#state, this.#rng);
    this.#observation.set(this.#state);
  }
}

export const cartpole = defineEnv({
  name: 'cartpole',
  description: 'Keep a pole upright on a cart by pushing left or right (CartPole-v1)',
  config,
  create({ seed }, { maxSteps, hideVelocities }) {
    const env = new CartPole(seed, maxSteps);
    return hideVelocities ? selectObservations(env, [0, 2]) : env;
  },
});
