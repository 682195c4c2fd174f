/**
 * Adjusts p-values for how many comparisons were made, such that the chance of one false finding or more stays below the level.
 * Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6 (1979).
 */

/**
 * @param pValues of m comparisons, each in [0, 1]
 * @returns in the same order: the k-th smallest times m − k + 1, at least that of the one before, at most 1
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, pValues[index] * (pValues.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
