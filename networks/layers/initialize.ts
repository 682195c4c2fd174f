/**
 * Draws initial weights of dense layers, [I, O] row-major.
 * Source: Saxe, McClelland & Ganguli (2014), https://arxiv.org/abs/1312.6120 (orthogonal);
 * He et al. (2015), https://arxiv.org/abs/1502.01852, equation 12 (he).
 */
import type { Rng } from '../../core/rng.ts';

export type Initialization = 'orthogonal' | 'he';

/**
 * Fills `weights` [I, O] with `gain` times a matrix whose shorter side's vectors are orthonormal, drawn uniformly:
 * the Q of a gaussian matrix whose R has a positive diagonal.
 */
export function orthogonalInto(
  weights: Float32Array,
  inputDim: number,
  outputDim: number,
  gain: number,
  rng: Rng,
): void {
  const count = Math.min(inputDim, outputDim);
  const length = Math.max(inputDim, outputDim);
  const vectors = Float64Array.from({ length: count * length }, () => rng.gaussian());
  for (let v = 0; v < count; v++) {
    const vector = vectors.subarray(v * length, (v + 1) * length);
    // Twice is enough: the second pass removes what rounding left of the earlier vectors.
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < v; earlier++) {
        const other = vectors.subarray(earlier * length, (earlier + 1) * length);
        let projection = 0;
        for (let i = 0; i < length; i++) projection += vector[i] * other[i];
        for (let i = 0; i < length; i++) vector[i] -= projection * other[i];
      }
    }
    let squares = 0;
    for (let i = 0; i < length; i++) squares += vector[i] * vector[i];
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < length; i++) vector[i] *= scale;
  }
  const wide = inputDim <= outputDim;
  for (let i = 0; i < inputDim; i++) {
    for (let o = 0; o < outputDim; o++) {
      weights[i * outputDim + o] = gain * vectors[wide ? i * length + o : o * length + i];
    }
  }
}

/** Fills `weights` [I, O] with independent normal numbers of standard deviation gain / √I. */
export function heInto(
  weights: Float32Array,
  inputDim: number,
  outputDim: number,
  gain: number,
  rng: Rng,
): void {
  const deviation = gain / Math.sqrt(inputDim);
  for (let i = 0; i < inputDim * outputDim; i++) weights[i] = deviation * rng.gaussian();
}
