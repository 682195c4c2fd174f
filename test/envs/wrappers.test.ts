import { describe, expect, test } from 'vitest';
import { CartPole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { Pendulum } from '../../envs/pendulum.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { clipReward } from '../../envs/wrappers/clip-reward.ts';
import { selectObservations } from '../../envs/wrappers/select-observations.ts';
import { limitTime } from '../../envs/wrappers/time-limit.ts';
import { testEnv } from '../../testing/suites.ts';

testEnv('limitTime', (seed) => limitTime(new Pendulum(seed), 37));
testEnv('limitTime around an env that terminates', (seed) => limitTime(new CartPole(seed), 12));
testEnv('clipReward', (seed) => clipReward(new Pendulum(seed), -1, 0));
testEnv('selectObservations', (seed) => selectObservations(new CartPole(seed), [2, 0]));
testEnv('wrapped twice', (seed) => clipReward(limitTime(new Pendulum(seed), 9), -1, 0));

/** An env without any of the optional methods. */
function createBare(reward = 1): Env {
  const observation = new Float32Array(1);
  const result = { observation, reward, terminated: false, truncated: false, info: {} };
  return {
    observationSpace: createBox([1], -1, 1),
    actionSpace: createDiscrete(2),
    reset: () => ({ observation, info: {} }),
    step: () => result,
  };
}

describe('limitTime', () => {
  test('truncates on the limit, and again in the next episode', () => {
    const env = limitTime(createBare(), 3);
    for (let episode = 0; episode < 2; episode++) {
      env.reset();
      expect([0, 0, 0].map((action) => env.step(action).truncated)).toEqual([false, false, true]);
    }
  });

  test('keeps an earlier truncation and a termination of the env', () => {
    const early = limitTime(new Pendulum(0, 2), 5);
    early.reset();
    early.step(new Float32Array(1));
    expect(early.step(new Float32Array(1)).truncated).toBe(true);

    const cart = new CartPole(0);
    const both = limitTime(cart, 1);
    both.reset();
    cart.setState([2.4, 1, 0, 0]);
    expect(both.step(1)).toMatchObject({ terminated: true, truncated: true });
  });

  test('refuses a limit that is not a positive whole number', () => {
    for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => limitTime(createBare(), limit)).toThrow(/positive whole number of steps/);
    }
  });
});

test('every wrapper says which actions the env allows', () => {
  const masked = { ...createBare(), actionMask: () => Uint8Array.of(0, 1) };
  for (const env of [limitTime(masked, 3), clipReward(masked, -1, 1), selectObservations(masked, [0])]) {
    expect(env.actionMask?.()).toEqual(Uint8Array.of(0, 1));
  }
  expect(clipReward(createBare(), -1, 1).actionMask).toBeUndefined();
});

describe('clipReward', () => {
  test.each([
    [5, 1],
    [-5, -1],
    [0.25, 0.25],
    [Number.NaN, Number.NaN],
    [Infinity, Infinity],
  ])('makes %d into %d', (reward, expected) => {
    expect(clipReward(createBare(reward), -1, 1).step(0).reward).toBe(expected);
  });

  test('refuses a range upside down', () => {
    expect(() => clipReward(createBare(), 1, 0)).toThrow(/low ≤ high/);
    expect(() => clipReward(createBare(), Number.NaN, 0)).toThrow(/low ≤ high/);
  });
});

describe('selectObservations', () => {
  test('shows the chosen elements alone, in their order, with their bounds and names', () => {
    const observation = new Float32Array(3);
    const named: Env = {
      ...createBare(),
      observationSpace: createBox([3], [-1, -2, -3], [1, 2, 3], ['a', 'b', 'c']),
      actionMask: () => Uint8Array.of(1, 0),
      reset: () => ({ observation, info: { is: 'reset' } }),
      step() {
        observation.set([10, 20, 30]);
        return { observation, reward: 5, terminated: true, truncated: true, info: { is: 'step' } };
      },
    };
    const env = selectObservations(named, [2, 0]);
    expect(env.observationSpace).toEqual(createBox([2], [-3, -1], [3, 1], ['c', 'a']));
    expect(env.actionMask?.()).toEqual(Uint8Array.of(1, 0));
    expect(env.reset()).toEqual({ observation: Float32Array.of(0, 0), info: { is: 'reset' } });
    expect(env.step(0)).toEqual({
      observation: Float32Array.of(30, 10),
      reward: 5,
      terminated: true,
      truncated: true,
      info: { is: 'step' },
    });
  });

  test('refuses what is no element', () => {
    for (const indices of [[], [1], [-1], [0.5]]) {
      expect(() => selectObservations(createBare(), indices)).toThrow(/from 0 to 0/);
    }
  });
});

test('wrappers have save, load, render and close exactly when the env has them', () => {
  const closed: string[] = [];
  const full: Env = Object.assign(new CartPole(0), { close: () => closed.push('closed') });
  for (const wrap of [(env: Env) => limitTime(env, 5), (env: Env) => clipReward(env, 0, 1)]) {
    const bare = wrap(createBare());
    expect([bare.save, bare.load, bare.render, bare.close]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const wrapped = wrap(full);
    wrapped.reset();
    expect(wrapped.render?.()).toContain('#');
    wrapped.close?.();
    expect(wrapped.save).toBeDefined();
    expect(wrapped.observationSpace).toBe(full.observationSpace);
    expect(wrapped.actionSpace).toBe(full.actionSpace);
  }
  expect(closed).toEqual(['closed', 'closed']);
});
