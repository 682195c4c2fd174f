/**
 * Weighs labels by the share that is their own, where labels of neighbouring rows look at the same bars.
 * Source: M. López de Prado, "Advances in Financial Machine Learning" (2018), sections 4.3 and 4.4.
 */

/**
 * The average uniqueness of each label: the mean, over the bars (row, end] it looks at, of 1 / the number of labels
 * that look at that bar. 1 for a label that shares nothing, about 1 / horizon where every row has one.
 * @param rows labelled rows, ascending; others count for nothing
 * @param ends [N] last row of each row's label
 * @returns [rows], in (0, 1]; 1 for a label that looks at no bar but its own
 */
export function averageUniqueness(rows: ArrayLike<number>, ends: ArrayLike<number>): Float64Array {
  const numRows = rows.length;
  let length = 0;
  for (let i = 0; i < numRows; i++) length = Math.max(length, ends[rows[i]] + 2);
  // The number of labels over each bar, by what begins and ends there.
  const concurrency = new Int32Array(length);
  for (let i = 0; i < numRows; i++) {
    concurrency[rows[i] + 1]++;
    concurrency[ends[rows[i]] + 1]--;
  }
  for (let bar = 1; bar < length; bar++) concurrency[bar] += concurrency[bar - 1];
  const weights = new Float64Array(numRows);
  for (let i = 0; i < numRows; i++) {
    const end = ends[rows[i]];
    let sum = 0;
    for (let bar = rows[i] + 1; bar <= end; bar++) sum += 1 / concurrency[bar];
    weights[i] = end > rows[i] ? sum / (end - rows[i]) : 1;
  }
  return weights;
}
