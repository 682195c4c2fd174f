/** What every env must do beyond what one instance of it shows: envs that share seeds and states. */
import { createRng } from '../core/rng.ts';
import { actionAt, allowedAction } from '../envs/allowed-action.ts';
import { inspectEnv } from '../envs/check-env.ts';
import type { Env } from '../envs/env.ts';
import { createActionBatch, sampleActionsInto } from '../envs/spaces.ts';
import { type Check, requireSame, requireThat } from './check.ts';

export interface EnvTestOptions {
  /** Random actions to try in each run; default 1000. */
  readonly steps?: number;
}

/** @param create makes a new env, not reset yet, whose randomness is decided by `seed` */
export function envChecks(create: (seed: number) => Env, { steps = 1000 }: EnvTestOptions = {}): Check[] {
  return [
    {
      name: 'checkEnv finds no problem',
      run() {
        const problems = [
          ...inspectEnv(create(1), { steps, seed: 1 }),
          ...inspectEnv(create(2), { steps, seed: 77 }),
        ];
        requireThat(problems.length === 0, problems.join('; '));
      },
    },
    {
      name: 'two envs created with one seed walk the same trajectory without a seed in reset',
      run: () => requireSame(walk(create(5), steps), walk(create(5), steps), 'the trajectory'),
    },
    {
      name: 'a seed in reset replaces the one it was created with',
      run: () => requireSame(walk(create(6), steps, 9), walk(create(5), steps, 9), 'the trajectory'),
    },
    {
      name: 'a state saved by one env continues to the same bits in another, saved at any step',
      run() {
        if (create(1).save === undefined) return;
        for (const pause of [0, 1, 7, Math.floor(steps / 3)]) {
          const original = create(3);
          walk(original, pause, 3);
          const state = structuredClone(original.save!());
          const other = create(4);
          other.load!(state);
          const expected = continueWalk(original, steps);
          requireSame(continueWalk(other, steps), expected, `the trajectory after step ${pause}`);
        }
      },
    },
  ];
}

/** Everything a random walk shows, as one list of numbers. */
function walk(env: Env, steps: number, seed?: number): Float64Array {
  const { observation } = env.reset(seed === undefined ? undefined : { seed });
  return continueWalk(env, steps, [...observation]);
}

/** Random actions, of those that the env allows. */
function continueWalk(env: Env, steps: number, seen: number[] = []): Float64Array {
  const { actionSpace } = env;
  const actions = createActionBatch(actionSpace, Math.max(1, steps));
  sampleActionsInto(actions, actionSpace, createRng('walk'));
  for (let i = 0; i < steps; i++) {
    const action = allowedAction(actionAt(actions, actionSpace, i), actionSpace, env.actionMask?.());
    const { observation, reward, terminated, truncated } = env.step(action);
    for (const value of observation) seen.push(value);
    seen.push(reward, Number(terminated), Number(truncated));
    if (terminated || truncated) for (const value of env.reset().observation) seen.push(value);
  }
  return Float64Array.from(seen);
}
