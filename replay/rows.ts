/** Copying rows between flat row-major arrays. */

/** target[targetRow, :] = source[sourceRow, :], rows of `dim` elements. A loop: for short rows it beats `set`. */
export function copyRow(
  target: Float32Array | Int32Array | Uint8Array,
  targetRow: number,
  source: Float32Array | Int32Array | Uint8Array,
  sourceRow: number,
  dim: number,
): void {
  const to = targetRow * dim;
  const from = sourceRow * dim;
  for (let i = 0; i < dim; i++) target[to + i] = source[from + i];
}
