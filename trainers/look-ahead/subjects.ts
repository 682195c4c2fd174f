/** Brings whatever reads market data into one form for the look-ahead proof: a list of what it shows, and when. */
import { resolveConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { noSettings } from '../../core/plugin.ts';
import type { Env, EnvPlugin } from '../../envs/env.ts';
import type { RewardPlugin } from '../../envs/trading/rewards.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { FeePlugin } from '../../market/execution/fees.ts';
import type { SlippagePlugin } from '../../market/execution/slippage.ts';
import type { Feature } from '../../market/features/features.ts';
import type { FeatureMatrix, FeaturePipeline } from '../../market/features/pipeline.ts';
import type { ModelPlugin, TrainedModel } from '../../models/model.ts';
import { envTracer, partTracer } from './env-tracers.ts';
import { type Change, candleMarket } from './market.ts';
import { kindTracer, modelTracer } from './model-tracers.ts';
import { type Observed, traceEnv } from './trace.ts';
import type { LookAheadOptions, Tracer } from './tracer.ts';

/** What shows something of candles: an env on them, a matrix of features, or one number a bar. */
export type CandleFunction = (candles: Candles) => Shown | Promise<Shown>;
type Shown = Env | FeatureMatrix | ArrayLike<number>;

/**
 * What can be proved: a plugin, a pipeline, a trained model, or any function of candles that gives an env, a matrix of
 * features, or a number a bar.
 */
export type LookAheadSubject =
  | Feature
  | FeaturePipeline
  | RewardPlugin
  | FeePlugin
  | SlippagePlugin
  | EnvPlugin
  | ModelPlugin
  | TrainedModel
  | CandleFunction;

/** @throws ConfigError `look-ahead-subject` for what none of them is */
export function tracerOf(subject: LookAheadSubject, options: LookAheadOptions, candles: Candles): Tracer {
  if (typeof subject === 'function') return functionTracer(subject, options, candles);
  if ('lookback' in subject) return featureTracer(subject, options, candles);
  if ('compute' in subject) return pipelineTracer(subject, candles);
  if ('predictor' in subject) return modelTracer(subject, candles);
  if ('train' in subject) return kindTracer(subject, options, candles);
  if ('needsCandles' in subject) return envTracer(subject, options, candles);
  if ('create' in subject) return partTracer(subject, options, candles);
  throw new ConfigError(
    'look-ahead-subject',
    'checkNoLookAhead takes a feature, a pipeline, a reward, a fee or slippage model, an env, a model, a kind of model, or a ' +
      'function of candles.',
  );
}

function featureTracer(
  feature: Feature,
  { bars = feature.defaultBars ?? 1, config = {} }: LookAheadOptions,
  candles: Candles,
): Tracer {
  const name = `feature "${feature.name}"`;
  const settings = resolveConfig(feature.config ?? noSettings, config, name);
  const column = feature.defaultBars === undefined ? feature.name : `${feature.name}:${bars}`;
  const { changed, ...market } = candleMarket(candles);
  const trace = (change?: Change): Observed[] => {
    const data = changed(change);
    const compute = feature.create(bars, settings);
    const entries: Observed[] = [];
    for (let row = feature.lookback(bars, settings); row < data.length; row++) {
      entries.push({ time: row, label: column, values: [compute(data, row)], names: [column] });
    }
    return entries;
  };
  return { name, ...market, trace, close: candles.close, isPrefix: true, ignoresRowNumber: true };
}

function pipelineTracer(pipeline: FeaturePipeline, candles: Candles): Tracer {
  const { changed, ...market } = candleMarket(candles);
  return {
    name: `pipeline of ${pipeline.columns.join(', ')}`,
    ...market,
    close: candles.close,
    trace: (change) => matrixEntries(pipeline.compute(changed(change))),
    firstCut: pipeline.warmupRows,
    isPrefix: true,
    ignoresRowNumber: true,
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

function functionTracer(
  build: CandleFunction,
  { steps = 300, rowOf }: LookAheadOptions,
  candles: Candles,
): Tracer {
  const name = build.name === '' ? 'function' : `function "${build.name}"`;
  const { changed, ...market } = candleMarket(candles);
  const trace = async (change?: Change): Promise<Observed[]> => {
    const data = changed(change);
    const made: unknown = await build(data);
    if (isEnv(made)) return traceEnv(made, { steps, rowOf });
    if (isMatrix(made)) return matrixEntries(made);
    if (!isNumbers(made) || made.length !== data.length) {
      const what = isNumbers(made) ? `${made.length} numbers for ${data.length} bars` : describe(made);
      throw new ConfigError(
        'look-ahead-subject',
        `The ${name} returned ${what}; expected an env, a matrix of features, or one number a bar.`,
      );
    }
    return Array.from(made, (value, row) => ({
      time: row,
      label: 'value',
      values: [value],
      names: ['value'],
    }));
  };
  return { name, ...market, trace, close: candles.close, isPrefix: false };
}

const isEnv = (value: unknown): value is Env =>
  typeof value === 'object' && value !== null && 'step' in value && 'reset' in value;
const isMatrix = (value: unknown): value is FeatureMatrix =>
  typeof value === 'object' && value !== null && 'numColumns' in value && 'values' in value;
const isNumbers = (value: unknown): value is ArrayLike<number> =>
  (ArrayBuffer.isView(value) && !(value instanceof DataView)) ||
  (Array.isArray(value) && value.every((each) => typeof each === 'number'));
const describe = (value: unknown): string => (value === null ? 'null' : `a value of type ${typeof value}`);
