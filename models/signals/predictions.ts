/** Holds a model's predictions, and tells rows that it has learnt from from those it has not. */
import { ConfigError } from '../../core/errors.ts';
import { recallsRow } from '../data/row-hashes.ts';
import type { PredictionInput } from '../input.ts';
import type { TrainingRecord } from '../model.ts';

/** How a prediction stands to what the model has learnt from. */
export type Provenance = 'in-sample' | 'unseen' | 'out-of-fold';

/** M predicted rows, C classes. */
export interface Predictions {
  /** [C]; empty for regression */
  readonly classNames: readonly string[];
  /** [M] rows of the table, ascending; rows without a whole window are not among them. */
  readonly rows: Int32Array;
  /** [M, C]; empty for regression */
  readonly probabilities: Float64Array;
  /** [M] most probable class; −1 for regression. */
  readonly classes: Int32Array;
  /** [M] its probability, in (0, 1]; 1 for regression. */
  readonly confidence: Float64Array;
  /** [M] the predicted value; for classes their places from −1 (the first) to 1 (the last), weighted by probability. */
  readonly scores: Float64Array;
  /** [M] */
  readonly provenance: readonly Provenance[];
}

/** @param outputs [M, K] probabilities or values */
export function describeOutputs(
  classNames: readonly string[],
  rows: Int32Array,
  outputs: Float64Array,
  provenance: readonly Provenance[],
): Predictions {
  const numClasses = classNames.length;
  const classes = new Int32Array(rows.length).fill(-1);
  const confidence = new Float64Array(rows.length).fill(1);
  const scores = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    scores[i] = scoreOf(outputs, i * numClasses, numClasses, i);
    if (numClasses === 0) continue;
    classes[i] = mostProbable(outputs, i * numClasses, numClasses);
    confidence[i] = outputs[i * numClasses + classes[i]];
  }
  const probabilities = numClasses > 0 ? outputs : new Float64Array(0);
  return { classNames, rows, probabilities, classes, confidence, scores, provenance };
}

/** The first one among equals. */
export function mostProbable(outputs: Float64Array, offset: number, numClasses: number): number {
  let best = 0;
  for (let c = 1; c < numClasses; c++) if (outputs[offset + c] > outputs[offset + best]) best = c;
  return best;
}

/** @param row where the values begin, for regression */
export function scoreOf(outputs: Float64Array, offset: number, numClasses: number, row = 0): number {
  if (numClasses === 0) return outputs[row];
  let score = 0;
  for (let c = 0; c < numClasses; c++) score += outputs[offset + c] * ((2 * c) / (numClasses - 1) - 1);
  return score;
}

/** Whether a model knows the outcome of a row: by its time, by its place in the same table, or by what is in it. */
export function knows(
  record: TrainingRecord,
  row: number,
  { timeMs, hash, table }: Pick<PredictionInput, 'timeMs' | 'hash' | 'table'>,
): boolean {
  const { unit, spans, dataHash, rowHashes, isUnknown } = record;
  if (isUnknown) return true;
  if (unit === 'row' && hash !== dataHash) {
    return rowHashes !== undefined && table !== undefined && recallsRow(rowHashes, table, row);
  }
  const place = unit === 'row' ? row : timeMs?.[row];
  if (place === undefined) return false;
  return spans.some(([from, to]) => place >= from && place <= to);
}

/**
 * Refuses predictions that a policy must not learn from: those of rows whose outcome the model knew.
 * @throws ConfigError `in-sample` naming the first row
 */
export function requireOutOfSample({ rows, provenance }: Predictions): void {
  const first = provenance.indexOf('in-sample');
  if (first < 0) return;
  const count = provenance.filter((kind) => kind === 'in-sample').length;
  throw new ConfigError(
    'in-sample',
    `${count} of ${rows.length} predictions are of rows that the model was trained on, the first of row ${rows[first]}: ` +
      'use out-of-fold predictions for these rows.',
  );
}
