/** Turns feature specs into observations: features, rolling normalisation, and one code path for batch and live. */
import { resolveConfig } from '../../core/config.ts';
import { ConfigError, DataError } from '../../core/errors.ts';
import { noSettings } from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import type { Candles } from '../candles/candles.ts';
import { formatTime } from '../candles/timestamps.ts';
import { builtinFeatures } from './built-in.ts';
import { columnFeature, columnSettings } from './exogenous.ts';
import type { Feature } from './features.ts';
import { splitTimeframe, timeframeFeature, usualStepMs } from './timeframe.ts';
import { lastZscore } from './zscore.ts';

/** Columns of a matrix that belong together, such as a model's probability of each class. */
export interface ColumnGroup {
  readonly name: string;
  /** Indices, in the order that the group's reader expects. */
  readonly columns: readonly number[];
}

/** T rows, F columns. */
export interface FeatureMatrix {
  readonly numRows: number;
  readonly numColumns: number;
  /** [F] */
  readonly columns: readonly string[];
  /** Columns that are read as one; an observation has them as groups of its elements. */
  readonly groups?: readonly ColumnGroup[];
  /** The first row whose features all have their full history. */
  readonly firstRow: number;
  /** [T, F], NaN before `firstRow` */
  readonly values: Float32Array;
}

export interface FeaturePipelineOptions {
  /** `rolling`: features that are not bounded become rolling z-scores; `none`: every feature as it is. */
  normalize?: 'rolling' | 'none';
  /** Rows a rolling z-score looks at, the present one included. At least 2. Default 252. */
  normalizationBars?: number;
  /** Rolling z-scores are cut off at ± this many deviations. Positive. Default 5. */
  clip?: number;
  /** Features beside the built-in ones; a registry that holds those too will do. */
  features?: Iterable<Feature>;
  /** Usual length of a bar, ms, for features of coarser bars (`rsi@4h`) and lags in time; `compute` sees it itself. */
  stepMs?: number;
}

/**
 * Writes the F features of row `row` into `out` from `offset` on; NaN in each for a row below the warm-up.
 * The values depend on the `warmupRows` rows before and on the row itself, to the bit, whatever was asked before.
 * Going row by row through one series is quick; any other jump costs a warm-up's worth of work.
 * @throws DataError `non-finite-feature` naming feature, row and time
 */
export type FeatureStream = (candles: Candles, row: number, out: Float32Array, offset?: number) => void;

export interface FeaturePipeline {
  /** The features' full specs, e.g. `return:5`. [F] */
  readonly columns: readonly string[];
  /**
   * How many rows must lie before the first row with features.
   * @throws ConfigError `invalid-feature` where it depends on the length of a bar, and that is not known
   */
  readonly warmupRows: number;
  /**
   * The features of every row: a stream run over them all.
   * @throws DataError `too-few-rows` when the series ends within the warm-up; `non-finite-feature`
   */
  compute(candles: Candles): FeatureMatrix;
  /** A stream with state of its own; use one for each series. */
  stream(): FeatureStream;
}

interface Column {
  readonly spec: string;
  readonly feature: Feature;
  readonly bars: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly lookback: number;
  readonly normalized: boolean;
}

/**
 * @param specs `name` or `name:bars` each, e.g. `['return:1', 'volatility:20', 'hour-sin']`
 * @throws ConfigError `unknown-name` with the nearest feature, `invalid-feature`, `duplicate-feature`,
 *   `invalid-value`
 */
export function createFeaturePipeline(
  specs: readonly string[],
  options: FeaturePipelineOptions = {},
): FeaturePipeline {
  const { normalize = 'rolling', normalizationBars = 252, clip = 5, features = [], stepMs } = options;
  if (!(Number.isInteger(normalizationBars) && normalizationBars >= 2)) {
    throw invalidValue('normalizationBars', normalizationBars, 'a whole number of at least 2');
  }
  if (!(clip > 0)) throw invalidValue('clip', clip, 'a positive number');
  if (normalize !== 'rolling' && normalize !== 'none') {
    throw invalidValue('normalize', normalize, '"rolling" or "none"');
  }
  const registry = new Registry<Feature>('feature', [...builtinFeatures, ...features]);
  const inner = (spec: string) => createFeaturePipeline([spec], { ...options, features: registry });
  const plan = specs.map((spec) => parseSpec(spec, registry, normalize === 'rolling', stepMs, inner));
  const columns = plan.map((column) => column.spec);
  const repeated = columns.find((spec, index) => columns.indexOf(spec) !== index);
  if (repeated !== undefined) {
    throw new ConfigError('duplicate-feature', `Feature "${repeated}" is listed twice; remove one.`);
  }
  if (plan.length === 0) {
    throw invalidFeature('No features are listed; name at least one, e.g. "return:1".');
  }
  const warmupRows = Math.max(
    ...plan.map((column) => column.lookback + (column.normalized ? normalizationBars - 1 : 0)),
  );
  const unknown = plan.find(({ lookback }) => Number.isNaN(lookback));
  const requireStep = () => {
    if (unknown === undefined) return;
    throw invalidFeature(`Feature "${unknown.spec}" needs to know how long a bar is: give stepMs.`);
  };
  const stream = () => {
    requireStep();
    return createStream(plan, warmupRows, normalizationBars, clip);
  };
  return {
    columns,
    get warmupRows() {
      requireStep();
      return warmupRows;
    },
    stream,
    compute(candles) {
      if (unknown !== undefined)
        return createFeaturePipeline(specs, { ...options, stepMs: usualStepMs(candles) }).compute(candles);
      if (candles.length <= warmupRows) {
        throw new DataError(
          'too-few-rows',
          `The features need ${warmupRows + 1} rows, ${warmupRows} of them to warm up, but there are ` +
            `${candles.length}; bring more rows or shorten the windows or normalizationBars.`,
        );
      }
      const numColumns = columns.length;
      const values = new Float32Array(candles.length * numColumns);
      const writeRow = stream();
      for (let row = 0; row < candles.length; row++) writeRow(candles, row, values, row * numColumns);
      return { numRows: candles.length, numColumns, columns, firstRow: warmupRows, values };
    },
  };
}

function createStream(
  plan: readonly Column[],
  warmupRows: number,
  normalizationBars: number,
  clip: number,
): FeatureStream {
  const windows = plan.map((column) =>
    column.normalized ? new Float64Array(2 * normalizationBars) : undefined,
  );
  let compute: ((candles: Candles, row: number) => number)[] = [];
  let position = 0;
  let lastRow = -1;
  let lastTimeMs = Number.NaN;
  let lastClose = Number.NaN;

  /** The raw value of a column, kept in its window if it is to be normalised. */
  const push = (candles: Candles, row: number, f: number): number => {
    const value = compute[f](candles, row);
    if (!Number.isFinite(value)) throw nonFinite(plan[f], value, candles, row);
    const window = windows[f];
    // Written twice, one window's length apart, so that the last rows always lie side by side, oldest first.
    if (window !== undefined) {
      window[position] = value;
      window[position + normalizationBars] = value;
    }
    return value;
  };

  const restart = (candles: Candles, row: number): void => {
    compute = plan.map(({ feature, bars, config, spec }) =>
      requireFunction(feature.create(bars, config), spec),
    );
    position = 0;
    for (let r = Math.max(0, row - normalizationBars + 1); r < row; r++) {
      for (let f = 0; f < plan.length; f++) {
        if (windows[f] !== undefined) push(candles, r, f);
      }
      position = (position + 1) % normalizationBars;
    }
  };

  return (candles, row, out, offset = 0) => {
    if (row < warmupRows) {
      out.fill(Number.NaN, offset, offset + plan.length);
      return;
    }
    const goesOn =
      row > 0 &&
      row === lastRow + 1 &&
      candles.timeMs[row - 1] === lastTimeMs &&
      candles.close[row - 1] === lastClose;
    // Until the row is complete: after an error the next call starts afresh.
    lastRow = -1;
    if (!goesOn) restart(candles, row);
    for (let f = 0; f < plan.length; f++) {
      const value = push(candles, row, f);
      const window = windows[f];
      const scaled = window === undefined ? value : lastZscore(window, position + 1, normalizationBars);
      out[offset + f] = window === undefined ? scaled : Math.max(-clip, Math.min(clip, scaled));
      if (!Number.isFinite(out[offset + f])) throw nonFinite(plan[f], scaled, candles, row);
    }
    position = (position + 1) % normalizationBars;
    lastRow = row;
    lastTimeMs = candles.timeMs[row];
    lastClose = candles.close[row];
  };
}

/** The feature that a spec names. */
export function featureName(spec: string): string {
  return spec.split(/[:@]/)[0];
}

function parseSpec(
  spec: string,
  registry: Registry<Feature>,
  rolling: boolean,
  stepMs: number | undefined,
  pipelineOf: (spec: string) => FeaturePipeline,
): Column {
  const frame = splitTimeframe(spec);
  if (frame !== undefined) {
    const inner = pipelineOf(frame.base);
    const canonical = `${inner.columns[0]}@${frame.text}`;
    const feature = timeframeFeature(canonical, inner, frame.barMs, stepMs);
    return {
      spec: canonical,
      feature,
      bars: 0,
      config: {},
      lookback: feature.lookback(0),
      normalized: false,
    };
  }
  const column = columnSettings(spec);
  if (column !== undefined) {
    const { config, canonical } = readSettings(spec, columnFeature, column.settings);
    const complete = { ...config, name: column.name, ...(stepMs !== undefined && { stepMs }) };
    return {
      spec: ['column', column.name, ...canonical].join(':'),
      feature: columnFeature,
      bars: 0,
      config: complete,
      lookback: columnFeature.lookback(0, complete),
      normalized: rolling,
    };
  }
  const [name, ...parts] = spec.split(':');
  const feature = registry.get(name);
  const { defaultBars, minBars = 1 } = feature;
  const settings = parts.filter((part) => part.includes('='));
  const rest = parts.filter((part) => !part.includes('='));
  const text = rest.length === 0 ? undefined : rest.join(':');
  const { config, canonical } = readSettings(spec, feature, settings);
  if (defaultBars === undefined && text !== undefined) {
    throw invalidFeature(`Feature "${name}" takes no window; write "${name}", not "${spec}".`);
  }
  const bars = text === undefined ? (defaultBars ?? 0) : readBars(text);
  if (defaultBars !== undefined && !(bars >= minBars)) {
    throw invalidFeature(
      `Feature "${spec}": the window must be a whole number of bars, ${minBars} or more, e.g. "${name}:${defaultBars}".`,
    );
  }
  const lookback = feature.lookback(bars, config);
  if (!(Number.isInteger(lookback) && lookback >= 0)) {
    throw invalidFeature(
      `Feature "${spec}": its lookback is ${lookback}; return a whole number of rows, 0 or more.`,
    );
  }
  return {
    spec: [name, ...(defaultBars === undefined ? [] : [bars]), ...canonical].join(':'),
    feature,
    bars,
    config,
    lookback,
    normalized: rolling && !feature.bounded,
  };
}

/** The settings in a spec, `key=value` each, complete, and those that were given in the order of the schema. */
function readSettings(
  spec: string,
  { name, config: schema = noSettings }: Feature,
  parts: readonly string[],
): { config: Column['config']; canonical: readonly string[] } {
  const given = new Map(parts.map((part) => part.split(/=(.*)/s) as [string, string]));
  if (given.size < parts.length) {
    throw invalidFeature(`Feature "${spec}" gives a setting twice; give each once.`);
  }
  const overrides = Object.fromEntries([...given].map(([key, text]) => [key, readValue(text)]));
  const config = resolveConfig(schema, overrides, `feature "${name}"`);
  const keys = Object.keys(schema.shape).filter((key) => given.has(key));
  return { config, canonical: keys.map((key) => `${key}=${given.get(key)}`) };
}

/** JSON, or a plain text where it is none. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a user's JavaScript may get wrong. */
function requireFunction<Compute>(compute: Compute, spec: string): Compute {
  if (typeof compute === 'function') return compute;
  throw invalidFeature(
    `Feature "${spec}": create must return a function of candles and row, got ${typeof compute}.`,
  );
}

/** The digits as a number; NaN for anything but one to six digits. */
const readBars = (text: string): number => (/^\d{1,6}$/.test(text) ? Number(text) : Number.NaN);

const invalidFeature = (message: string): ConfigError => new ConfigError('invalid-feature', message);

function invalidValue(key: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(
    'invalid-value',
    `Invalid value ${value} for "${key}" of the feature pipeline: give ${expected}.`,
  );
}

function nonFinite(column: Column, value: number, candles: Candles, row: number): DataError {
  return new DataError(
    'non-finite-feature',
    `Feature "${column.spec}" is ${value} at row ${row} (${formatTime(candles.timeMs[row])}); ` +
      'correct the data around that row or the feature.',
  );
}
