/** Sizes a trade so that the exposure is reached after the trade's own costs. */
import { EnvError } from '../../core/errors.ts';

/** A trade that is to be. */
export interface TradeTerms {
  /** Signed fraction of equity to reach. */
  exposure: number;
  /** Quoted price, before slippage, quote units. */
  price: number;
  /** Fraction of notional. */
  feeRate: number;
  /** Fraction of the price by which the fill is worse, in [0, 1). */
  slippageRate: number;
  /** Signed base units. */
  size: number;
}

/**
 * Turns `terms.size`, what the trade would need if trading were free, into what must change hands. With w the exposure,
 * φ the fee, s the slippage, and Δ = w·V/p − a the size if it were free (V, a: equity and base before the trade):
 *
 *     buy  (Δ > 0)  q = Δ / (1 − φ + w·(φ + s))             a += q·(1 − φ)   cash −= q·p·(1 + s)
 *     sell (Δ < 0)  q = Δ / (1 − w·(1 − (1 − s)·(1 − φ)))   a += q           cash −= q·p·(1 − s)·(1 − φ)
 *
 * Buying costs the equity q·p·(φ + s) and selling |q|·p·(1 − (1 − s)(1 − φ)); putting that into
 * "base·p after = w·(equity after)" and solving for q gives the lines above, so the exposure is w after the costs.
 * @throws EnvError `unreachable-target` when the costs of any trade towards it exceed what it would hold
 */
export function sizeAfterCosts(terms: TradeTerms): void {
  const { exposure, size, feeRate, slippageRate } = terms;
  const denominator =
    size > 0
      ? 1 - feeRate + exposure * (feeRate + slippageRate)
      : 1 - exposure * (1 - (1 - slippageRate) * (1 - feeRate));
  if (!(denominator > 0)) {
    throw new EnvError(
      'unreachable-target',
      `No trade leads to exposure ${exposure} at fee ${feeRate} and slippage ${slippageRate}: lower the leverage or the costs.`,
    );
  }
  terms.size = size / denominator;
}
