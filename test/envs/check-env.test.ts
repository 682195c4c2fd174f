import { describe, expect, test } from 'vitest';
import { EnvError } from '../../core/errors.ts';
import type { Json, Snapshot } from '../../core/snapshot.ts';
import { CartPole } from '../../envs/cartpole.ts';
import { checkEnv, inspectEnv } from '../../envs/check-env.ts';
import type { Env } from '../../envs/env.ts';
import { type Action, createBox, createDiscrete } from '../../envs/spaces.ts';

/** What a broken env may do otherwise; everything else is sound. */
interface Flaws {
  beforeReset?: 'returns' | 'throws a TypeError';
  observation?: (step: number, observation: Float32Array) => unknown;
  reward?: (step: number) => unknown;
  terminated?: unknown;
  info?: unknown;
  drift?: () => number;
  onAction?: (action: Float32Array) => void;
  previousAction?: boolean;
  stateInObservation?: boolean;
  throwsAt?: number;
  savedValues?: (position: number) => Record<string, Json>;
  savedArrays?: 'live' | 'partial';
  render?: unknown;
}

/** A point moved by an action in [−1, 1]; an episode has ten steps. */
function createEnv(flaws: Flaws = {}): Env {
  const state = new Float32Array(1);
  const observation = flaws.stateInObservation ? state : new Float32Array(1);
  let steps = -1;
  let previous: Float32Array = new Float32Array(1);
  const shown = (): Float32Array => {
    observation[0] = state[0];
    return (flaws.observation?.(steps, observation) ?? observation) as Float32Array;
  };
  return {
    observationSpace: createBox([1], -12, 12),
    actionSpace: createBox([1], -1, 1),
    reset() {
      steps = 0;
      previous = new Float32Array(1);
      state[0] = flaws.drift?.() ?? 0;
      return { observation: shown(), info: (flaws.info === undefined ? {} : flaws.info) as object };
    },
    step(action: Action) {
      if (steps < 0 && flaws.beforeReset === undefined) throw new EnvError('not-reset', 'Not reset.');
      if (steps < 0 && flaws.beforeReset === 'throws a TypeError') throw new TypeError('no state');
      if (steps === flaws.throwsAt) throw new RangeError('out of data');
      const move = action as Float32Array;
      state[0] += flaws.previousAction ? previous[0] : move[0];
      previous = move;
      flaws.onAction?.(move);
      steps++;
      return {
        observation: shown(),
        reward: (flaws.reward?.(steps) ?? state[0]) as number,
        terminated: (flaws.terminated ?? false) as boolean,
        truncated: steps >= 10,
        info: {},
      };
    },
    render: (flaws.render === undefined ? undefined : () => flaws.render) as Env['render'],
    save: (): Snapshot => ({
      arrays:
        flaws.savedArrays === 'partial'
          ? {}
          : { state: flaws.savedArrays === 'live' ? state : state.slice() },
      values: flaws.savedValues?.(state[0]) ?? { steps },
    }),
    load(snapshot) {
      if (snapshot.arrays.state !== undefined) state.set(snapshot.arrays.state);
      steps = Number(snapshot.values.steps);
    },
  };
}

test('a sound env passes', () => {
  expect(inspectEnv(createEnv())).toEqual([]);
  expect(() => checkEnv(new CartPole(0), { steps: 200, seed: 4 })).not.toThrow();
});

describe('an env that breaks one rule is told which and where', () => {
  let draws = 0;
  const cases: { name: string; flaws: Flaws; message: RegExp }[] = [
    {
      name: 'stepping before reset returns',
      flaws: { beforeReset: 'returns' },
      message: /^step before reset must throw an EnvError, but returned/,
    },
    {
      name: 'stepping before reset throws something else',
      flaws: { beforeReset: 'throws a TypeError' },
      message: /^step before reset must throw an EnvError, but threw TypeError: no state/,
    },
    {
      name: 'an observation out of bounds',
      flaws: { observation: (step, o) => (step === 3 ? Float32Array.of(13) : o) },
      message: /^observation\[0\] at step 2 is 13, outside \[-12, 12\]/,
    },
    {
      name: 'an observation that is NaN',
      flaws: { observation: (step, o) => (step === 0 ? Float32Array.of(Number.NaN) : o) },
      message: /^observation\[0\] at reset\(\{ seed: 1 \}\) is NaN/,
    },
    {
      name: 'an observation of another length',
      flaws: { observation: (step, o) => (step === 5 ? new Float32Array(2) : o) },
      message: /^observation at step 4 has 2 elements, its space has 1/,
    },
    {
      name: 'an observation of another type',
      flaws: { observation: () => [0] },
      message: /^observation at reset\(.*\) must be a Float32Array, got Array/,
    },
    {
      name: 'an infinite reward',
      flaws: { reward: (step) => (step === 2 ? Infinity : 0) },
      message: /^reward at step 1 is Infinity/,
    },
    { name: 'a missing reward', flaws: { reward: () => '1' }, message: /^reward at step 0 is 1$/ },
    {
      name: 'an end that is a number',
      flaws: { terminated: 0 },
      message: /^terminated at step 0 must be a boolean, got 0/,
    },
    {
      name: 'an info that is null',
      flaws: { info: null },
      message: /^info at reset\(.*\) must be an object, got null/,
    },
    {
      name: 'unseeded randomness',
      flaws: { drift: () => ++draws / 1000 },
      message: /^the same seed gives another trajectory: observation\[0\] at reset\(\{ seed: 1 \}\) was/,
    },
    {
      name: 'an action array written to',
      flaws: { onAction: (action) => action.fill(0.125) },
      message: /^step wrote into the action array it was given, at step 0/,
    },
    {
      name: 'an action array kept',
      flaws: { previousAction: true },
      message:
        /^the env keeps the action array it was given: after the caller wrote into it, observation\[0\] at step 1/,
    },
    {
      name: 'state kept in the returned observation',
      flaws: { stateInObservation: true },
      message:
        /^the returned observation is the env's own state: after the caller wrote into it, observation\[0\] at step 1/,
    },
    { name: 'a throw', flaws: { throwsAt: 7 }, message: /^step 7 threw RangeError: out of data/ },
    {
      name: 'a saved state that is live',
      flaws: { savedArrays: 'live' },
      message: /^load after save at step 501 does not continue as before: observation\[0\] at step 501/,
    },
    {
      name: 'a saved state that lacks a part',
      flaws: { savedArrays: 'partial' },
      message: /^load after save at step 501 does not continue as before: observation\[0\]/,
    },
    {
      name: 'a saved state with an episode clock of its own',
      flaws: { savedValues: () => ({ steps: 5 }) },
      message: /^load after save at step 501 does not continue as before: truncated at step/,
    },
    {
      name: 'a saved value that JSON would lose',
      flaws: { savedValues: () => ({ inner: { list: [1, Number.NaN] } }) },
      message: /^save returns values.inner.list.1 = NaN, which cannot be stored in JSON/,
    },
    {
      name: 'a picture that is no string',
      flaws: { render: 3 },
      message: /^render must return a string, got number/,
    },
  ];
  for (const { name, flaws, message } of cases) {
    test(name, () => {
      const env = createEnv(flaws);
      const problems = inspectEnv(flaws.previousAction ? { ...env, save: undefined, load: undefined } : env);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(message);
    });
  }
});

describe('spaces and methods are checked before anything is called', () => {
  const cases: { name: string; change: object; message: string }[] = [
    { name: 'no step', change: { step: undefined }, message: 'step must be a function, got undefined' },
    {
      name: 'save without load',
      change: { load: undefined },
      message: 'save and load must both be there, or neither',
    },
    {
      name: 'a discrete observation space',
      change: { observationSpace: createDiscrete(3) },
      message: 'observationSpace must be a box',
    },
    {
      name: 'no choices',
      change: { actionSpace: { kind: 'discrete', n: 0 } },
      message: 'actionSpace.n must be a positive whole number, got 0',
    },
    {
      name: 'values of another length',
      change: { actionSpace: { kind: 'discrete', n: 2, values: [1] } },
      message: 'actionSpace.values must have 2 entries, got 1',
    },
    {
      name: 'an empty choice',
      change: { actionSpace: { kind: 'multi-discrete', sizes: [2, 0] } },
      message: 'actionSpace.sizes must be positive whole numbers, got MultiDiscrete(2, 0)',
    },
    {
      name: 'a dimension that is not the product of the shape',
      change: { actionSpace: { ...createBox([2], 0, 1), dim: 3 } },
      message: 'actionSpace.dim is 3, but its shape is [2]',
    },
    {
      name: 'bounds of another type',
      change: { actionSpace: { ...createBox([1], 0, 1), low: [0] } },
      message: 'actionSpace.low must be a Float32Array of 1 elements',
    },
    {
      name: 'bounds upside down',
      change: { actionSpace: { ...createBox([2], 0, 1), low: Float32Array.of(0, 2) } },
      message: 'actionSpace.low[1] is 2, above high 1, or NaN',
    },
    {
      name: 'names of another length',
      change: { observationSpace: { ...createBox([2], 0, 1), names: ['a'] } },
      message: 'observationSpace.names must have 2 entries, got 1',
    },
    {
      name: 'no space',
      change: { actionSpace: undefined },
      message: 'actionSpace must be made by createDiscrete, createMultiDiscrete or createBox',
    },
  ];
  for (const { name, change, message } of cases) {
    test(name, () => expect(inspectEnv({ ...createEnv(), ...change } as Env)).toEqual([message]));
  }
});

test('checkEnv throws one EnvError of one line with every problem', () => {
  const env = createEnv({ terminated: 0, info: null });
  let caught: unknown;
  try {
    checkEnv(env);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(EnvError);
  expect((caught as EnvError).code).toBe('broken-contract');
  expect((caught as EnvError).message).toMatch(
    /^The env breaks its contract: info at .*; terminated at .*\.$/,
  );
});
