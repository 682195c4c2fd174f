/** Drives a car out of a valley whose hill it is too weak to climb at once. */
import { z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { cos, sin } from '../core/math.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import { restoreEpisode, saveEpisode } from './episode-state.ts';
import { type Action, createBox } from './spaces.ts';

// The reference computes in Float32 with Float64 literals rounded to it; each fround stands where it rounds.
const { fround } = Math;
const POWER = fround(0.0015);
const GRAVITY = 0.0025;
const MAX_SPEED = fround(0.07);
const MIN_POSITION = fround(-1.2);
const MAX_POSITION = fround(0.6);
const GOAL_POSITION = fround(0.45);

const config = z.object({
  maxSteps: z.number().int().positive().default(999).describe('steps after which an episode is truncated'),
});

/**
 * Observation [2]: position, velocity. Action [1]: push, clipped to ±1. Reward −0.1 push² (as given, unclipped),
 * and 100 on reaching position 0.45, which terminates.
 * Source: Moore (1990), with the constants, clipping and Float32 rounding of Gymnasium's MountainCarContinuous-v0.
 */
export class MountainCarContinuous implements Env {
  readonly observationSpace = createBox([2], [MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]);
  readonly actionSpace = createBox([1], -1, 1);
  readonly #maxSteps: number;
  /** The whole state: position and velocity. The observation handed out is a copy. */
  readonly #state = new Float32Array(2);
  readonly #observation = new Float32Array(2);
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
  constructor(seed: number, maxSteps = 999) {
    this.#rng = createRng(seed);
    this.#maxSteps = maxSteps;
  }

  reset(options?: ResetOptions): ResetResult<object> {
    if (options?.seed !== undefined) this.#rng = createRng(options.seed);
    this.#state[0] = -0.6 + 0.2 * this.#rng.uniform();
    this.#state[1] = 0;
    this.#observation.set(this.#state);
    this.#steps = 0;
    return this.#reset;
  }

  /**
   * Begins an episode at a chosen state instead of a random one.
   * @param state [2]: position, velocity; rounded to Float32
   */
  setState(state: ArrayLike<number>): void {
    this.#state.set(state);
    this.#observation.set(state);
    this.#steps = 0;
  }

  /**
   * @param action [1], push; beyond ±1 it moves the car as ±1 does, but costs more
   * @throws EnvError `invalid-action` when not one finite number, `not-reset` before the first reset
   */
  step(action: Action): StepResult<object> {
    if (typeof action === 'number' || action.length !== 1 || !Number.isFinite(action[0])) {
      throw new EnvError(
        'invalid-action',
        `MountainCarContinuous takes one finite push in a Float32Array, got ${action}.`,
      );
    }
    if (this.#steps < 0) {
      throw new EnvError('not-reset', 'MountainCarContinuous was stepped before its first reset.');
    }
    const state = this.#state;
    const push = action[0];
    const force = Math.min(1, Math.max(-1, push));
    const slope = GRAVITY * cos(fround(3 * state[0]));
    // A clipped force is a Float64 in the reference, one within bounds a Float32.
    const acceleration =
      force === push ? fround(fround(force * POWER) - fround(slope)) : force * 0.0015 - slope;
    let velocity = fround(state[1] + fround(acceleration));
    velocity = Math.min(MAX_SPEED, Math.max(-MAX_SPEED, velocity));
    let position = fround(state[0] + velocity);
    position = Math.min(MAX_POSITION, Math.max(MIN_POSITION, position));
    if (position === MIN_POSITION && velocity < 0) velocity = 0;
    state[0] = position;
    state[1] = velocity;
    this.#observation[0] = position;
    this.#observation[1] = velocity;

    const result = this.#result;
    result.terminated = position >= GOAL_POSITION && velocity >= 0;
    result.reward = (result.terminated ? 100 : 0) - push * push * 0.1;
    result.truncated = ++this.#steps >= this.#maxSteps;
    return result;
  }

  render(): string {
    const span = MAX_POSITION - MIN_POSITION;
    const column = Math.round(((this.#state[0] - MIN_POSITION) / span) * 36);
    const goal = Math.round(((GOAL_POSITION - MIN_POSITION) / span) * 36);
    const rows = Array.from({ length: 5 }, () => new Array<string>(37).fill(' '));
    for (let x = 0; x <= 36; x++) {
      const row = Math.round(2 + 2 * sin(3 * (MIN_POSITION + (x / 36) * span)));
      rows[4 - row][x] = x === column ? 'o' : x === goal ? 'F' : '.';
    }
    return rows.map((line) => line.join('').trimEnd()).join('\n');
  }

  save(): Snapshot {
    return saveEpisode(this.#state, this.#steps, this.#rng);
  }

  load(snapshot: Snapshot): void {
    this.#steps = restoreEpisode(snapshot, this.#state, this.#rng);
    this.#observation.set(this.#state);
  }
}

export const mountainCarContinuous = defineEnv({
  name: 'mountain-car-continuous',
  description: 'Drive an underpowered car out of a valley (MountainCarContinuous-v0)',
  config,
  create: ({ seed }, { maxSteps }) => new MountainCarContinuous(seed, maxSteps),
});
