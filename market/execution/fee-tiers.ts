/** Finds what an account pays by how much it trades: fee schedules by trading volume. */
import { ConfigError } from '../../core/errors.ts';

export interface FeeTier {
  /** Volume from which the tier applies, quote units, usually over the last 30 days. */
  readonly fromVolume: number;
  /** Fraction of notional, in [−0.1, 0.5). */
  readonly maker: number;
  /** Fraction of notional, in [0, 0.5). */
  readonly taker: number;
}

/**
 * The tier of an account with a volume.
 * @param tiers from the smallest volume on, rising, the first from 0
 * @param volume quote units, ≥ 0
 * @throws ConfigError `invalid-fee`
 */
export function feeTierAt(tiers: readonly FeeTier[], volume: number): FeeTier {
  if (tiers.length === 0 || tiers[0].fromVolume !== 0) {
    throw new ConfigError('invalid-fee', 'A fee schedule needs a first tier from volume 0.');
  }
  for (let i = 1; i < tiers.length; i++) {
    if (tiers[i].fromVolume > tiers[i - 1].fromVolume) continue;
    throw new ConfigError(
      'invalid-fee',
      `The volumes of a fee schedule must rise: tier ${i + 1} begins at ${tiers[i].fromVolume}, the one before at ${tiers[i - 1].fromVolume}.`,
    );
  }
  if (!(volume >= 0)) throw new ConfigError('invalid-fee', `A trading volume must be ≥ 0, got ${volume}.`);
  let tier = 0;
  while (tier + 1 < tiers.length && volume >= tiers[tier + 1].fromVolume) tier++;
  return tiers[tier];
}
