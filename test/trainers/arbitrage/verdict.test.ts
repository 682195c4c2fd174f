import { describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { reachArbitrageVerdict, type TimedProfit } from '../../../trainers/arbitrage/verdict.ts';

/** Gains in 100 stretches, with a mean of so many bp each. */
function profit(name: string, each: number, trades = 100, noise = 1): TimedProfit {
  const rng = createRng(name);
  const gainsBps = Float64Array.from({ length: 100 }, () => each + noise * rng.gaussian());
  return { gainsBps, trades, profitBps: gainsBps.reduce((sum, gain) => sum + gain, 0) };
}

const nothing = { name: 'threshold', profitBps: 0, trades: 0, gainsBps: new Float64Array(100) };

describe('the verdict on arbitrage', () => {
  test('beats nobody where the agent never trades, whatever the rule lost', () => {
    const losing = { name: 'threshold', ...profit('rule', -1) };
    const idle = { profitBps: 0, trades: 0, gainsBps: new Float64Array(100) };
    const { finding, tone, text } = reachArbitrageVerdict([idle, idle, idle, idle, idle], losing);
    expect([finding, tone]).toEqual(['does-not-trade', 'no-edge']);
    expect(text).toMatch(/^The agent does not trade on the unseen span, and beats nobody: 0\.00 bp/);
  });

  test('says too few decisions below thirty trades', () => {
    const { finding, text } = reachArbitrageVerdict([profit('a', 1, 29)], nothing);
    expect(finding).toBe('too-few-decisions');
    expect(text).toMatch(/^Too few decisions to tell: 29 trades a seed .*, 30 are needed: /);
    expect(reachArbitrageVerdict([profit('a', 1, 30)], nothing).finding).toBe('edge');
  });

  test('is an edge, none, or worse, as the interval of the difference lies', () => {
    const seeds = (each: number) => [1, 2, 3, 4, 5].map((seed) => profit(`seed ${seed}`, each));
    expect(reachArbitrageVerdict(seeds(1), nothing).finding).toBe('edge');
    expect(reachArbitrageVerdict(seeds(0), nothing).finding).toBe('no-edge');
    expect(reachArbitrageVerdict(seeds(-1), nothing).finding).toBe('worse');
  });

  test('is no edge for a loss that is smaller than the rule’s', () => {
    const losing = { name: 'threshold', ...profit('rule', -3) };
    const { finding, excessBps } = reachArbitrageVerdict([profit('a', -1)], losing);
    expect(excessBps.low).toBeGreaterThan(0);
    expect(finding).toBe('no-edge');
  });

  test('covers the path as well as the seeds: alike seeds on one lucky path show nothing', () => {
    const lucky = profit('path', 0.1);
    const seeds = [1, 2, 3, 4, 5].map((seed) => ({
      ...lucky,
      gainsBps: lucky.gainsBps.map((gain) => gain + seed * 1e-6),
    }));
    expect(reachArbitrageVerdict(seeds, nothing).finding).toBe('no-edge');
  });
});
