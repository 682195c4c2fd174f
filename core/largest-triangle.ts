/**
 * Thins a series so that it looks the same when drawn.
 *
 * Source: S. Steinarsson, "Downsampling Time Series for Visual Representation" (MSc thesis, University of Iceland, 2013), section
 * 4.2: largest triangle, three buckets.
 */

/**
 * The first and last point, and of each bucket between them the one that makes the largest triangle with the point chosen before it and the
 * mean of the bucket after it.
 * @param values [T] finite
 * @param numPoints ≥ 3
 * @returns rows, ascending; all where there are no more than `numPoints`
 */
export function largestTriangles(values: ArrayLike<number>, numPoints: number): number[] {
  const n = values.length;
  if (n <= numPoints) return Array.from({ length: n }, (_, i) => i);
  const width = (n - 2) / (numPoints - 2);
  const startOf = (bucket: number): number => Math.min(n - 1, 1 + Math.floor(bucket * width));
  const chosen = [0];
  for (let bucket = 0; bucket < numPoints - 2; bucket++) {
    const from = startOf(bucket);
    const to = startOf(bucket + 1);
    const end = bucket === numPoints - 3 ? n : startOf(bucket + 2);
    let mean = 0;
    for (let i = to; i < end; i++) mean += values[i] / (end - to);
    const middle = (to + end - 1) / 2;
    const last = chosen[bucket];
    let largest = -1;
    let best = from;
    for (let i = from; i < to; i++) {
      const area = Math.abs(
        (last - middle) * (values[i] - values[last]) - (last - i) * (mean - values[last]),
      );
      if (area > largest) {
        largest = area;
        best = i;
      }
    }
    chosen.push(best);
  }
  chosen.push(n - 1);
  return chosen;
}

/** The lowest and the highest of each of `numBuckets` equal stretches. @returns rows, in no order */
export function extremes(values: ArrayLike<number>, numBuckets: number): number[] {
  const n = values.length;
  const rows: number[] = [];
  for (let bucket = 0; bucket < numBuckets; bucket++) {
    const from = Math.floor((bucket * n) / numBuckets);
    const to = Math.floor(((bucket + 1) * n) / numBuckets);
    if (to <= from) continue;
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    rows.push(low, high);
  }
  return rows;
}
