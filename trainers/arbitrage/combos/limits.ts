/** Limits what the hindsight bound may hold of a combination: balances, leverage, targets. */
import type { ComboConfig } from '../../../envs/combos/config.ts';
import type { ComboKind } from '../../../envs/combos/kinds.ts';
import type { LegPlan } from '../../../market/arbitrage/legs/plan.ts';

/**
 * How much may be held backwards and forwards, base units: what every trade takes from a balance must be there, unless
 * transfers bring it; contracts reach as far as their leverage; targets no further than the largest; a circle at one exchange
 * leaves nothing held.
 */
export function comboLimits(
  kind: ComboKind,
  config: ComboConfig,
  plan: LegPlan,
  start: number,
  cheapest: number,
): [number, number] {
  const { legs } = plan.combos[0];
  const isSpot = (market: number): boolean => kind.markets[market].kind === 'spot';
  const isCircle = legs.every(
    ({ market }) => isSpot(market) && plan.markets[market].exchange === plan.markets[0].exchange,
  );
  if (isCircle) return [-Infinity, Infinity];
  const whole = config.initialEquity / cheapest;
  const most = (direction: 1 | -1): number => {
    const asked =
      config.actions === 'targets' && kind.maker === undefined
        ? Math.max(0, ...config.targets.map((target) => target * direction))
        : Infinity;
    if (!legs.some(({ market }) => isSpot(market))) {
      const leverage = Math.max(...plan.markets.map(({ instrument }) => instrument.settings.leverage));
      return whole * Math.min(leverage, asked);
    }
    return Math.min(whole * asked, balanceLimit(kind, config, plan, direction, start, cheapest));
  };
  return [-most(-1), most(1)];
}

/** What the balances of spot allow one way. */
function balanceLimit(
  kind: ComboKind,
  config: ComboConfig,
  plan: LegPlan,
  direction: 1 | -1,
  start: number,
  cheapest: number,
): number {
  const { basePocket, quotePocket, pockets, combos } = plan;
  // Value that a unit of value traded brings to each pocket; collateral beside a balance is as good as the balance.
  const flows = new Float64Array(pockets.length);
  const there = new Float64Array(pockets.length);
  const placeOf = (p: number): number =>
    pockets.findIndex(
      ({ exchange, currency, isMargin }) =>
        !isMargin && exchange === pockets[p].exchange && currency === pockets[p].currency,
    );
  for (const { market, side } of combos[0].legs) {
    if (basePocket[market] < 0) continue;
    flows[basePocket[market]] += side * direction;
    flows[quotePocket[market]] -= side * direction;
  }
  for (const { market, asset, share } of kind.start) {
    const pocket = asset === 'base' ? basePocket[market] : quotePocket[market];
    const place = placeOf(pocket);
    if (place >= 0) there[place] += share;
  }
  const isBase = (p: number): boolean => basePocket.includes(p) && !quotePocket.includes(p);
  let limit = config.initialEquity / cheapest;
  for (let p = 0; p < pockets.length; p++) {
    if (!(flows[p] < 0)) continue;
    const isBrought =
      config.transfers &&
      pockets.some(
        (other) => other.currency === pockets[p].currency && other.exchange !== pockets[p].exchange,
      );
    if (isBrought) continue;
    limit = Math.min(limit, (there[p] * config.initialEquity) / (isBase(p) ? start : cheapest) / -flows[p]);
  }
  return limit;
}
