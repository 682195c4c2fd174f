import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import {
  type ActionSpace,
  actionDim,
  createActionBatch,
  createBox,
  createDiscrete,
  createMultiDiscrete,
  describeSpace,
  sampleActionsInto,
} from '../../envs/spaces.ts';

describe('a space that makes no sense is refused', () => {
  test.each([0, -1, 1.5, Number.NaN, Infinity])('Discrete(%d)', (n) => {
    expect(() => createDiscrete(n)).toThrow(/positive whole number of choices/);
  });
  test('Discrete with another number of values', () => {
    expect(() => createDiscrete(3, [0, 1])).toThrow(/3 choices need as many values, got 2/);
  });
  test('MultiDiscrete without choices, or with an empty one', () => {
    expect(() => createMultiDiscrete([])).toThrow(/at least one choice/);
    expect(() => createMultiDiscrete([2, 0])).toThrow(/positive whole number of choices/);
  });
  test.each([[[]], [[0]], [[-2]], [[-2, -3]], [[1.5]], [[0.5, 4]], [[2, Number.NaN]]])(
    'Box of shape %j',
    (shape) => {
      expect(() => createBox(shape, 0, 1)).toThrow(/positive whole dimensions/);
    },
  );
  test('Box bounds of another length, upside down, or NaN', () => {
    expect(() => createBox([3], [0, 0], 1)).toThrow(/needs 3 bounds each way, got 2 and 3/);
    expect(() => createBox([2], [0, 2], 1)).toThrow(/Bound 1 of a box is upside down: low 2, high 1/);
    expect(() => createBox([1], Number.NaN, 1)).toThrow(/upside down/);
    for (const elements of [[0, 2], [-1], [0.5], [1, 1], []]) {
      const group = { name: 'prior', bar: 0, elements };
      expect(() => createBox([2], 0, 1, undefined, undefined, [group])).toThrow(
        /group "prior".*from 0 to 1, each once/,
      );
    }
  });
});

const spaces: { space: ActionSpace; dim: number; text: string }[] = [
  { space: createDiscrete(3), dim: 1, text: 'Discrete(3)' },
  { space: createMultiDiscrete([2, 5]), dim: 2, text: 'MultiDiscrete(2, 5)' },
  { space: createBox([2, 3], -1, [1, 2, 3, 4, 5, 6]), dim: 6, text: 'Box(2, 3)' },
];

test.each(spaces)('$text has $dim numbers per action and says what it is', ({ space, dim, text }) => {
  expect(actionDim(space)).toBe(dim);
  expect(describeSpace(space)).toBe(text);
  const batch = createActionBatch(space, 4);
  expect(batch).toHaveLength(4 * dim);
  expect(batch).toBeInstanceOf(space.kind === 'box' ? Float32Array : Int32Array);
});

describe('sampled actions', () => {
  test('reach every choice and nothing else', () => {
    const space = createMultiDiscrete([2, 5]);
    const batch = createActionBatch(space, 500);
    sampleActionsInto(batch, space, createRng(1));
    const seen = [new Set<number>(), new Set<number>()];
    batch.forEach((action, i) => {
      seen[i % 2].add(action);
    });
    expect([...seen[0]].sort()).toEqual([0, 1]);
    expect([...seen[1]].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  test('stay within the bounds of each element, and are normal where there is none', () => {
    const space = createBox([3], [-1, 10, -Infinity], [1, 20, 5]);
    const batch = createActionBatch(space, 2000);
    sampleActionsInto(batch, space, createRng(1));
    const column = (d: number): number[] => Array.from({ length: 2000 }, (_, i) => batch[i * 3 + d]);
    expect(Math.min(...column(0))).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...column(0))).toBeLessThanOrEqual(1);
    expect(Math.min(...column(1))).toBeGreaterThanOrEqual(10);
    expect(Math.max(...column(1))).toBeLessThanOrEqual(20);
    expect(Math.max(...column(2))).toBeLessThanOrEqual(5);
    expect(Math.min(...column(2))).toBeLessThan(-2);
  });

  test('are the same from the same seed', () => {
    const space = createBox([2], -1, 1);
    const [a, b] = [createActionBatch(space, 10), createActionBatch(space, 10)];
    sampleActionsInto(a, space, createRng('s'));
    sampleActionsInto(b, space, createRng('s'));
    expect(a).toEqual(b);
  });
});
