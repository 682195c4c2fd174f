/**
 * Says which settings of a search mattered: how much worse boosted trees predict the score of trials they have not seen once a setting is
 * shuffled among these.
 *
 * Source: Breiman, "Random Forests" (2001), section 10: permutation out of the bag. Differences from the source: each bag grows boosted
 * trees in place of one tree.
 */
import { createRng, type Rng } from '../../core/rng.ts';
import { mean } from '../../core/statistics.ts';
import { trainXgboost } from '../../models/trees/xgboost.ts';
import type { TrialRecord } from '../search/trial-record.ts';
import { type Axis, axesOf } from './axes.ts';

export interface SettingImportance {
  readonly name: string;
  /** Rise of the mean squared error out of the bag, in variances of the score; near 0 or below it: it did not matter. */
  readonly rise: number;
}

/** Fewer trials say nothing. */
export const LEAST_TRIALS = 12;
const BAGS = 12;
const TREES = { num_round: 40, eta: 0.15, max_depth: 4, min_child_weight: 1, subsample: 1 };

/** @returns the most important first; none for too few finished trials, or scores that are all the same */
export function settingImportances(trials: readonly TrialRecord[]): SettingImportance[] {
  const finished = trials.filter(({ state, scores }) => state === 'finished' && scores !== undefined);
  const axes = axesOf(finished);
  if (finished.length < LEAST_TRIALS || axes.length === 0) return [];
  const scores = standardized(finished.map(({ scores: own }) => own![0]));
  if (scores === undefined) return [];
  const rows = finished.map(({ point }) =>
    axes.map((axis) => axis.placeOf(point[originalName(axis)]) ?? Number.NaN),
  );
  const rng = createRng(1).fork('importance');
  const rises = axes.map((): number[] => []);
  for (let bag = 0; bag < BAGS; bag++) {
    for (const [a, rise] of risesOfBag(rows, scores, rng.fork(bag)).entries()) rises[a].push(rise);
  }
  return axes
    .map((axis, a) => ({ name: originalName(axis), rise: mean(rises[a].filter(Number.isFinite)) }))
    .filter(({ rise }) => Number.isFinite(rise))
    .sort((a, b) => b.rise - a.rise);
}

function risesOfBag(rows: readonly number[][], scores: Float32Array, rng: Rng): number[] {
  const numRows = rows.length;
  const inBag = Array.from({ length: numRows }, () => rng.integer(numRows));
  const isIn = new Set(inBag);
  const out = Array.from({ length: numRows }, (_, row) => row).filter((row) => !isIn.has(row));
  if (out.length < 2) return rows[0].map(() => Number.NaN);
  const labels = Float32Array.from(inBag, (row) => scores[row]);
  const model = trainXgboost({ table: tableOf(inBag.map((row) => rows[row])), labels }, TREES);
  const errorOf = (tested: readonly number[][]): number => {
    const predictions = new Float32Array(tested.length);
    model.predictInto(predictions, tableOf(tested));
    return mean(out.map((row, i) => (scores[row] - predictions[i]) * (scores[row] - predictions[i])));
  };
  const tested = out.map((row) => rows[row]);
  const base = errorOf(tested);
  return rows[0].map((_, a) => {
    const order = Float64Array.from(tested, (row) => row[a]);
    rng.shuffle(order);
    return errorOf(tested.map((row, i) => row.with(a, order[i]))) - base;
  });
}

function tableOf(rows: readonly (readonly number[])[]) {
  const numColumns = rows[0].length;
  return {
    numRows: rows.length,
    numColumns,
    columns: Array.from({ length: numColumns }, (_, i) => `f${i}`),
    values: Float32Array.from(rows.flat()),
  };
}

/** Mean 0, variance 1; undefined where all are the same. */
function standardized(values: readonly number[]): Float32Array | undefined {
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) * (value - middle))));
  return deviation > 0 ? Float32Array.from(values, (value) => (value - middle) / deviation) : undefined;
}

const originalName = ({ name }: Axis): string => name.replace(/ \(log\)$/, '');
