/**
 * Trains gradient-boosted trees that are XGBoost's: its parameters, its histogram method, its model files.
 *
 * Source: Chen & Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", arXiv:1603.02754, eq. 2 to 7.
 * Differences from the source: see gbt-grower.ts, gbt-cuts.ts and gbt-gradients.ts.
 */
import { DataError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import { binTable } from './bins.ts';
import { interactionGroups, monotoneWays } from './bounds/constraints.ts';
import type { Forest } from './forest.ts';
import { type CustomGradient, GradientSource } from './gradients.ts';
import { TreeGrower } from './grower.ts';
import { TreeKernels } from './kernels.ts';
import { leafQuantile, quantileOf, refreshedQuantile } from './losses/leaf-quantiles.ts';
import { objectiveNamed, requireLabels, requireWeights } from './objectives.ts';
import { requireTable } from './table.ts';
import type { Tree } from './tree.ts';
import {
  type ObjectiveName,
  resolveXgboostConfig,
  type XgboostConfig,
  type XgboostOverrides,
} from './xgboost-config.ts';
import { Evaluation, type EvaluationSet } from './xgboost-evaluation.ts';
import { XgboostModel } from './xgboost-model.ts';

export interface LabelledTable {
  readonly table: FeatureTable;
  /**
   * [N], 0 or 1 for binary:logistic, 0 … num_class − 1 for several classes, numbers for values; above 0 for reg:gamma, 0 or
   * above for count:poisson and reg:tweedie.
   */
  readonly labels: Float32Array;
  /** [N], not negative; 1 when absent. */
  readonly weights?: Float32Array;
}

export interface XgboostOptions {
  /** Measured after every round, in this order; the last one decides early stopping. */
  readonly evaluationSets?: readonly EvaluationSet[];
  /** A loss of one's own in place of the objective's, which still turns margins into predictions. */
  readonly gradient?: CustomGradient;
  /** Called after every round, from 0; returning false ends training. */
  readonly onRound?: (round: number) => boolean | undefined;
}

/**
 * Trains a model. Same data, configuration and seed: same bits, on any number of threads.
 *
 * A column without any value is allowed and never split by. With `early_stopping_rounds` the trees after the best round
 * are dropped, so that the model predicts the same wherever it is loaded.
 * @throws ConfigError `unknown-key`, `invalid-value`, `duplicate-key`
 * @throws DataError `empty-table`, `wrong-length`, `non-finite-value`, `invalid-label`, `single-class`, `invalid-weight`,
 * `feature-count`, `feature-names`, `table-too-large`
 * @throws TrainingError `non-finite-gradient`, `kernel-thread-lost`
 */
export function trainXgboost(
  data: LabelledTable,
  config: XgboostOverrides = {},
  options: XgboostOptions = {},
): XgboostModel {
  const resolved = resolveXgboostConfig(config);
  const { objective, num_class: numClasses, nthread } = resolved;
  const { table, labels, weights } = data;
  if (table.numRows === 0 || table.numColumns === 0) {
    throw new DataError(
      'empty-table',
      `The table has ${table.numRows} rows and ${table.numColumns} columns.`,
    );
  }
  requireTable(table);
  requireLabels(labels, table.numRows, objective, numClasses, options.gradient === undefined);
  requireWeights(weights, table.numRows);
  const based = { ...resolved, base_score: resolved.base_score ?? estimatedBase(resolved, labels, weights) };
  const evaluation = new Evaluation(options.evaluationSets ?? [], based, table);
  const kernels = new TreeKernels(nthread);
  try {
    return boost(kernels, data, based, options, evaluation);
  } finally {
    kernels.close();
  }
}

/** What stands before the first tree where nothing is given. */
function estimatedBase(
  { objective, quantile_alpha: alpha }: XgboostConfig,
  labels: Float32Array,
  weights: Float32Array | undefined,
): number {
  const share = refreshedQuantile(objective, alpha);
  return share === undefined ? 0.5 : quantileOf(labels, weights, share);
}

function boost(
  kernels: TreeKernels,
  { table, labels, weights }: LabelledTable,
  config: XgboostConfig & { readonly base_score: number },
  options: XgboostOptions,
  evaluation: Evaluation,
): XgboostModel {
  const { objective, num_class: numClasses, num_round: numRounds } = config;
  const numOutputs = Math.max(1, numClasses);
  const binned = binTable(kernels, table, weights, config.max_bin);
  const rowWeights = scaledWeights(labels, weights, config);
  const source = new GradientSource(kernels, config, labels, rowWeights, numOutputs, options.gradient);
  const grower = new TreeGrower(kernels, binned, growthOf(config, table.columns), createRng(config.seed));
  source.margins.fill(objectiveNamed(objective).marginOf(config.base_score));
  const share =
    options.gradient === undefined ? refreshedQuantile(objective, config.quantile_alpha) : undefined;
  const trees: Tree[] = [];
  for (let round = 0; round < numRounds; round++) {
    source.update(round);
    for (let k = 0; k < numOutputs; k++) {
      const tree = grower.grow(source.pairsOf(k));
      if (share !== undefined) {
        grower.refreshLeaves(tree, (rows) => leafQuantile(rows, labels, source.margins, weights, share));
      }
      grower.addLeaves(tree, source.margins.byteOffset + k * 4, numOutputs * 4);
      trees.push(tree);
    }
    const goesOn = evaluation.addRound(trees.slice(-numOutputs));
    if (options.onRound?.(round) === false || !goesOn) break;
  }
  const kept = trees.slice(0, evaluation.roundsToKeep(trees.length / numOutputs) * numOutputs);
  return new XgboostModel(
    {
      objective,
      numClasses,
      numFeatures: table.numColumns,
      featureNames: [...table.columns],
      featureTypes: [],
      baseScores: [Math.fround(config.base_score)],
      boostFromAverage: false,
      scalePosWeight: config.scale_pos_weight,
      ...parametersOf(config),
      numParallelTree: 1,
      trees: kept,
      treeOutputs: Int32Array.from(kept, (_, index) => index % numOutputs),
      attributes: evaluation.attributes(),
    },
    evaluation.history,
  );
}

function scaledWeights(
  labels: Float32Array,
  weights: Float32Array | undefined,
  { objective, scale_pos_weight: scale }: XgboostConfig,
): Float32Array | undefined {
  if (objective !== 'binary:logistic' || scale === 1) return weights;
  return labels.map((label, row) => (weights === undefined ? 1 : weights[row]) * (label === 1 ? scale : 1));
}

/** The objective's own parameters, as the file has them. */
function parametersOf(config: XgboostConfig): Pick<Forest, 'objectiveParameters'> {
  const parameters: Partial<Record<ObjectiveName, Record<string, Record<string, string>>>> = {
    'count:poisson': { poisson_regression_param: { max_delta_step: String(config.max_delta_step) } },
    'reg:tweedie': {
      tweedie_regression_param: { tweedie_variance_power: String(config.tweedie_variance_power) },
    },
    'reg:pseudohubererror': { pseudo_huber_param: { huber_slope: String(config.huber_slope) } },
    'reg:quantileerror': { quantile_loss_param: { quantile_alpha: `[${config.quantile_alpha}]` } },
    'reg:gamma': {},
    'reg:absoluteerror': {},
  };
  const own = parameters[config.objective];
  return own === undefined ? {} : { objectiveParameters: own };
}

function growthOf(config: XgboostConfig, columns: readonly string[]) {
  // XGBoost holds its parameters as f32.
  return {
    eta: config.eta,
    lambda: Math.fround(config.lambda),
    alpha: Math.fround(config.alpha),
    gamma: config.gamma,
    minChildWeight: Math.fround(config.min_child_weight),
    maxDepth: config.max_depth,
    maxLeaves: config.max_leaves,
    lossguide: config.grow_policy === 'lossguide',
    subsample: config.subsample,
    colsampleByTree: config.colsample_bytree,
    colsampleByLevel: config.colsample_bylevel,
    colsampleByNode: config.colsample_bynode,
    maxDeltaStep: Math.fround(config.max_delta_step),
    monotone: monotoneWays(config.monotone_constraints, columns),
    interactions: interactionGroups(config.interaction_constraints, columns),
  };
}
