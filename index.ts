/** The public API: what a user's own agents, envs and experiments are made of. */
export * from './agents/agent.ts';
export type { NetworkFactory, NetworkRequest } from './agents/custom-network.ts';
export { builtInAgents } from './agents/index.ts';
export { normalizationConfig, normalizeAgent } from './agents/normalization.ts';
export { createPolicyHead, type PolicyHead } from './agents/policy-head.ts';
export { ppo } from './agents/ppo.ts';
export { type PriorConfig, priorConfig, withPrior } from './agents/prior.ts';
export { priorPolicy } from './agents/prior-policy.ts';
export { z } from './core/config.ts';
export * from './core/errors.ts';
export { Registry } from './core/registry.ts';
export { createRng, type Rng } from './core/rng.ts';
export { RunningMoments } from './core/running-moments.ts';
export * from './core/snapshot.ts';
export { ArbitrageEnv, type ArbitrageEnvOptions, type ArbitrageInfo, arbitrage } from './envs/arbitrage.ts';
export { arbitrageConfig } from './envs/arbitrage-config.ts';
export { SYNTHETIC_MARKET, syntheticBooks } from './envs/arbitrage-synthetic.ts';
export { CartPole, cartpole } from './envs/cartpole.ts';
export { checkEnv } from './envs/check-env.ts';
export { clipReward } from './envs/clip-reward.ts';
export * from './envs/env.ts';
export { builtInEnvs } from './envs/index.ts';
export { MountainCarContinuous, mountainCarContinuous } from './envs/mountain-car-continuous.ts';
export { Pendulum, pendulum } from './envs/pendulum.ts';
export { selectObservations } from './envs/select-observations.ts';
export * from './envs/spaces.ts';
export { limitTime } from './envs/time-limit.ts';
export { TradingEnv, type TradingEnvOptions, trading } from './envs/trading.ts';
export type { TradingInfo } from './envs/trading-observation.ts';
export { defineReward, type Reward, type RewardPlugin } from './envs/trading-rewards.ts';
export { createVectorEnv, type FinishedEpisode, type VectorEnv } from './envs/vector-env.ts';
export { createWorkerVectorEnv } from './envs/worker-vector-env.ts';
export { type Clock, systemClock } from './live/clock.ts';
export { VenueConnection, type VenueConnectionOptions, type VenueStatus } from './live/connection.ts';
export * from './live/venue.ts';
export { builtInVenues } from './live/venues/index.ts';
export { wsTransport } from './live/ws-transport.ts';
export { describeBooks } from './market/book-quality.ts';
export type { BookTape, Venue } from './market/book-tape.ts';
export * from './market/candles.ts';
export { Conversions, convertTape, type RateSeries, ratesFromCandles } from './market/conversion.ts';
export { loadCandles } from './market/csv.ts';
export { createFeaturePipeline, type FeatureMatrix } from './market/feature-pipeline.ts';
export { defineFeature, type Feature } from './market/features.ts';
export { type HindsightOptions, hindsightBound } from './market/hindsight-bound.ts';
export { encodeBooks, encodeTrades, loadBooks, loadTrades } from './market/load-books.ts';
export { summarize } from './market/metrics.ts';
export { type BookSide, OrderBook } from './market/order-book.ts';
export {
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  probabilityOfOverfitting,
} from './market/overfitting.ts';
export { geometricBrownian, meanReverting, regimeSwitching } from './market/synthetic.ts';
export { SyntheticVenues } from './market/synthetic-venues.ts';
export { syntheticVenuesPresets, syntheticVenuesSchema } from './market/synthetic-venues-config.ts';
export { BookTapeBuilder, checkTape } from './market/tape-builder.ts';
export { mergeTapes, selectVenues, sliceTape } from './market/tape-span.ts';
export { createTradeTape, type TradeTape } from './market/trade-tape.ts';
export { fitSyntheticVenues } from './market/venue-fit.ts';
export {
  loadModel,
  type ModelArtifact as SupervisedArtifact,
  saveModel,
} from './models/artifact.ts';
export { classificationMetrics, formatClassificationReport } from './models/classification-metrics.ts';
export { classBalance, createDataset, type Dataset, datasetFromCandles } from './models/dataset.ts';
export type { FeatureTable } from './models/feature-table.ts';
export { builtInModels } from './models/kinds.ts';
export { labelCandles } from './models/labels.ts';
export { defineModel, type ModelPlugin, type Predictor, type TrainedModel } from './models/model.ts';
export { outOfFold } from './models/out-of-fold.ts';
export { predictSignal } from './models/predict-signal.ts';
export { type Predictions, requireOutOfSample } from './models/predictions.ts';
export { withPriorColumns } from './models/prior-columns.ts';
export { type Signal, SignalStream } from './models/signal-stream.ts';
export { combinatorial, purgedKFold, walkForward } from './models/splitters.ts';
export { datasetFromTable, readTableCsv } from './models/table-csv.ts';
export { createTfjsKind } from './models/tfjs.ts';
export { trainModel } from './models/train-model.ts';
export { type LabelledTable, trainXgboost, type XgboostOptions } from './models/xgboost.ts';
export type { XgboostOverrides } from './models/xgboost-config.ts';
export { XgboostModel } from './models/xgboost-model.ts';
export { createKernels } from './networks/create-kernels.ts';
export type { Kernels } from './networks/kernels.ts';
export { createMlp, type Mlp } from './networks/mlp.ts';
export type { Network, ParameterBlock } from './networks/network.ts';
export { clipGradientNorm, createAdam, type Optimizer } from './networks/optimizer.ts';
export { estimateAdvantagesInto } from './replay/advantages.ts';
export { RolloutBuffer } from './replay/rollout-buffer.ts';
export { type ArbitrageResult, type ArbitrageTrainingOptions, trainArbitrage } from './trainers/arbitrage.ts';
export { renderArbitrageReport } from './trainers/arbitrage-report.ts';
export { backtest } from './trainers/backtest.ts';
export { everySteps, PeriodicEvaluation } from './trainers/callbacks.ts';
export { evaluate } from './trainers/evaluate.ts';
export { evaluateModel, judgePredictions } from './trainers/evaluate-model.ts';
export { type Ablation, ablate } from './trainers/prior-ablation.ts';
export { priorPredictions } from './trainers/prior-signal.ts';
export { backtestSignal } from './trainers/signal-backtest.ts';
export { type TrainEvent, Training, type TrainOptions, train } from './trainers/train.ts';
