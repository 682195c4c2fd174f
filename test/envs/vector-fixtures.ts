/** Envs to try vector envs on, in whatever thread. */
import { createRng } from '../../core/rng.ts';
import { cartpole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { pendulum } from '../../envs/pendulum.ts';
import { type ActionSpace, createBox, createDiscrete } from '../../envs/spaces.ts';
import { TradingEnv } from '../../envs/trading.ts';
import type { Candles } from '../../market/candles/candles.ts';

export type Fixture =
  | { readonly kind: 'cartpole'; readonly maxSteps?: number }
  | { readonly kind: 'pendulum' }
  | { readonly kind: 'picky' }
  | { readonly kind: 'trading'; readonly candles: Candles }
  | CounterFixture;

export interface CounterFixture {
  readonly kind: 'counter';
  /** Steps of an episode, per env. */
  readonly lengths: readonly number[];
  /** Per env; by default four choices. */
  readonly actionSpaces?: readonly ActionSpace[];
  readonly firstObservation?: number;
  /** What goes wrong in env 1 at its third step. */
  readonly flaw?: 'reward' | 'observation' | 'throw' | 'exit' | 'hang' | 'info';
  /** [1], counts envs that were closed. */
  readonly closed?: Int32Array;
}

export function createEnv(index: number, fixture: unknown): Env {
  const given = fixture as Fixture;
  if (given.kind === 'cartpole') return cartpole.create({ seed: index }, { maxSteps: given.maxSteps });
  if (given.kind === 'pendulum') return pendulum.create({ seed: index });
  if (given.kind === 'picky') return createPicky(index);
  if (given.kind === 'trading') {
    return new TradingEnv({ candles: given.candles, seed: index, config: { episodeBars: 40 } });
  }
  return createCounter(index, given);
}

/** Counts its steps in the observation and in `info.count`; one info object is reused throughout. */
function createCounter(index: number, fixture: CounterFixture): Env {
  const { lengths, actionSpaces, firstObservation = 0, flaw, closed } = fixture;
  const observation = new Float32Array(1);
  const info: Record<string, unknown> = { count: 0, seen: undefined, seeds: [] };
  let count = 0;
  let total = 0;
  return {
    observationSpace: createBox([1], -1000, 1000),
    actionSpace: actionSpaces?.[index] ?? createDiscrete(4),
    reset(options) {
      (info.seeds as (number | undefined)[]).push(options?.seed);
      count = 0;
      info.count = 0;
      observation[0] = firstObservation;
      return { observation, info };
    },
    step(action) {
      count++;
      total++;
      info.count = count;
      info.seen = typeof action === 'number' ? action : [...action];
      observation[0]++;
      let reward = count;
      if (index === 1 && total === 3) {
        if (flaw === 'reward') reward = Number.NaN;
        if (flaw === 'observation') observation[0] = Infinity;
        if (flaw === 'throw') throw new TypeError('the wheel came off');
        if (flaw === 'exit') process.exit(3);
        if (flaw === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        if (flaw === 'info') info.how = () => {};
      }
      return { observation, reward, terminated: count === lengths[index], truncated: false, info };
    },
    close() {
      if (closed !== undefined) Atomics.add(closed, 0, 1);
    },
  };
}

/** Allows some choices, drawn anew each step; can be saved in all but its randomness. */
function createPicky(index: number): Env {
  const rng = createRng(`picky ${index}`);
  const mask = new Uint8Array(3);
  const observation = new Float32Array(3);
  const draw = () => {
    for (let k = 0; k < 3; k++) mask[k] = rng.integer(2);
    mask[rng.integer(3)] = 1;
    observation.set(mask);
  };
  return {
    observationSpace: createBox([3], 0, 1),
    actionSpace: createDiscrete(3),
    actionMask: () => mask,
    reset() {
      draw();
      return { observation, info: {} };
    },
    step() {
      draw();
      return {
        observation,
        reward: rng.uniform(),
        terminated: rng.integer(9) === 0,
        truncated: false,
        info: {},
      };
    },
  };
}
