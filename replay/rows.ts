/** Copies rows and stretches of flat row-major arrays. */

type Flat = Float32Array | Int32Array | Uint8Array;

/** target[targetRow, :] = source[sourceRow, :], rows of `dim` elements. A loop: for short rows it beats `set`. */
export function copyRow(target: Flat, targetRow: number, source: Flat, sourceRow: number, dim: number): void {
  const to = targetRow * dim;
  const from = sourceRow * dim;
  for (let i = 0; i < dim; i++) target[to + i] = source[from + i];
}

/** A copy of array[start … end). */
export function slice<Array extends Flat>(array: Array, start: number, end: number): Array {
  return array.slice(start, end) as Array;
}

/** array[start … end) itself. */
export function view<Array extends Flat>(array: Array, start: number, end: number): Array {
  return array.subarray(start, end) as Array;
}
