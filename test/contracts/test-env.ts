/** What every env must pass: a new env plugin's test is one call. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { inspectEnv } from '../../envs/check-env.ts';
import type { Env } from '../../envs/env.ts';
import { type Action, actionDim, createActionBatch, sampleActionsInto } from '../../envs/spaces.ts';

/** @param create makes a new env, not reset yet, whose randomness is decided by `seed` */
export function testEnv(
  name: string,
  create: (seed: number) => Env,
  { steps = 1000 }: { steps?: number } = {},
): void {
  describe(`${name} keeps the env contract`, () => {
    test('checkEnv finds no problem', () => {
      expect(inspectEnv(create(1), { steps, seed: 1 })).toEqual([]);
      expect(inspectEnv(create(2), { steps, seed: 77 })).toEqual([]);
    });

    test('two envs created with one seed walk the same trajectory without a seed in reset', () => {
      const first = walk(create(5), steps);
      expect(walk(create(5), steps)).toEqual(first);
    });

    test('a seed in reset replaces the one it was created with', () => {
      const first = walk(create(5), steps, 9);
      expect(walk(create(6), steps, 9)).toEqual(first);
    });

    test('a state saved by one env continues to the same bits in another, saved at any step', () => {
      if (create(1).save === undefined) return;
      for (const pause of [0, 1, 7, Math.floor(steps / 3)]) {
        const original = create(3);
        walk(original, pause, 3);
        const state = structuredClone(original.save!());
        const other = create(4);
        other.load!(state);
        expect(continueWalk(other, steps)).toEqual(continueWalk(original, steps));
      }
    });
  });
}

/** Everything a random walk shows, as one list of numbers. */
function walk(env: Env, steps: number, seed?: number): number[] {
  const { observation } = env.reset(seed === undefined ? undefined : { seed });
  return [...observation, ...continueWalk(env, steps)];
}

function continueWalk(env: Env, steps: number): number[] {
  const actions = createActionBatch(env.actionSpace, Math.max(1, steps));
  sampleActionsInto(actions, env.actionSpace, createRng('walk'));
  const dim = actionDim(env.actionSpace);
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) {
    const action: Action =
      env.actionSpace.kind === 'discrete' ? actions[i] : actions.subarray(i * dim, (i + 1) * dim);
    const { observation, reward, terminated, truncated } = env.step(action);
    seen.push(...observation, reward, Number(terminated), Number(truncated));
    if (terminated || truncated) seen.push(...env.reset().observation);
  }
  return seen;
}
