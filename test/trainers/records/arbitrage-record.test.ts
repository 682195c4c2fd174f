/** What arbitrage is recorded to have done, against the env's own account of it. */
import { describe, expect, test } from 'vitest';
import { random } from '../../../agents/rules/random.ts';
import { createRng } from '../../../core/rng.ts';
import { type ArbitrageConfig, arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import type { ArbitrageInfo } from '../../../envs/arbitrage/trader.ts';
import { judgeArbitrage } from '../../../trainers/arbitrage/judge.ts';
import { type ArbitrageRecord, ArbitrageRecorder } from '../../../trainers/arbitrage/record.ts';
import { arbitrageCurvesTable, legsTable, pairsTable } from '../../../trainers/records/arbitrage-tables.ts';
import { twoVenueBooks } from '../../live/recorded-session.ts';

const books = twoVenueBooks(1200);

function play(settings: Partial<ArbitrageConfig>): { record: ArbitrageRecord; last: ArbitrageInfo } {
  const config = arbitrageConfig.parse({
    warmupEvents: 40,
    decisionMs: 1000,
    takerFeeRates: [0.0005],
    ...settings,
  });
  const recorder = new ArbitrageRecorder();
  let last: ArbitrageInfo | undefined;
  judgeArbitrage(
    books,
    config,
    { fromRow: 0, toRow: 0 },
    Number.NaN,
    ({ observationSpace, actionSpace }) =>
      random.build(
        { observationSpace, actionSpace, numEnvs: 1, rng: createRng(4), totalSteps: 0, masksActions: true },
        { changeProbability: 0.5 },
      ),
    (info) => {
      last = { ...info };
    },
    recorder,
  );
  return { record: recorder.record(), last: last! };
}

describe.each(['cancel', 'reverse', 'proceed'] as const)(
  'under the policy "%s" for missing legs',
  (legPolicy) => {
    const { record, last } = play({ legPolicy, latencyMs: [300, 700], limitRate: 0.00002 });
    const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

    test('pairs and the inventory sum to the change of equity', () => {
      const table = pairsTable([{ span: 'test', trader: 'random', record }]);
      const profits = table.find(({ name }) => name === 'profit')!.values as Float64Array;
      const gained = record.equity[record.equity.length - 1] - record.equity[0];
      expect(Math.abs(sum(profits) - gained) / record.equity[0]).toBeLessThan(1e-9);
      expect(table.find(({ name }) => name === 'open')!.values).toEqual([
        ...record.pairs.map(() => false),
        true,
      ]);
    });

    test('legs are all that was traded, each pair is told from the one that took its place', () => {
      expect(record.pairs.length).toBe(last.sent);
      expect(last.sent).toBeGreaterThan(40);
      expect(sum(record.legs.map(({ notional }) => notional))).toBeCloseTo(last.notional, 4);
      expect(sum(record.legs.map(({ fee }) => fee))).toBeCloseTo(last.fees, 6);
      expect(record.pairs.filter(({ bought, sold }) => bought + sold > 0).length).toBe(last.traded);
      expect(record.pairs.every(({ buyVenue, sellVenue }) => buyVenue >= 0 && sellVenue >= 0)).toBe(true);
      const legs = legsTable([{ span: 'test', trader: 'random', record }]);
      expect(legs[0].values.length).toBe(record.legs.length);
    });
  },
);

test('curves show the balances of each venue, and the edge after fees by hand', () => {
  const { record } = play({ latencyMs: [0], takerFeeRates: [0.001, 0.002] });
  const table = arbitrageCurvesTable([{ span: 'test', trader: 'random', seed: 1, record }]);
  expect(table.map(({ name }) => name)).toContain(`quote:${record.venues[1]}`);
  expect(new Set(table.map(({ values }) => values.length))).toEqual(new Set([record.timeMs.length]));
  // The books of each venue as they were at the time of a decision.
  const t = 100;
  const quotes = [0, 1].map((venue) => {
    let event = books.timeMs.findLastIndex((timeMs) => timeMs <= record.timeMs[t]);
    while (books.venue[event] !== venue) event--;
    return { bid: books.bidPrices[event * books.depth], ask: books.askPrices[event * books.depth] };
  });
  const edge = (buy: number, sell: number, buyFee: number, sellFee: number) =>
    1e4 * ((quotes[sell].bid * (1 - sellFee)) / (quotes[buy].ask * (1 + buyFee)) - 1);
  const expected = Math.max(edge(0, 1, 0.001, 0.002), edge(1, 0, 0.002, 0.001));
  expect(record.edgeBps[t]).toBeCloseTo(expected, 9);
});
