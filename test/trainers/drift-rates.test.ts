/** How often drift is told where nothing changes, and how soon where something does; more of it in the learning tests. */
import { expect, test, vi } from 'vitest';
import {
  type Change,
  casesOf,
  config,
  countAlarms,
  QUICK_RETURN,
  SLOW_RETURN,
  WALK,
} from './drift-market.ts';

vi.setConfig({ testTimeout: 600_000 });

const ALL = [WALK, QUICK_RETURN, SLOW_RETURN];
const BAR_MINUTES = 15;
const DAYS = 30;
const WITHIN = 2 * config.windowDecisions;

test('at most 5 of 100 markets that do not change are told of within 30 days', () => {
  const numWatched = (DAYS * 1440) / BAR_MINUTES;
  const cases = casesOf(100, ALL, { barMinutes: BAR_MINUTES, numWatched });
  const { numAlarms, bySign, texts } = countAlarms(cases);
  console.log(`unchanged: ${numAlarms} of 100 told within ${numWatched} decisions`, bySign, texts);
  expect(numAlarms).toBeLessThanOrEqual(5);
});

// A policy that holds one position through whole windows of its reference cannot be seen to collapse into one.
test.each<[Change, number[], object]>([
  ['volatility', ALL, { normalize: 'none' }],
  ['level', [QUICK_RETURN, SLOW_RETURN], { hasLevel: true }],
  ['collapse', [WALK, QUICK_RETURN], {}],
  ['fills', ALL, {}],
])('a change is told of within two windows in 9 of 10 markets: %s', (change, kinds, rest) => {
  const cases = casesOf(24, kinds, { barMinutes: BAR_MINUTES, numWatched: WITHIN, change, ...rest });
  const { numAlarms, bySign, half } = countAlarms(cases);
  console.log(`${change}: ${numAlarms} of 24 told within ${WITHIN} decisions, half within ${half}`, bySign);
  expect(numAlarms).toBeGreaterThanOrEqual(0.9 * 24);
});
