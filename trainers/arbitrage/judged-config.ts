/** Arbitrage settings together with what they may name, as tuning, training and judging hand them on. */
import type { Rng } from '../../core/rng.ts';
import type { ArbitrageConfig } from '../../envs/arbitrage/config.ts';
import { ArbitrageMarket } from '../../envs/arbitrage/market.ts';
import { ArbitrageEnv, type ArbitrageEnvOptions } from '../../envs/arbitrage.ts';
import type { EnvParts } from '../../envs/parts.ts';
import type { DeskListener } from '../../market/arbitrage/venue-desk.ts';
import type { BookTape } from '../../market/books/tape.ts';

export interface JudgedConfig extends ArbitrageConfig {
  /** Absent: what comes with the framework. */
  readonly parts?: EnvParts;
}

/** An env of these settings. */
export function envOf(
  { parts, ...config }: JudgedConfig,
  books: ArbitrageEnvOptions['books'],
  seed = 0,
  listener: DeskListener = {},
): ArbitrageEnv {
  return new ArbitrageEnv({ books, seed, config, parts, ...listener });
}

/** A market of these settings, without an env's episodes. */
export function marketOf({ parts, ...config }: JudgedConfig, books: BookTape, rng: Rng): ArbitrageMarket {
  return new ArbitrageMarket(books, config, rng, {}, parts);
}

/** Whether fees and latencies are the settings' own numbers, so that a bound can be reckoned from them. */
export function isPlain({ feeModel, latencyModel, latencySigma }: ArbitrageConfig): boolean {
  return feeModel === 'proportional' && latencyModel === 'lognormal' && latencySigma === 0;
}
