/** Trades one venue's market live: bars of the mid, features that grow with them, and a trader on the book. */
import { RunningChecksum } from '../../core/checksum.ts';
import { createRng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../../core/snapshot.ts';
import type { StepResult } from '../../envs/env.ts';
import { builtInParts, type EnvParts } from '../../envs/parts.ts';
import type { Action, Box, Discrete } from '../../envs/spaces.ts';
import type { BookTradingConfig } from '../../envs/trading/book-config.ts';
import { BookTrader } from '../../envs/trading/book-trader.ts';
import type { TradingInfo } from '../../envs/trading/observation.ts';
import { BarBuilder, BarSeries } from '../../market/candles/bar-series.ts';
import type { BookOrder } from '../../market/execution/book-broker-options.ts';
import type { BookLevels } from '../../market/execution/book-matcher.ts';
import type { ContractState } from '../../market/execution/contract-news.ts';
import type { Fill } from '../../market/execution/fill.ts';
import type { MarginBookAccount } from '../../market/execution/margin-book-account.ts';
import { GrowingFeatures } from '../../market/features/growing.ts';
import type { ContractEvent } from '../connection/venue.ts';
import type { LiveAccount, LiveMarket, Proposal } from './live-market.ts';

export interface TradingMarketOptions {
  readonly config: BookTradingConfig;
  readonly depth: number;
  /** Decides latencies. */
  readonly seed: number;
  /** What the configuration may name; absent: what comes with the framework. */
  readonly parts?: EnvParts;
  readonly onOrder?: (order: Readonly<BookOrder>) => void;
  readonly onFill?: (fill: Readonly<Fill>) => void;
}

/** Fraction of equity below which an exposure is rounding. */
const NEGLIGIBLE_EXPOSURE = 1e-3;

export class TradingMarket implements LiveMarket {
  readonly numSources = 1;
  readonly decidesBeforeEvents = true;
  readonly observationSpace: Box;
  readonly actionSpace: Discrete | Box;
  readonly depth: number;
  readonly #config: BookTradingConfig;
  readonly #series = new BarSeries();
  readonly #bars: BarBuilder;
  /** Of all bars: a session's length must not decide how long it takes to tell its state. */
  readonly #barsSum = new RunningChecksum();
  readonly #features: GrowingFeatures;
  readonly #trader: BookTrader;
  #isOpen = false;

  /** @throws ConfigError for settings that do not fit each other */
  constructor({ config, depth, seed, parts = builtInParts, onOrder, onFill }: TradingMarketOptions) {
    const { features, normalize, normalizationBars, featureClip: clip, barMs } = config;
    this.#config = config;
    this.depth = depth;
    this.#bars = new BarBuilder(this.#series, barMs);
    const options = { normalize, normalizationBars, clip, features: parts.features, stepMs: barMs };
    this.#features = new GrowingFeatures(this.#series, features, options);
    this.#trader = new BookTrader({
      candles: this.#series,
      features: this.#features,
      depth,
      config,
      rng: createRng(seed).fork('latency'),
      parts,
      onOrder,
      onFill,
    });
    this.observationSpace = this.#trader.observationSpace;
    this.actionSpace = this.#trader.actionSpace;
  }

  get nextDecisionMs(): number {
    return this.#bars.endMs;
  }

  get account(): LiveAccount {
    const { broker } = this.#trader;
    const { mid } = broker;
    const { initialEquity } = this.#config;
    const isOpen = this.#isOpen && mid > 0;
    return {
      equity: isOpen && broker.account.alive ? broker.account.equity(mid) : broker.equity,
      initialEquity,
      exposure: isOpen ? broker.account.exposure(mid) : 0,
      numFills: broker.numFills,
      numOrders: broker.isOrderUnderWay ? 1 : 0,
    };
  }

  takeBook(_source: number, levels: BookLevels, offset: number, timeMs: number): void {
    const bid = levels.bidPrices[offset];
    const ask = levels.askPrices[offset];
    if (bid > 0 && ask > 0) this.#bars.onPrice(timeMs, 0.5 * (bid + ask));
    this.#trader.takeBook(levels, offset, timeMs);
  }

  takeTrade(_source: number, size: number): void {
    this.#bars.onTrade(size);
  }

  takeContract(_source: number, contract: ContractEvent, timeMs: number): void {
    this.#trader.takeContract(contract, timeMs);
  }

  /** Whether mark and funding of a perpetual are known, and the mark is not old. */
  isInformed(nowMs: number): boolean {
    const { contract } = this.#trader.broker;
    return contract === undefined || contract.isKnown(nowMs, this.#config.staleMs);
  }

  loseBook(): void {
    this.#trader.broker.loseBook();
  }

  decide(): StepResult<TradingInfo> | undefined {
    if (!this.#bars.close()) return undefined;
    const row = this.#series.length - 1;
    this.#sumBar(row);
    this.#features.append(row);
    if (this.#isOpen) return this.#trader.finish(row);
    if (row < this.#features.firstRow + this.#config.window - 1) return undefined;
    this.#trader.open(row);
    this.#isOpen = true;
    this.#trader.result.reward = 0;
    return this.#trader.result;
  }

  numDueBy(timeMs: number): number {
    return this.#bars.numEndedBy(timeMs);
  }

  skipTo(timeMs: number): void {
    this.#bars.skipTo(timeMs);
  }

  propose(action: Action): Proposal {
    const { broker } = this.#trader;
    const target = this.#trader.targetOf(action);
    const { exposure, equity } = this.account;
    return {
      exposure: target,
      notional: target === broker.targetExposure ? 0 : Math.abs(target - exposure) * equity,
      increasesRisk: Math.abs(target) > Math.abs(exposure) || target * exposure < 0,
      edgeBps: Number.NaN,
    };
  }

  begin(action: Action): void {
    this.#trader.begin(action);
  }

  hold(): Action {
    return this.#actionFor(this.#trader.broker.targetExposure);
  }

  flatten(): Action {
    this.#trader.beginFlat();
    return this.#actionFor(0);
  }

  get isFlat(): boolean {
    const { exposure, numOrders } = this.account;
    return numOrders === 0 && Math.abs(exposure) < NEGLIGIBLE_EXPOSURE;
  }

  midOf(): number {
    return this.#trader.broker.mid;
  }

  describe(): { [key: string]: number } {
    const { broker } = this.#trader;
    const { base, cash, entryPrice, totalFees, totalSlippage } = broker.account;
    const { margin, contract } = broker;
    return {
      position: base,
      cash,
      entryPrice,
      price: broker.mid,
      targetExposure: broker.targetExposure,
      fees: totalFees,
      slippage: totalSlippage,
      unfilled: broker.numUnfilled,
      ...(margin !== undefined && contract !== undefined && describePerpetual(margin, contract)),
    };
  }

  save(): Snapshot {
    return joinSnapshots({
      own: { arrays: {}, values: { isOpen: Number(this.#isOpen) } },
      series: { arrays: { sum: this.#barsSum.lanes.slice() }, values: { length: this.#series.length } },
      bars: this.#bars.save(),
      trader: this.#trader.save(),
    });
  }

  checkpoint(): Snapshot {
    const { matcherFlags } = this.#trader.broker;
    return joinSnapshots({
      whole: this.save(),
      tail: this.#series.saveTail(this.#features.lookback + this.#config.window + 1),
      flags: { arrays: {}, values: { ...matcherFlags } },
    });
  }

  restore(snapshot: Snapshot): void {
    const whole = snapshotPart(snapshot, 'whole');
    const { window } = this.#config;
    this.#series.loadTail(snapshotPart(snapshot, 'tail'));
    this.#features.resume(window + 1);
    restoreArrayInto(this.#barsSum.lanes, whole, 'series/sum');
    this.#bars.load(snapshotPart(whole, 'bars'));
    this.#isOpen = restoreNumber(whole, 'own/isOpen') === 1;
    if (this.#isOpen) this.#trader.load(snapshotPart(whole, 'trader'));
    else this.#trader.broker.load(snapshotPart(snapshotPart(whole, 'trader'), 'broker'));
    const { values } = snapshotPart(snapshot, 'flags');
    this.#trader.broker.restoreFlags({ isDown: values.isDown === true, isLost: values.isLost === true });
  }

  #sumBar(row: number): void {
    const { timeMs, open, high, low, close, volume } = this.#series;
    for (const column of [timeMs, open, high, low, close, volume]) this.#barsSum.add(column[row]);
  }

  /** The level nearest to an exposure, or the exposure itself. */
  #actionFor(exposure: number): Action {
    const { actionSpace } = this;
    if (actionSpace.kind === 'box') return Float32Array.of(exposure);
    const values = actionSpace.values ?? [];
    let best = 0;
    for (let i = 1; i < values.length; i++) {
      if (Math.abs(values[i] - exposure) < Math.abs(values[best] - exposure)) best = i;
    }
    return best;
  }
}

/** What JSON has no number for is left out. */
function describePerpetual(
  { margin }: MarginBookAccount,
  { mark, fundingRate, fundingMs }: ContractState,
): { [key: string]: number } {
  const values = {
    mark,
    fundingRate,
    fundingTimeMs: fundingMs,
    funding: margin.totalFunding,
    marginRatio: margin.marginRatio(mark),
    liquidationPrice: margin.liquidationPrice(),
    liquidations: margin.liquidations,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
