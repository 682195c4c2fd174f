/** Takes in models that other programs trained: XGBoost's JSON and UBJSON files, LightGBM's text files. */
import { readFileSync } from 'node:fs';
import { resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Json } from '../../core/snapshot.ts';
import type { Feature } from '../../market/features/features.ts';
import { createFeaturePipeline } from '../../market/features/pipeline.ts';
import { labelConfig } from '../../models/data/labels.ts';
import { findModelKind } from '../../models/kinds.ts';
import type { Predictor, TrainedModel } from '../../models/model.ts';
import { resolveModelConfig } from '../../models/train.ts';
import { createLightgbmPredictor } from '../../models/trees/lightgbm-kind.ts';
import { LightgbmModel } from '../../models/trees/lightgbm-model.ts';
import { classesOf } from '../../models/trees/objectives.ts';
import { createXgboostPredictor } from '../../models/trees/xgboost-kind.ts';
import { XgboostModel } from '../../models/trees/xgboost-model.ts';
import { attempt } from '../../storage/atomic.ts';
import { dataConfig } from './data.ts';

export interface ForeignModelOptions {
  /** Names of the classes, in the order of their numbers; default: down and up, down, flat and up, or 0, 1, 2 … */
  readonly classes?: readonly string[];
  /** How the columns are made of candles; absent: the model reads tables with its own columns. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** How the labels were made of candles; absent: not known. */
  readonly label?: Readonly<Record<string, unknown>>;
  /** When what it learnt from began and ended, UTC epoch; without an end every row counts as learnt. */
  readonly trainedFromMs?: number;
  readonly trainedToMs?: number;
  readonly knownFeatures?: Iterable<Feature>;
}

/**
 * @throws StorageError `read-failed`, and as `XgboostModel.fromFile` and `LightgbmModel.fromText`
 * @throws ConfigError `invalid-value` for classes or features that do not fit the model
 */
export function readForeignModel(path: string, options: ForeignModelOptions = {}): TrainedModel {
  const bytes = attempt('read', path, () => readFileSync(path));
  const { kind, columns, numClasses, predictor } = open(bytes);
  const { data, label, trainedFromMs = -8.64e15, trainedToMs } = options;
  const pipeline = data && resolveConfig(dataConfig, { ...data }, 'the data');
  const made =
    pipeline &&
    createFeaturePipeline(pipeline.features, { ...pipeline, features: options.knownFeatures }).columns;
  const names = columns(made);
  const classNames = classNamesOf(numClasses, options.classes);
  return {
    kind,
    config: resolveModelConfig(findModelKind(kind), { calibration: 'none' }) as Record<string, Json>,
    shape: { task: numClasses > 0 ? 'classification' : 'regression', columns: names, classNames },
    window: 1,
    acceptsMissing: true,
    predictor,
    scaler: undefined,
    calibration: undefined,
    pipeline,
    label: label && resolveConfig(labelConfig, { ...label }, 'the label'),
    trainedOn: {
      dataHash: 'unknown',
      numRows: 0,
      ...(trainedToMs === undefined
        ? { unit: 'row' as const, spans: [], isUnknown: true }
        : { unit: 'time' as const, spans: [[trainedFromMs, trainedToMs]] as const }),
    },
  };
}

interface Opened {
  readonly kind: string;
  readonly numClasses: number;
  readonly predictor: Predictor;
  /** @param made what a pipeline makes, in its order */
  columns(made: readonly string[] | undefined): readonly string[];
}

function open(bytes: Uint8Array): Opened {
  if (new TextDecoder().decode(bytes.subarray(0, 5)).trimEnd() === 'tree') {
    const text = new TextDecoder().decode(bytes);
    const model = LightgbmModel.fromText(text);
    // LightGBM names columns that came without names after their places.
    const isNamed = model.featureNames.some((name, c) => name !== `Column_${c}`);
    return {
      kind: 'lightgbm',
      numClasses: model.numClasses,
      predictor: createLightgbmPredictor(model, text),
      columns: (made) => columnsOf(isNamed ? model.featureNames : [], model.featureNames.length, made),
    };
  }
  const model = XgboostModel.fromFile(bytes);
  const { objective, numClasses, numFeatures, featureNames } = model.forest;
  const classes = classesOf(objective, numClasses);
  return {
    kind: 'xgboost',
    numClasses: classes,
    predictor: createXgboostPredictor(model, classes),
    columns: (made) => columnsOf(featureNames, numFeatures, made),
  };
}

function columnsOf(
  known: readonly string[],
  count: number,
  made: readonly string[] | undefined,
): readonly string[] {
  const own = known.length > 0 ? known : Array.from({ length: count }, (_, column) => `f${column}`);
  if (made === undefined) return own;
  const differs = made.length !== count || (known.length > 0 && known.some((name, c) => name !== made[c]));
  if (!differs) return made;
  throw new ConfigError(
    'invalid-value',
    `The features make the columns ${made.join(', ')}, but the model was trained on ${own.join(', ')}; name its features in its order.`,
  );
}

function classNamesOf(numClasses: number, given: readonly string[] | undefined): readonly string[] {
  const usual: Readonly<Record<number, readonly string[]>> = {
    0: [],
    2: ['down', 'up'],
    3: ['down', 'flat', 'up'],
  };
  const names = given ?? usual[numClasses] ?? Array.from({ length: numClasses }, (_, c) => String(c));
  if (names.length === numClasses) return names;
  throw new ConfigError(
    'invalid-value',
    `--classes names ${names.length} classes, but the model predicts ${numClasses === 0 ? 'a value' : numClasses}.`,
  );
}
