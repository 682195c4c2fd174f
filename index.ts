/**
 * The public names that most programs need. Each room has a sub-path with all of its own: `market-gym/agents`,
 * `market-gym/envs` and so on.
 */

export { a2c } from './agents/a2c.ts';
export {
  type Agent,
  type AgentContext,
  type AgentPlugin,
  defineAgent,
  type Metrics,
} from './agents/agent.ts';
export { builtInAgents } from './agents/built-in.ts';
export type {
  KernelRequest,
  NetworkFactory,
  NetworkPlugin,
  NetworkRequest,
} from './agents/custom-network.ts';
export { defineNetwork, factoryOf } from './agents/custom-network.ts';
export { ddpg } from './agents/ddpg.ts';
export { dqn } from './agents/dqn.ts';
export { normalizationConfig, normalizeAgent } from './agents/normalization.ts';
export { createPolicyHead } from './agents/on-policy/create-policy-head.ts';
export type { PolicyHead } from './agents/on-policy/policy-head.ts';
export { ppo } from './agents/ppo.ts';
export { type PriorConfig, priorConfig } from './agents/priors/config.ts';
export type { PriorSupport, PriorUse } from './agents/priors/support.ts';
export { withPrior } from './agents/priors/with-prior.ts';
export { buyAndHold } from './agents/rules/buy-and-hold.ts';
export { edgeThreshold } from './agents/rules/edge-threshold.ts';
export { edgeTrailing } from './agents/rules/edge-trailing.ts';
export { priorPolicy } from './agents/rules/prior-policy.ts';
export { random } from './agents/rules/random.ts';
export { signal } from './agents/rules/signal.ts';
export { smaCross } from './agents/rules/sma-cross.ts';
export { sac } from './agents/sac.ts';
export { td3 } from './agents/td3.ts';
export { type ConfigOf, type ConfigOverrides, type ConfigSchema, resolveConfig, z } from './core/config.ts';
export {
  ConfigError,
  DataError,
  EnvError,
  LiveError,
  MarketGymError,
  StorageError,
  TrainingError,
} from './core/errors.ts';
export * as math from './core/math.ts';
export type { PartDefinition, PartPlugin } from './core/plugin.ts';
export { Registry } from './core/registry.ts';
export { createRng, type Rng } from './core/rng.ts';
export { RunningMoments } from './core/running-moments.ts';
export {
  hashSnapshot,
  type Json,
  joinSnapshots,
  type NumericArray,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from './core/snapshot.ts';
export { mean, median, quantile, standardDeviation } from './core/statistics.ts';
export type { AccountInfo } from './envs/account-info.ts';
export { arbitrageConfig } from './envs/arbitrage/config.ts';
export { SYNTHETIC_MARKET, syntheticBooks } from './envs/arbitrage/synthetic.ts';
export type { ArbitrageInfo } from './envs/arbitrage/trader.ts';
export { ArbitrageEnv, type ArbitrageEnvOptions, arbitrage } from './envs/arbitrage.ts';
export type { BookTradingEnvOptions } from './envs/book-trading.ts';
export { BookTradingEnv, tradingBooks } from './envs/book-trading.ts';
export { builtInEnvs } from './envs/built-in.ts';
export { CartPole, cartpole } from './envs/cartpole.ts';
export { checkEnv } from './envs/check-env.ts';
export {
  defineEnv,
  type Env,
  type EnvContext,
  type EnvPlugin,
  type ResetOptions,
  type ResetResult,
  type RowSpan,
  type StepResult,
} from './envs/env.ts';
export { MountainCarContinuous, mountainCarContinuous } from './envs/mountain-car-continuous.ts';
export type { EnvParts } from './envs/parts.ts';
export { builtInParts } from './envs/parts.ts';
export { Pendulum, pendulum } from './envs/pendulum.ts';
export { PortfolioEnv, portfolio } from './envs/portfolio.ts';
export { SharesEnv, shares } from './envs/shares.ts';
export {
  type Action,
  type ActionBatch,
  type ActionSpace,
  actionDim,
  type Box,
  createActionBatch,
  createBox,
  createDiscrete,
  createMultiDiscrete,
  type Discrete,
  describeSpace,
  type ElementGroup,
  type MultiDiscrete,
  numChoices,
  sampleActionsInto,
} from './envs/spaces.ts';
export type { TradingInfo } from './envs/trading/observation.ts';
export type { RewardContext, RewardStep } from './envs/trading/rewards.ts';
export { defineReward, type Reward, type RewardPlugin } from './envs/trading/rewards.ts';
export { TradingEnv, type TradingEnvOptions, trading } from './envs/trading.ts';
export type { StepContext, TransitionBatch } from './envs/transition.ts';
export { createVectorEnv, type FinishedEpisode, type VectorEnv } from './envs/vector/vector-env.ts';
export { createWorkerVectorEnv } from './envs/vector/worker-vector-env.ts';
export { clipReward } from './envs/wrappers/clip-reward.ts';
export { selectObservations } from './envs/wrappers/select-observations.ts';
export { limitTime } from './envs/wrappers/time-limit.ts';
export { definePruner, type Pruner } from './experiments/search/pruner.ts';
export { defineSampler, type Sampler } from './experiments/search/sampler.ts';
export { pointAt as spacePointAt, shareOf } from './experiments/search/space.ts';
export { rankTrials } from './experiments/search/trial-record.ts';
export { type Clock, systemClock } from './live/connection/clock.ts';
export {
  VenueConnection,
  type VenueConnectionOptions,
  type VenueStatus,
} from './live/connection/connection.ts';
export {
  arrayOf,
  decimalOf,
  epochOf,
  type Fields,
  fieldsOf,
  integerOf,
  isFields,
  isoTimeOf,
  malformed,
  parseFields,
  priceOf,
  textOf,
} from './live/connection/frame-fields.ts';
export { invalidateOnError, refuseOrReconnect } from './live/connection/frame-loss.ts';
export { LevelBuffer } from './live/connection/level-buffer.ts';
export type { MarketFeed } from './live/connection/market-feed.ts';
export { createScaledClock } from './live/connection/scaled-clock.ts';
export {
  defineVenue,
  FrameError,
  type LossReason,
  type ProtocolHost,
  type RejectionReason,
  type TickerEvent,
  type TradeEvent,
  type VenueCommand,
  type VenueEvent,
  type VenueInput,
  type VenuePlugin,
  type VenueProtocol,
  type VenueSetup,
} from './live/connection/venue.ts';
export type { ConnectionLimits } from './live/connection/venue-config.ts';
export { connectionConfig } from './live/connection/venue-config.ts';
export { CHANNELS, type Channel, type VenueMarket } from './live/connection/venue-markets.ts';
export { VirtualClock } from './live/connection/virtual-clock.ts';
export { wsTransport } from './live/connection/ws-transport.ts';
export type { LiveConfig } from './live/session/config.ts';
export { resolveLiveConfig } from './live/session/config.ts';
export type { RunLiveOptions } from './live/session/live-env.ts';
export { LiveEnv, type LiveEnvOptions, runLive } from './live/session/live-env.ts';
export { standInTape } from './live/tape/book-frames.ts';
export { loadBooksOrCapture, loadTradesOrCapture } from './live/tape/capture.ts';
export { replayTape } from './live/tape/replay.ts';
export type { TapeServer, TapeServerOptions } from './live/tape/server.ts';
export { serveTape } from './live/tape/server.ts';
export { builtInVenues } from './live/venues/built-in.ts';
export { ccxtVenue } from './live/venues/ccxt.ts';
export { findVenue, prepareVenues } from './live/venues/find.ts';
export { type HindsightOptions, hindsightBound } from './market/arbitrage/hindsight-bound.ts';
export { encodeBooks, encodeTrades, loadBooks, loadTrades } from './market/books/load.ts';
export { type BookSide, OrderBook } from './market/books/order-book.ts';
export { describeBooks } from './market/books/quality.ts';
export type { BookTape, Venue } from './market/books/tape.ts';
export { BookTapeBuilder, checkTape } from './market/books/tape-builder.ts';
export { mergeTapes, selectVenues, sliceTape } from './market/books/tape-span.ts';
export { createTradeTape, type TradeTape } from './market/books/trade-tape.ts';
export {
  type CandleColumns,
  type Candles,
  candlesFromPrices,
  createCandles,
  hashCandles,
  sliceCandles,
} from './market/candles/candles.ts';
export { Conversions, convertTape, type RateSeries, ratesFromCandles } from './market/candles/conversion.ts';
export type { FeeContext, FeeModel, FeePlugin } from './market/execution/fees.ts';
export { defineFeeModel } from './market/execution/fees.ts';
export type { LatencyContext, LatencyModel, LatencyPlugin } from './market/execution/latency.ts';
export { defineLatencyModel } from './market/execution/latency.ts';
export type {
  SlippageContext,
  SlippageModel,
  SlippageOrder,
  SlippagePlugin,
} from './market/execution/slippage.ts';
export { defineSlippageModel } from './market/execution/slippage.ts';
export { defineFeature, type Feature } from './market/features/features.ts';
export { createFeaturePipeline, type FeatureMatrix } from './market/features/pipeline.ts';
export { loadCandles } from './market/files/load-candles.ts';
export { summarize } from './market/statistics/metrics.ts';
export {
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  probabilityOfOverfitting,
} from './market/statistics/overfitting.ts';
export { geometricBrownian, meanReverting, regimeSwitching } from './market/synthetic/candles.ts';
export { fitSyntheticVenues } from './market/synthetic/venue-fit.ts';
export { SyntheticVenues } from './market/synthetic/venues.ts';
export { syntheticVenuesPresets, syntheticVenuesSchema } from './market/synthetic/venues-config.ts';
export { loadModel, type ModelArtifact as SupervisedArtifact, saveModel } from './models/artifact.ts';
export { classBalance, createDataset, type Dataset, datasetFromCandles } from './models/data/dataset.ts';
export type { FeatureTable } from './models/data/feature-table.ts';
export { labelCandles } from './models/data/labels.ts';
export { combinatorial, purgedKFold, walkForward } from './models/data/splitters.ts';
export { datasetFromTable, readTableCsv } from './models/data/table-csv.ts';
export {
  classificationMetrics,
  formatClassificationReport,
} from './models/judging/classification-metrics.ts';
export { builtInModels } from './models/kinds.ts';
export {
  defineModel,
  type ModelPlugin,
  type ModelShape,
  type Predictor,
  type PredictorState,
  type TrainedModel,
  type TrainingContext,
} from './models/model.ts';
export type { SignalRule, SignalRulePlugin } from './models/signals/exposure.ts';
export { defineSignalRule } from './models/signals/exposure.ts';
export { outOfFold } from './models/signals/out-of-fold.ts';
export { predictSignal } from './models/signals/predict.ts';
export { type Predictions, requireOutOfSample } from './models/signals/predictions.ts';
export { withPriorColumns } from './models/signals/prior-columns.ts';
export { type Signal, SignalStream } from './models/signals/stream.ts';
export { createTfjsKind } from './models/tfjs.ts';
export { trainModel } from './models/train.ts';
export { type LabelledTable, trainXgboost, type XgboostOptions } from './models/trees/xgboost.ts';
export type { XgboostOverrides } from './models/trees/xgboost-config.ts';
export { XgboostModel } from './models/trees/xgboost-model.ts';
export { createKernels } from './networks/kernels/create.ts';
export type { Kernels } from './networks/kernels/kernels.ts';
export { createMlp, type Mlp } from './networks/layers/mlp.ts';
export type { Network, ParameterBlock } from './networks/network.ts';
export { clipGradientNorm, createAdam, type Optimizer } from './networks/optimizer.ts';
export { estimateAdvantagesInto } from './replay/advantages.ts';
export { RolloutBuffer } from './replay/rollout-buffer.ts';
export type { TapeRecord } from './storage/tape.ts';
export { readTape } from './storage/tape.ts';
export { TapeWriter } from './storage/tape-writer.ts';
export type { ArbitrageTrainingOptions } from './trainers/arbitrage/options.ts';
export { type ArbitrageResult, trainArbitrage } from './trainers/arbitrage/train.ts';
export { backtest } from './trainers/backtest.ts';
export { everySteps, PeriodicEvaluation } from './trainers/callbacks.ts';
export { evaluate } from './trainers/evaluate.ts';
export { evaluateModel, judgePredictions } from './trainers/evaluate-model.ts';
export { checkNoLookAhead } from './trainers/look-ahead/prove.ts';
export { type Ablation, ablate } from './trainers/prior-ablation.ts';
export { priorPredictions } from './trainers/prior-signal.ts';
export { renderArbitrageReport } from './trainers/report/arbitrage.ts';
export { backtestSignal } from './trainers/signal-backtest.ts';
export { type TrainEvent, Training, type TrainOptions, train } from './trainers/train.ts';
