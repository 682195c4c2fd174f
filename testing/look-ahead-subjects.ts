/** Brings whatever reads market data into one form for the look-ahead proof: a list of what it shows, and when. */
import { resolveConfig } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { noSettings } from '../core/plugin.ts';
import type { Env, EnvPlugin } from '../envs/env.ts';
import type { RewardPlugin } from '../envs/trading/rewards.ts';
import { TradingEnv } from '../envs/trading.ts';
import type { Candles } from '../market/candles/candles.ts';
import type { Feature } from '../market/features/features.ts';
import type { FeatureMatrix, FeaturePipeline } from '../market/features/pipeline.ts';
import { datasetFromCandles } from '../models/data/dataset.ts';
import type { ModelPlugin, TrainedModel } from '../models/model.ts';
import { predictSignal } from '../models/signals/predict.ts';
import { trainModel } from '../models/train.ts';
import { type Observed, traceEnv } from './look-ahead.ts';

/**
 * What can be proved: a plugin, a pipeline, a trained model, or any function of candles that gives an env, a matrix of
 * features, or a number a bar.
 */
export type LookAheadSubject =
  | Feature
  | FeaturePipeline
  | RewardPlugin
  | EnvPlugin
  | ModelPlugin
  | TrainedModel
  | ((candles: Candles) => Env | FeatureMatrix | ArrayLike<number>);

export interface LookAheadOptions {
  /** What to run on; default: 420 bars of a random walk. */
  readonly candles?: Candles;
  /** Rows after whose close all data is changed; default: twelve between the first row that shows something and the last. */
  readonly cuts?: readonly number[];
  /** Settings of the plugin. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The window of a feature; default: its own. */
  readonly bars?: number;
  /** Steps of an env's episode; default 300. */
  readonly steps?: number;
  /** The row whose close an env's `info` knows; default: `info.row`. */
  readonly rowOf?: (info: object) => number;
}

export interface Tracer {
  /** For messages: `feature "peek"`. */
  readonly name: string;
  readonly trace: (candles: Candles) => Observed[] | Promise<Observed[]>;
  /** The first row that a cut may lie at; absent: the first that shows something. */
  readonly firstCut?: number;
  /** What it shows of a row is the same when the data end there. */
  readonly isPrefix: boolean;
}

const DEFAULT_STEPS = 300;

/** @throws ConfigError `look-ahead-subject` for what none of them is */
export function tracerOf(subject: LookAheadSubject, options: LookAheadOptions, candles: Candles): Tracer {
  if (typeof subject === 'function') return functionTracer(subject, options);
  if ('lookback' in subject) return featureTracer(subject, options);
  if ('compute' in subject) return pipelineTracer(subject);
  if ('predictor' in subject) return modelTracer(subject);
  if ('train' in subject) return kindTracer(subject, options, candles);
  if ('needsCandles' in subject) return envTracer(subject, options);
  if ('create' in subject) return rewardTracer(subject, options);
  throw new ConfigError(
    'look-ahead-subject',
    'checkNoLookAhead takes a feature, a pipeline, a reward, an env, a model, a kind of model, or a function of candles.',
  );
}

function featureTracer(feature: Feature, { bars = feature.defaultBars ?? 1, config = {} }: LookAheadOptions) {
  const name = `feature "${feature.name}"`;
  const settings = resolveConfig(feature.config ?? noSettings, config, name);
  const column = feature.defaultBars === undefined ? feature.name : `${feature.name}:${bars}`;
  const trace = (candles: Candles): Observed[] => {
    const compute = feature.create(bars, settings);
    const entries: Observed[] = [];
    for (let row = feature.lookback(bars, settings); row < candles.length; row++) {
      entries.push({ time: row, label: column, values: [compute(candles, row)], names: [column] });
    }
    return entries;
  };
  return { name, trace, isPrefix: true };
}

function pipelineTracer(pipeline: FeaturePipeline): Tracer {
  return {
    name: `pipeline of ${pipeline.columns.join(', ')}`,
    trace: (candles) => matrixEntries(pipeline.compute(candles)),
    firstCut: pipeline.warmupRows,
    isPrefix: true,
  };
}

function matrixEntries({ values, numColumns, columns, firstRow, numRows }: FeatureMatrix): Observed[] {
  return Array.from({ length: numRows - firstRow }, (_, i) => ({
    time: firstRow + i,
    label: 'features',
    values: Array.from(values.subarray((firstRow + i) * numColumns, (firstRow + i + 1) * numColumns)),
    names: columns,
  }));
}

function rewardTracer(plugin: RewardPlugin, { config = {}, steps = DEFAULT_STEPS }: LookAheadOptions) {
  const reward: RewardPlugin = { ...plugin, create: (context) => plugin.create(context, config) };
  const trace = (candles: Candles): Observed[] => {
    const env = new TradingEnv({ candles, reward, config: PLAIN });
    return traceEnv(env, { steps });
  };
  return { name: `reward "${plugin.name}"`, trace, isPrefix: false };
}

/** Features that need no warm-up. */
const PLAIN = { features: ['return:1'], normalize: 'none' as const, window: 1 };

function envTracer(plugin: EnvPlugin, options: LookAheadOptions): Tracer {
  const { config = {}, steps = DEFAULT_STEPS, rowOf } = options;
  const name = `env "${plugin.name}"`;
  if (!plugin.needsCandles) {
    throw new ConfigError(
      'look-ahead-subject',
      `The ${name} reads no candles: there is nothing to look ahead at.`,
    );
  }
  const create = (candles: Candles) => plugin.create({ seed: 1, candles, series: [candles] }, config);
  return { name, trace: (candles) => traceEnv(create(candles), { steps, rowOf }), isPrefix: false };
}

function functionTracer(
  build: (candles: Candles) => Env | FeatureMatrix | ArrayLike<number>,
  { steps = DEFAULT_STEPS, rowOf }: LookAheadOptions,
): Tracer {
  const trace = (candles: Candles): Observed[] => {
    const made = build(candles);
    if ('step' in made) return traceEnv(made, { steps, rowOf });
    if ('numColumns' in made) return matrixEntries(made);
    return Array.from(made, (value, row) => ({
      time: row,
      label: 'value',
      values: [value],
      names: ['value'],
    }));
  };
  return { name: build.name === '' ? 'function' : `function "${build.name}"`, trace, isPrefix: false };
}

function modelTracer(model: TrainedModel): Tracer {
  return {
    name: `${model.kind} model`,
    trace: (candles) => predictions(model, candles, 0),
    isPrefix: true,
  };
}

/** Rows that a model was trained on know its last row. */
function predictions(model: TrainedModel, candles: Candles, trainedTo: number): Observed[] {
  const { rows, probabilities, scores, classNames } = predictSignal(model, { candles });
  const width = classNames.length;
  return Array.from(rows, (row, i) => ({
    time: Math.max(row, trainedTo),
    label: `prediction of row ${row}`,
    values: width === 0 ? [scores[i]] : Array.from(probabilities.subarray(i * width, (i + 1) * width)),
    names: width === 0 ? ['prediction'] : classNames,
  }));
}

function kindTracer(plugin: ModelPlugin, { config = {} }: LookAheadOptions, candles: Candles): Tracer {
  const trainedTo = Math.floor(candles.length * 0.6);
  const trace = async (changed: Candles): Promise<Observed[]> => {
    const data = datasetFromCandles(changed, { features: ['return:1', 'return:5'], normalizationBars: 20 });
    const rows = data.rows.filter((row) => data.labelEnds[row] <= trainedTo);
    return predictions(await trainModel(data, plugin, config, { rows }), changed, trainedTo);
  };
  return { name: `model kind "${plugin.name}"`, trace, firstCut: trainedTo, isPrefix: false };
}
