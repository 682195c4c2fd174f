/** Multiplies and adds, four lanes at a time: fused where the module is built for that, otherwise rounded twice. */

/** x · y + sum */
export function multiplyAdd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(sum, f32x4.mul(x, y));
}
