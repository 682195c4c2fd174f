import { expect, test } from 'vitest';
import { MountainCarContinuous, mountainCarContinuous } from '../../envs/mountain-car-continuous.ts';
import { testEnv } from '../../testing/suites.ts';
import { sharedJson } from '../shared.ts';

interface Golden {
  trajectories: {
    steps: { a: number[]; state: number[]; obs: number[]; r: number; term: boolean }[];
  }[];
}

testEnv('mountain-car-continuous', (seed) => mountainCarContinuous.create({ seed }));

const golden = sharedJson<Golden>('golden/gymnasium_MountainCarContinuous-v0.json.gz');

test.skipIf(golden === undefined)('every recorded step of Gymnasium is matched to the bit', () => {
  const env = new MountainCarContinuous(0);
  let numSteps = 0;
  let numGoals = 0;
  for (const { steps } of golden!.trajectories) {
    // The reference's first state is a Float64, so its first step rounds otherwise: begin after it.
    for (let i = 1; i < steps.length; i++) {
      env.setState(steps[i - 1].state);
      const { observation, reward, terminated } = env.step(Float32Array.from(steps[i].a));
      expect([...observation]).toEqual(steps[i].obs);
      expect(Math.abs(reward - steps[i].r)).toBeLessThanOrEqual(1e-14 * Math.abs(steps[i].r));
      expect(terminated).toBe(steps[i].term);
      numSteps++;
      if (terminated) numGoals++;
    }
  }
  expect(numSteps).toBeGreaterThan(100);
  expect(numGoals).toBeGreaterThan(0);
});

test('the goal pays 100 less the push, and terminates', () => {
  const env = new MountainCarContinuous(0);
  env.setState([0.44, 0.05]);
  const { reward, terminated } = env.step(new Float32Array([1]));
  expect(terminated).toBe(true);
  expect(reward).toBeCloseTo(99.9, 12);
  env.setState([0.3, 0]);
  expect(env.step(new Float32Array([1])).terminated).toBe(false);
});

test('the left wall stops the car, and speed and push are bounded while the cost is of the push as given', () => {
  const env = new MountainCarContinuous(0);
  env.setState([-1.19, -0.07]);
  expect([...env.step(new Float32Array([-1])).observation]).toEqual([Math.fround(-1.2), 0]);
  env.setState([0, 0.07]);
  expect(env.step(new Float32Array([1])).observation[1]).toBeLessThanOrEqual(Math.fround(0.07));
  env.setState([-0.5, 0]);
  const beyond = env.step(new Float32Array([3]));
  expect(beyond.reward).toBeCloseTo(-0.9, 12);
  const speed = beyond.observation[1];
  env.setState([-0.5, 0]);
  expect(env.step(new Float32Array([1])).observation[1]).toBeCloseTo(speed, 7);
});

test('an episode begins at rest in the valley and is truncated after 999 steps', () => {
  const env = new MountainCarContinuous(1);
  const { observation } = env.reset();
  expect(observation[0]).toBeGreaterThanOrEqual(Math.fround(-0.6));
  expect(observation[0]).toBeLessThanOrEqual(Math.fround(-0.4));
  expect(observation[1]).toBe(0);
  for (let i = 1; i <= 999; i++) expect(env.step(new Float32Array([0])).truncated).toBe(i === 999);
});

test('what is not one finite push is refused', () => {
  const env = new MountainCarContinuous(0);
  env.reset();
  for (const action of [0, new Float32Array([Number.NaN]), new Float32Array(0), new Float32Array(2)]) {
    expect(() => env.step(action)).toThrow(/MountainCarContinuous takes one finite push/);
  }
});

test('the picture shows the car, the flag and the valley', () => {
  const env = new MountainCarContinuous(0);
  env.setState([-0.5, 0]);
  const picture = env.render();
  expect(picture.match(/o/g)).toHaveLength(1);
  expect(picture.match(/F/g)).toHaveLength(1);
  expect(picture.split('\n')[4]).toContain('o');
});
