/**
 * Computes exp, tanh, sigmoid and log in plain or fused IEEE arithmetic, four lanes at a time: the same bits on every machine.
 * Source: Cody & Waite's argument reduction (1980); the polynomial is a weighted minimax fit of
 * (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2, relative error of e^r − 1 below 1.4e-8 before rounding; log is fdlibm's
 * (Sun Microsystems, 1993), its single-precision form.
 */

import { multiplyAdd, multiplySubtract } from './arithmetic';
import { storeLanes } from './lanes';

/** Adding 1.5·2²³ rounds to an integer and leaves it in the low bits. */
const ROUND: f32 = 12582912;
const LOG2_E: f32 = <f32>Math.LOG2E;
/** ln 2 in two parts; the first has nine bits, so that its product with a small integer is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

function expm1Reduced(r: v128): v128 {
  let q = f32x4.splat(0.001388252113);
  q = multiplyAdd(q, r, f32x4.splat(0.008366520598));
  q = multiplyAdd(q, r, f32x4.splat(0.04166719986));
  q = multiplyAdd(q, r, f32x4.splat(0.1666654362));
  q = multiplyAdd(q, r, f32x4.splat(0.4999999815));
  return multiplyAdd(q, f32x4.mul(r, r), r);
}

function reduce(x: v128, k: v128): v128 {
  return multiplySubtract(k, f32x4.splat(LN2_LOW), multiplySubtract(k, f32x4.splat(LN2_HIGH), x));
}

/** 2^k, from k + 1.5·2²³. */
function powerOfTwo(rounded: v128): v128 {
  return i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f800000));
}

/** e^x for x ≤ 88, relative error below 1e-7; 0 below −87; NaN stays. */
export function exp(x: v128): v128 {
  const rounded = multiplyAdd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
  const r = reduce(x, f32x4.sub(rounded, f32x4.splat(ROUND)));
  const value = f32x4.mul(powerOfTwo(rounded), f32x4.add(f32x4.splat(1), expm1Reduced(r)));
  return v128.andnot(value, f32x4.lt(x, f32x4.splat(-87)));
}

/** tanh x = e / (e + 2) with e = e^2|x| − 1: absolute error below 1e-7, three units in the last place; |tanh x| ≤ 1. */
export function tanh(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  // From 9.02 on the result rounds to 1.
  const magnitude = f32x4.pmin(v128.xor(x, sign), f32x4.splat(9.02));
  const twice = f32x4.add(magnitude, magnitude);
  const rounded = multiplyAdd(twice, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
  const p = expm1Reduced(reduce(twice, f32x4.sub(rounded, f32x4.splat(ROUND))));
  const scale = powerOfTwo(rounded);
  const e = multiplyAdd(scale, p, f32x4.sub(scale, f32x4.splat(1)));
  return v128.or(f32x4.div(e, f32x4.add(e, f32x4.splat(2))), sign);
}

/** values = tanh(values). Four vectors at a time: what one waits for, the others compute, and they share the constants. */
export function tanhs(values: usize, length: i32): void {
  for (; length >= 16; length -= 16) {
    const a = tanh(v128.load(values));
    const b = tanh(v128.load(values, 16));
    const c = tanh(v128.load(values, 32));
    const d = tanh(v128.load(values, 48));
    v128.store(values, a);
    v128.store(values, b, 16);
    v128.store(values, c, 32);
    v128.store(values, d, 48);
    values += 64;
  }
  for (; length > 0; length -= 4) {
    storeLanes(values, tanh(v128.load(values)), length);
    values += 16;
  }
}

/** σ(x) = 1 / (1 + e^−x), from e^−|x| so that nothing overflows: relative error below 3e-7 down to σ(−87), 0 below. */
export function sigmoid(x: v128): v128 {
  const e = exp(v128.or(x, i32x4.splat(0x80000000)));
  const one = f32x4.splat(1);
  const numerator = v128.bitselect(e, one, i32x4.shr_s(x, 31));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** values = σ(values), four vectors at a time as `tanhs`. */
export function sigmoids(values: usize, length: i32): void {
  for (; length >= 16; length -= 16) {
    const a = sigmoid(v128.load(values));
    const b = sigmoid(v128.load(values, 16));
    const c = sigmoid(v128.load(values, 32));
    const d = sigmoid(v128.load(values, 48));
    v128.store(values, a);
    v128.store(values, b, 16);
    v128.store(values, c, 32);
    v128.store(values, d, 48);
    values += 64;
  }
  for (; length > 0; length -= 4) {
    storeLanes(values, sigmoid(v128.load(values)), length);
    values += 16;
  }
}

/** Natural logarithm of a normal positive number, error below 1 ulp. */
export function log(x: f32): f32 {
  let bits = reinterpret<i32>(x) + (0x3f800000 - 0x3f3504f3);
  const exponent = <f32>((bits >> 23) - 0x7f);
  bits = (bits & 0x007fffff) + 0x3f3504f3;
  const f = reinterpret<f32>(bits) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (<f32>0.40000972152 + w * <f32>0.24279078841);
  const even = z * (<f32>0.66666662693 + w * <f32>0.28498786688);
  const halfSquare = <f32>0.5 * f * f;
  return (
    s * (halfSquare + (even + odd)) +
    exponent * <f32>9.0580006145e-6 -
    halfSquare +
    f +
    exponent * <f32>0.69313812256
  );
}
