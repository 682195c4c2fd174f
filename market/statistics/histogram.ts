/** Counts values by size. */

export interface Histogram {
  /** [B + 1] ascending */
  readonly edges: Float64Array;
  /** [B] values from one edge on up to the next, the last one included */
  readonly counts: Int32Array;
}

/**
 * Equal bins between the least and the greatest value.
 * @param values finite
 * @param numBins ≥ 1; values that are all one have a single bin
 */
export function histogram(values: ArrayLike<number>, numBins: number): Histogram {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (!(high > low)) return { edges: Float64Array.of(low, high), counts: Int32Array.of(values.length) };
  const width = (high - low) / numBins;
  const edges = Float64Array.from({ length: numBins + 1 }, (_, b) =>
    b === numBins ? high : low + b * width,
  );
  const counts = new Int32Array(numBins);
  for (let i = 0; i < values.length; i++) {
    counts[Math.min(numBins - 1, Math.floor((values[i] - low) / width))]++;
  }
  return { edges, counts };
}
