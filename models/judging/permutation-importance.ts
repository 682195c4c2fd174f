/**
 * Shuffles one column and measures how much worse a model gets: the column's importance, on rows of one's choice.
 * Source: L. Breiman, "Random Forests" (2001), section 10; A. Fisher, C. Rudin & F. Dominici (2019), section 3.
 * Differences from the source: a column is shuffled over the rows of the windows that are predicted, so that a
 * recurrent model sees a shuffled history.
 */
import { log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import type { Dataset } from '../data/dataset.ts';
import type { TrainedModel } from '../model.ts';
import { predictSignal } from '../signals/predict.ts';

/** More rows than this tell no more. */
const MAX_ROWS = 2000;

/**
 * @param rows to predict, ascending
 * @param repeats shuffles a column, ≥ 1
 * @returns [F] mean rise of the log loss, or of the mean squared error
 */
export function permutationImportance(
  model: TrainedModel,
  data: Dataset,
  rows: Int32Array,
  repeats: number,
  rng: Rng,
): { readonly column: string; readonly rise: number }[] {
  const judged = rows.slice(-MAX_ROWS);
  const { table } = data;
  const { numColumns, columns } = table;
  const from = judged[0] - model.window + 1;
  const to = judged[judged.length - 1] + 1;
  const values = table.values.slice();
  const shuffled = { table: { ...table, values } };
  const base = lossOf(model, data, shuffled, judged);
  return columns.map((column, c) => {
    const kept = Float32Array.from(
      { length: to - from },
      (_, i) => table.values[(from + i) * numColumns + c],
    );
    let sum = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = kept.slice();
      rng.shuffle(order);
      order.forEach((value, i) => {
        values[(from + i) * numColumns + c] = value;
      });
      sum += lossOf(model, data, shuffled, judged) - base;
    }
    kept.forEach((value, i) => {
      values[(from + i) * numColumns + c] = value;
    });
    return { column, rise: sum / repeats };
  });
}

function lossOf(
  model: TrainedModel,
  { labels }: Dataset,
  input: Parameters<typeof predictSignal>[1],
  rows: Int32Array,
): number {
  const { probabilities, scores, classNames } = predictSignal(model, input, rows);
  let sum = 0;
  rows.forEach((row, i) => {
    if (classNames.length === 0) sum += (labels[row] - scores[i]) * (labels[row] - scores[i]);
    else sum -= log(Math.max(probabilities[i * classNames.length + labels[row]], 1e-15));
  });
  return sum / rows.length;
}
