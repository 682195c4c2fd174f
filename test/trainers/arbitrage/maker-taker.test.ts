/** The maker-taker rule by hand: it quotes at venue 0 what it can hedge at venue 1. */
import { describe, expect, test } from 'vitest';
import { arbitrageConfig } from '../../../envs/arbitrage/config.ts';
import { playMakerTaker } from '../../../trainers/arbitrage/maker-taker.ts';
import { tapeOf } from '../../envs/book-tapes.ts';

const T0 = 1_600_000_000_000;
const CAPITAL = 41_000; // 100 base units at a venue, at a mid of 102.5
const config = arbitrageConfig.parse({
  warmupEvents: 2,
  initialEquity: CAPITAL,
  takerFeeRates: [0],
  latencyMs: [0],
  sizes: [0.04],
  staleMs: 2000,
});
const SIZE = 0.04 * 100;
const settings = { makerVenue: 0, takerVenue: 1, minProfit: 0.01, cancelThreshold: 0.005, makerFee: 0 };
const BID = 102 / 1.01;
const ASK = 103 * 1.01;

const taker = (ms: number) => ({ timeMs: T0 + ms, venue: 1, bids: [[102, 10]], asks: [[103, 10]] }) as const;
const maker = (ms: number, bid = 100, ask = 105, size = 10) =>
  ({ timeMs: T0 + ms, venue: 0, bids: [[bid, size]], asks: [[ask, size]] }) as const;

/** The rule on a tape that begins and ends as given, with something at the maker between. */
const play = (...between: ReturnType<typeof maker | typeof taker>[]) =>
  playMakerTaker(
    tapeOf([maker(0), taker(100), maker(200), taker(300), ...between, maker(9000), taker(9100), maker(9200)]),
    config,
    { fromRow: 0, toRow: 0 },
    settings,
  );

describe('a quote', () => {
  test.each<[rule: string, between: ReturnType<typeof maker | typeof taker>[], fills: number, gain: number]>([
    ['that nobody crosses is not filled', [maker(400)], 0, 0],
    ['is filled where an ask falls to it, at its own price', [maker(400, 99, 100)], 1, SIZE * (102 - BID)],
    ['is filled where a bid rises to it, at its own price', [maker(400, 105, 106)], 1, SIZE * (ASK - 103)],
    ['is not filled above it', [maker(400, 99, 101.5)], 0, 0],
    ['is filled up to the size that crosses', [maker(400, 99, 100, 1)], 1, 102 - BID],
    [
      'is withdrawn while the other venue is not to be hedged at',
      [maker(2500), maker(2600, 99, 100), maker(2700)],
      0,
      0,
    ],
  ])('%s', (_, between, fills, gain) => {
    const outcome = play(...between);
    expect(outcome.fills).toBe(fills);
    expect(outcome.exposure).toBeCloseTo(0, 9);
    expect((outcome.profitBps / 1e4) * CAPITAL).toBeCloseTo(gain, 6);
  });
});
