/** Trades the spread of two markets at one venue: one bought, the other sold, in the ratio of their rolling regression. */
import { type ConfigOf, type ConfigOverrides, resolveConfig, z } from '../core/config.ts';
import { ConfigError, EnvError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { PAIR_COLUMN } from '../market/features/pair-features.ts';
import { windowHedge } from '../market/statistics/pairs/hedge-ratio.ts';
import { AssetWindow, assetWindowConfig } from './asset-window.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import type { EnvParts } from './parts.ts';
import { type Action, type Box, createBox, createDiscrete, type Discrete } from './spaces.ts';

const config = z.object({
  ...assetWindowConfig,
  features: assetWindowConfig.features.default([
    'spread-zscore:60',
    'hedge-ratio:60',
    'return:1',
    'return:20',
  ]),
  window: assetWindowConfig.window.default(1),
  levels: z
    .array(z.number().min(-10).max(10))
    .min(2)
    .max(64)
    .default([-1, 0, 1])
    .describe(
      'the spread to hold, signed fractions of the equity, both legs together; positive: the first bought',
    ),
  hedgeBars: z
    .int()
    .min(3)
    .default(60)
    .describe('bars that the ratio of a new position is taken from, the decision’s own included'),
  costRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.0005)
    .describe('cost of a trade of either leg, fraction of notional'),
  borrowRatePerYear: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('interest on the value that is sold short, fraction a year of 365 days'),
  execution: z
    .enum(['next-open', 'close'])
    .default('next-open')
    .describe("trade at the next bar's open, or at the close just observed"),
  initialEquity: z
    .number()
    .positive()
    .default(10_000)
    .describe('equity at the start of an episode, quote units'),
});

export type PairsConfig = ConfigOf<typeof config>;

/** The account after a step, as judging wants it: the market is the ratio of the two closes. */
export interface PairsInfo {
  /** Open time of the bar at whose close everything is valued, UTC epoch. */
  timeMs: number;
  row: number;
  /** Close of the first market in units of the second. */
  price: number;
  equity: number;
  /** Value of both legs together over the equity; the sign of the first leg. */
  exposure: number;
  /** Of the position held, from the decision that opened it; 0 when flat. */
  hedgeRatio: number;
  /** This step's costs and interest, quote units. */
  costPaid: number;
  /** Both legs, quote units. */
  tradedNotional: number;
}

const YEAR_MS = 365 * 86_400_000;

/**
 * Observation [W·2·F + 2]: the window of features of both markets, then the exposure held and 1 when it is not flat.
 * Action: the index of a level. A new level opens both legs at the ratio β known at the decision: of the gross value G the
 * first market has G/(1 + |β|), the second −β times that; the same level again trades nothing, prices may drift. Where a
 * ratio is not above 0 both legs would lean the same way: the position is closed, or not opened. Reward: log return of the
 * equity. Terminates when the equity is used up. Nothing is liquidated before: margin is not modelled.
 */
export class PairsEnv implements Env<PairsInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Discrete;
  readonly config: PairsConfig;
  readonly #window: AssetWindow;
  /** Units held of each market. */
  readonly #held = new Float64Array(2);
  readonly #logs: readonly [Float64Array, Float64Array];
  readonly #fit = new Float64Array(2);
  readonly #info: PairsInfo;
  readonly #result: StepResult<PairsInfo>;
  #level = 0;
  #running = false;

  /**
   * @param options `series`: two aligned candles
   * @throws ConfigError `two-series` for another number; for settings out of range or that do not fit the data
   */
  constructor(options: {
    series: readonly Candles[];
    seed?: number;
    config?: ConfigOverrides<typeof config>;
    /** What the settings may name; absent: what comes with the framework. */
    parts?: EnvParts;
  }) {
    const { series, seed = 0, parts } = options;
    this.config = resolveConfig(config, options.config ?? {}, 'env "pairs"');
    if (series.length !== 2) {
      throw new ConfigError(
        'two-series',
        `Env "pairs" trades two markets, got ${series.length}; name two files: --data FIRST.csv,SECOND.csv.`,
      );
    }
    const { levels, hedgeBars, fromRow } = this.config;
    if (!levels.includes(0) || levels.some((level, i) => i > 0 && level <= levels[i - 1])) {
      throw new ConfigError(
        'invalid-value',
        `Env "pairs": levels must rise and hold 0, got ${levels.join(', ')}.`,
      );
    }
    const rows = { ...this.config, fromRow: Math.max(fromRow, hedgeBars - 1) };
    this.#window = new AssetWindow(pairOf(series), rows, seed, 'pairs', parts);
    this.#logs = [series[0].close.map(log), series[1].close.map(log)];
    const { dim, names, window } = this.#window;
    this.observationSpace = createBox(
      [dim + 2],
      -Infinity,
      Infinity,
      [...names, 'exposure', 'is-open'],
      window,
    );
    this.actionSpace = createDiscrete(levels.length, levels);
    this.#info = {
      timeMs: -0,
      row: 0,
      price: -0,
      equity: -0,
      exposure: -0,
      hedgeRatio: -0,
      costPaid: -0,
      tradedNotional: -0,
    };
    const observation = new Float32Array(dim + 2);
    this.#result = { observation, reward: -0, terminated: false, truncated: false, info: this.#info };
  }

  reset(options?: ResetOptions): ResetResult<PairsInfo> {
    this.#window.reset(options?.seed);
    this.#held.fill(0);
    this.#level = 0;
    const info = this.#info;
    info.equity = this.config.initialEquity;
    info.hedgeRatio = 0;
    info.costPaid = 0;
    info.tradedNotional = 0;
    this.#running = true;
    this.#result.reward = 0;
    this.#result.terminated = false;
    this.#result.truncated = false;
    this.#observe();
    return this.#result;
  }

  /** @throws EnvError `invalid-action`, `not-running` outside an episode */
  step(action: Action): StepResult<PairsInfo> {
    if (!this.#running) {
      throw new EnvError('not-running', 'The pairs env was stepped outside an episode: call reset first.');
    }
    const level = typeof action === 'number' ? this.config.levels[action] : undefined;
    if (level === undefined) {
      throw new EnvError(
        'invalid-action',
        `The pairs env got the action ${action} at row ${this.#window.row}; expected a whole number in [0, ${this.config.levels.length}).`,
      );
    }
    const info = this.#info;
    const result = this.#result;
    const before = info.equity;
    const { row, series } = this.#window;
    const [first, second] = series;
    const held = this.#held;
    const atOpen = this.config.execution === 'next-open';
    const from = atOpen ? first.open[row + 1] : first.close[row];
    const other = atOpen ? second.open[row + 1] : second.close[row];
    info.equity += held[0] * (from - first.close[row]) + held[1] * (other - second.close[row]);
    info.costPaid = 0;
    info.tradedNotional = 0;
    if (level !== this.#level && info.equity > 0) this.#trade(level, row, from, other);
    info.equity += held[0] * (first.close[row + 1] - from) + held[1] * (second.close[row + 1] - other);
    this.#payInterest(row);
    this.#window.row = row + 1;
    result.terminated = !(info.equity > 0);
    if (result.terminated) info.equity = 0;
    this.#observe();
    // Of nothing there is no logarithm: ruin is as bad as losing all but a millionth.
    result.reward = log(Math.max(info.equity, 1e-6 * before) / before);
    result.truncated = this.#window.isAtEnd && !result.terminated;
    this.#running = !(result.truncated || result.terminated);
    return result;
  }

  render(): string {
    const { row, equity, exposure, hedgeRatio } = this.#info;
    return `row ${row} equity ${equity.toFixed(2)} exposure ${exposure.toFixed(3)} ratio ${hedgeRatio.toFixed(3)}`;
  }

  save(): Snapshot {
    const { equity, hedgeRatio, costPaid, tradedNotional } = this.#info;
    const values = {
      equity,
      hedgeRatio,
      costPaid,
      tradedNotional,
      level: this.#level,
      running: this.#running,
    };
    const account = { arrays: { held: this.#held.slice() }, values };
    return joinSnapshots({ account, window: this.#window.save() });
  }

  load(snapshot: Snapshot): void {
    this.#window.load(snapshotPart(snapshot, 'window'));
    restoreArrayInto(this.#held, snapshot, 'account/held');
    const info = this.#info;
    info.equity = restoreNumber(snapshot, 'account/equity');
    info.hedgeRatio = restoreNumber(snapshot, 'account/hedgeRatio');
    info.costPaid = restoreNumber(snapshot, 'account/costPaid');
    info.tradedNotional = restoreNumber(snapshot, 'account/tradedNotional');
    this.#level = restoreNumber(snapshot, 'account/level');
    this.#running = snapshot.values['account/running'] === true;
    this.#observe();
  }

  /** Brings both legs to a level, at the ratio known at the close of `row`. */
  #trade(level: number, row: number, price: number, other: number): void {
    const { hedgeBars, costRate } = this.config;
    const info = this.#info;
    windowHedge(this.#logs[0], this.#logs[1], row - hedgeBars + 1, hedgeBars, this.#fit);
    const [ratio] = this.#fit;
    const isOpen = level !== 0 && ratio > 0;
    const gross = isOpen ? level * info.equity : 0;
    const value = gross / (1 + ratio);
    const wanted = isOpen ? value / price : 0;
    const wantedOther = isOpen ? (-ratio * value) / other : 0;
    info.tradedNotional =
      Math.abs(wanted - this.#held[0]) * price + Math.abs(wantedOther - this.#held[1]) * other;
    info.costPaid = info.tradedNotional * costRate;
    info.equity -= info.costPaid;
    info.hedgeRatio = isOpen ? ratio : 0;
    this.#held[0] = wanted;
    this.#held[1] = wantedOther;
    this.#level = isOpen ? level : 0;
  }

  #payInterest(row: number): void {
    const { borrowRatePerYear } = this.config;
    if (borrowRatePerYear === 0) return;
    const [first, second] = this.#window.series;
    const short =
      Math.max(0, -this.#held[0]) * first.close[row + 1] +
      Math.max(0, -this.#held[1]) * second.close[row + 1];
    const interest = (short * borrowRatePerYear * (first.timeMs[row + 1] - first.timeMs[row])) / YEAR_MS;
    this.#info.costPaid += interest;
    this.#info.equity -= interest;
  }

  #observe(): void {
    const info = this.#info;
    const { row, series, dim } = this.#window;
    const [first, second] = series;
    const gross = Math.abs(this.#held[0]) * first.close[row] + Math.abs(this.#held[1]) * second.close[row];
    info.timeMs = this.#window.timeMs;
    info.row = row;
    info.price = first.close[row] / second.close[row];
    info.exposure = info.equity > 0 ? (Math.sign(this.#held[0]) * gross) / info.equity : 0;
    const { observation } = this.#result;
    this.#window.writeInto(observation);
    observation[dim] = info.exposure;
    observation[dim + 1] = gross > 0 ? 1 : 0;
  }
}

/** The same two series for every env, each with the other's closes beside it; features are kept by series. */
const pairsOfSeries = new WeakMap<Candles, WeakMap<Candles, readonly Candles[]>>();

function pairOf([first, second]: readonly Candles[]): readonly Candles[] {
  const known = pairsOfSeries.get(first)?.get(second);
  if (known !== undefined) return known;
  const beside = (own: Candles, other: Candles): Candles => ({
    ...own,
    extra: { ...own.extra, [PAIR_COLUMN]: other.close },
  });
  const pair = [beside(first, second), beside(second, first)];
  const others = pairsOfSeries.get(first) ?? new WeakMap<Candles, readonly Candles[]>();
  pairsOfSeries.set(first, others.set(second, pair));
  return pair;
}

export const pairs = defineEnv({
  name: 'pairs',
  description:
    'The spread of two markets at one venue: buy one and sell the other in the ratio of their regression',
  config,
  needsCandles: true,
  takesSeries: true,
  create: ({ seed, series = [], parts }, config) => new PairsEnv({ series, seed, config, parts }),
});
