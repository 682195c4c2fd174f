/** Models the moving of money from one venue to another: delay, fee, and whether it is possible. */
import { ConfigError } from '../../core/errors.ts';

export type Asset = 'base' | 'quote';

export interface TransferTerms {
  /** From leaving the one balance to arriving in the other, ms. */
  readonly delayMs: number;
  /** Units of the asset, taken from what arrives. */
  readonly fee: number;
  /** Smallest amount that is accepted, units of the asset. */
  readonly minimum: number;
}

export interface TransferModel {
  /** The terms of a transfer begun now; undefined when a venue has suspended it. */
  terms(asset: Asset, from: number, to: number, nowMs: number): TransferTerms | undefined;
}

export interface ConstantTransferOptions {
  readonly delayMs: number;
  /** Base units a transfer. */
  readonly baseFee: number;
  /** Quote units a transfer. */
  readonly quoteFee: number;
  readonly baseMinimum?: number;
  readonly quoteMinimum?: number;
  /** Venues, by index, that let nothing out. */
  readonly suspended?: readonly number[];
}

/**
 * The same terms for ever.
 * @throws ConfigError `invalid-transfer` for anything negative or not finite
 */
export function constantTransfers(options: ConstantTransferOptions): TransferModel {
  const { delayMs, baseFee, quoteFee, baseMinimum = 0, quoteMinimum = 0, suspended = [] } = options;
  for (const [name, value] of Object.entries({ delayMs, baseFee, quoteFee, baseMinimum, quoteMinimum })) {
    if (value >= 0 && value < Infinity) continue;
    throw new ConfigError('invalid-transfer', `${name} of a transfer must be finite and ≥ 0, got ${value}.`);
  }
  const base = { delayMs, fee: baseFee, minimum: Math.max(baseMinimum, baseFee) };
  const quote = { delayMs, fee: quoteFee, minimum: Math.max(quoteMinimum, quoteFee) };
  return {
    terms(asset, from) {
      if (suspended.includes(from)) return undefined;
      return asset === 'base' ? base : quote;
    },
  };
}
