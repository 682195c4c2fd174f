/** The public names of live trading: venues and what one's own is made of, connections, sessions, tapes, operations. */
export { type Clock, systemClock } from './connection/clock.ts';
export { VenueConnection, type VenueConnectionOptions, type VenueStatus } from './connection/connection.ts';
export { parseDecimal } from './connection/decimal.ts';
export type { FrameCounters } from './connection/frame-counters.ts';
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
  rateOf,
  textOf,
} from './connection/frame-fields.ts';
export { invalidateOnError, refuseOrReconnect } from './connection/frame-loss.ts';
export type { SideAddress } from './connection/joined-sockets.ts';
export { LevelBuffer } from './connection/level-buffer.ts';
export { MarketFeed } from './connection/market-feed.ts';
export { createScaledClock } from './connection/scaled-clock.ts';
export type { HttpAnswer, Socket, SocketHandlers, Transport } from './connection/transport.ts';
export {
  type ContractEvent,
  defineVenue,
  FrameError,
  type InstrumentEvent,
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
} from './connection/venue.ts';
export { type ConnectionLimits, connectionConfig } from './connection/venue-config.ts';
export type { Channel, VenueMarket } from './connection/venue-markets.ts';
export { CHANNELS, parseMarkets, requireChannels } from './connection/venue-markets.ts';
export { VenueSession, type VenueSessionOptions } from './connection/venue-session.ts';
export { VirtualClock } from './connection/virtual-clock.ts';
export { wsTransport } from './connection/ws-transport.ts';
export { OpsMonitor, type OpsMonitorOptions } from './ops/monitor.ts';
export { type OpsServer, type OpsServerOptions, startOpsServer } from './ops/server.ts';
export { type LiveConfig, liveSchema, resolveLiveConfig } from './session/config.ts';
export { LiveEnv, type LiveEnvOptions, type RunLiveOptions, runLive } from './session/live-env.ts';
export { LiveRun, type LiveRunOptions, type Recovery } from './session/live-run.ts';
export type { RecoveryProgress } from './session/open-tape.ts';
export { agentPolicy, externalPolicy, type LivePolicy } from './session/policy.ts';
export {
  type DenialReason,
  type RiskConfig,
  RiskGuard,
  type RiskState,
  type Ruling,
  riskConfig,
} from './session/risk-guard.ts';
export { type Decision, LiveSession, type LiveSessionOptions, type LiveSource } from './session/session.ts';
export { standInTape } from './tape/book-frames.ts';
export { loadBooksOrCapture, loadTradesOrCapture } from './tape/capture.ts';
export { readTapeData, type TapeData } from './tape/data.ts';
export { type ReplayDifference, type ReplayOptions, type ReplayOutcome, replayTape } from './tape/replay.ts';
export { serveTape, type TapeServer, type TapeServerOptions } from './tape/server.ts';
export { binance } from './venues/binance.ts';
export { binancePerpetual } from './venues/binance-perpetual.ts';
export { bithumb } from './venues/bithumb.ts';
export { builtInVenues } from './venues/built-in.ts';
export { bybit } from './venues/bybit.ts';
export { bybitPerpetual } from './venues/bybit-perpetual.ts';
export { type CcxtExchange, type CcxtModule, ccxtVenue, loadCcxt } from './venues/ccxt.ts';
export { coinbase } from './venues/coinbase.ts';
export { findVenue, prepareVenues } from './venues/find.ts';
export { kraken } from './venues/kraken.ts';
export { okx } from './venues/okx.ts';
export { okxPerpetual } from './venues/okx-perpetual.ts';
export { upbit } from './venues/upbit.ts';
