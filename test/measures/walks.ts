/** Random walks of daily bars, with and without drift or a planted edge, and how often something holds among them. */

import { resolveConfig } from '../../core/config.ts';
import type { Rng } from '../../core/rng.ts';
import { createRng } from '../../core/rng.ts';
import { tradingConfig } from '../../envs/trading/config.ts';
import type { Candles } from '../../market/candles/candles.ts';
import { createCandles } from '../../market/candles/candles.ts';
import type { Backtest } from '../../trainers/backtest.ts';
import { createPassEnv } from '../../trainers/backtest.ts';
import {
  axisOf,
  type ExposureMarket,
  type ExposureRule,
  holdExposures,
  runRule,
  runRuleBaselines,
} from '../../trainers/baselines.ts';
import { meanExposureOf } from '../../trainers/skill.ts';
import { reachVerdict, type Verdict } from '../../trainers/verdict.ts';

const DAY_MS = 86_400_000;

/** Markets of each kind; lower it for a first look. */
export const NUM_MARKETS = Number(process.env.MEASURED_MARKETS ?? 100);

/** Student's t with five degrees of freedom, a deviation of 1. */
function fatTailed(rng: Rng): number {
  let squares = 0;
  for (let i = 0; i < 5; i++) {
    const value = rng.gaussian();
    squares += value * value;
  }
  return rng.gaussian() / Math.sqrt(squares / 5) / Math.sqrt(5 / 3);
}

/** @param drift of bar t, fraction */
export function walk(name: string, numBars: number, drift: (bar: number) => number): Candles {
  const rng = createRng(name);
  const columns = ['open', 'high', 'low', 'close', 'volume'] as const;
  const rows = Object.fromEntries(columns.map((key) => [key, new Float64Array(numBars)]));
  let price = 100;
  for (let bar = 0; bar < numBars; bar++) {
    const close = price * (1 + Math.max(-0.5, drift(bar) + 0.01 * fatTailed(rng)));
    rows.open[bar] = price;
    rows.high[bar] = Math.max(price, close);
    rows.low[bar] = Math.min(price, close);
    rows.close[bar] = close;
    rows.volume[bar] = 1000;
    price = close;
  }
  return createCandles({
    timeMs: Float64Array.from({ length: numBars }, (_, bar) => 1_420_070_400_000 + bar * DAY_MS),
    ...(rows as Record<(typeof columns)[number], Float64Array>),
  });
}

/** What a rule's account over the last bars comes to. */
export interface JudgedMarket {
  readonly market: ExposureMarket;
  judge(accounts: readonly Backtest[], numTrials?: number): Verdict;
  play(rule: ExposureRule): Backtest;
  readonly smaCross: Backtest;
}

/** @param costs fees on, or none */
export function judgedMarket(candles: Candles, fromRow: number, costs: boolean): JudgedMarket {
  const config = resolveConfig(
    tradingConfig,
    {
      features: ['return:1'],
      normalize: 'none',
      window: 1,
      actions: 'continuous',
      maxLeverage: 3,
      feeRate: costs ? 0.0005 : 0,
      slippageRate: costs ? 0.0001 : 0,
      fromRow,
    },
    'env "trading"',
  );
  const market = { env: createPassEnv({ candles, config }), seed: 0, candles };
  const axis = axisOf(market, []);
  const rules = runRuleBaselines(market, axis);
  const held = new Map<string, ReturnType<typeof holdExposures>>();
  return {
    market,
    play: (rule) => runRule(market, axis, rule).backtest,
    smaCross: rules.find(({ name }) => name === 'sma-cross')!.backtest,
    judge(accounts, numTrials) {
      const exposures = accounts.map(meanExposureOf);
      const key = exposures.join();
      if (!held.has(key)) held.set(key, holdExposures(market, axis, exposures, rules));
      const holding = rules.find(({ name }) => name === 'buy-and-hold')!.backtest;
      return reachVerdict({ accounts, market: holding, held: held.get(key)!, numTrials });
    },
  };
}

/** Draws a new exposure of some with a chance each bar. */
export function randomRule(name: string, exposures: readonly number[], chance: number): ExposureRule {
  const rng = createRng(name);
  let held = exposures[rng.integer(exposures.length)];
  return {
    name: 'random',
    exposure: () => {
      if (rng.uniform() < chance) held = exposures[rng.integer(exposures.length)];
      return held;
    },
  };
}

/** `3 of 100 (95 % 1.0 to 8.5 %)`, by Wilson's interval. */
export function share(count: number, of: number): string {
  const z = 1.959963984540054;
  const p = count / of;
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const reach = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  const percent = (value: number): string => (100 * value).toFixed(1);
  return `${count} of ${of} (95 % ${percent(Math.max(0, middle - reach))} to ${percent(middle + reach)} %)`;
}
