/** Measures a model after each round of its training, and says when to stop. */
import { ConfigError, DataError } from '../../core/errors.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import { isMaximized, measure } from './metrics.ts';
import { type Objective, objectiveNamed, requireLabels, requireWeights } from './objectives.ts';
import { requireTable } from './table.ts';
import { leafValue, type Tree } from './tree.ts';
import { isMulticlass, type MetricName, type XgboostConfig } from './xgboost-config.ts';

export interface EvaluationSet {
  /** What its history is listed under. */
  readonly name: string;
  readonly table: FeatureTable;
  readonly labels: Float32Array;
  readonly weights?: Float32Array;
}

type BasedConfig = XgboostConfig & { readonly base_score: number };

const MULTI_METRICS: readonly MetricName[] = ['mlogloss', 'merror'];

export class Evaluation {
  /** By set and metric, after each round. */
  readonly history: Record<string, Record<string, number[]>> = {};
  readonly #sets: readonly EvaluationSet[];
  readonly #metrics: readonly MetricName[];
  readonly #objective: Objective;
  readonly #numOutputs: number;
  readonly #config: BasedConfig;
  readonly #patience: number;
  readonly #margins: readonly Float32Array[];
  readonly #predictions: readonly Float32Array[];
  #bestRound = 0;
  #bestScore = Number.NaN;
  #round = 0;

  /**
   * @throws ConfigError `invalid-value` for metrics that do not fit; DataError as training does, for each set
   */
  constructor(sets: readonly EvaluationSet[], config: BasedConfig, trained: FeatureTable) {
    const {
      objective,
      num_class: numClasses,
      eval_metric: metrics,
      early_stopping_rounds: patience,
    } = config;
    this.#sets = sets;
    this.#config = config;
    this.#objective = objectiveNamed(objective);
    this.#metrics =
      metrics === undefined
        ? [this.#objective.defaultMetric]
        : typeof metrics === 'string'
          ? [metrics]
          : metrics;
    this.#numOutputs = Math.max(1, numClasses);
    this.#patience = patience;
    if (patience > 0 && sets.length === 0) {
      throw new ConfigError('invalid-value', 'Early stopping needs at least one evaluation set.');
    }
    for (const metric of this.#metrics) {
      if (MULTI_METRICS.includes(metric) !== isMulticlass(objective)) {
        throw new ConfigError('invalid-value', `The metric "${metric}" does not go with ${objective}.`);
      }
    }
    for (const { name, table, labels, weights } of sets) {
      if (Object.hasOwn(this.history, name)) {
        throw new ConfigError('duplicate-key', `Two evaluation sets are called "${name}".`);
      }
      requireTable(table);
      requireSameColumns(table, trained, name);
      requireLabels(labels, table.numRows, objective, numClasses, false);
      requireWeights(weights, table.numRows);
      this.history[name] = Object.fromEntries(this.#metrics.map((metric) => [metric, []]));
    }
    const base = this.#objective.marginOf(config.base_score);
    const sizes = sets.map(({ table }) => table.numRows * this.#numOutputs);
    this.#margins = sizes.map((size) => new Float32Array(size).fill(base));
    this.#predictions = sizes.map((size) => new Float32Array(size));
  }

  /** Adds a round's trees, one for each output. @returns false when it is time to stop */
  addRound(trees: readonly Tree[]): boolean {
    const round = this.#round++;
    let score = Number.NaN;
    for (const [index, { name, table, labels, weights }] of this.#sets.entries()) {
      const margins = this.#margins[index];
      const predictions = this.#predictions[index];
      const { values, numRows, numColumns } = table;
      for (const [k, tree] of trees.entries()) {
        for (let row = 0, to = k; row < numRows; row++, to += this.#numOutputs) {
          margins[to] += leafValue(tree, values, row * numColumns);
        }
      }
      predictions.set(margins);
      this.#objective.transform(predictions, this.#numOutputs);
      for (const metric of this.#metrics) {
        score = measure(metric, predictions, labels, weights, this.#numOutputs, this.#config);
        this.history[name][metric].push(score);
      }
    }
    if (this.#sets.length === 0) return true;
    const isBetter = isMaximized(this.#metrics[this.#metrics.length - 1])
      ? score > this.#bestScore
      : score < this.#bestScore;
    if (round === 0 || isBetter) {
      this.#bestRound = round;
      this.#bestScore = score;
    }
    return this.#patience === 0 || round - this.#bestRound < this.#patience;
  }

  roundsToKeep(numRounds: number): number {
    return this.#patience === 0 ? numRounds : this.#bestRound + 1;
  }

  /** What XGBoost notes in a model that may stop early. */
  attributes(): Record<string, string> {
    if (this.#patience === 0) return {};
    return {
      best_iteration: String(this.#bestRound),
      best_ntree_limit: String(this.#bestRound + 1),
      best_score: String(this.#bestScore),
    };
  }
}

function requireSameColumns(table: FeatureTable, trained: FeatureTable, name: string): void {
  if (table.numColumns !== trained.numColumns) {
    throw new DataError(
      'feature-count',
      `Evaluation set "${name}" has ${table.numColumns} columns; the training table has ${trained.numColumns}.`,
    );
  }
  const column = trained.columns.findIndex((other, index) => other !== table.columns[index]);
  if (column >= 0) {
    throw new DataError(
      'feature-names',
      `Column ${column} of evaluation set "${name}" is "${table.columns[column]}", but "${trained.columns[column]}" in ` +
        'the training table.',
    );
  }
}
