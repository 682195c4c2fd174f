/** Turns margins, the sums of a row's leaves, into predictions and back. */
import { DataError } from '../../core/errors.ts';
import { exp, log } from '../../core/math.ts';
import { type MetricName, OBJECTIVES, type ObjectiveName, VALUE_OBJECTIVES } from './xgboost-config.ts';

/** Objectives of models that are read and predicted; those of `OBJECTIVES` are trained too. */
export const FOREST_OBJECTIVES = [
  ...OBJECTIVES,
  'reg:logistic',
  'binary:logitraw',
  'rank:pairwise',
  'rank:ndcg',
  'rank:map',
] as const;
export type ForestObjective = (typeof FOREST_OBJECTIVES)[number];

export interface Objective {
  readonly name: ForestObjective;
  readonly defaultMetric: MetricName;
  /** The margin that a base score stands for. */
  marginOf(baseScore: number): number;
  /** Turns margins [N, K] into predictions, in place. */
  transform(margins: Float32Array, numOutputs: number): void;
}

const logistic: Objective = {
  name: 'binary:logistic',
  defaultMetric: 'logloss',
  marginOf: (baseScore) => Math.fround(-log(Math.fround(Math.fround(1 / Math.fround(baseScore)) - 1))) + 0,
  transform(margins) {
    for (let i = 0; i < margins.length; i++) margins[i] = 1 / (1 + exp(-margins[i]));
  },
};

const softmax: Objective = {
  name: 'multi:softprob',
  defaultMetric: 'mlogloss',
  marginOf: Math.fround,
  transform(margins, numOutputs) {
    for (let from = 0; from < margins.length; from += numOutputs) {
      let largest = -Infinity;
      for (let i = from; i < from + numOutputs; i++) largest = Math.max(largest, margins[i]);
      let sum = 0;
      for (let i = from; i < from + numOutputs; i++) {
        const e = exp(margins[i] - largest);
        margins[i] = e;
        sum += e;
      }
      for (let i = from; i < from + numOutputs; i++) margins[i] /= sum;
    }
  },
};

const squaredError: Objective = {
  name: 'reg:squarederror',
  defaultMetric: 'rmse',
  marginOf: Math.fround,
  transform() {},
};

/** The logarithm is the link: predictions above 0. */
const logLink: Omit<Objective, 'name' | 'defaultMetric'> = {
  marginOf: (baseScore) => Math.fround(log(Math.fround(baseScore))),
  transform(margins) {
    for (let i = 0; i < margins.length; i++) margins[i] = exp(margins[i]);
  },
};

/** Classes of multi:softmax are the most probable ones of its probabilities, which is what is predicted here. */
const BY_NAME: Readonly<Record<ForestObjective, Omit<Objective, 'name'>>> = {
  'binary:logistic': logistic,
  'multi:softprob': softmax,
  'reg:squarederror': squaredError,
  'multi:softmax': softmax,
  'reg:logistic': logistic,
  'binary:logitraw': squaredError,
  'reg:absoluteerror': { ...squaredError, defaultMetric: 'mae' },
  'reg:pseudohubererror': { ...squaredError, defaultMetric: 'mphe' },
  'reg:quantileerror': { ...squaredError, defaultMetric: 'quantile' },
  'count:poisson': { ...logLink, defaultMetric: 'poisson-nloglik' },
  'reg:gamma': { ...logLink, defaultMetric: 'gamma-nloglik' },
  'reg:tweedie': { ...logLink, defaultMetric: 'tweedie-nloglik' },
  'rank:pairwise': squaredError,
  'rank:ndcg': squaredError,
  'rank:map': squaredError,
};

export function objectiveNamed(name: ForestObjective): Objective {
  return { ...BY_NAME[name], name };
}

/** Classes there are predictions for: 2 of one probability, or as many as there are outputs; 0 for values. */
export function classesOf(name: ForestObjective, numClasses: number): number {
  if (name.startsWith('multi:')) return numClasses;
  return name === 'binary:logistic' || name === 'reg:logistic' ? 2 : 0;
}

/**
 * @param needsAll whether every class of a binary label must occur
 * @throws DataError `wrong-length`, `invalid-label` with the row, `single-class`
 */
export function requireLabels(
  labels: Float32Array,
  numRows: number,
  name: ObjectiveName,
  numClasses: number,
  needsAll: boolean,
): void {
  if (labels.length !== numRows) {
    throw new DataError('wrong-length', `There are ${labels.length} labels for ${numRows} rows.`);
  }
  const isRegression = VALUE_OBJECTIVES.some((objective) => objective === name);
  const [fits, range] = rangeOf(name);
  const classes = name === 'binary:logistic' ? 2 : numClasses;
  for (let row = 0; row < numRows; row++) {
    const label = labels[row];
    if (
      isRegression
        ? Number.isFinite(label) && fits(label)
        : label >= 0 && label < classes && Number.isInteger(label)
    )
      continue;
    const expected = isRegression ? range : `one of the declared classes 0 … ${classes - 1}`;
    throw new DataError('invalid-label', `The label of row ${row} is ${label}; ${name} needs ${expected}.`);
  }
  if (needsAll && name === 'binary:logistic' && labels.every((label) => label === labels[0])) {
    throw new DataError(
      'single-class',
      `Every label is ${labels[0]}; binary:logistic needs rows of both classes to learn from.`,
    );
  }
}

function rangeOf(name: ObjectiveName): [fits: (label: number) => boolean, range: string] {
  if (name === 'reg:gamma') return [(label) => label > 0, 'a number above 0'];
  if (name === 'count:poisson' || name === 'reg:tweedie')
    return [(label) => label >= 0, '0 or a number above'];
  return [() => true, 'a finite number'];
}

/** @throws DataError `wrong-length`, `invalid-weight` with the row */
export function requireWeights(weights: Float32Array | undefined, numRows: number): void {
  if (weights === undefined) return;
  if (weights.length !== numRows) {
    throw new DataError('wrong-length', `There are ${weights.length} weights for ${numRows} rows.`);
  }
  const row = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (row >= 0) {
    throw new DataError(
      'invalid-weight',
      `The weight of row ${row} is ${weights[row]}; weights must be finite and not negative.`,
    );
  }
  if (!weights.some((weight) => weight > 0)) {
    throw new DataError('invalid-weight', 'Every weight is 0; there is nothing to learn from.');
  }
}
