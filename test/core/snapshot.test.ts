import { describe, expect, test } from 'vitest';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../../core/snapshot.ts';

const a: Snapshot = { arrays: { x: new Float32Array([1, 2]) }, values: { n: 1, list: [1, { b: null }] } };
const b: Snapshot = { arrays: { x: new Float64Array([3]) }, values: {} };

describe('join and part', () => {
  test("are each other's inverse", () => {
    const joined = joinSnapshots({ a, b });
    expect(Object.keys(joined.arrays)).toEqual(['a/x', 'b/x']);
    expect(snapshotPart(joined, 'a')).toEqual(a);
    expect(snapshotPart(joined, 'b')).toEqual(b);
  });

  test('nest', () => {
    const outer = joinSnapshots({ outer: joinSnapshots({ a, b }), a: b });
    expect(snapshotPart(snapshotPart(outer, 'outer'), 'a')).toEqual(a);
    expect(snapshotPart(outer, 'outer/b')).toEqual(b);
    expect(snapshotPart(outer, 'a')).toEqual(b);
  });

  test('do not mix parts of which one name begins the other', () => {
    const joined = joinSnapshots({ env1: a, env10: b });
    expect(snapshotPart(joined, 'env1')).toEqual(a);
    expect(snapshotPart(joined, 'env')).toEqual({ arrays: {}, values: {} });
  });
});

describe('restoreArrayInto', () => {
  test('copies', () => {
    const target = new Float32Array(2);
    restoreArrayInto(target, a, 'x');
    expect(target).toEqual(a.arrays.x);
    target[0] = 9;
    expect(a.arrays.x[0]).toBe(1);
  });

  test.each([
    ['a missing array', new Float32Array(2), 'y', 'The saved state has no array "y".'],
    ['another length', new Float32Array(3), 'x', /"x" is Float32Array\[2\], but Float32Array\[3\] is needed/],
    ['another type', new Float64Array(2), 'x', /"x" is Float32Array\[2\], but Float64Array\[2\] is needed/],
  ])('refuses %s and leaves the target alone', (_, target, key, message) => {
    expect(() => restoreArrayInto(target, a, key)).toThrow(message);
    expect(() => restoreArrayInto(target, a, key)).toThrow(
      expect.objectContaining({ code: 'snapshot-mismatch' }),
    );
    expect(target.every((value) => value === 0)).toBe(true);
  });
});

test('restoreNumber gives the number, zero included, and refuses what is none', () => {
  const snapshot: Snapshot = { arrays: {}, values: { zero: 0, text: '1', none: null } };
  expect(restoreNumber(snapshot, 'zero')).toBe(0);
  for (const key of ['text', 'none', 'missing']) {
    expect(() => restoreNumber(snapshot, key)).toThrow(`The saved state has no number "${key}".`);
  }
});
