/** Makes seeded synthetic markets where the truth is known, so an agent can be seen to find it or find nothing. */
import { type ConfigOverrides, resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { exp, sin } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import { type Candles, createCandles } from '../candles/candles.ts';

/** Years have 365 days of round-the-clock trading. */
const YEAR_MS = 365 * 86_400_000;

const common = {
  length: z.int().min(1).default(1000).describe('number of bars'),
  stepMs: z.int().min(1).default(3_600_000).describe('length of a bar, milliseconds'),
  startMs: z
    .int()
    .default(1_577_836_800_000)
    .describe('open time of the first bar, UTC epoch ms; 1 January 2020'),
  startPrice: z.number().positive().default(100).describe('first open, quote units'),
  subSteps: z
    .int()
    .min(1)
    .max(1000)
    .default(8)
    .describe('price moves within a bar, from which high and low come'),
  gapDeviation: z
    .number()
    .min(0)
    .default(0)
    .describe('standard deviation of the log gap from close to next open'),
  volumeMedian: z.number().min(0).default(1000).describe('median volume of a bar, base units'),
  volumeDeviation: z.number().min(0).max(10).default(0.5).describe('standard deviation of the log volume'),
};

const regime = z.strictObject({ driftPerYear: z.number(), volatilityPerYear: z.number().min(0) });

/** The keys of each market with range, default and meaning; `describeConfig` lists them. */
export const syntheticSchemas = {
  geometricBrownian: z.object({
    ...common,
    driftPerYear: z.number().default(0).describe('growth rate of the expected price, a year'),
    volatilityPerYear: z
      .number()
      .min(0)
      .default(0.5)
      .describe('standard deviation of the log return of a year'),
  }),
  meanReverting: z.object({
    ...common,
    reversionPerBar: z
      .number()
      .positive()
      .default(0.05)
      .describe('rate at which a log deviation decays, per bar'),
    deviation: z.number().min(0).default(0.05).describe('long-run standard deviation of the log price'),
  }),
  regimeSwitching: z.object({
    ...common,
    regimes: z
      .array(regime)
      .min(1)
      .max(255)
      .default([
        { driftPerYear: 1, volatilityPerYear: 0.4 },
        { driftPerYear: -1, volatilityPerYear: 0.8 },
      ])
      .describe('drift and volatility of each regime, as in geometricBrownian'),
    transition: z
      .array(z.array(z.number().min(0).max(1)))
      .default([
        [0.995, 0.005],
        [0.01, 0.99],
      ])
      .describe('[i][j]: probability, per bar, of going from regime i to regime j; rows add up to 1'),
  }),
  sine: z.object({
    ...common,
    periodBars: z.number().positive().default(50).describe('bars a full wave takes'),
    amplitude: z.number().min(0).default(0.05).describe('largest log deviation from the start price'),
    noise: z.number().min(0).default(0).describe('standard deviation of the noise in a log close'),
  }),
};

type Options<Name extends keyof typeof syntheticSchemas> = { rng: Rng } & ConfigOverrides<
  (typeof syntheticSchemas)[Name]
>;

/** What all markets share, resolved. */
type Common = z.output<z.ZodObject<typeof common>>;

/** Candles that say in which regime each bar was made. */
export interface RegimeCandles extends Candles {
  /** [T] index into `regimes` */
  readonly regime: Uint8Array;
}

/**
 * A random walk with drift: d ln p = (μ − σ²/2) dt + σ dW. Nothing about its direction can be learnt.
 * @throws ConfigError `unknown-key`, `invalid-value`; DataError when prices run out of the range of numbers
 */
export function geometricBrownian({ rng, ...overrides }: Options<'geometricBrownian'>): Candles {
  const config = resolveConfig(syntheticSchemas.geometricBrownian, overrides, 'market "geometricBrownian"');
  const walk = diffusion(config.driftPerYear, config.volatilityPerYear, config);
  let deviation = 0;
  return buildCandles(config, rng, {
    advance: () => {
      deviation += walk.drift + walk.volatility * rng.gaussian();
      return deviation;
    },
    // The mean of a lognormal step is above that of its logarithm: the expected price must not grow by it.
    gap: (size) => {
      deviation += size - 0.5 * config.gapDeviation * config.gapDeviation;
    },
  });
}

/**
 * A log price pulled back to the start price: an Ornstein–Uhlenbeck process, sampled by its exact transition.
 * Buying low and selling high works here.
 * @throws ConfigError `unknown-key`, `invalid-value`
 */
export function meanReverting({ rng, ...overrides }: Options<'meanReverting'>): Candles {
  const config = resolveConfig(syntheticSchemas.meanReverting, overrides, 'market "meanReverting"');
  const decay = exp(-config.reversionPerBar / config.subSteps);
  const innovation = config.deviation * Math.sqrt(1 - decay * decay);
  let deviation = 0;
  return buildCandles(config, rng, {
    advance: () => {
      deviation = decay * deviation + innovation * rng.gaussian();
      return deviation;
    },
    gap: (size) => {
      deviation += size;
    },
  });
}

/**
 * A random walk whose drift and volatility follow a hidden Markov chain, starting in regime 0.
 * @returns the candles with the regime of each bar, which an agent must not see
 * @throws ConfigError `unknown-key`, `invalid-value`; DataError when prices run out of the range of numbers
 */
export function regimeSwitching({ rng, ...overrides }: Options<'regimeSwitching'>): RegimeCandles {
  const config = resolveConfig(syntheticSchemas.regimeSwitching, overrides, 'market "regimeSwitching"');
  const { regimes, transition } = config;
  checkTransition(transition, regimes.length);
  const walks = regimes.map((r) => diffusion(r.driftPerYear, r.volatilityPerYear, config));
  const labels = new Uint8Array(config.length);
  let current = 0;
  let deviation = 0;
  const candles = buildCandles(config, rng, {
    advance: () => {
      deviation += walks[current].drift + walks[current].volatility * rng.gaussian();
      return deviation;
    },
    // The mean of a lognormal step is above that of its logarithm: the expected price must not grow by it.
    gap: (size) => {
      deviation += size - 0.5 * config.gapDeviation * config.gapDeviation;
    },
    startBar: (row) => {
      if (row > 0) current = drawIndex(transition[current], rng.uniform());
      labels[row] = current;
    },
  });
  return { ...candles, regime: labels };
}

/**
 * A wave around the start price, perfectly foreseeable without noise: for tests of whether anything is learnt.
 * @throws ConfigError `unknown-key`, `invalid-value`
 */
export function sine({ rng, ...overrides }: Options<'sine'>): Candles {
  const config = resolveConfig(syntheticSchemas.sine, overrides, 'market "sine"');
  const { periodBars, amplitude, noise, subSteps } = config;
  let moves = 0;
  let offset = 0;
  return buildCandles(config, rng, {
    advance: () => {
      moves++;
      const wave = amplitude * sin((2 * Math.PI * moves) / (subSteps * periodBars));
      return wave + offset + (noise > 0 ? noise * rng.gaussian() : 0);
    },
    gap: (size) => {
      offset = size;
    },
  });
}

interface Process {
  /** The next price move, as ln(price / startPrice). */
  advance(): number;
  /** The market opened this much, in log price, away from the last close. */
  gap(size: number): void;
  startBar?(row: number): void;
}

/** High and low are the extremes of the open and the moves within the bar; the last move is the close. */
function buildCandles(config: Common, rng: Rng, process: Process): Candles {
  const { length, stepMs, startMs, startPrice, subSteps, gapDeviation, volumeMedian, volumeDeviation } =
    config;
  const column = () => new Float64Array(length);
  const bars = {
    timeMs: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  let price = startPrice;
  for (let row = 0; row < length; row++) {
    process.startBar?.(row);
    if (row > 0 && gapDeviation > 0) {
      const size = gapDeviation * rng.gaussian();
      process.gap(size);
      price *= exp(size);
    }
    let high = price;
    let low = price;
    bars.open[row] = price;
    for (let move = 0; move < subSteps; move++) {
      price = startPrice * exp(process.advance());
      if (price > high) high = price;
      if (price < low) low = price;
    }
    bars.timeMs[row] = startMs + row * stepMs;
    bars.high[row] = high;
    bars.low[row] = low;
    bars.close[row] = price;
    bars.volume[row] = volumeMedian * exp(volumeDeviation * rng.gaussian());
  }
  return createCandles(bars, 'synthetic market');
}

/** Drift and volatility of the log price over one move within a bar. */
function diffusion(driftPerYear: number, volatilityPerYear: number, { stepMs, subSteps }: Common) {
  const years = stepMs / subSteps / YEAR_MS;
  return {
    drift: (driftPerYear - 0.5 * volatilityPerYear * volatilityPerYear) * years,
    volatility: volatilityPerYear * Math.sqrt(years),
  };
}

function drawIndex(probabilities: readonly number[], draw: number): number {
  let sum = 0;
  for (let j = 0; j < probabilities.length; j++) {
    sum += probabilities[j];
    if (draw < sum) return j;
  }
  return probabilities.findLastIndex((probability) => probability > 0);
}

function checkTransition(transition: readonly (readonly number[])[], numRegimes: number): void {
  const square = transition.length === numRegimes && transition.every((row) => row.length === numRegimes);
  const sums = transition.map((row) => row.reduce((sum, probability) => sum + probability, 0));
  if (square && sums.every((sum) => Math.abs(sum - 1) < 1e-9)) return;
  throw new ConfigError(
    'invalid-value',
    `Invalid value ${JSON.stringify(transition)} for "transition" of market "regimeSwitching": give ${numRegimes} rows ` +
      `of ${numRegimes} probabilities, each row adding up to 1.`,
  );
}
