import { describe, expect, test } from 'vitest';
import { comboHysteresis } from '../../../agents/rules/combo-hysteresis.ts';
import { resolveConfig } from '../../../core/config.ts';
import { createRng } from '../../../core/rng.ts';
import { comboEnvs, syntheticLegs } from '../../../envs/combo-arbitrage.ts';
import { comboConfig } from '../../../envs/combos/config.ts';
import { CARRY, PREMIUM } from '../../../envs/combos/kinds.ts';
import type { BookTape } from '../../../market/books/tape.ts';
import { createFundingSeries } from '../../../market/instruments/funding-series.ts';
import { comboBoundBps } from '../../../trainers/arbitrage/combos/bound.ts';
import { trainCombos } from '../../../trainers/arbitrage/combos/judge.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const FEE = 0.0004;

function tapeOf(spots: number[], perps: number[]): BookTape {
  const prices = spots.flatMap((spot, n) => [spot, perps[n]]);
  const column = (of: (price: number) => number) => Float64Array.from(prices, of);
  return {
    venues: ['spot', 'perp'].map((name) => ({ name, base: 'BTC', quote: 'USDT' })),
    depth: 1,
    length: prices.length,
    timeMs: Float64Array.from(prices, (_, n) => START + Math.floor(n / 2) * 4 * HOUR + (n % 2)),
    exchangeTimeMs: column(() => Number.NaN),
    venue: Uint8Array.from(prices, (_, n) => n % 2),
    bidPrices: column((price) => price * 0.9999),
    bidSizes: column(() => 1e6),
    askPrices: column((price) => price * 1.0001),
    askSizes: column(() => 1e6),
  };
}

describe('the hindsight bound of carry', () => {
  test('is what the best of all sequences earns, tried one by one', () => {
    const rng = createRng('bound');
    for (let round = 0; round < 6; round++) {
      // One price of the thing, so that every trade has the same size; two of them fill the capital.
      const spots = Array.from({ length: 9 }, () => 100);
      const perps = spots.map((spot) => spot * (1 + 0.004 * rng.gaussian()));
      const rates = Array.from({ length: 12 }, () => 0.002 * rng.gaussian());
      const funding = createFundingSeries({ timeMs: rates.map((_, n) => START + n * 8 * HOUR), rate: rates });
      const config = resolveConfig(comboConfig, { warmupEvents: 2, sizes: [0.5], takerFeeRate: FEE }, 'test');
      const bound = comboBoundBps(CARRY, config, {
        books: tapeOf(spots, perps),
        funding: [undefined, funding],
      });
      const size = 50_000 / 100;
      let best = 0;
      const last = spots.length - 1;
      const walk = (n: number, held: number, profit: number): void => {
        if (n === last) {
          best = Math.max(best, profit + held * size * (spots[n] - perps[n]));
          return;
        }
        for (const move of [-1, 0, 1]) {
          const after = held + move;
          if (after < 0 || after > 2) continue;
          const [spot, perp] = [spots[n], perps[n]];
          const cash =
            move === 1
              ? perp * 0.9999 * (1 - FEE) - spot * 1.0001 * (1 + FEE)
              : move === -1
                ? spot * 0.9999 * (1 - FEE) - perp * 1.0001 * (1 + FEE)
                : 0;
          // A decision stands a millisecond after the hour: the funding of the hour itself is over.
          const next = (n + 1) * 4;
          const paid = next % 8 === 0 ? perp * rates[next / 8] : 0;
          walk(n + 1, after, profit + size * (cash + after * paid));
        }
      };
      walk(0, 0, 0);
      expect(bound).toBeCloseTo(best / 10, 6);
    }
  });

  test('is above anything that a rule or chance earns on markets made up', () => {
    const result = trainCombos({
      kind: PREMIUM,
      config: { sizes: [0.1] },
      agent: comboHysteresis,
      agentSettings: { entryBps: 30 },
      steps: 16,
      seeds: [1],
      numEnvs: 1,
      market: { steps: 200 },
    });
    for (const { train, test } of result.rows) {
      expect(train.profitBps).toBeLessThanOrEqual(result.boundBps.train + 1e-9);
      expect(test.profitBps).toBeLessThanOrEqual(result.boundBps.test + 1e-9);
    }
    expect(result.rows.find(({ name }) => name === 'hysteresis')!.train.profitBps).toBeGreaterThan(0);
    expect(result.rows[0].test).toMatchObject({ profitBps: 0, trades: 0 });
  });
});

test('the rule refuses spaces that have no combination', () => {
  const carry = comboEnvs[0].create({ seed: 1 });
  const { observationSpace, actionSpace } = carry;
  const context = {
    observationSpace: { ...observationSpace, names: [] },
    actionSpace,
    numEnvs: 1,
    rng: createRng(1),
    totalSteps: 0,
    masksActions: true,
  };
  expect(() => comboHysteresis.build(context, {})).toThrow(/trades combinations of markets/);
});

test('the same seed makes the same markets', () => {
  const make = () => syntheticLegs(CARRY, { steps: 50 })(createRng(4));
  expect(make().books.bidPrices).toEqual(make().books.bidPrices);
  expect(make().funding[1]!.rate).toEqual(make().funding[1]!.rate);
});
