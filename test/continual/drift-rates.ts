/** The rates of drift alarms as tests: a few markets in the quick suite, a hundred among the learning tests. */
import { expect, test } from 'vitest';
import {
  type Change,
  casesOf,
  config,
  countAlarms,
  type DriftCase,
  QUICK_RETURN,
  SLOW_RETURN,
  WALK,
} from './drift-market.ts';

export const ALL_KINDS = [WALK, QUICK_RETURN, SLOW_RETURN];
const DAYS = 30;

export interface RateOptions {
  readonly barMinutes: number;
  /** Markets in which nothing changes, and how many alarms are too many. */
  readonly numStill: number;
  readonly maxFalse: number;
  /** Markets for each change. */
  readonly numChanged: number;
}

/** Counts alarms, and prints the number. */
export function measure(
  what: string,
  numMarkets: number,
  kinds: readonly number[],
  rest: Omit<DriftCase, 'seed' | 'numReference'>,
): number {
  const { numAlarms, bySign, half } = countAlarms(casesOf(numMarkets, kinds, rest));
  const soon = half === undefined ? '' : `, half of them within ${half}`;
  console.log(
    `${what}: ${numAlarms} of ${numMarkets} told within ${rest.numWatched} decisions${soon}`,
    bySign,
  );
  return numAlarms;
}

export const monthOf = (barMinutes: number): number => (DAYS * 1440) / barMinutes;

export function testRates({ barMinutes, numStill, maxFalse, numChanged }: RateOptions): void {
  test(`at most ${maxFalse} of ${numStill} markets that do not change are told of within ${DAYS} days`, () => {
    const numWatched = monthOf(barMinutes);
    expect(measure('unchanged', numStill, ALL_KINDS, { barMinutes, numWatched })).toBeLessThanOrEqual(
      maxFalse,
    );
  });

  // A policy that holds one position through whole windows of its reference cannot be seen to collapse into one.
  test.each<[Change, number[], Partial<DriftCase>]>([
    ['volatility', ALL_KINDS, { normalize: 'none' }],
    ['level', [QUICK_RETURN, SLOW_RETURN], { hasLevel: true }],
    ['collapse', [WALK, QUICK_RETURN], {}],
    ['fills', ALL_KINDS, {}],
  ])('a change is told of within two windows in 9 of 10 markets: %s', (change, kinds, rest) => {
    const numWatched = 2 * config.windowDecisions;
    const numAlarms = measure(change, numChanged, kinds, { barMinutes, numWatched, change, ...rest });
    expect(numAlarms).toBeGreaterThanOrEqual(0.9 * numChanged);
  });
}
