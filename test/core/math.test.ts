import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cos, exp, log, powerOfTen, sin, tanh } from '../../core/math.ts';

/** Distance in units of the last place of `expected`. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(expected));
  bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
  const ulp = bits.getFloat64(0) - Math.abs(expected);
  return Math.abs(actual - expected) / ulp;
}

describe('elementary functions agree with the engine within an ulp or so', () => {
  const cases = [
    { name: 'exp', ours: exp, theirs: Math.exp, range: [-745, 709], limit: 1.5 },
    { name: 'log', ours: log, theirs: Math.log, range: [1e-320, 1e300], limit: 1.5 },
    { name: 'log near one', ours: log, theirs: Math.log, range: [0.5, 2], limit: 1.5 },
    { name: 'sin', ours: sin, theirs: Math.sin, range: [-1e5, 1e5], limit: 1.5 },
    { name: 'cos', ours: cos, theirs: Math.cos, range: [-1e5, 1e5], limit: 1.5 },
    { name: 'sin of small angles', ours: sin, theirs: Math.sin, range: [-2, 2], limit: 1.5 },
    { name: 'cos of small angles', ours: cos, theirs: Math.cos, range: [-2, 2], limit: 1.5 },
  ] as const;
  for (const { name, ours, theirs, range, limit } of cases) {
    test(name, () => {
      fc.assert(
        fc.property(
          fc.double({ min: range[0], max: range[1], noNaN: true }),
          (x) => ulps(ours(x), theirs(x)) <= limit,
        ),
        { numRuns: 20_000, seed: 1 },
      );
    });
  }

  test('tanh to 1e-15 absolute', () => {
    for (let x = -30; x <= 30; x += 0.00137) expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThan(1e-15);
  });
});

test('the edges of the real line are as the standard has them', () => {
  expect(exp(Infinity)).toBe(Infinity);
  expect(exp(-Infinity)).toBe(0);
  expect(exp(710)).toBe(Infinity);
  expect(exp(0)).toBe(1);
  expect(exp(-745)).toBe(Math.exp(-745));
  expect(exp(709.7)).toBe(Math.exp(709.7));
  expect(log(0)).toBe(-Infinity);
  expect(log(1)).toBe(0);
  expect(log(-1)).toBeNaN();
  expect(log(Infinity)).toBe(Infinity);
  expect(log(5e-324)).toBe(Math.log(5e-324));
  expect(tanh(-Infinity)).toBe(-1);
  for (const f of [exp, log, sin, cos, tanh]) expect(f(Number.NaN)).toBeNaN();
  for (const f of [sin, cos]) expect(f(Infinity)).toBeNaN();
});

test('powers of ten are those of the decimal notation', () => {
  const powers = [-3, -1, 0, 1, 5, 22, 23, 30].map(powerOfTen);
  expect(powers).toEqual([0.001, 0.1, 1, 10, 100_000, 1e22, 1e23, 1e30]);
});
