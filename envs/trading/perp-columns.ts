/** Writes what a trader of perpetuals observes beside a trader of spot: margin, liquidation and funding. */
import type { BookBroker } from '../../market/execution/book-broker.ts';
import type { PerpBroker } from '../../market/execution/perp-broker.ts';
import type { FundingSeries } from '../../market/instruments/funding-series.ts';
import type { ExtraColumn } from './observation.ts';

/** Funding rates are cut off here, basis points. */
const RATE_CLIP = 100;
const TO_BPS = 1e4;

/**
 * - `margin-ratio`: maintenance over what stands behind the position, in [0, 1]; liquidation is at 1; 0 when flat,
 * - `liquidation-distance`: |mark − liquidation price| / mark, in [0, 1]; 1 when flat or farther,
 * - `funding`: the last rate that was exchanged, basis points of the interval,
 * - `funding-next`: the next one, where it is known by the close of the bar; until then the last one,
 * - `time-to-funding`: part of the interval that is left, in [0, 1].
 */
export const PERP_COLUMNS: readonly ExtraColumn[] = [
  { name: 'margin-ratio', low: 0, high: 1 },
  { name: 'liquidation-distance', low: 0, high: 1 },
  { name: 'funding', low: -RATE_CLIP, high: RATE_CLIP },
  { name: 'funding-next', low: -RATE_CLIP, high: RATE_CLIP },
  { name: 'time-to-funding', low: 0, high: 1 },
];

/** Writes them at the end of an observation; times are those of the bar's close, when the agent decides. */
export function writePerpColumns(
  observation: Float32Array,
  broker: PerpBroker,
  funding: FundingSeries | undefined,
  intervalMs: number,
): void {
  const { account, mark } = broker;
  const at = observation.length - PERP_COLUMNS.length;
  const isFlat = account.base === 0;
  observation[at] = 0;
  observation[at + 1] = 1;
  if (!isFlat) {
    const { base } = account;
    const { isIsolated, tiers } = account.terms;
    const notional = Math.abs(base) * (isIsolated ? account.entryPrice : mark);
    let tier = 0;
    while (notional > tiers.bounds[tier]) tier++;
    const backing = isIsolated
      ? account.margin + base * (mark - account.entryPrice)
      : base * mark + account.cash;
    const ratio = (tiers.rates[tier] * notional - tiers.deductions[tier]) / backing;
    account.findLiquidation();
    observation[at] = backing > 0 && ratio < 1 ? ratio : 1;
    observation[at + 1] = Math.min(1, Math.abs(account.liquidation - mark) / mark);
  }
  observation[at + 2] = 0;
  observation[at + 3] = 0;
  observation[at + 4] = 1;
  if (funding === undefined) return;
  const nowMs = broker.timeMs + broker.barMs;
  const next = broker.nextFunding;
  const last = next > 0 ? funding.rate[next - 1] * TO_BPS : 0;
  const isKnown = next < funding.length && funding.publishedMs[next] <= nowMs;
  observation[at + 2] = Math.max(-RATE_CLIP, Math.min(last, RATE_CLIP));
  observation[at + 3] = isKnown
    ? Math.max(-RATE_CLIP, Math.min(funding.rate[next] * TO_BPS, RATE_CLIP))
    : observation[at + 2];
  // The hours of funding are the venue's rule, known long before.
  if (next >= funding.length) return;
  observation[at + 4] = Math.max(0, Math.min((funding.timeMs[next] - nowMs) / intervalMs, 1));
}

/** The same from what a venue has said by the end of the bar, with the mark of the venue where it tells one. */
export function writeContractColumns(
  observation: Float32Array,
  { margin, contract, mark: close, timeMs }: BookBroker,
  intervalMs: number,
): void {
  if (margin === undefined || contract === undefined) return;
  const { margin: account } = margin;
  const mark = contract.mark > 0 ? contract.mark : close;
  const at = observation.length - PERP_COLUMNS.length;
  const isFlat = account.base === 0;
  const clip = (rate: number) => Math.max(-RATE_CLIP, Math.min(rate * TO_BPS, RATE_CLIP));
  const { fundingRate, fundingMs, lastRate } = contract;
  observation[at] = account.marginRatio(mark);
  observation[at + 1] = isFlat ? 1 : Math.min(1, Math.abs(account.liquidationPrice() - mark) / mark);
  observation[at + 2] = clip(lastRate);
  observation[at + 3] = clip(Number.isNaN(fundingRate) ? lastRate : fundingRate);
  observation[at + 4] = Number.isNaN(fundingMs)
    ? 1
    : Math.max(0, Math.min((fundingMs - timeMs) / intervalMs, 1));
}
