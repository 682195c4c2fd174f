/** Puts the deterministic part of a session together from its settings: the same for live trading and for replay. */
import { resolveConfig } from '../core/config.ts';
import type { Json } from '../core/snapshot.ts';
import { bookTradingConfig } from '../envs/book-trading-config.ts';
import type { TapeRecord } from '../storage/tape.ts';
import type { LiveConfig } from './live-config.ts';
import type { LiveMarket } from './live-market.ts';
import type { LivePolicy } from './policy.ts';
import { RiskGuard } from './risk-guard.ts';
import { type Decision, LiveSession, type LiveSource } from './session.ts';
import { TradingMarket } from './trading-market.ts';

/** @throws ConfigError for env settings that cannot be */
export function createLiveMarket(config: LiveConfig, record: (record: TapeRecord) => void): LiveMarket {
  const { depth, seed } = config;
  return new TradingMarket({
    config: resolveConfig(bookTradingConfig, config.env, 'env "trading-books"'),
    depth,
    seed,
    onOrder: ({ timeMs, arrivalMs, exposure, mid }) =>
      record(['order', timeMs, { arrivalMs, exposure, mid }]),
    onFill: ({ timeMs, row: _, ...fill }) => record(['fill', timeMs, fill as unknown as Json]),
  });
}

export interface AssembleOptions {
  readonly config: LiveConfig;
  readonly market: LiveMarket;
  readonly sources: readonly LiveSource[];
  readonly policy: LivePolicy;
  readonly record: (record: TapeRecord) => void;
  readonly onDecision?: (decision: Decision) => void;
}

export function assembleSession({ config, ...parts }: AssembleOptions): LiveSession {
  return new LiveSession({ ...parts, guard: new RiskGuard(config.risk) });
}
