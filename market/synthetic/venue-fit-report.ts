/** Sets a fitted synthetic market beside the tape that it was fitted to. */
import { createRng } from '../../core/rng.ts';
import { mean, standardDeviation } from '../../core/statistics.ts';
import { describeBooks } from '../books/quality.ts';
import type { BookTape } from '../books/tape.ts';
import { UNKNOWN_CURRENCY } from '../candles/currencies.ts';
import type { SyntheticVenuesOverrides } from './venue-fit.ts';
import { SyntheticVenues } from './venues.ts';

/** One quantity of the tape and of the market made from it. */
export interface FitRow {
  readonly name: string;
  readonly unit: string;
  readonly data: number;
  /** Mean over the simulations, and their standard deviation: two markets of one kind differ by this much. */
  readonly model: number;
  readonly modelDeviation: number;
}

/** Levels whose sizes are shown, counted from 0. */
const SHOWN_LEVELS = [0, 1, 4, 9, 19];

/** @param seeds how many markets are simulated, ≥ 2 */
export function compareFit(tape: BookTape, overrides: SyntheticVenuesOverrides, seeds = 5): FitRow[] {
  const market = new SyntheticVenues(overrides);
  const data = quantities(tape);
  const simulated = Array.from({ length: seeds }, (_, seed) =>
    quantities(market.generate(createRng(`compare ${seed}`))),
  );
  return [...data].map(([name, { value, unit }]) => {
    const values = simulated.map((row) => row.get(name)?.value ?? Number.NaN);
    return { name, unit, data: value, model: mean(values), modelDeviation: standardDeviation(values) };
  });
}

/** By name; of pairs, every venue with the first. */
function quantities(tape: BookTape): Map<string, { value: number; unit: string }> {
  const { venues, pairs } = describeBooks(tape);
  const rows = new Map<string, { value: number; unit: string }>();
  const { base } = tape.venues[0];
  const sizeUnit = base === UNKNOWN_CURRENCY ? 'base units' : base;
  const add = (name: string, unit: string, value: number | undefined): void => {
    if (value !== undefined) rows.set(name, { value, unit });
  };
  for (const { venue, intervalMs, unchangedTopShare, spreadBps, levelSizes } of venues) {
    add(`${venue.name}: interval`, 'ms', intervalMs);
    add(`${venue.name}: unchanged tops`, 'share', unchangedTopShare);
    add(`${venue.name}: spread, mean`, 'bp', spreadBps.mean);
    add(`${venue.name}: spread, deviation`, 'bp', spreadBps.deviation);
    for (const k of SHOWN_LEVELS) {
      if (k < levelSizes.length) add(`${venue.name}: size of level ${k + 1}`, sizeUnit, levelSizes[k]);
    }
  }
  for (const { a, b, midSpreadBps, buyASellB, buyBSellA } of pairs) {
    if (a.name !== venues[0].venue.name) continue;
    add(`${a.name}/${b.name}: mid spread, mean`, 'bp', midSpreadBps?.mean);
    add(`${a.name}/${b.name}: mid spread, deviation`, 'bp', midSpreadBps?.deviation);
    for (const [edges, direction] of [
      [buyASellB, `buy ${a.name}, sell ${b.name}`],
      [buyBSellA, `buy ${b.name}, sell ${a.name}`],
    ] as const) {
      add(`${direction}: edge above 0`, 'share', edges?.positiveShare);
      add(`${direction}: edge above 20 bp`, 'share', edges?.above20Share);
      add(`${direction}: largest edge`, 'bp', edges?.maxBps);
      add(`${direction}: spells`, 'count', edges?.spells);
      add(`${direction}: spell, median`, 'books', edges?.medianSpellSamples);
      add(`${direction}: spell, mean`, 'books', edges?.meanSpellSamples);
    }
  }
  return rows;
}
