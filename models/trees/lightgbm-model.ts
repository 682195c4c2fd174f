/**
 * Predicts with forests of LightGBM as LightGBM does: thresholds, leaves and sums in f64.
 *
 * Source: microsoft/LightGBM 4.7, `tree.h` (decisions) and `gbdt_prediction.cpp` (sums).
 * Differences from the source: values come as f32, as in every table here.
 */
import { ConfigError, DataError, StorageError } from '../../core/errors.ts';
import { exp } from '../../core/math.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import { type LightgbmForest, type LightgbmTree, parseLightgbm } from './files/lightgbm.ts';
import { requireTable } from './table.ts';

/** Values this close to 0 count as 0. */
const ZERO = Math.fround(1e-35);

const CATEGORY = 1;
const MISSING_LEFT = 2;
/** In bits 2 and 3. */
const ZERO_IS_MISSING = 4;
const NAN_IS_MISSING = 8;

/** N rows, F features, K outputs: one a class for several classes, otherwise 1. */
export class LightgbmModel {
  readonly forest: LightgbmForest;
  readonly numOutputs: number; // K
  /** Classes that there are probabilities of: 2 of one output, or as many as there are outputs; 0 for values. */
  readonly numClasses: number;
  readonly #transform: (margins: Float64Array) => void;

  /** @throws StorageError `model-unsupported` for an objective that is not known */
  constructor(forest: LightgbmForest) {
    this.forest = forest;
    this.numOutputs = forest.numOutputs;
    const { numClasses, transform } = outputsOf(forest);
    this.numClasses = numClasses;
    this.#transform = (margins) => transform(margins, this.numOutputs);
  }

  /**
   * @param text a model as LightGBM's `save_model('model.txt')` writes it
   * @throws StorageError `model-unreadable`, `model-unsupported` or `model-corrupt`, with what is wrong and where
   */
  static fromText(text: string): LightgbmModel {
    return new LightgbmModel(parseLightgbm(text));
  }

  get featureNames(): readonly string[] {
    return this.forest.featureNames;
  }

  /**
   * Writes the sums of the leaves (`predict(raw_score=True)`), the same bits as LightGBM's.
   * @param margins [N, K]
   * @throws DataError `feature-count`, `wrong-length` or `non-finite-value`
   */
  predictMarginsInto(margins: Float64Array, table: FeatureTable): void {
    requireTable(table);
    const { featureNames } = this.forest;
    const { numRows, numColumns, values } = table;
    if (numColumns !== featureNames.length) {
      throw new DataError(
        'feature-count',
        `There are ${numColumns} features; the model was trained with ${featureNames.length}.`,
      );
    }
    if (margins.length !== numRows * this.numOutputs) {
      throw new DataError(
        'wrong-length',
        `The target array has ${margins.length} numbers; ${numRows} rows need ${numRows * this.numOutputs}.`,
      );
    }
    margins.fill(0);
    for (let row = 0; row < numRows; row++)
      this.#addRow(margins, row * this.numOutputs, values, row * numColumns);
  }

  /**
   * Writes predictions: the probability of class 1, of each class, or values.
   * @param predictions [N, K]
   * @throws DataError as `predictMarginsInto`
   */
  predictInto(predictions: Float64Array, table: FeatureTable): void {
    this.predictMarginsInto(predictions, table);
    const { trees, averages } = this.forest;
    if (averages)
      for (let i = 0; i < predictions.length; i++) predictions[i] /= trees.length / this.numOutputs;
    this.#transform(predictions);
  }

  /** The sum of the gains of each feature's splits, [F]. */
  importance(): Float64Array {
    const sums = new Float64Array(this.forest.featureNames.length);
    for (const { splitFeature, gain } of this.forest.trees) {
      for (const [split, feature] of splitFeature.entries()) sums[feature] += gain[split];
    }
    return sums;
  }

  #addRow(margins: Float64Array, to: number, values: Float32Array, offset: number): void {
    const { trees } = this.forest;
    const { numOutputs } = this;
    for (let index = 0; index < trees.length; index++) {
      margins[to + (index % numOutputs)] += leafOf(trees[index], values, offset);
    }
  }
}

function leafOf(tree: LightgbmTree, values: Float32Array, offset: number): number {
  if (tree.left.length === 0) return tree.leafValue[0];
  let node = 0;
  while (node >= 0) {
    const value = values[offset + tree.splitFeature[node]];
    node = goesLeft(tree, node, value) ? tree.left[node] : tree.right[node];
  }
  return tree.leafValue[~node];
}

function goesLeft(tree: LightgbmTree, node: number, given: number): boolean {
  const decision = tree.decision[node];
  if ((decision & CATEGORY) !== 0) return holds(tree, tree.threshold[node], given);
  const value =
    Math.abs(given) <= ZERO || (Number.isNaN(given) && (decision & NAN_IS_MISSING) === 0) ? 0 : given;
  const isMissing =
    (decision & NAN_IS_MISSING) !== 0
      ? Number.isNaN(value)
      : (decision & ZERO_IS_MISSING) !== 0 && value === 0;
  return isMissing ? (decision & MISSING_LEFT) !== 0 : value <= tree.threshold[node];
}

/** Whether a set of categories holds a value's whole part. */
function holds({ bitsetStarts, bitsets }: LightgbmTree, set: number, value: number): boolean {
  if (!(value > -1 && value < 0x8000_0000)) return false;
  const category = Math.trunc(value);
  const word = bitsetStarts[set] + Math.floor(category / 32);
  return word < bitsetStarts[set + 1] && ((bitsets[word] >>> (category % 32)) & 1) === 1;
}

type Transform = (margins: Float64Array, numOutputs: number) => void;

const none: Transform = () => {};
const each =
  (apply: (margin: number) => number): Transform =>
  (margins) => {
    for (let i = 0; i < margins.length; i++) margins[i] = apply(margins[i]);
  };

const softmax: Transform = (margins, numOutputs) => {
  for (let from = 0; from < margins.length; from += numOutputs) {
    const part = margins.subarray(from, from + numOutputs);
    let largest = part[0];
    for (const margin of part) largest = Math.max(largest, margin);
    let sum = 0;
    for (let k = 0; k < numOutputs; k++) {
      part[k] = exp(part[k] - largest);
      sum += part[k];
    }
    for (let k = 0; k < numOutputs; k++) part[k] /= sum;
  }
};

function outputsOf({ objective, numOutputs }: LightgbmForest): { numClasses: number; transform: Transform } {
  const [name, ...settings] = objective.split(' ');
  const sigmoid = Number(settings.find((setting) => setting.startsWith('sigmoid:'))?.slice(8) ?? 1);
  const logistic = each((margin) => 1 / (1 + exp(-sigmoid * margin)));
  const value = { numClasses: 0, transform: none };
  switch (name) {
    case 'binary':
      return { numClasses: 2, transform: logistic };
    case 'multiclass':
      return { numClasses: numOutputs, transform: softmax };
    case 'multiclassova':
      return { numClasses: numOutputs, transform: logistic };
    case 'cross_entropy':
      return { numClasses: 2, transform: each((margin) => 1 / (1 + exp(-margin))) };
    case 'poisson':
    case 'gamma':
    case 'tweedie':
      return { numClasses: 0, transform: each(exp) };
    case 'regression':
      return settings.includes('sqrt')
        ? { numClasses: 0, transform: each((margin) => Math.sign(margin) * margin * margin) }
        : value;
    case 'regression_l1':
    case 'huber':
    case 'fair':
    case 'quantile':
    case 'mape':
    case 'lambdarank':
    case 'rank_xendcg':
    case 'custom':
      return value;
    default:
      throw new StorageError(
        'model-unsupported',
        `The model of LightGBM has the objective "${name}", which is not known here.`,
      );
  }
}

/** @throws ConfigError `not-trainable`, always: such models are imported */
export function refuseTraining(): never {
  throw new ConfigError(
    'not-trainable',
    'LightGBM models are read, not trained here: market-gym models import FILE --name NAME takes one in; --model xgboost trains.',
  );
}
