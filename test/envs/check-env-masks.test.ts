/** checkEnv and envs that say which actions are allowed. */
import { describe, expect, test } from 'vitest';
import { EnvError } from '../../core/errors.ts';
import { inspectEnv } from '../../envs/check-env.ts';
import type { Env } from '../../envs/env.ts';
import { type ActionSpace, createBox, createDiscrete, createMultiDiscrete } from '../../envs/spaces.ts';

/** A walk on 0, 1, 2 by actions down, stay, up; a step off the end is not allowed, and throws. */
function createEnv(change: Partial<Env> = {}, mask?: (position: number) => unknown): Env {
  const observation = new Float32Array(1);
  let position = -1;
  let steps = 0;
  const view = new Uint8Array(3);
  return {
    observationSpace: createBox([1], 0, 2),
    actionSpace: createDiscrete(3),
    reset() {
      position = 1;
      steps = 0;
      observation[0] = position;
      return { observation, info: {} };
    },
    step(action) {
      if (position < 0) throw new EnvError('not-reset', 'Not reset.');
      const move = (typeof action === 'number' ? action : action[0]) - 1;
      if (position + move < 0 || position + move > 2) throw new RangeError('off the end');
      position += move;
      steps++;
      observation[0] = position;
      return { observation, reward: move, terminated: false, truncated: steps >= 20, info: {} };
    },
    actionMask() {
      view.set([position > 0 ? 1 : 0, 1, position < 2 ? 1 : 0]);
      return (mask === undefined ? view : mask(position)) as Uint8Array;
    },
    ...change,
  };
}

test('an env that throws on what its mask forbids is sound: only what is allowed is played', () => {
  expect(inspectEnv(createEnv())).toEqual([]);
});

test('a mask that forbids nothing leaves the draws as they are', () => {
  const unmasked = inspectEnv(createEnv({ actionMask: undefined }));
  expect(unmasked[0]).toMatch(/threw RangeError: off the end/);
});

const two = createMultiDiscrete([3, 2]);
const broken: readonly [name: string, mask: unknown, message: string, space?: ActionSpace][] = [
  ['too short', Uint8Array.of(1, 1), 'has 2 entries, its space has 3 choices'],
  ['too long', Uint8Array.of(1, 1, 1, 1), 'has 4 entries, its space has 3 choices'],
  ['nothing allowed', Uint8Array.of(0, 0, 0), 'allows nothing; one choice at least must be allowed'],
  ['neither 0 nor 1', Uint8Array.of(0, 2, 1), 'has 2 at 1; each entry is 0 or 1'],
  ['no typed array', [1, 1, 1], 'must be a Uint8Array, got Array'],
  ['nothing returned', undefined, 'must be a Uint8Array, got undefined'],
  [
    'nothing allowed in one component',
    Uint8Array.of(1, 1, 1, 0, 0),
    'allows nothing in component 1; one choice at least must be allowed',
    two,
  ],
  ['on a box', Uint8Array.of(1), 'must be absent: a box has no choices to allow', createBox([1], 0, 1)],
];

describe('broken masks', () => {
  for (const [name, mask, message, actionSpace = createDiscrete(3)] of broken) {
    test(name, () => {
      expect(inspectEnv(createEnv({ actionSpace }, () => mask))).toEqual([
        `actionMask before step 0 ${message}`,
      ]);
    });
  }

  test('a mask that breaks later is named with its step', () => {
    const problems = inspectEnv(createEnv({}, (position) => new Uint8Array(position === 2 ? 2 : 3).fill(1)));
    expect(problems[0]).toMatch(/^(actionMask before step \d+ has 2 entries|step \d+ threw)/);
  });

  test('a mask that throws, is no function, or is another each time', () => {
    const throws = () => {
      throw new TypeError('no mask');
    };
    expect(inspectEnv(createEnv({}, throws))).toEqual(['actionMask before step 0 threw TypeError: no mask']);
    expect(inspectEnv(createEnv({ actionMask: 1 as never }))).toEqual([
      'actionMask must be a function, got number',
    ]);
    let calls = 0;
    const flickering = () => Uint8Array.of(0, 1, Number(calls++ % 7 === 0));
    const env = createEnv({ step: createEnv().step }, flickering);
    expect(inspectEnv({ ...env, ...withoutEnds() })[0]).toMatch(/the same seed gives another trajectory/);
  });

  test("a mask that is the env's own state is found by writing into it", () => {
    const own = Uint8Array.of(1, 1, 1);
    const problems = inspectEnv({ ...createEnv({}, () => own), ...withoutEnds() });
    expect(problems.join()).toContain("the action mask is the env's own state");
  });
});

/** A walk without ends: every action is possible. */
function withoutEnds(): Pick<Env, 'reset' | 'step'> {
  const observation = new Float32Array(1);
  let steps = -1;
  return {
    reset() {
      steps = 0;
      observation[0] = 0;
      return { observation, info: {} };
    },
    step() {
      if (steps < 0) throw new EnvError('not-reset', 'Not reset.');
      observation[0] = 0;
      return { observation, reward: 0, terminated: false, truncated: ++steps >= 20, info: {} };
    },
  };
}
