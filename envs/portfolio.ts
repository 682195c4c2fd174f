/** Holds several assets and cash: the action is the portfolio to hold, rebalancing is paid out of it. */
import { type ConfigOf, type ConfigOverrides, resolveConfig, z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import { log } from '../core/math.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { shareAfterRebalancing } from '../market/execution/rebalancing-cost.ts';
import { AssetWindow, assetWindowConfig } from './asset-window.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import type { EnvParts } from './parts.ts';
import { type Action, type Box, createBox } from './spaces.ts';

const config = z.object({
  ...assetWindowConfig,
  costRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.001)
    .describe('cost of buying and of selling, fraction of notional'),
  execution: z
    .enum(['next-open', 'close'])
    .default('next-open')
    .describe("rebalance at the next bar's open, or at the close just observed"),
  initialEquity: z
    .number()
    .positive()
    .default(10_000)
    .describe('value at the start of an episode, quote units'),
});

/** The state after a step. Arrays are views. */
export interface PortfolioInfo {
  /** Open time of the bar at whose close everything is valued, UTC epoch. */
  timeMs: number;
  row: number;
  equity: number;
  /** Held now, as the prices have left them; cash first. [M + 1] */
  weights: Float64Array;
  /** This step's cost, quote units. */
  costPaid: number;
  /** Σ |change of weight| / 2 of this step's rebalancing, over assets and cash. */
  turnover: number;
}

/**
 * M assets. Observation [W·M·F + M + 1]: the window of features, then the weights held, cash first.
 * Action [M + 1]: the wanted weights, cash first, in [0, 1]; scaled to add up to 1, all cash where they are all 0.
 * Reward: log return of the equity. Never terminates: nothing is borrowed. Truncates at the end of the episode.
 */
export class PortfolioEnv implements Env<PortfolioInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly config: ConfigOf<typeof config>;
  readonly #window: AssetWindow;
  readonly #wanted: Float64Array; // [M + 1]
  readonly #weights: Float64Array; // [M + 1]
  readonly #info: PortfolioInfo;
  readonly #result: StepResult<PortfolioInfo>;
  #running = false;

  /**
   * @param options `series`: aligned candles, one per asset
   * @throws ConfigError for settings out of range or that do not fit the data
   */
  constructor(options: {
    series: readonly Candles[];
    seed?: number;
    config?: ConfigOverrides<typeof config>;
    /** What the settings may name; absent: what comes with the framework. */
    parts?: EnvParts;
  }) {
    const { series, seed = 0 } = options;
    this.config = resolveConfig(config, options.config ?? {}, 'env "portfolio"');
    this.#window = new AssetWindow(series, this.config, seed, 'portfolio', options.parts);
    const numWeights = series.length + 1;
    const weightNames = ['cash', ...series.map((_, m) => `${m + 1}`)].map((name) => `weight:${name}`);
    const { dim, names, window } = this.#window;
    const allNames = [...names, ...weightNames];
    this.observationSpace = createBox([dim + numWeights], -Infinity, Infinity, allNames, window);
    this.actionSpace = createBox([numWeights], 0, 1, weightNames);
    this.#wanted = new Float64Array(numWeights);
    this.#weights = new Float64Array(numWeights);
    this.#info = { timeMs: 0, row: 0, equity: 0, weights: this.#weights, costPaid: 0, turnover: 0 };
    const observation = new Float32Array(dim + numWeights);
    this.#result = { observation, reward: 0, terminated: false, truncated: false, info: this.#info };
  }

  /** [M] as they were given. */
  get series(): readonly Candles[] {
    return this.#window.series;
  }

  reset(options?: ResetOptions): ResetResult<PortfolioInfo> {
    this.#window.reset(options?.seed);
    this.#weights.fill(0);
    this.#weights[0] = 1;
    this.#info.equity = this.config.initialEquity;
    this.#info.costPaid = 0;
    this.#info.turnover = 0;
    this.#running = true;
    this.#observe();
    return this.#result;
  }

  /** @throws EnvError `invalid-action` for NaN or a wrong length, `not-running` outside an episode */
  step(action: Action): StepResult<PortfolioInfo> {
    if (!this.#running)
      throw new EnvError(
        'not-running',
        'The portfolio env was stepped outside an episode: call reset first.',
      );
    this.#readWanted(action);
    const info = this.#info;
    const before = info.equity;
    const { row } = this.#window;
    const atOpen = this.config.execution === 'next-open';
    if (atOpen) this.#drift((candles) => candles.open[row + 1] / candles.close[row]);
    this.#rebalance();
    this.#drift(
      atOpen
        ? (candles) => candles.close[row + 1] / candles.open[row + 1]
        : (candles) => candles.close[row + 1] / candles.close[row],
    );
    this.#window.row = row + 1;
    this.#observe();
    this.#result.reward = log(info.equity / before);
    this.#result.truncated = this.#window.isAtEnd;
    this.#running = !this.#result.truncated;
    return this.#result;
  }

  render(): string {
    const { row, equity, weights } = this.#info;
    return `row ${row} equity ${equity.toFixed(2)} weights ${Array.from(weights, (w) => w.toFixed(3)).join(' ')}`;
  }

  save(): Snapshot {
    const { equity, costPaid, turnover } = this.#info;
    const account = {
      arrays: { weights: this.#weights.slice() },
      values: { equity, costPaid, turnover, running: this.#running },
    };
    return joinSnapshots({ account, window: this.#window.save() });
  }

  load(snapshot: Snapshot): void {
    this.#window.load(snapshotPart(snapshot, 'window'));
    restoreArrayInto(this.#weights, snapshot, 'account/weights');
    this.#info.equity = restoreNumber(snapshot, 'account/equity');
    this.#info.costPaid = restoreNumber(snapshot, 'account/costPaid');
    this.#info.turnover = restoreNumber(snapshot, 'account/turnover');
    this.#running = snapshot.values['account/running'] === true;
    this.#observe();
  }

  #readWanted(action: Action): void {
    const wanted = this.#wanted;
    if (typeof action === 'number' || action.length !== wanted.length) throw this.#invalidAction(action);
    let sum = 0;
    for (let i = 0; i < wanted.length; i++) {
      wanted[i] = Math.min(Math.max(action[i], 0), 1);
      sum += wanted[i];
    }
    if (Number.isNaN(sum)) throw this.#invalidAction(action);
    for (let i = 0; i < wanted.length; i++) wanted[i] = sum > 0 ? wanted[i] / sum : i === 0 ? 1 : 0;
  }

  /** Moves the equity and the weights with the prices. */
  #drift(growthOf: (candles: Candles) => number): void {
    const weights = this.#weights;
    let growth = weights[0];
    for (let m = 1; m < weights.length; m++) {
      weights[m] *= growthOf(this.#window.series[m - 1]);
      growth += weights[m];
    }
    for (let m = 0; m < weights.length; m++) weights[m] /= growth;
    this.#info.equity *= growth;
  }

  #rebalance(): void {
    const info = this.#info;
    const share = shareAfterRebalancing(this.#weights, this.#wanted, this.config.costRate);
    info.turnover = 0;
    for (let m = 0; m < this.#weights.length; m++)
      info.turnover += Math.abs(this.#wanted[m] - this.#weights[m]) / 2;
    info.costPaid = info.equity * (1 - share);
    info.equity *= share;
    this.#weights.set(this.#wanted);
  }

  #observe(): void {
    const { observation } = this.#result;
    this.#info.timeMs = this.#window.timeMs;
    this.#info.row = this.#window.row;
    this.#window.writeInto(observation);
    for (let m = 0; m < this.#weights.length; m++) observation[this.#window.dim + m] = this.#weights[m];
  }

  #invalidAction(action: Action): EnvError {
    return new EnvError(
      'invalid-action',
      `The portfolio env got the action ${action} at row ${this.#window.row}; expected ${this.#wanted.length} weights, none NaN.`,
    );
  }
}

export const portfolio = defineEnv({
  name: 'portfolio',
  description: 'Several assets and cash: choose the weights, pay for rebalancing, grow the equity',
  config,
  needsCandles: true,
  takesSeries: true,
  create: ({ seed, series = [], parts }, config) => new PortfolioEnv({ series, seed, config, parts }),
});
