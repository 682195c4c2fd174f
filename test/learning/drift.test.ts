/** The rates of drift alarms, false and true, over 100 simulated markets each. */
import { expect, test, vi } from 'vitest';
import { config, SLOW_RETURN } from '../trainers/drift-market.ts';
import { ALL_KINDS, measure, monthOf, testRates } from '../trainers/drift-rates.ts';

vi.setConfig({ testTimeout: 1_200_000 });

const barMinutes = 5;
testRates({ barMinutes, numStill: 100, maxFalse: 5, numChanged: 100 });

test('at most 5 of 100 are told of where features are as they are, too', () => {
  const rest = { barMinutes, numWatched: monthOf(barMinutes), normalize: 'none' } as const;
  expect(measure('unchanged, features as they are', 100, ALL_KINDS, rest)).toBeLessThanOrEqual(5);
});

test('what is not told: the collapse of a policy that moves rarely, volatility that a rolling score takes in', () => {
  const rest = { barMinutes, numWatched: 2 * config.windowDecisions } as const;
  const rare = measure('collapse, rare moves', 100, [SLOW_RETURN], { ...rest, change: 'collapse' });
  const scored = measure('volatility, rolling scores', 100, ALL_KINDS, { ...rest, change: 'volatility' });
  expect(rare).toBeLessThan(90);
  expect(scored).toBeLessThan(90);
});
