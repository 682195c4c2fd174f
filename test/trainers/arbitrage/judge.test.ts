/** What a span is found to have brought, by hand: one trade on two venues of which one is dear. */
import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../agents/agent.ts';
import { type ArbitrageConfig, arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import { judgeArbitrage, judgeByTime } from '../../../trainers/arbitrage/judge.ts';
import { isPlain } from '../../../trainers/arbitrage/judged-config.ts';
import { tapeOf } from '../../envs/book-tapes.ts';

const T0 = 1_600_000_000_000;
const cheap = { venue: 0, bids: [[99, 10]], asks: [[100, 10]] } as const;
const dear = { venue: 1, bids: [[102, 10]], asks: [[103, 10]] } as const;
/** Books in turn, a second apart. */
const books = tapeOf(
  Array.from({ length: 12 }, (_, i) => ({ timeMs: T0 + 1000 * i, ...(i % 2 === 0 ? cheap : dear) })),
);
const CAPITAL = 40_400; // 100 base units at a venue, at a mid of 101
const config = arbitrageConfig.parse({
  warmupEvents: 2,
  initialEquity: CAPITAL,
  takerFeeRates: [0.001],
  latencyMs: [0],
  limitRate: 0,
  sizes: [0.04],
  decisionMs: 0,
});
const WHOLE = { fromRow: 0, toRow: 0 };

/** Buys 4 units at the cheap venue and sells them at the dear one at its n-th decision, from 0; else holds. */
const trader = (n: number) => (): Agent => {
  let step = 0;
  const nothing = { arrays: {}, values: {} };
  return { act: () => Int32Array.of(step++ === n ? 1 : 0), observe() {}, save: () => nothing, load() {} };
};
const PROFIT = 4 * 102 * 0.999 - 4 * 100 * 1.001;

describe('a span with one trade', () => {
  test('has its profit: of the capital, of what was bought, and of what could be had', () => {
    const outcome = judgeArbitrage(books, config, WHOLE, 10, trader(0));
    expect(outcome.profitBps).toBeCloseTo((1e4 * PROFIT) / CAPITAL, 8);
    expect(outcome.profitPerTradeBps).toBeCloseTo((1e4 * PROFIT) / ((4 * 100 + 4 * 102) / 2), 6);
    expect(outcome.capitalUse).toBeCloseTo((4 * 100 + 4 * 102) / 2 / CAPITAL, 9);
    expect(outcome.shareOfBound).toBeCloseTo(outcome.profitBps / 10, 12);
    expect(outcome).toMatchObject({ trades: 1, hitRate: 1, legFailures: 0 });
  });

  test('has an inventory that is as far from even as it was left, for as long as it was', () => {
    for (const n of [0, 5]) {
      let numSeen = 0;
      const see = () => {
        numSeen++;
      };
      const { inventoryDrift } = judgeArbitrage(books, config, WHOLE, 10, trader(n), see);
      // Of 200 units 4 lie on the other side, 2 % of them, from the trade on.
      expect(inventoryDrift).toBeCloseTo((0.02 * (numSeen - 1 - n)) / numSeen, 12);
    }
    expect(judgeArbitrage(books, config, WHOLE, 10, trader(-1)).inventoryDrift).toBeCloseTo(0, 12);
  });

  test('without one has nothing to divide by', () => {
    expect(judgeArbitrage(books, config, WHOLE, Number.NaN, trader(-1))).toMatchObject({
      profitBps: 0,
      trades: 0,
      hitRate: Number.NaN,
      profitPerTradeBps: Number.NaN,
      shareOfBound: Number.NaN,
      capitalUse: expect.closeTo(0, 12),
    });
  });

  test.each([
    ['0', 0],
    ['NaN', Number.NaN],
  ])('has no share of a bound of %s', (_, bound) => {
    expect(judgeArbitrage(books, config, WHOLE, bound, trader(0)).shareOfBound).toBeNaN();
  });
});

test('gains of the first moment and of the last lie in the first stretch and the last', () => {
  const long = tapeOf([
    ...Array.from({ length: 4 }, (_, i) => ({ timeMs: T0 + i, ...(i % 2 === 0 ? cheap : dear) })),
    { timeMs: T0 + 100_000, ...cheap },
  ]);
  const where = (n: number) =>
    judgeByTime(long, config, WHOLE, 10, trader(n)).gainsBps.findIndex((gain) => gain > 0);
  expect([where(0), where(2)]).toEqual([0, 99]);
});

test('gains lie in the stretch of the span’s time in which they were made, and add up', () => {
  const where = (n: number) => {
    const { gainsBps, profitBps } = judgeByTime(books, config, WHOLE, 10, trader(n));
    expect(gainsBps).toHaveLength(100);
    expect(gainsBps.reduce((sum, gain) => sum + gain, 0)).toBeCloseTo(profitBps, 9);
    return gainsBps.findIndex((gain) => gain > 0);
  };
  // The first decision is at the second book of twelve.
  expect([where(0), where(4)]).toEqual([18, 54]);
});

test.each<[rule: string, change: Partial<ArbitrageConfig>, isSo: boolean]>([
  ['as they are by default', {}, true],
  ['not with a spread of latencies', { latencySigma: 0.1 }, false],
  ['not with another fee model', { feeModel: 'maker-taker' }, false],
  ['not with another latency model', { latencyModel: 'empirical' }, false],
])('settings are plain numbers %s', (_, change, isSo) => {
  expect(isPlain(arbitrageConfig.parse(change))).toBe(isSo);
});
