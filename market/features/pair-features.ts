/**
 * Features of a pair: how a market's log price stands to that of another, which is a column beside it, over a rolling window.
 * With β, α the least squares of ln close on ln other over the window, the row itself included: the ratio β, and the deviations
 * that ln close stands from α + β·ln other.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import type { Candles } from '../candles/candles.ts';
import { windowHedge } from '../statistics/pairs/hedge-ratio.ts';
import { defineFeature, type Feature } from './features.ts';

/** The other market's closes, where an env of pairs puts them. */
export const PAIR_COLUMN = 'pair';

const RATIO = 0;
const ZSCORE = 1;

const config = z.object({
  other: z
    .string()
    .min(1)
    .default(PAIR_COLUMN)
    .describe('column with the prices of the other market; the env "pairs" provides it as "pair"'),
});

const pairFeature = (name: string, description: string, bounded: boolean, place: number): Feature =>
  defineFeature({
    name,
    description,
    defaultBars: 60,
    minBars: 3,
    bounded,
    config,
    lookback: (bars) => bars - 1,
    create(bars, { other }) {
      const own = new Float64Array(bars); // oldest first
      const others = new Float64Array(bars);
      const fit = new Float64Array(2);
      let heldRow = Number.NaN;
      return (candles, row) => {
        const prices = pricesOf(candles, other, name);
        const goesOn = row === heldRow + 1;
        if (goesOn) {
          own.copyWithin(0, 1);
          others.copyWithin(0, 1);
        }
        for (let i = goesOn ? bars - 1 : 0; i < bars; i++) {
          own[i] = log(candles.close[row - bars + 1 + i]);
          others[i] = log(prices[row - bars + 1 + i]);
        }
        heldRow = row;
        windowHedge(own, others, 0, bars, fit);
        // Another market that does not move says nothing: no ratio, no distance.
        return Number.isNaN(fit[RATIO]) ? 0 : fit[place];
      };
    },
  });

const hedgeRatioFeature = pairFeature(
  'hedge-ratio',
  'Least squares of ln close on ln other over the last `bars` bars: units of value of the other for one of this',
  false,
  RATIO,
);
const spreadZscore = pairFeature(
  'spread-zscore',
  'Deviations of ln close from its line on ln other over the last `bars` bars; at most √(bars − 1)',
  true,
  ZSCORE,
);

export const pairFeatures: readonly Feature[] = [spreadZscore, hedgeRatioFeature];

/** The columns that specs of these features name with `other=NAME`. */
export function pairColumns(specs: readonly string[]): string[] {
  return specs.flatMap((spec) => {
    const [name, ...settings] = spec.replace(/@[^@]*$/, '').split(':');
    const other = settings.find((setting) => setting.startsWith('other='));
    const isPair = pairFeatures.some((feature) => feature.name === name);
    return isPair && other !== undefined ? [other.slice('other='.length)] : [];
  });
}

function pricesOf({ extra }: Candles, other: string, name: string): Float64Array {
  const prices = extra?.[other];
  if (prices !== undefined) return prices;
  throw new ConfigError(
    'missing-column',
    `The market has no column "${other}" for the feature ${name}; use the env "pairs" with two files, or name a column with ${name}:60:other=COLUMN.`,
  );
}
