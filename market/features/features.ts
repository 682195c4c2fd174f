/**
 * Computes what an agent may see of a market: each feature one small function over a finite window of past bars.
 * Every built-in feature is a function of the bars in its window alone, its sums taken anew at each row
 * in one fixed order, so that its bits do not depend on where a series starts.
 */
import type { ConfigOf, ConfigSchema } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { cos, log, sin } from '../../core/math.ts';
import { noSettings, type PluginShape, requirePlugin } from '../../core/plugin.ts';
import type { Candles } from '../candles/candles.ts';
import { relativeStrength } from './indicators/bar.ts';
import { lastZscore } from './zscore.ts';

export interface Feature {
  /** Set by `defineFeature`. */
  readonly kind?: string;
  /** Kebab-case; used in feature specs as `name`, `name:bars`, or with settings, `name:bars:key=value`. */
  readonly name: string;
  /** One sentence with the equation, for listings. */
  readonly description: string;
  /** The window when a spec names none; absent for a feature that takes no window. */
  readonly defaultBars?: number;
  /** The smallest window that makes sense; 1 unless told. */
  readonly minBars?: number;
  /** true: already of order one, so it is passed on as it is; false: the pipeline normalises it. */
  readonly bounded: boolean;
  /** Reads the bars' volume, so a feed without trades cannot provide it; no unless told. */
  readonly usesVolume?: boolean;
  /** How many rows must lie before row r so that r can be computed: finite, whatever the history. */
  lookback(bars: number, config?: Readonly<Record<string, unknown>>): number;
  /**
   * Called once for every pass over a series. The result is called for consecutive rows in ascending order,
   * none below the lookback, and may read rows row − lookback … row only; what it returns must depend on
   * those rows alone.
   */
  create(bars: number, config?: Readonly<Record<string, unknown>>): (candles: Candles, row: number) => number;
  /** Settings beside the window; absent: there are none. */
  readonly config?: ConfigSchema;
}

export const featureShape: PluginShape = {
  kind: 'feature',
  define: 'defineFeature',
  methods: ['lookback', 'create'],
  flags: ['bounded'],
};

/** What a user writes: `lookback` and `create` get complete, checked settings. */
export interface FeatureDefinition<Schema extends ConfigSchema>
  extends Omit<Feature, 'kind' | 'config' | 'lookback' | 'create'> {
  readonly config?: Schema;
  lookback(bars: number, config: ConfigOf<Schema>): number;
  create(bars: number, config: ConfigOf<Schema>): (candles: Candles, row: number) => number;
}

/**
 * Makes a feature that specs can name.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const body = defineFeature({
 *   name: 'body',
 *   description: 'Close over open, less 1',
 *   bounded: false,
 *   lookback: () => 0,
 *   create: () => ({ open, close }, row) => close[row] / open[row] - 1,
 * });
 */
export function defineFeature<Schema extends ConfigSchema = ConfigSchema>(
  feature: FeatureDefinition<Schema>,
): Feature {
  requirePlugin(featureShape, feature);
  if (feature.name.includes(':')) {
    throw new ConfigError(
      'invalid-plugin',
      `The feature "${feature.name}" cannot be named in a spec: leave out ":", which parts a spec.`,
    );
  }
  const config = (feature.config ?? noSettings) as Schema;
  const complete = (given: unknown = config.parse({})) => given as ConfigOf<Schema>;
  return {
    ...feature,
    kind: featureShape.kind,
    config,
    lookback: (bars, given) => feature.lookback(bars, complete(given)),
    create: (bars, given) => feature.create(bars, complete(given)),
  };
}

const DAY_MS = 86_400_000;

const logReturn = defineFeature({
  name: 'return',
  description: 'Log return over the window: ln(close[r] / close[r − bars])',
  defaultBars: 1,
  bounded: false,
  lookback: (bars) => bars,
  create:
    (bars) =>
    ({ close }, row) =>
      log(close[row] / close[row - bars]),
});

const volatility = defineFeature({
  name: 'volatility',
  description: 'Sample standard deviation of the last `bars` one-bar log returns',
  defaultBars: 20,
  minBars: 2,
  bounded: false,
  lookback: (bars) => bars,
  create(bars) {
    const returns = new Float64Array(bars); // oldest first
    let heldRow = Number.NaN;
    return ({ close }, row) => {
      const goesOn = row === heldRow + 1;
      if (goesOn) returns.copyWithin(0, 1);
      for (let i = goesOn ? bars - 1 : 0; i < bars; i++) {
        const r = row - bars + 1 + i;
        returns[i] = log(close[r] / close[r - 1]);
      }
      heldRow = row;
      let sum = 0;
      for (let i = 0; i < bars; i++) sum += returns[i];
      const mean = sum / bars;
      let squares = 0;
      for (let i = 0; i < bars; i++) squares += (returns[i] - mean) * (returns[i] - mean);
      return Math.sqrt(squares / (bars - 1));
    };
  },
});

const range = defineFeature({
  name: 'range',
  description: '(highest high − lowest low of the last `bars` bars) / close[r]',
  defaultBars: 1,
  bounded: false,
  lookback: (bars) => bars - 1,
  create: (bars) => (candles, row) =>
    (highest(candles.high, row, bars) - lowest(candles.low, row, bars)) / candles.close[row],
});

const maDistance = defineFeature({
  name: 'ma-distance',
  description: 'Distance from the moving average: close[r] / mean of the last `bars` closes − 1',
  defaultBars: 50,
  minBars: 2,
  bounded: false,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ close }, row) => {
      let sum = 0;
      for (let r = row - bars + 1; r <= row; r++) sum += close[r];
      return close[row] / (sum / bars) - 1;
    },
});

/**
 * Source: Cutler's RSI: simple averages of the gains and losses of the last `bars` changes.
 * Differences from the source: scaled from [0, 100] to [−1, 1]. Wilder's own RSI smooths over all of history,
 * so its value depends on where the series starts; this one is the same from any starting row, which is what
 * makes a live stream equal the batch.
 */
const rsi = defineFeature({
  name: 'rsi',
  description:
    'Relative strength, (gains − losses) / (gains + losses) of the last `bars` changes, in [−1, 1]',
  defaultBars: 14,
  bounded: true,
  lookback: (bars) => bars,
  create: (bars) => (candles, row) => relativeStrength(candles, row, bars),
});

const channel = defineFeature({
  name: 'channel',
  description:
    'Place of close[r] between the lowest low (−1) and the highest high (1) of the last `bars` bars',
  defaultBars: 20,
  bounded: true,
  lookback: (bars) => bars - 1,
  create: (bars) => (candles, row) => {
    const low = lowest(candles.low, row, bars);
    const width = highest(candles.high, row, bars) - low;
    return width === 0 ? 0 : (2 * (candles.close[row] - low)) / width - 1;
  },
});

const volumeZscore = defineFeature({
  name: 'volume-zscore',
  description: 'Deviations of volume[r] from the mean of the last `bars` volumes; at most √(bars − 1)',
  defaultBars: 20,
  minBars: 2,
  bounded: true,
  usesVolume: true,
  lookback: (bars) => bars - 1,
  create:
    (bars) =>
    ({ volume }, row) =>
      lastZscore(volume, row - bars + 1, bars),
});

/** The part of the day at which bar r opens, UTC, as a point on a circle. */
const hourAngle = (timeMs: number): number => (2 * Math.PI * modulo(timeMs, DAY_MS)) / DAY_MS;

/** The weekday on which bar r opens, UTC, Sunday at angle 0; 1 January 1970 was a Thursday. */
const weekdayAngle = (timeMs: number): number =>
  (2 * Math.PI * modulo(Math.floor(timeMs / DAY_MS) + 4, 7)) / 7;

const calendarFeature = (name: string, description: string, value: (timeMs: number) => number): Feature =>
  defineFeature({
    name,
    description,
    bounded: true,
    lookback: () => 0,
    create: () => (candles, row) => value(candles.timeMs[row]),
  });

/** Features of the candles' own columns. */
export const candleFeatures: readonly Feature[] = [
  logReturn,
  volatility,
  range,
  maDistance,
  rsi,
  channel,
  volumeZscore,
  calendarFeature('hour-sin', 'Sine of the time of day at which the bar opens, UTC', (t) =>
    sin(hourAngle(t)),
  ),
  calendarFeature('hour-cos', 'Cosine of the time of day at which the bar opens, UTC', (t) =>
    cos(hourAngle(t)),
  ),
  calendarFeature('weekday-sin', 'Sine of the weekday on which the bar opens, UTC', (t) =>
    sin(weekdayAngle(t)),
  ),
  calendarFeature('weekday-cos', 'Cosine of the weekday on which the bar opens, UTC', (t) =>
    cos(weekdayAngle(t)),
  ),
];

function highest(values: Float64Array, row: number, bars: number): number {
  let result = values[row];
  for (let r = row - bars + 1; r < row; r++) if (values[r] > result) result = values[r];
  return result;
}

function lowest(values: Float64Array, row: number, bars: number): number {
  let result = values[row];
  for (let r = row - bars + 1; r < row; r++) if (values[r] < result) result = values[r];
  return result;
}

const modulo = (value: number, modulus: number): number => ((value % modulus) + modulus) % modulus;
