/** The public names of the environments: the contract, spaces, the built-in plugins, vectors and wrappers of envs. */

export type { AccountInfo } from './account-info.ts';
export { type ArbitrageConfig, arbitrageConfig } from './arbitrage/config.ts';
export { SYNTHETIC_MARKET, syntheticBooks } from './arbitrage/synthetic.ts';
export type { ArbitrageInfo } from './arbitrage/trader.ts';
export { ArbitrageEnv, type ArbitrageEnvOptions, arbitrage } from './arbitrage.ts';
export { BookTradingEnv, type BookTradingEnvOptions, tradingBooks } from './book-trading.ts';
export { builtInEnvs } from './built-in.ts';
export { CartPole, cartpole } from './cartpole.ts';
export { type CheckEnvOptions, checkEnv, inspectEnv } from './check-env.ts';
export {
  ComboEnv,
  type ComboEnvOptions,
  type ComboInfo,
  comboEnvs,
  syntheticLegs,
} from './combo-arbitrage.ts';
export type { ComboAction } from './combos/actions.ts';
export { type ComboConfig, comboConfig, comboConfigOf } from './combos/config.ts';
export {
  CARRY,
  COMBO_KINDS,
  type ComboKind,
  MAKER_TAKER,
  PERP_CARRY,
  PREMIUM,
  TRIANGULAR,
} from './combos/kinds.ts';
export {
  defineEnv,
  type Env,
  type EnvContext,
  type EnvPlugin,
  type ResetOptions,
  type ResetResult,
  type RowSpan,
  type StepResult,
} from './env.ts';
export { findGymnasiumEnv, GYMNASIUM_PREFIX } from './gymnasium/env.ts';
export { MountainCarContinuous, mountainCarContinuous } from './mountain-car-continuous.ts';
export { type PairsConfig, PairsEnv, type PairsInfo, pairs } from './pairs.ts';
export { builtInParts, type EnvParts } from './parts.ts';
export { Pendulum, pendulum } from './pendulum.ts';
export { PerpTradingEnv, type PerpTradingEnvOptions } from './perp-trading.ts';
export { PortfolioEnv, type PortfolioInfo, portfolio } from './portfolio.ts';
export { SharesEnv, type SharesInfo, shares } from './shares.ts';
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
} from './spaces.ts';
export { type BookTradingConfig, bookTradingConfig } from './trading/book-config.ts';
export { type TradingConfig, tradingConfig } from './trading/config.ts';
export type { TradingInfo } from './trading/observation.ts';
export {
  defineReward,
  differentialSharpe,
  drawdownPenalised,
  logReturn,
  type Reward,
  type RewardContext,
  type RewardPlugin,
  type RewardStep,
  tradingRewards,
} from './trading/rewards.ts';
export { createTradingEnv, TradingEnv, type TradingEnvOptions, trading } from './trading.ts';
export { createVectorEnv, type FinishedEpisode, type VectorEnv } from './vector/vector-env.ts';
export { createWorkerVectorEnv, type EnvModule } from './vector/worker-vector-env.ts';
export { type AlternateEnv, alternateEnvs } from './wrappers/alternate-envs.ts';
export { clipReward } from './wrappers/clip-reward.ts';
export { delayActions } from './wrappers/delay-actions.ts';
export {
  type EpisodeRecord,
  type RecordEpisodesOptions,
  recordEpisodes,
} from './wrappers/record-episodes.ts';
export { selectObservations } from './wrappers/select-observations.ts';
export { limitTime } from './wrappers/time-limit.ts';
