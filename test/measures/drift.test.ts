/** The rates of drift alarms, false and true, over 100 simulated markets each. */
import { expect, test } from 'vitest';
import { config, SLOW_RETURN } from '../continual/drift-market.ts';
import { ALL_KINDS, measure, monthOf, testRates } from '../continual/drift-rates.ts';

const barMinutes = 5;
testRates({ barMinutes, numStill: 100, maxFalse: 5, numChanged: 100 });

test('features as they are, not as rolling scores, bring more false alarms; they are only counted', () => {
  const rest = { barMinutes, numWatched: monthOf(barMinutes), normalize: 'none' } as const;
  measure('unchanged, features as they are', 100, ALL_KINDS, rest);
});

test('volatility that a rolling score takes in is told of in most; the collapse of a policy that moves rarely is only counted', () => {
  const rest = { barMinutes, numWatched: 2 * config.windowDecisions } as const;
  const scored = measure('volatility, rolling scores', 100, ALL_KINDS, { ...rest, change: 'volatility' });
  expect(scored).toBeGreaterThan(50);
  measure('collapse, rare moves', 100, [SLOW_RETURN], { ...rest, change: 'collapse' });
});

test('a feature that wanders as slowly as the reference is long brings more false alarms; they are only counted', () => {
  const rest = { barMinutes, numWatched: monthOf(barMinutes), hasLevel: true };
  measure('unchanged, slow return with its level', 100, [SLOW_RETURN], rest);
});
