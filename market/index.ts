/** The public names of the market: candles, order books, features, execution, arbitrage, synthetic markets, statistics. */
export {
  type EdgeStatistics,
  midSpreadBps,
  pairQuotes,
  type QuotePairs,
  summarizeEdges,
} from './arbitrage/edges.ts';
export { type HindsightOptions, hindsightBound } from './arbitrage/hindsight-bound.ts';
export { type LeadLag, measureLeadLag } from './arbitrage/lead-lag.ts';
export { Deleveraging, type DeleveragingTerms } from './arbitrage/legs/deleveraging.ts';
export { LegDesk, type LegDeskOptions, type LegFill } from './arbitrage/legs/desk.ts';
export { type Combo, type LegMarket, type LegPlan, planLegs } from './arbitrage/legs/plan.ts';
export { Pockets } from './arbitrage/legs/pockets.ts';
export { QuoteDesk, type QuoteDeskOptions } from './arbitrage/legs/quotes.ts';
export { type BookBars, createBookBars } from './books/bars.ts';
export { type BarBookOptions, booksFromBars } from './books/from-bars.ts';
export { encodeBooks, encodeTrades, loadBooks, loadTrades } from './books/load.ts';
export { type BookSide, OrderBook } from './books/order-book.ts';
export { type BookQuality, describeBooks } from './books/quality.ts';
export { formatBookQuality } from './books/quality-text.ts';
export type { BookTape, Venue } from './books/tape.ts';
export {
  BookTapeBuilder,
  checkTape,
  type FaultPolicy,
  type Rejection,
  type TapeBuilderOptions,
} from './books/tape-builder.ts';
export type { BookLoadReport, LoadBooksOptions, LoadedBooks } from './books/tape-loading.ts';
export { firstAtOrAfter, mergeTapes, selectVenues, sliceTape } from './books/tape-span.ts';
export { createTradeTape, type TradeColumns, type TradeTape } from './books/trade-tape.ts';
export { type AsOfRows, alignAsOf, alignCandles, closeTimes } from './candles/align.ts';
export {
  type CandleColumns,
  type Candles,
  candlesFromPrices,
  createCandles,
  hashCandles,
  sliceCandles,
} from './candles/candles.ts';
export {
  Conversions,
  type ConversionsOptions,
  convertTape,
  type RateSeries,
  ratesFromCandles,
} from './candles/conversion.ts';
export { type DataQuality, describeCandles, formatDataQuality } from './candles/data-quality.ts';
export { periodsPerYear } from './candles/periods.ts';
export { Account, type AccountView } from './execution/account.ts';
export { BarBroker, type BarBrokerOptions, type Execution } from './execution/bar-broker.ts';
export { BookBroker } from './execution/book-broker.ts';
export type { BookBrokerOptions, BookOrder } from './execution/book-broker-options.ts';
export { BookMatcher, type Side, type VenueRules } from './execution/book-matcher.ts';
export type { Broker, MarkedAccount } from './execution/broker.ts';
export { type ContractNews, ContractState } from './execution/contract-news.ts';
export type { FeeTier } from './execution/fee-tiers.ts';
export {
  defineFeeModel,
  type FeeContext,
  type FeeModel,
  type FeePlugin,
  type Liquidity,
  makerTakerFee,
  proportionalFee,
  tieredFee,
} from './execution/fees.ts';
export type { Fill } from './execution/fill.ts';
export { createFill } from './execution/fill.ts';
export {
  constantLatency,
  defineLatencyModel,
  empiricalLatency,
  type LatencyContext,
  type LatencyModel,
  type LatencyPlugin,
  type LognormalLatencyOptions,
  lognormalLatency,
} from './execution/latency.ts';
export { MarginAccount, type MarginTerms, type MarginTrade } from './execution/margin-account.ts';
export { type BookAccount, MarginBookAccount } from './execution/margin-book-account.ts';
export { noOutages, type OutageModel, randomOutages } from './execution/outages.ts';
export { PerpBroker, type PerpBrokerOptions } from './execution/perp-broker.ts';
export {
  type BarExit,
  bankruptcyPrice,
  type CrossPosition,
  crossLiquidationPrice,
  type ExitLevels,
  exitWithinBar,
  fundingPayment,
  type IsolatedPosition,
  isolatedLiquidationPrice,
} from './execution/perpetual.ts';
export { QueuePosition } from './execution/queue-position.ts';
export { RateLimit } from './execution/rate-limit.ts';
export {
  addSlippage,
  type BarLiquidity,
  barLiquidity,
  defineSlippageModel,
  noSlippage,
  type SlippageContext,
  type SlippageModel,
  type SlippageOrder,
  type SlippagePlugin,
  spreadSlippage,
  squareRootImpact,
} from './execution/slippage.ts';
export { builtinFeatures } from './features/built-in.ts';
export { defineFeature, type Feature } from './features/features.ts';
export {
  type ColumnGroup,
  createFeaturePipeline,
  type FeatureMatrix,
  type FeaturePipeline,
  type FeaturePipelineOptions,
  type FeatureStream,
} from './features/pipeline.ts';
export {
  type LoadedSeries,
  type LoadReport,
  loadCandleSeries,
  type NamedCandles,
} from './files/candle-series.ts';
export { type LoadedCandles, loadCandles } from './files/load-candles.ts';
export type { DuplicatePolicy, ReadOptions } from './files/options.ts';
export {
  type ContractPosition,
  contractFunding,
  contractNotional,
  contractProfit,
  entryLiquidationPrice,
  markLiquidationPrice,
} from './instruments/contract.ts';
export {
  createFundingSeries,
  type FundingColumns,
  type FundingSeries,
  requireFundingOver,
  type SyntheticFunding,
  syntheticFunding,
} from './instruments/funding-series.ts';
export {
  createInstrument,
  INSTRUMENT_KINDS,
  type Instrument,
  type InstrumentKind,
  type InstrumentSettings,
  instrumentSchema,
} from './instruments/instrument.ts';
export { type FundingOptions, loadFunding } from './instruments/load-funding.ts';
export { DEFAULT_TIERS, type MaintenanceTier, MaintenanceTiers } from './instruments/maintenance-tiers.ts';
export {
  PRICE_STEP_TABLES,
  type PriceStep,
  PriceSteps,
  priceStepsOf,
  UPBIT_KRW_STEPS,
} from './instruments/price-steps.ts';
export {
  type AccountPath,
  type AccountTrips,
  foldAccount,
  type RoundTrip,
  type StepFill,
} from './statistics/account-trips.ts';
export { type BootstrapOptions, type MeanInterval, stationaryBootstrap } from './statistics/bootstrap.ts';
export {
  ledoitWolf,
  type PrincipalComponents,
  principalComponents,
  type ShrunkCovariance,
} from './statistics/covariance.ts';
export { type Deflation, deflate, sharpeRecord } from './statistics/deflation.ts';
export {
  type BenchmarkMetrics,
  compareToBenchmark,
  type PerformanceMetrics,
  probabilisticSharpe,
  type SummaryOptions,
  summarize,
} from './statistics/metrics.ts';
export {
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  type OverfittingResult,
  probabilisticSharpeOf,
  probabilityOfOverfitting,
  type SharpeRecord,
} from './statistics/overfitting.ts';
export {
  describePair,
  describePanel,
  type PairDescription,
  type PanelDescription,
} from './statistics/pairs/describe.ts';
export { type HedgeRatio, hedgeRatio, KalmanHedge, rollingHedge } from './statistics/pairs/hedge-ratio.ts';
export { type JohansenTest, johansen } from './statistics/pairs/johansen.ts';
export {
  type CointegrationTest,
  dickeyFuller,
  engleGranger,
  halfLife,
  type UnitRootTest,
} from './statistics/pairs/unit-root.ts';
export { equalWeights, minimumVariance, riskParity } from './statistics/portfolio-weights.ts';
export {
  type Activity,
  type ActivityRecord,
  roundTrips,
  summarizeActivity,
  summarizeTrades,
  type Trade,
  type TradeStatistics,
} from './statistics/trades.ts';
export { ALIKE_CORRELATION, clusterTrials } from './statistics/trial-clusters.ts';
export { geometricBrownian, meanReverting, regimeSwitching, sine } from './synthetic/candles.ts';
export {
  LegMarkets,
  type LegMarketsConfig,
  type LegTape,
  legMarketsSchema,
} from './synthetic/leg-markets.ts';
export { fitSyntheticVenues, type SyntheticVenuesOverrides } from './synthetic/venue-fit.ts';
export { compareFit, type FitRow } from './synthetic/venue-fit-report.ts';
export { SyntheticVenues } from './synthetic/venues.ts';
export {
  type SyntheticVenuesConfig,
  syntheticVenuesPresets,
  syntheticVenuesSchema,
  type VenueConfig,
} from './synthetic/venues-config.ts';
