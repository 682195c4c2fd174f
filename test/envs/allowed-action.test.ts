import { expect, test } from 'vitest';
import { actionAt, allowedAction, choiceSizes } from '../../envs/allowed-action.ts';
import { createBox, createDiscrete, createMultiDiscrete } from '../../envs/spaces.ts';

const three = createDiscrete(3);
const parts = createMultiDiscrete([2, 3, 2]);
// Choices of the three components, one after another: the second may only be 2, the last only 0.
const mask = Uint8Array.of(1, 1, 0, 0, 1, 1, 0);

test.each<
  [
    rule: string,
    action: number | Int32Array,
    space: typeof three | typeof parts,
    mask: Uint8Array,
    to: unknown,
  ]
>([
  ['a choice that is allowed stays', 1, three, Uint8Array.of(0, 1, 1), 1],
  ['another moves on to the next that is', 0, three, Uint8Array.of(0, 1, 1), 1],
  ['past the last it begins anew', 2, three, Uint8Array.of(1, 0, 0), 0],
  [
    'each component has its own part of the mask',
    Int32Array.of(1, 0, 1),
    parts,
    mask,
    Int32Array.of(1, 2, 0),
  ],
  ['whose choices stay where they may', Int32Array.of(0, 2, 0), parts, mask, Int32Array.of(0, 2, 0)],
])('%s', (_, action, space, allowed, to) => {
  expect(allowedAction(action, space, allowed)).toEqual(to);
});

test('an action is not changed, and comes back as a copy', () => {
  const action = Int32Array.of(1, 0, 1);
  allowedAction(action, parts, mask);
  expect([...action]).toEqual([1, 0, 1]);
  const numbers = Float32Array.of(0.5, -0.5);
  for (const given of [mask, undefined]) {
    const copy = allowedAction(numbers, createBox([2], -1, 1), given);
    expect(copy).toEqual(numbers);
    expect(copy).not.toBe(numbers);
  }
  expect(allowedAction(2, three, undefined)).toBe(2);
});

test('the action of one env is its part of the batch', () => {
  expect(actionAt(Int32Array.of(4, 5, 6), three, 1)).toBe(5);
  const batch = Int32Array.of(0, 1, 0, 1, 2, 1);
  expect(actionAt(batch, parts, 1)).toEqual(Int32Array.of(1, 2, 1));
  expect(actionAt(batch, parts, 0)).toEqual(Int32Array.of(0, 1, 0));
  expect(actionAt(Float32Array.of(1, 2, 3, 4), createBox([2], -1, 1), 1)).toEqual(Float32Array.of(3, 4));
});

test('only what is chosen has choices', () => {
  expect([choiceSizes(three), choiceSizes(parts), choiceSizes(createBox([2], -1, 1))]).toEqual([
    [3],
    [2, 3, 2],
    [],
  ]);
});
