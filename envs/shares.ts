/** Trades whole shares of several stocks from one cash account. */
import { type ConfigOf, type ConfigOverrides, resolveConfig, z } from '../core/config.ts';
import { EnvError } from '../core/errors.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';
import type { Candles } from '../market/candles/candles.ts';
import { AssetWindow, assetWindowConfig } from './asset-window.ts';
import { defineEnv, type Env, type ResetOptions, type ResetResult, type StepResult } from './env.ts';
import type { EnvParts } from './parts.ts';
import { type Action, type Box, createBox } from './spaces.ts';

const config = z.object({
  ...assetWindowConfig,
  window: assetWindowConfig.window.default(1),
  maxShares: z.int().min(1).default(100).describe('shares of one stock traded in a step at the most'),
  buyCostRate: z.number().min(0).lt(1).default(0.001).describe('cost of buying, fraction of notional'),
  sellCostRate: z.number().min(0).lt(1).default(0.001).describe('cost of selling, fraction of notional'),
  execution: z
    .enum(['next-open', 'close'])
    .default('next-open')
    .describe("trade at the next bar's open, or at the close just observed"),
  initialCash: z.number().positive().default(10_000).describe('cash at the start of an episode, quote units'),
  rewardScale: z.number().positive().default(1e-4).describe('reward per quote unit of gain'),
});

/** The state after a step. Arrays are views. */
export interface SharesInfo {
  /** Open time of the bar at whose close everything is valued, UTC epoch. */
  timeMs: number;
  row: number;
  equity: number;
  cash: number;
  /** Shares held. [M] */
  holdings: Int32Array;
  /** Shares bought (positive) or sold in this step, after cash and holdings have had their say. [M] */
  traded: Int32Array;
  /** This step's cost, quote units. */
  costPaid: number;
}

/**
 * M stocks. Observation [W·M·F + 1 + M]: the window of features, then cash and the value of each holding as parts of
 * the equity. Action [M] in [−1, 1]: the part of `maxShares` to buy or sell, cut down to whole shares. Sales come
 * first, then purchases, the largest order first, as far as the cash goes. Reward: gain of equity · rewardScale.
 *
 * Source: the stock trading env of FinRL (Liu et al. 2020, arXiv:2011.09607). Differences from the source: trades
 * fill at the next bar's open unless told otherwise; features and episodes are those of this framework's envs.
 */
export class SharesEnv implements Env<SharesInfo> {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly config: ConfigOf<typeof config>;
  readonly #window: AssetWindow;
  readonly #holdings: Int32Array; // [M]
  readonly #traded: Int32Array; // [M]
  readonly #wanted: Float64Array; // [M] shares, truncated, signed
  readonly #order: Int32Array; // [M] stocks, the smallest wanted number first
  readonly #info: SharesInfo;
  readonly #result: StepResult<SharesInfo>;
  #running = false;

  /**
   * @param options `series`: aligned candles, one per stock
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
    this.config = resolveConfig(config, options.config ?? {}, 'env "shares"');
    this.#window = new AssetWindow(series, this.config, seed, 'shares', options.parts);
    const { dim, names, window } = this.#window;
    const numStocks = series.length;
    const stockNames = series.map((_, m) => `${m + 1}`);
    const accountNames = ['cash', ...stockNames.map((name) => `holding:${name}`)];
    this.observationSpace = createBox(
      [dim + 1 + numStocks],
      -Infinity,
      Infinity,
      [...names, ...accountNames],
      window,
    );
    this.actionSpace = createBox([numStocks], -1, 1, stockNames);
    this.#holdings = new Int32Array(numStocks);
    this.#traded = new Int32Array(numStocks);
    this.#wanted = new Float64Array(numStocks);
    this.#order = Int32Array.from({ length: numStocks }, (_, m) => m);
    this.#info = {
      timeMs: 0,
      row: 0,
      equity: 0,
      cash: 0,
      holdings: this.#holdings,
      traded: this.#traded,
      costPaid: 0,
    };
    const observation = new Float32Array(dim + 1 + numStocks);
    this.#result = { observation, reward: 0, terminated: false, truncated: false, info: this.#info };
  }

  reset(options?: ResetOptions): ResetResult<SharesInfo> {
    this.#window.reset(options?.seed);
    this.#holdings.fill(0);
    this.#traded.fill(0);
    this.#info.cash = this.config.initialCash;
    this.#info.costPaid = 0;
    this.#running = true;
    this.#observe();
    return this.#result;
  }

  /** @throws EnvError `invalid-action` for NaN or a wrong length, `not-running` outside an episode */
  step(action: Action): StepResult<SharesInfo> {
    if (!this.#running)
      throw new EnvError('not-running', 'The shares env was stepped outside an episode: call reset first.');
    this.#readWanted(action);
    const { row } = this.#window;
    const before = this.#info.equity;
    this.#trade(
      this.config.execution === 'next-open' ? 'open' : 'close',
      this.config.execution === 'next-open' ? row + 1 : row,
    );
    this.#window.row = row + 1;
    this.#observe();
    this.#result.reward = (this.#info.equity - before) * this.config.rewardScale;
    this.#result.truncated = this.#window.isAtEnd;
    this.#running = !this.#result.truncated;
    return this.#result;
  }

  save(): Snapshot {
    const { cash, costPaid } = this.#info;
    const account = {
      arrays: { holdings: this.#holdings.slice(), traded: this.#traded.slice() },
      values: { cash, costPaid, running: this.#running },
    };
    return joinSnapshots({ account, window: this.#window.save() });
  }

  load(snapshot: Snapshot): void {
    this.#window.load(snapshotPart(snapshot, 'window'));
    restoreArrayInto(this.#holdings, snapshot, 'account/holdings');
    restoreArrayInto(this.#traded, snapshot, 'account/traded');
    this.#info.cash = restoreNumber(snapshot, 'account/cash');
    this.#info.costPaid = restoreNumber(snapshot, 'account/costPaid');
    this.#running = snapshot.values['account/running'] === true;
    this.#observe();
  }

  #readWanted(action: Action): void {
    const wanted = this.#wanted;
    if (typeof action === 'number' || action.length !== wanted.length) throw this.#invalidAction(action);
    for (let m = 0; m < wanted.length; m++) {
      // The product in the actions' own precision, so that 0.9 of 100 shares is 90 and not 89.
      wanted[m] = Math.trunc(Math.fround(Math.min(Math.max(action[m], -1), 1) * this.config.maxShares));
      if (Number.isNaN(wanted[m])) throw this.#invalidAction(action);
    }
    this.#order.sort((a, b) => wanted[a] - wanted[b] || a - b);
  }

  #trade(column: 'open' | 'close', row: number): void {
    const { buyCostRate, sellCostRate } = this.config;
    const info = this.#info;
    info.costPaid = 0;
    for (const m of this.#order) {
      if (this.#wanted[m] >= 0) break;
      const price = this.#window.series[m][column][row];
      const sold = Math.min(-this.#wanted[m], this.#holdings[m]);
      info.cash += price * sold * (1 - sellCostRate);
      info.costPaid += price * sold * sellCostRate;
      this.#holdings[m] -= sold;
      this.#traded[m] = -sold;
    }
    for (let i = this.#order.length - 1; i >= 0 && this.#wanted[this.#order[i]] >= 0; i--) {
      const m = this.#order[i];
      const price = this.#window.series[m][column][row];
      const affordable = Math.floor(info.cash / (price * (1 + buyCostRate)));
      const bought = Math.min(this.#wanted[m], affordable);
      info.cash -= price * bought * (1 + buyCostRate);
      info.costPaid += price * bought * buyCostRate;
      this.#holdings[m] += bought;
      this.#traded[m] = bought;
    }
  }

  #observe(): void {
    const { observation } = this.#result;
    const info = this.#info;
    const { row, series, dim } = this.#window;
    info.timeMs = this.#window.timeMs;
    info.row = row;
    info.equity = info.cash;
    for (let m = 0; m < series.length; m++) info.equity += this.#holdings[m] * series[m].close[row];
    this.#window.writeInto(observation);
    observation[dim] = info.cash / info.equity;
    for (let m = 0; m < series.length; m++) {
      observation[dim + 1 + m] = (this.#holdings[m] * series[m].close[row]) / info.equity;
    }
  }

  #invalidAction(action: Action): EnvError {
    return new EnvError(
      'invalid-action',
      `The shares env got the action ${action} at row ${this.#window.row}; expected ${this.#wanted.length} numbers, none NaN.`,
    );
  }
}

export const shares = defineEnv({
  name: 'shares',
  description: 'Whole shares of several stocks from one cash account (as in FinRL)',
  config,
  needsCandles: true,
  takesSeries: true,
  create: ({ seed, series = [], parts }, config) => new SharesEnv({ series, seed, config, parts }),
});
