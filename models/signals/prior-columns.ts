/** Puts what a classifier says of each bar beside the features of an env, where agents read it as their prior. */
import { ConfigError } from '../../core/errors.ts';
import type { FeatureMatrix } from '../../market/features/pipeline.ts';
import { type Predictions, requireOutOfSample } from './predictions.ts';

/** The group of columns that a prior is read from: the probability of each class, in the order of the classes. */
export const PRIOR_GROUP = 'prior';

/**
 * The features with a column of probability for each class after them. Rows before the first prediction lose theirs: the
 * matrix begins where both are known.
 * @param predictions out of fold for the rows an agent trains on, of neighbouring rows
 * @throws ConfigError `in-sample` where the model knew the outcome of a row; `gap-in-predictions` where a row between or
 *   at the end has no prediction; `unsuitable-model` for a regression
 */
export function withPriorColumns(features: FeatureMatrix, predictions: Predictions): FeatureMatrix {
  requireOutOfSample(predictions);
  const { classNames, rows, probabilities } = predictions;
  if (classNames.length < 2) {
    throw new ConfigError(
      'unsuitable-model',
      'A prior needs the probabilities of classes, but the model is a regression; train a classifier.',
    );
  }
  requireNeighbours(rows, features.numRows);
  const { numRows, numColumns } = features;
  const numClasses = classNames.length;
  const width = numColumns + numClasses;
  const values = new Float32Array(numRows * width).fill(Number.NaN);
  rows.forEach((row, i) => {
    for (let c = 0; c < numColumns; c++) values[row * width + c] = features.values[row * numColumns + c];
    for (let c = 0; c < numClasses; c++) {
      values[row * width + numColumns + c] = probabilities[i * numClasses + c];
    }
  });
  return {
    numRows,
    numColumns: width,
    columns: [...features.columns, ...classNames.map((name) => `${PRIOR_GROUP}:${name}`)],
    groups: [
      ...(features.groups ?? []),
      { name: PRIOR_GROUP, columns: classNames.map((_, c) => numColumns + c) },
    ],
    firstRow: Math.max(features.firstRow, rows[0]),
    values,
  };
}

function requireNeighbours(rows: Int32Array, numRows: number): void {
  const gap = rows.findIndex((row, i) => i > 0 && row !== rows[i - 1] + 1);
  const last = rows[rows.length - 1];
  if (gap < 0 && last === numRows - 1) return;
  const [from, to] = gap < 0 ? [last + 1, numRows - 1] : [rows[gap - 1] + 1, rows[gap] - 1];
  throw new ConfigError(
    'gap-in-predictions',
    `Rows ${from} to ${to} have no prediction, so that an agent would have no prior there; give out-of-fold predictions of ` +
      'the rows to train on and predictions of all that follow.',
  );
}
