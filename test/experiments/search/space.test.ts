import { describe, expect, test } from 'vitest';
import {
  parseSpace,
  pointAt,
  type SpaceInput,
  shareOf,
  spaceSchema,
} from '../../../experiments/search/space.ts';

const spaceOf = (input: SpaceInput) => parseSpace(spaceSchema.parse(input));

describe('a space', () => {
  const space = spaceOf({
    kind: { choice: ['a', 'b', 'c'] },
    rate: { logUniform: [1e-4, 1] },
    depth: { int: [1, 4], when: { kind: ['b'] } },
    share: { uniform: [-1, 3], when: { kind: ['a', 'b'] } },
  });

  test('spreads the unit interval evenly over choices, ranges, whole numbers and logarithms', () => {
    const point = pointAt(space, [0.5, 0.25, 0.5, 0.75]);
    expect(point).toEqual({ kind: 'b', rate: expect.closeTo(1e-3, 12), depth: 3, share: 2 });
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 400; i++) {
      const { depth } = pointAt(space, [0.5, 0, i / 400, 0]);
      counts.set(depth, (counts.get(depth) ?? 0) + 1);
    }
    expect([...counts]).toEqual([
      [1, 100],
      [2, 100],
      [3, 100],
      [4, 100],
    ]);
  });

  test('leaves a parameter out where its condition does not hold', () => {
    expect(Object.keys(pointAt(space, [0, 0, 0, 0]))).toEqual(['kind', 'rate', 'share']);
    expect(Object.keys(pointAt(space, [0.9, 0, 0, 0]))).toEqual(['kind', 'rate']);
  });

  test('finds the place of a value again', () => {
    const [kind, rate, depth] = space;
    expect(shareOf(kind, 'c')).toBeCloseTo(5 / 6, 12);
    expect(shareOf(rate, 0.01)).toBeCloseTo(0.5, 12);
    expect(shareOf(depth, 1)).toBeCloseTo(1 / 8, 12);
  });

  test.each<[string, SpaceInput, RegExp]>([
    ['no parameter', {}, /the space is empty/],
    ['bounds the wrong way round', { x: { uniform: [1, 0] } }, /"x": 1 to 0 is no range/],
    ['a range of one value', { x: { uniform: [1, 1] } }, /"x": 1 to 1 is no range/],
    [
      'a logarithm from zero',
      { x: { logUniform: [0, 1] } },
      /"x": a range by the logarithm begins above 0, got 0/,
    ],
    ['halves of whole numbers', { x: { int: [0.5, 3] } }, /"x": an int ranges from one whole number/],
    [
      'a condition on what comes later',
      { x: { uniform: [0, 1], when: { y: [1] } }, y: { choice: [1] } },
      /"x" depends on "y"/,
    ],
    [
      'a condition on a value that is none',
      { y: { choice: [1] }, x: { uniform: [0, 1], when: { y: [2] } } },
      /"y" being 2/,
    ],
  ])('refuses %s by name', (_, input, message) => {
    expect(() => spaceOf(input)).toThrow(message);
  });
});
