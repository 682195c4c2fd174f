/** Measures predicted numbers, and how well scores order what came of them. */
import { correlation, mean } from '../../core/statistics.ts';

export interface RegressionMetrics {
  readonly numRows: number;
  readonly rmse: number;
  readonly meanAbsoluteError: number;
  /** 1 − Σ (y − ŷ)² / Σ (y − ȳ)²; NaN where the values do not vary. */
  readonly r2: number;
  /** Share of rows whose value has the sign that was predicted, rows of value 0 left out; NaN without others. */
  readonly signAccuracy: number;
}

/** @param values [M] @param predicted [M] */
export function regressionMetrics(
  values: ArrayLike<number>,
  predicted: ArrayLike<number>,
): RegressionMetrics {
  const numRows = values.length;
  const centre = mean(values);
  let [squares, absolutes, total, right, signed] = [0, 0, 0, 0, 0];
  for (let i = 0; i < numRows; i++) {
    const error = values[i] - predicted[i];
    squares += error * error;
    absolutes += Math.abs(error);
    total += (values[i] - centre) * (values[i] - centre);
    if (values[i] === 0) continue;
    signed++;
    if (values[i] > 0 === predicted[i] > 0) right++;
  }
  return {
    numRows,
    rmse: Math.sqrt(squares / numRows),
    meanAbsoluteError: absolutes / numRows,
    r2: total > 0 ? 1 - squares / total : Number.NaN,
    signAccuracy: signed > 0 ? right / signed : Number.NaN,
  };
}

/**
 * The information coefficient: Spearman's rank correlation of scores with outcomes, equal values at their mean rank.
 * Pairs with a NaN are left out.
 * @returns NaN where one side does not vary
 */
export function rankCorrelation(scores: ArrayLike<number>, outcomes: ArrayLike<number>): number {
  const kept = Array.from({ length: scores.length }, (_, i) => i).filter(
    (i) => !Number.isNaN(scores[i]) && !Number.isNaN(outcomes[i]),
  );
  return correlation(ranks(kept.map((i) => scores[i])), ranks(kept.map((i) => outcomes[i])));
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]] === values[order[from]]) to++;
    for (let i = from; i <= to; i++) result[order[i]] = (from + to) / 2;
    from = to + 1;
  }
  return result;
}
