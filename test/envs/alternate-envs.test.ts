/** Episodes are played in one of several envs, drawn by weight, and resume to the same bits. */
import { expect, test } from 'vitest';
import { EnvError } from '../../core/errors.ts';
import { cartpole } from '../../envs/cartpole.ts';
import type { Env } from '../../envs/env.ts';
import { alternateEnvs } from '../../envs/wrappers/alternate-envs.ts';

/** Says which one it is in its info. */
function numbered(number: number): Env<{ number: number }> {
  const env = cartpole.create({ seed: 1 });
  return {
    ...env,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (options) => ({ ...env.reset(options), info: { number } }),
    step: (action) => ({ ...env.step(action), info: { number } }),
    save: () => env.save!(),
    load: (snapshot) => env.load!(snapshot),
  };
}

test('envs are drawn as often as their weights say', () => {
  const env = alternateEnvs(
    [1, 2, 3].map((number) => ({ env: numbered(number), weight: number })),
    7,
  );
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 6000; i++) counts[env.reset().info.number]++;
  for (const number of [1, 2, 3]) expect(counts[number] / 6000).toBeCloseTo(number / 6, 1);
});

test('a step is one of the env that was drawn, and a saved one goes on alike', () => {
  const create = () =>
    alternateEnvs(
      [numbered(1), numbered(2)].map((env) => ({ env, weight: 1 })),
      3,
    );
  const env = create();
  const { number } = env.reset().info;
  expect(env.step(1).info.number).toBe(number);
  const other = create();
  other.load!(env.save!());
  for (let i = 0; i < 20; i++) {
    expect([...other.step(0).observation]).toEqual([...env.step(0).observation]);
    expect(other.reset().info.number).toBe(env.reset().info.number);
  }
});

test('the same seed draws the same envs, and nothing cannot be drawn from', () => {
  const draws = (): number[] => {
    const env = alternateEnvs(
      [numbered(1), numbered(2)].map((each) => ({ env: each, weight: 1 })),
      3,
    );
    const first = env.reset({ seed: 5 }).info.number;
    return [first, ...Array.from({ length: 20 }, () => env.reset().info.number)];
  };
  expect(draws()).toEqual(draws());
  expect(() => alternateEnvs([], 1)).toThrow(EnvError);
  expect(() => alternateEnvs([{ env: numbered(1), weight: 0 }], 1)).toThrow(/above 0/);
});
