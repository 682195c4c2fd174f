/** Offers gradient-boosted trees as a kind of model: XGBoost's parameters, its model file as the saved form. */
import { type ConfigOf, z } from '../../core/config.ts';
import { ConfigError, StorageError } from '../../core/errors.ts';
import type { FeatureTable } from '../data/feature-table.ts';
import {
  defineModel,
  type ModelShape,
  type Predictor,
  type TrainingContext,
  type TrainingPart,
} from '../model.ts';
import { classesOf } from './objectives.ts';
import { type LabelledTable, trainXgboost } from './xgboost.ts';
import { isLogLinked, VALUE_OBJECTIVES, xgboostConfig } from './xgboost-config.ts';
import { XgboostModel } from './xgboost-model.ts';

const FILE = 'xgboost.json';

const kindConfig = xgboostConfig
  .omit({ num_class: true, base_score: true, eval_metric: true, seed: true })
  .extend({
    objective: z
      .enum(VALUE_OBJECTIVES)
      .default('reg:squarederror')
      .describe(
        'the loss of values; where labels are classes it follows from them and this must be left as it is',
      ),
    window: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('bars whose columns the trees see, the present one included, ≥ 1'),
    early_stopping_rounds: z
      .int()
      .min(0)
      .default(20)
      .describe('rounds without a lower loss on the validation part before stopping; 0 for never'),
  });

/** The objective of classes follows from the labels, the prediction before the first tree too. */
export const xgboost = defineModel({
  name: 'xgboost',
  description: "Gradient-boosted trees with XGBoost's parameters and files; missing values are welcome",
  config: kindConfig,
  scales: false,
  acceptsMissing: true,
  window: ({ window }) => window,

  train(context, config) {
    const { fit, validation, rng, onProgress } = context;
    const { window, early_stopping_rounds: patience, ...parameters } = config;
    const table = (part: TrainingPart) => labelledTable(context, part, window);
    const model = trainXgboost(
      table(fit),
      {
        ...parameters,
        ...objectiveOf(context, config.objective),
        seed: rng.fork('trees').integer(0x8000_0000),
        early_stopping_rounds: validation === undefined ? 0 : patience,
      },
      {
        evaluationSets: validation === undefined ? [] : [{ name: 'validation', ...table(validation) }],
        onRound: (round) => {
          onProgress?.(round + 1, config.num_round, undefined);
          return undefined;
        },
      },
    );
    const losses = Object.values(model.evaluationHistory.validation ?? {})[0] ?? [];
    return createPredictor(model, widthOf(context.shape), config, {
      rounds: model.numRounds,
      ...(losses.length > 0 && { validationLoss: losses[model.bestIteration ?? losses.length - 1] }),
    });
  },

  load(shape, { files, values }, config) {
    const text = files[FILE];
    if (text === undefined) throw new StorageError('corrupt', `The saved model lacks its file "${FILE}".`);
    const model = XgboostModel.fromJson(text);
    const { numFeatures, objective, numClasses } = model.forest;
    const expected = shape.columns.length * config.window;
    if (numFeatures !== expected) {
      throw new StorageError(
        'snapshot-mismatch',
        `"${FILE}" has ${numFeatures} features, ${expected} are needed: it belongs to another model.`,
      );
    }
    const isTwo = objective === 'binary:logistic' || objective === 'reg:logistic';
    const numOutputs = isTwo ? 1 : Math.max(1, shape.classNames.length);
    if (
      model.numOutputs !== numOutputs ||
      classesOf(objective, numClasses) > 0 !== (shape.task === 'classification')
    ) {
      throw new StorageError(
        'snapshot-mismatch',
        `"${FILE}" (${objective}) does not predict what the model says it does.`,
      );
    }
    return createPredictor(model, widthOf(shape), config, (values.summary ?? {}) as Record<string, number>);
  },
});

const widthOf = ({ columns, classNames }: ModelShape) => ({ columns, numClasses: classNames.length });

function objectiveOf({ shape, fit }: TrainingContext, objective: ConfigOf<typeof kindConfig>['objective']) {
  const numClasses = shape.classNames.length;
  if (numClasses > 0 && objective !== 'reg:squarederror') {
    throw new ConfigError(
      'invalid-value',
      `The objective "${objective}" is for values, but the labels are ${numClasses} classes; leave model.objective out, or choose ` +
        'labels that are values (--set label.label=forward-return).',
    );
  }
  if (numClasses === 2) return { objective: 'binary:logistic' } as const;
  if (numClasses > 2) return { objective: 'multi:softprob', num_class: numClasses } as const;
  let [sum, total] = [0, 0];
  fit.targets.forEach((target, i) => {
    sum += fit.weights[i] * target;
    total += fit.weights[i];
  });
  // Medians and quantiles are the trainer's own to take.
  if (objective === 'reg:absoluteerror' || objective === 'reg:quantileerror') return { objective };
  const mean = sum / total;
  return { objective, base_score: isLogLinked(objective) ? Math.max(mean, 1e-6) : mean };
}

/** A part's windows as rows of a table of their own. */
function labelledTable(
  { table }: TrainingContext,
  { rows, targets, weights }: TrainingPart,
  window: number,
): LabelledTable {
  const columns = laggedColumns(table.columns, window);
  const values = new Float32Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    const end = (row + 1) * table.numColumns;
    values.set(table.values.subarray(end - columns.length, end), i * columns.length);
  });
  return {
    table: { numRows: rows.length, numColumns: columns.length, columns, values },
    labels: Float32Array.from(targets),
    weights: Float32Array.from(weights),
  };
}

/** Oldest bar first; a window of one keeps the plain names. */
function laggedColumns(columns: readonly string[], window: number): string[] {
  if (window === 1) return [...columns];
  return Array.from({ length: window }, (_, i) => window - 1 - i).flatMap((lag) =>
    columns.map((column) => (lag === 0 ? column : `${column}@-${lag}`)),
  );
}

/** A model from elsewhere, of windows of one row. @param numClasses 0 for values */
export function createXgboostPredictor(model: XgboostModel, numClasses: number): Predictor {
  const { numFeatures, featureNames } = model.forest;
  const columns =
    featureNames.length > 0 ? featureNames : Array.from({ length: numFeatures }, (_, f) => `f${f}`);
  return createPredictor(model, { columns, numClasses }, { window: 1 }, { rounds: model.numRounds });
}

function createPredictor(
  model: XgboostModel,
  { columns, numClasses }: { columns: readonly string[]; numClasses: number },
  { window }: Pick<ConfigOf<typeof kindConfig>, 'window'>,
  summary: Readonly<Record<string, number>>,
): Predictor {
  const names = laggedColumns(columns, window);
  const isBinary = numClasses === 2 && model.numOutputs === 1;
  const { numOutputs } = model;
  let raw = new Float32Array(numOutputs);
  let pairs = new Float64Array(2);
  return {
    summary,
    predict(inputs, batch) {
      const length = batch * numOutputs;
      if (raw.length !== length) raw = new Float32Array(length);
      if (batch === 1) model.predictRowInto(raw, inputs);
      else {
        const values = inputs.subarray(0, batch * names.length);
        const table: FeatureTable = { numRows: batch, numColumns: names.length, columns: names, values };
        model.predictInto(raw, table);
      }
      if (!isBinary) return raw;
      if (pairs.length < 2 * batch) pairs = new Float64Array(2 * batch);
      for (let b = 0; b < batch; b++) {
        pairs[2 * b] = 1 - raw[b];
        pairs[2 * b + 1] = raw[b];
      }
      return pairs;
    },
    save: () => ({ arrays: {}, values: { summary: { ...summary } }, files: { [FILE]: model.toJson() } }),
    importance() {
      const gains = model.importance('total_gain');
      return Float64Array.from(columns, (_, c) => {
        let sum = 0;
        for (let lag = 0; lag < window; lag++) sum += gains[lag * columns.length + c];
        return sum;
      });
    },
  };
}
