/** Predicts with a trained forest, and explains it by importances and contributions. */
import { ConfigError, DataError } from '../../core/errors.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import { writeUbjson } from './files/ubjson-writer.ts';
import { parseXgboost } from './files/xgboost.ts';
import { writeXgboostJson, xgboostDocument } from './files/xgboost-document.ts';
import type { Forest } from './forest.ts';
import { objectiveNamed } from './objectives.ts';
import { addForest, type PackedForest, packForest } from './predict.ts';
import { RowWalker } from './row.ts';
import { TreeExplainer } from './shap.ts';
import { requireNoInfinity, requireTable } from './table.ts';

/** For each evaluation set and metric, its value after each round. */
export type EvaluationHistory = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

export interface PredictOptions {
  /** 1 … 64, 1 by default; threads change no bit. */
  readonly threads?: number;
}

/**
 * What a column is worth: `weight` counts its splits, `gain` and `cover` are the means of their gains and hessians,
 * `total_gain` and `total_cover` the sums.
 */
export type ImportanceKind = 'weight' | 'gain' | 'cover' | 'total_gain' | 'total_cover';

/** N rows, F features, K outputs: one a class for multi:softprob, otherwise 1. */
export class XgboostModel {
  readonly forest: Forest;
  readonly numOutputs: number; // K
  readonly evaluationHistory: EvaluationHistory;
  readonly #baseMargins: Float32Array; // [K]
  #packed: PackedForest | undefined;
  #walker: RowWalker | undefined;
  #explainer: TreeExplainer | undefined;

  constructor(forest: Forest, evaluationHistory: EvaluationHistory = {}) {
    this.forest = forest;
    this.numOutputs = Math.max(1, forest.numClasses);
    this.evaluationHistory = evaluationHistory;
    const { marginOf } = objectiveNamed(forest.objective);
    const { baseScores } = forest;
    this.#baseMargins = Float32Array.from({ length: this.numOutputs }, (_, k) =>
      marginOf(baseScores[baseScores.length === 1 ? 0 : k]),
    );
  }

  /**
   * @param text a model as XGBoost's `save_model('model.json')` writes it, of versions 1.6 to 3
   * @throws StorageError `model-unreadable`, `model-unsupported` or `model-corrupt`, with what is wrong and where
   */
  static fromJson(text: string): XgboostModel {
    return new XgboostModel(parseXgboost(text));
  }

  /**
   * @param bytes a file of `save_model`, JSON or UBJSON (`.ubj`)
   * @throws StorageError as `fromJson`
   */
  static fromFile(bytes: Uint8Array): XgboostModel {
    return new XgboostModel(parseXgboost(bytes));
  }

  /** The model as XGBoost 1.7 writes it, or 3.1 where classes have base scores of their own; later versions read it too. */
  toJson(): string {
    return writeXgboostJson(xgboostDocument(this.forest));
  }

  /** The same in UBJSON, the form of `.ubj` files. */
  toUbjson(): Uint8Array {
    return writeUbjson(xgboostDocument(this.forest));
  }

  get featureNames(): readonly string[] {
    return this.forest.featureNames;
  }

  get numRounds(): number {
    return this.forest.trees.length / (this.numOutputs * this.forest.numParallelTree);
  }

  /** The best round, from 0, of a model that was stopped early; undefined for others. */
  get bestIteration(): number | undefined {
    const { best_iteration: best } = this.forest.attributes;
    return best === undefined ? undefined : Number(best);
  }

  /**
   * Writes margins: log-odds for binary:logistic, logits for multi:softprob, values for reg:squarederror.
   * @param margins [N, K]
   * @throws DataError `feature-count`, `feature-names`, `wrong-length` or `non-finite-value`
   */
  predictMarginsInto(margins: Float32Array, table: FeatureTable, { threads = 1 }: PredictOptions = {}): void {
    this.#requireTable(table);
    this.#requireLength(margins, table.numRows * this.numOutputs, `${table.numRows} rows`);
    for (let row = 0; row < table.numRows; row++) margins.set(this.#baseMargins, row * this.numOutputs);
    if (table.numRows === 0) return;
    const { trees, treeOutputs, numFeatures } = this.forest;
    this.#packed ??= packForest(trees, treeOutputs, numFeatures, this.numOutputs);
    addForest(this.#packed, table.values, margins, threads);
  }

  /**
   * Writes predictions: the probability of class 1, of each class, or values.
   * @param predictions [N, K]
   * @throws DataError as `predictMarginsInto`
   */
  predictInto(predictions: Float32Array, table: FeatureTable, options?: PredictOptions): void {
    this.predictMarginsInto(predictions, table, options);
    objectiveNamed(this.forest.objective).transform(predictions, this.numOutputs);
  }

  /**
   * The margins of one row, the same bits as in a batch; allocates nothing.
   * @param margins [K]
   * @param row [F], NaN where a value is missing
   */
  predictRowMarginsInto(margins: Float32Array, row: Float32Array): void {
    const { trees, treeOutputs, numFeatures, featureNames } = this.forest;
    if (row.length !== numFeatures) throw wrongCount(row.length, numFeatures);
    requireNoInfinity(row, featureNames);
    this.#requireLength(margins, this.numOutputs, 'one row');
    margins.set(this.#baseMargins);
    this.#walker ??= new RowWalker(trees, treeOutputs);
    this.#walker.addInto(margins, row);
  }

  /** The predictions of one row, the same bits as in a batch; allocates nothing. See `predictRowMarginsInto`. */
  predictRowInto(predictions: Float32Array, row: Float32Array): void {
    this.predictRowMarginsInto(predictions, row);
    objectiveNamed(this.forest.objective).transform(predictions, this.numOutputs);
  }

  /**
   * Writes what each feature adds to a row's margin (TreeSHAP), and last the bias; they sum to the margin.
   * @param contributions [N, K, F + 1]
   * @throws DataError as `predictMarginsInto`
   */
  contributionsInto(contributions: Float32Array, table: FeatureTable): void {
    this.#requireTable(table);
    const { trees, treeOutputs, numFeatures } = this.forest;
    const size = this.numOutputs * (numFeatures + 1);
    this.#requireLength(contributions, table.numRows * size, `${table.numRows} rows`);
    this.#explainer ??= new TreeExplainer(
      trees,
      treeOutputs,
      this.numOutputs,
      numFeatures,
      this.#baseMargins,
    );
    for (let row = 0; row < table.numRows; row++) {
      const target = contributions.subarray(row * size, (row + 1) * size);
      this.#explainer.explainInto(target, table.values, row * numFeatures);
    }
  }

  /** @returns [F], 0 for features in no split */
  importance(kind: ImportanceKind = 'gain'): Float64Array {
    if (!IMPORTANCES.includes(kind)) {
      throw new ConfigError(
        'importance-unknown',
        `Importance is one of ${IMPORTANCES.join(', ')}, not "${kind}".`,
      );
    }
    const { trees, numFeatures } = this.forest;
    const counts = new Float64Array(numFeatures);
    const sums = new Float64Array(numFeatures);
    for (const { numNodes, left, splitIndex, lossChange, sumHessian } of trees) {
      for (let node = 0; node < numNodes; node++) {
        if (left[node] === -1) continue;
        counts[splitIndex[node]]++;
        sums[splitIndex[node]] += kind.endsWith('gain') ? lossChange[node] : sumHessian[node];
      }
    }
    if (kind === 'weight') return counts;
    if (kind.startsWith('total')) return sums;
    return sums.map((sum, feature) => (counts[feature] === 0 ? 0 : sum / counts[feature]));
  }

  #requireTable(table: FeatureTable): void {
    const { numColumns, columns } = table;
    requireTable(table);
    const { numFeatures, featureNames } = this.forest;
    if (numColumns !== numFeatures) throw wrongCount(numColumns, numFeatures);
    if (featureNames.length === 0) return;
    const column = featureNames.findIndex((name, index) => name !== columns[index]);
    if (column < 0) return;
    const known = columns.includes(featureNames[column])
      ? 'it stands elsewhere: put the columns in the order of the model'
      : 'the table has no such column';
    throw new DataError(
      'feature-names',
      `Column ${column} is "${columns[column]}", but the model was trained with "${featureNames[column]}" there; ${known}.`,
    );
  }

  #requireLength(array: Float32Array, length: number, what: string): void {
    if (array.length === length) return;
    throw new DataError(
      'wrong-length',
      `The target array has ${array.length} numbers; ${what} need ${length}.`,
    );
  }
}

const IMPORTANCES: readonly ImportanceKind[] = ['weight', 'gain', 'cover', 'total_gain', 'total_cover'];

function wrongCount(found: number, expected: number): DataError {
  return new DataError(
    'feature-count',
    `There are ${found} features; the model was trained with ${expected}.`,
  );
}
