import { describe, expect, test } from 'vitest';
import { CartPole, cartpole } from '../../envs/cartpole.ts';
import { testEnv } from '../../testing/suites.ts';
import { sharedJson } from '../shared.ts';

interface Golden {
  trajectories: {
    initial_state: number[];
    steps: { a: number; state: number[]; obs: number[]; r: number; term: boolean }[];
  }[];
}

testEnv('cartpole', (seed) => cartpole.create({ seed }));

testEnv('cartpole with hidden velocities', (seed) => cartpole.create({ seed }, { hideVelocities: true }));

test('hidden velocities change what is seen, not what happens', () => {
  const [whole, part] = [false, true].map((hideVelocities) =>
    cartpole.create({ seed: 1 }, { hideVelocities }),
  );
  whole.reset();
  part.reset();
  for (let i = 0; i < 8; i++) {
    const { observation, reward } = whole.step(1);
    const shown = [0, 2].map((d) => observation[d]);
    const seen = part.step(1);
    expect([...seen.observation]).toEqual(shown);
    expect(seen.reward).toBe(reward);
  }
});

const golden = sharedJson<Golden>('golden/gymnasium_CartPole-v1.json.gz');

test.skipIf(golden === undefined)('every recorded step of Gymnasium is matched to the bit', () => {
  const env = new CartPole(0);
  let numSteps = 0;
  for (const { initial_state, steps } of golden!.trajectories) {
    let state = initial_state;
    for (const { a, state: expected, obs, r, term } of steps) {
      env.setState(state);
      const result = env.step(a);
      expect([...env.getState()]).toEqual(expected);
      expect([...result.observation]).toEqual(obs);
      expect(result.reward).toBe(r);
      expect(result.terminated).toBe(term);
      state = expected;
      numSteps++;
    }
  }
  expect(numSteps).toBeGreaterThan(70);
});

describe('an episode', () => {
  test('terminates past 2.4 from the centre on either side', () => {
    const env = new CartPole(0);
    for (const side of [-1, 1]) {
      env.setState([side * 2.399, side * 0.04, 0, 0]);
      expect(env.step(0).terminated).toBe(false);
      env.setState([side * 2.399, side * 0.06, 0, 0]);
      expect(env.step(0).terminated).toBe(true);
    }
  });

  test('terminates past 12 degrees on either side', () => {
    const env = new CartPole(0);
    const limit = (12 * Math.PI) / 180;
    for (const side of [-1, 1]) {
      env.setState([0, 0, side * (limit - 0.001), side * 0.04]);
      expect(env.step(0).terminated).toBe(false);
      env.setState([0, 0, side * (limit - 0.001), side * 0.06]);
      expect(env.step(0).terminated).toBe(true);
    }
  });

  test('is truncated on its last allowed step, and can terminate on the same one', () => {
    const env = cartpole.create({ seed: 0 }, { maxSteps: 3 }) as CartPole;
    env.reset();
    expect([0, 1, 0].map((action) => env.step(action).truncated)).toEqual([false, false, true]);
    env.reset();
    expect(env.step(1).truncated).toBe(false);

    const short = new CartPole(0, 1);
    short.setState([2.4, 1, 0, 0]);
    expect(short.step(1)).toMatchObject({ terminated: true, truncated: true });
  });

  test('begins within 0.05 of upright rest', () => {
    const env = new CartPole(3);
    let extreme = 0;
    for (let i = 0; i < 500; i++) {
      for (const value of env.reset().observation) extreme = Math.max(extreme, Math.abs(value));
    }
    expect(extreme).toBeLessThanOrEqual(Math.fround(0.05));
    expect(extreme).toBeGreaterThan(0.049);
  });
});

test('an action other than 0 and 1 is refused by name', () => {
  const env = new CartPole(0);
  env.reset();
  for (const action of [2, -1, 0.5, Number.NaN, new Float32Array([1])]) {
    expect(() => env.step(action)).toThrow(/CartPole takes action 0 \(left\) or 1 \(right\), got/);
  }
});

test('the picture shows the cart where it is and the pole leaning where it leans', () => {
  const env = new CartPole(0);
  env.setState([0, 0, 0.1, 0]);
  expect(env.render()).toBe(`${' '.repeat(21)}/\n${'-'.repeat(20)}#${'-'.repeat(20)}`);
  env.setState([-2.4, 0, -0.1, 0]);
  expect(env.render()).toBe(`\\\n#${'-'.repeat(40)}`);
});
