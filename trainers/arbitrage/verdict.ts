/**
 * Says whether an agent earns more across venues than the best threshold rule: over seeds and blocks of time, with enough
 * trades to tell. One that never trades beats nobody.
 */
import { mean } from '../../core/statistics.ts';
import { seedInterval } from '../../market/statistics/seed-interval.ts';
import type { Interval } from '../seed-statistics.ts';
import { LEAST_SEEDS, LEAST_TRADES, seedNote } from '../verdict.ts';

/** An agent or a rule over a span. */
export interface TimedProfit {
  readonly profitBps: number;
  readonly trades: number;
  /** [n] basis points of the capital gained in each of n equal stretches of the span's time. */
  readonly gainsBps: Float64Array;
}

export interface ArbitrageVerdict {
  readonly tone: 'edge' | 'no-edge' | 'worse';
  readonly finding: 'edge' | 'no-edge' | 'worse' | 'too-few-decisions' | 'does-not-trade';
  readonly text: string;
  /** Profit of the mean of the seeds, less that of the rule, basis points of the capital; 95 % interval. */
  readonly excessBps: Interval & { readonly mean: number };
}

/**
 * @param seeds one or more, over the same span
 * @param rule the best of the threshold rules on that span, and its name
 * @param ladderBps what the rule that taught the agent earned, where there is one
 */
export function reachArbitrageVerdict(
  seeds: readonly TimedProfit[],
  rule: TimedProfit & { readonly name: string },
  ladderBps?: number,
): ArbitrageVerdict {
  const numStretches = rule.gainsBps.length;
  const gained = profitInterval(seeds);
  const excess = seedInterval(
    seeds.map(({ gainsBps }) => {
      const influence = gainsBps.map((gain, i) => gain - rule.gainsBps[i]);
      return { estimate: mean(influence), influence };
    }),
  );
  const excessBps = {
    mean: excess.mean * numStretches,
    low: excess.low * numStretches,
    high: excess.high * numStretches,
  };
  const trades = mean(seeds.map((seed) => seed.trades));
  const finding = findingOf(excessBps, gained.mean, trades);
  const opening = {
    edge: 'The agent beats every threshold rule on the unseen span',
    worse: 'The agent does not beat the threshold rule on the unseen span',
    'no-edge': 'No difference is shown between the agent and the threshold rule on the unseen span',
    'too-few-decisions': `Too few decisions to tell: ${Number(trades.toFixed(1))} trades a seed on the unseen span, ${LEAST_TRADES} are needed`,
    'does-not-trade': 'The agent does not trade on the unseen span, and beats nobody',
  }[finding];
  const text =
    `${opening}: ${gained.mean.toFixed(2)} bp of the capital (95 % interval ${bounds(gained)}), ` +
    `the ${rule.name} rule ${rule.profitBps.toFixed(2)} bp; the difference is ${excessBps.mean.toFixed(2)} bp ` +
    `(${bounds(excessBps)}, over seeds and blocks of time)` +
    (ladderBps === undefined
      ? '.'
      : `, the ladder, which is there to teach it, ${ladderBps.toFixed(2)} bp.`) +
    (seeds.length < LEAST_SEEDS ? ` ${seedNote(seeds.length)}` : '');
  const tone = finding === 'edge' || finding === 'worse' ? finding : 'no-edge';
  return { tone, finding, text, excessBps };
}

/** Of the profit, basis points: mean over the seeds, 95 % interval over seeds and blocks of time. */
export function profitInterval(seeds: readonly TimedProfit[]): Interval & { readonly mean: number } {
  const numStretches = seeds[0].gainsBps.length;
  const {
    mean: middle,
    low,
    high,
  } = seedInterval(seeds.map(({ gainsBps }) => ({ estimate: mean(gainsBps), influence: gainsBps })));
  return { mean: middle * numStretches, low: low * numStretches, high: high * numStretches };
}

function findingOf(excess: Interval, profitBps: number, trades: number): ArbitrageVerdict['finding'] {
  if (trades === 0) return 'does-not-trade';
  if (trades < LEAST_TRADES) return 'too-few-decisions';
  if (excess.low > 0) return profitBps > 0 ? 'edge' : 'no-edge';
  return excess.high < 0 ? 'worse' : 'no-edge';
}

function bounds({ low, high }: Interval): string {
  return Number.isNaN(low) ? 'not known' : `${low.toFixed(2)} to ${high.toFixed(2)}`;
}
