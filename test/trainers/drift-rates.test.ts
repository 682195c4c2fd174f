/** How often drift is told where nothing changes, and how soon where something does, over 100 simulated markets each. */
import { expect, test, vi } from 'vitest';
import { type Change, config, countAlarms, type DriftCase } from './drift-market.ts';

vi.setConfig({ testTimeout: 120_000 });

const NUM_MARKETS = 100;
const BAR_MINUTES = 5;
const DAYS = 30;
const OWN_WINDOWS = config.windowDecisions * config.referenceWindows;
const casesOf = (numWatched: number, rest: Partial<DriftCase> = {}): DriftCase[] =>
  Array.from({ length: NUM_MARKETS }, (_, seed) => {
    return { seed, barMinutes: BAR_MINUTES, numReference: OWN_WINDOWS, numWatched, ...rest };
  });

test(`at most 5 of ${NUM_MARKETS} markets that do not change are told of within ${DAYS} days`, () => {
  const { numAlarms, bySign, texts } = countAlarms(casesOf((DAYS * 1440) / BAR_MINUTES));
  console.log(`unchanged: ${numAlarms} of ${NUM_MARKETS} told`, bySign, texts);
  expect(numAlarms).toBeLessThanOrEqual(5);
});

const WITHIN = 2 * config.windowDecisions;
test.each<[Change, number]>([
  ['volatility', NUM_MARKETS],
  ['level', NUM_MARKETS],
  ['collapse', NUM_MARKETS],
  ['fills', NUM_MARKETS],
])(`at least 90 of ${NUM_MARKETS} are told of a change within ${WITHIN} decisions: %s`, (change) => {
  const { numAlarms, bySign, after } = countAlarms(casesOf(WITHIN, { change }));
  console.log(
    `${change}: ${numAlarms} of ${NUM_MARKETS} told`,
    bySign,
    `half within ${after[Math.floor(after.length / 2)]} decisions`,
  );
  expect(numAlarms).toBeGreaterThanOrEqual(90);
});
