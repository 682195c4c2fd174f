/** Multiplies and adds, four lanes at a time: fused where the module is built for that, otherwise rounded twice. */

/** x · y + sum */
export function multiplyAdd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** from − x · y */
export function multiplySubtract(x: v128, y: v128, from: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(x, y, from);
  return f32x4.sub(from, f32x4.mul(x, y));
}

/**
 * Whether `multiplyAdd` rounds once: x² then is not the rounded product.
 * @param x a number whose square is not exact
 */
export function fuses(x: f32): bool {
  const square = f32x4.splat(-(x * x));
  return f32x4.extract_lane(multiplyAdd(f32x4.splat(x), f32x4.splat(x), square), 0) !== 0;
}
