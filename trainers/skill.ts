/** Measures what an account earned beyond the exposures that it held, and how often it decided anything. */
import { mean } from '../core/statistics.ts';
import type { MeanInterval } from '../market/statistics/bootstrap.ts';
import { LEAST_PERIODS, regress } from '../market/statistics/regression.ts';
import { type SeedEstimate, seedInterval } from '../market/statistics/seed-interval.ts';
import type { Backtest } from './backtest.ts';

/** Changes of exposure below this part of equity are no decision. */
const LEAST_CHANGE = 0.05;
/** A constant exposure, held through the same bars in the same env at the same costs. */
export interface HeldExposure {
  /** Signed fraction of equity. */
  readonly exposure: number;
  /** [n] simple, per bar */
  readonly returns: ArrayLike<number>;
}

/** The mean of the exposure at the end of each bar. */
export function meanExposureOf({ exposure }: Pick<Backtest, 'exposure'>): number {
  return mean(exposure.subarray(1));
}

/** Returns minus those of the mean exposure; its influence allows for the mean being that of the same bars. */
export function skillOf(account: Backtest, held: readonly HeldExposure[]): SeedEstimate {
  const centre = meanExposureOf(account);
  const { returns, slope } = holdExposure(held, centre);
  const excess = account.returns.map((value, i) => value - returns[i]);
  const influence = excess.map((value, i) => value - slope * (account.exposure[i + 1] - centre));
  return { estimate: mean(excess), influence };
}

/**
 * The returns of a constant exposure, mixed of the two nearest ones that were held: two accounts side by side, brought back to
 * their shares after each bar.
 * @returns also what the mean return rises by with exposure
 */
export function holdExposure(
  held: readonly HeldExposure[],
  exposure: number,
): { returns: Float64Array; slope: number } {
  const sorted = [...held].sort((a, b) => a.exposure - b.exposure);
  const above = sorted.find((other) => other.exposure >= exposure) ?? sorted[sorted.length - 1];
  const below = sorted.findLast((other) => other.exposure <= exposure) ?? sorted[0];
  const width = above.exposure - below.exposure;
  const share = width > 0 ? (exposure - below.exposure) / width : 0;
  const returns = Float64Array.from(below.returns, (value, i) => value + share * (above.returns[i] - value));
  const [first] = sorted;
  const last = sorted[sorted.length - 1];
  const range = last.exposure - first.exposure;
  return { returns, slope: range > 0 ? (mean(last.returns) - mean(first.returns)) / range : 0 };
}

/** What a regression on the market leaves, per bar. */
export function alphaOf(
  account: Backtest,
  market: ArrayLike<number>,
): SeedEstimate & { readonly beta: number } {
  const n = market.length;
  if (n < LEAST_PERIODS)
    return { estimate: mean(account.returns), influence: account.returns, beta: Number.NaN };
  const { alpha, beta, residuals, alphaWeights } = regress(market, account.returns, 0);
  return { estimate: alpha, influence: residuals.map((value, i) => value * alphaWeights[i]), beta };
}

/**
 * What some accounts earned beyond their own mean exposures more than others did beyond theirs, pair by pair, a year.
 * @param others as many, of the same seeds over the same bars
 * @param level of the interval
 */
export function compareSkill(
  accounts: readonly Backtest[],
  others: readonly Backtest[],
  held: readonly HeldExposure[],
  level: number,
): MeanInterval {
  const pairs = accounts.map((account, i) => {
    const own = skillOf(account, held);
    const rival = skillOf(others[i], held);
    return {
      estimate: own.estimate - rival.estimate,
      influence: Float64Array.from(own.influence, (value, t) => value - rival.influence[t]),
    };
  });
  return scaled(seedInterval(pairs, level), accounts[0].periodsPerYear);
}

/** Cash throughout. */
export function neverTrades({ exposure, tradedNotional }: Backtest): boolean {
  return exposure.every((value) => value === 0) && tradedNotional.every((value) => value === 0);
}

/**
 * Round trips, or half the bars whose trades change the exposure beyond what keeping it takes, whichever are more: who goes
 * from half to all and back never is flat.
 */
export function countTrades({ exposure, equity, price, tradedNotional, metrics }: Backtest): number {
  let changes = 0;
  for (let i = 0; i < tradedNotional.length; i++) {
    if (!(equity[i] > 0)) break;
    const moved = Math.abs(price[i + 1] / price[i] - 1) + (i > 0 ? Math.abs(price[i] / price[i - 1] - 1) : 0);
    const kept = Math.abs(exposure[i] * (1 - exposure[i])) * moved;
    if (tradedNotional[i] / equity[i] > LEAST_CHANGE + 2 * kept) changes++;
  }
  return Math.max(metrics.numTrades, Math.floor(changes / 2));
}

/** Of a bar, times bars. */
export function scaled({ mean: middle, low, high }: MeanInterval, factor: number): MeanInterval {
  return { mean: middle * factor, low: low * factor, high: high * factor };
}
