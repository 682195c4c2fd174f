import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SumTree } from '../../replay/sum-tree.ts';

const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 1e12, noNaN: true })), {
  minLength: 2,
  maxLength: 40,
});

test('the total is the sum of the weights, whatever was set before', () => {
  fc.assert(
    fc.property(
      weights,
      fc.array(fc.tuple(fc.nat(39), fc.nat(1000)), { maxLength: 60 }),
      (values, changes) => {
        const tree = new SumTree(values.length);
        values.forEach((value, leaf) => {
          tree.set(leaf, value);
        });
        for (const [leaf, value] of changes) {
          tree.set(leaf % values.length, value);
          values[leaf % values.length] = value;
        }
        const sum = values.reduce((a, b) => a + b, 0);
        expect(Math.abs(tree.total - sum)).toBeLessThanOrEqual(1e-12 * sum);
        values.forEach((value, leaf) => {
          expect(tree.get(leaf)).toBe(value);
        });
      },
    ),
  );
});

test('every leaf is found over a share of the total that is its weight', () => {
  for (const numLeaves of [2, 3, 5, 8, 13]) {
    const tree = new SumTree(numLeaves);
    for (let leaf = 0; leaf < numLeaves; leaf++) tree.set(leaf, leaf % 4);
    const counts = new Array(numLeaves).fill(0);
    for (let k = 0; k < tree.total * 10; k++) counts[tree.find(k / 10)]++;
    counts.forEach((count, leaf) => {
      expect(count).toBe((leaf % 4) * 10);
    });
  }
});

describe('a leaf of weight 0 is never found', () => {
  test('at any position, up to the total itself', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (values, shares) => {
        const tree = new SumTree(values.length);
        tree.setAll(Float64Array.from(values));
        if (tree.total === 0) return;
        for (const share of [...shares, 0, 1])
          expect(tree.get(tree.find(share * tree.total))).toBeGreaterThan(0);
      }),
    );
  });

  test('beside huge ones', () => {
    const tree = new SumTree(3);
    tree.setAll(Float64Array.of(1e300, 0, 1e-300));
    for (const share of [0, 0.3, 0.999, 1]) expect(tree.find(share * tree.total)).not.toBe(1);
  });
});

test('setting all at once makes the same tree as setting one by one', () => {
  const values = Float64Array.from({ length: 11 }, (_, i) => 1 / (i + 3));
  const one = new SumTree(11);
  const all = new SumTree(11);
  for (let leaf = 10; leaf >= 0; leaf--) one.set(leaf, values[leaf]);
  all.setAll(values);
  expect(all).toEqual(one);
  expect(all.total).toBe(one.total);
  expect([...all.weights]).toEqual([...values]);
});

test('NaN, infinite and negative weights are refused, and nothing changes', () => {
  const tree = new SumTree(4);
  tree.set(2, 5);
  for (const weight of [Number.NaN, Infinity, -1]) {
    expect(() => tree.set(2, weight)).toThrow(
      expect.objectContaining({ code: 'invalid-priority', message: expect.stringContaining(`${weight}`) }),
    );
  }
  expect(tree.get(2)).toBe(5);
  expect(tree.total).toBe(5);
});
