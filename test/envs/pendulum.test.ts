import { expect, test } from 'vitest';
import { Pendulum, pendulum } from '../../envs/pendulum.ts';
import { testEnv } from '../../testing/suites.ts';
import { sharedJson } from '../shared.ts';

interface Golden {
  trajectories: {
    initial_state: number[];
    steps: { a: number[]; state: number[]; obs: number[]; r: number; term: boolean }[];
  }[];
}

testEnv('pendulum', (seed) => pendulum.create({ seed }));

testEnv('pendulum with hidden velocities', (seed) => pendulum.create({ seed }, { hideVelocities: true }));

test('hidden velocities change what is seen, not what happens', () => {
  const [whole, part] = [false, true].map((hideVelocities) =>
    pendulum.create({ seed: 1 }, { hideVelocities }),
  );
  whole.reset();
  part.reset();
  for (let i = 0; i < 8; i++) {
    const { observation, reward } = whole.step(Float32Array.of(1));
    const shown = [0, 1].map((d) => observation[d]);
    const seen = part.step(Float32Array.of(1));
    expect([...seen.observation]).toEqual(shown);
    expect(seen.reward).toBe(reward);
  }
});

const golden = sharedJson<Golden>('golden/gymnasium_Pendulum-v1.json.gz');

test.skipIf(golden === undefined)(
  'every recorded step of Gymnasium is matched to a few units of the last place',
  () => {
    const env = new Pendulum(0);
    let numSteps = 0;
    for (const { initial_state, steps } of golden!.trajectories) {
      let state = initial_state;
      for (const { a, state: expected, obs, r } of steps) {
        env.setState(state);
        const result = env.step(Float32Array.from(a));
        const [angle, velocity] = env.getState();
        expect(Math.abs(angle - expected[0])).toBeLessThan(1e-14);
        expect(Math.abs(velocity - expected[1])).toBeLessThan(1e-14);
        for (let d = 0; d < 3; d++) expect(Math.abs(result.observation[d] - obs[d])).toBeLessThan(1.2e-7);
        expect(Math.abs(result.reward - r)).toBeLessThan(1e-14);
        state = expected;
        numSteps++;
      }
    }
    expect(numSteps).toBeGreaterThan(100);
  },
);

test('the reward at rest upright is zero, hanging it is minus pi squared, and torque costs', () => {
  const env = new Pendulum(0);
  env.setState([0, 0]);
  expect(env.step(new Float32Array([0])).reward).toBeCloseTo(0, 12);
  env.setState([Math.PI, 0]);
  expect(env.step(new Float32Array([0])).reward).toBeCloseTo(-(Math.PI ** 2), 12);
  env.setState([4 * Math.PI, 0]);
  expect(env.step(new Float32Array([2])).reward).toBeCloseTo(-0.004, 9);
});

test('a step turns by gravity and torque, and the angle by the new speed', () => {
  const env = new Pendulum(0);
  // ω + (1.5·g·sin θ + 3·u)·dt with g = 10, a mass and a length of 1, dt = 0.05; upright is 0.
  for (const [angle, speed, torque, newSpeed] of [
    [0, 0, 2, 0.3],
    [0, 0, -1, -0.15],
    [Math.PI / 2, 1, 0, 1.75],
    [-Math.PI / 2, 0, 1, -0.6],
  ]) {
    env.setState([angle, speed]);
    env.step(Float32Array.of(torque));
    const [newAngle, reached] = env.getState();
    expect(reached).toBeCloseTo(newSpeed, 12);
    expect(newAngle).toBeCloseTo(angle + 0.05 * newSpeed, 12);
  }
});

test('torque beyond the bounds acts as the bound', () => {
  const env = new Pendulum(0);
  const after = (torque: number): unknown => {
    env.setState([1, 0.5]);
    const { reward } = env.step(new Float32Array([torque]));
    return { reward, state: env.getState() };
  };
  expect(after(100)).toEqual(after(2));
  expect(after(-100)).toEqual(after(-2));
  expect(after(1.9)).not.toEqual(after(2));
});

test('the speed never passes 8 and an episode never terminates but is truncated after 200 steps', () => {
  const env = new Pendulum(1);
  env.reset();
  for (let i = 1; i <= 200; i++) {
    const { observation, terminated, truncated } = env.step(new Float32Array([2]));
    expect(Math.abs(observation[2])).toBeLessThanOrEqual(8);
    expect(terminated).toBe(false);
    expect(truncated).toBe(i === 200);
  }
  env.setState([Math.PI / 2, 8]);
  expect(env.step(new Float32Array([2])).observation[2]).toBe(8);
  env.setState([-Math.PI / 2, -8]);
  expect(env.step(new Float32Array([-2])).observation[2]).toBe(-8);
});

test('begins anywhere in the circle, with a speed of at most 1', () => {
  const env = new Pendulum(3);
  const states = Array.from({ length: 500 }, () => {
    env.reset();
    return [...env.getState()];
  });
  for (const [bound, values] of [
    [Math.PI, states.map(([angle]) => angle)],
    [1, states.map(([, speed]) => speed)],
  ] as const) {
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-bound);
    expect(Math.min(...values)).toBeLessThan(-0.95 * bound);
    expect(Math.max(...values)).toBeLessThan(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.95 * bound);
  }
});

test('what is not one finite torque is refused', () => {
  const env = new Pendulum(0);
  env.reset();
  for (const action of [
    0,
    new Float32Array([Number.NaN]),
    new Float32Array([Infinity]),
    new Float32Array(2),
  ]) {
    expect(() => env.step(action)).toThrow(/Pendulum takes one finite torque/);
  }
});

test('the picture shows the bob above the hinge when upright', () => {
  const env = new Pendulum(0);
  env.setState([0, 0]);
  expect(env.render()).toBe('    o\n\n    +\n\n');
  env.setState([Math.PI / 2, 0]);
  expect(env.render()).toBe('\n\n    +   o\n\n');
});
