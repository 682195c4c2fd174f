/**
 * Compares typed arrays and buffers of a thousand numbers and more as fast as numbers can be: left to itself `toEqual`
 * takes each element for a property with a key. Same rule: same type and length, elements by `Object.is`.
 */
import { expect } from 'vitest';

type Numbers = ArrayLike<number | bigint>;

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

expect.addEqualityTesters([
  (a: unknown, b: unknown): boolean | undefined => {
    if (!isNumbers(a) || !isNumbers(b) || a.constructor !== b.constructor) return undefined;
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
    return true;
  },
]);
