import { describe, expect, test } from 'vitest';
import type { Agent, AgentPlugin } from '../../../agents/agent.ts';
import { edgeThreshold } from '../../../agents/rules/edge-threshold.ts';
import { edgeTrailing, exitTarget } from '../../../agents/rules/edge-trailing.ts';
import { createRng } from '../../../core/rng.ts';
import { ArbitrageEnv } from '../../../envs/arbitrage.ts';
import { CartPole } from '../../../envs/cartpole.ts';
import { createBox, createDiscrete } from '../../../envs/spaces.ts';
import { cancelsAsk, cancelsBid, makerAsk, makerBid } from '../../../market/arbitrage/maker-taker.ts';
import { playEpisode } from '../../../trainers/episode.ts';
import { randomTape } from '../../envs/book-tapes.ts';

const NAMES = ['edge:A>B', 'edge:B>A'];
const spaces = {
  observationSpace: createBox([2], -100, 100, NAMES),
  actionSpace: createDiscrete(5, undefined, [
    'hold',
    'trade:A>B:0',
    'trade:A>B:1',
    'trade:B>A:0',
    'trade:B>A:1',
  ]),
  numEnvs: 1,
  rng: createRng(1),
  totalSteps: 0,
};
const everything = Uint8Array.of(1, 1, 1, 1, 1);

/** @param edges net, in bp; observed in tens of them */
function act(agent: Agent, edges: readonly number[], mask = everything, starts = 0): number {
  const stepContext = { episodeStarts: Uint8Array.of(starts), actionMasks: mask };
  return agent.act(
    Float32Array.from(edges, (bps) => bps / 10),
    1,
    false,
    stepContext,
  )[0];
}

describe('the threshold rule', () => {
  test('trades the pair that is furthest above its threshold, as large as the mask allows', () => {
    const agent = edgeThreshold.build(spaces, { thresholdBps: [5, -10] });
    expect(act(agent, [4, -11])).toBe(0);
    expect(act(agent, [6, -11])).toBe(2);
    expect(act(agent, [6, -8])).toBe(4);
    expect(act(agent, [6, -8], Uint8Array.of(1, 1, 1, 0, 0))).toBe(2);
    expect(act(agent, [6, -20], Uint8Array.of(1, 1, 0, 1, 1))).toBe(1);
  });

  test('with a slope, asks for more as the base that is sold is used up, and for less to bring it back', () => {
    const observationSpace = createBox([4], -100, 100, [...NAMES, 'base:A', 'base:B']);
    const agent = edgeThreshold.build(
      { ...spaces, observationSpace },
      { thresholdBps: [10, -5], slopeBps: 20 },
    );
    const see = (edges: [number, number], base: [number, number]) =>
      agent.act(Float32Array.of(edges[0] / 10, edges[1] / 10, ...base), 1, false, {
        episodeStarts: Uint8Array.of(0),
        actionMasks: everything,
      })[0];
    expect(see([11, -40], [1, 1])).toBe(2);
    // Half of what could be sold at B is gone: the way there asks for 20, the way back gives up to 15.
    expect(see([19, -40], [1.5, 0.5])).toBe(0);
    expect(see([21, -40], [1.5, 0.5])).toBe(2);
    expect(see([0, -16], [1.5, 0.5])).toBe(0);
    expect(see([0, -14], [1.5, 0.5])).toBe(4);
    expect(() => edgeThreshold.build(spaces, { slopeBps: 1 })).toThrow(/observe the column "base"/);
  });

  test('says its wish in continuous actions too, either way', () => {
    const actionSpace = createBox([1], -1, 1, ['trade:A>B']);
    const agent = edgeThreshold.build({ ...spaces, actionSpace });
    expect(act(agent, [1, -5])).toBe(1);
    expect(act(agent, [-5, 1])).toBe(-1);
    expect(act(agent, [-5, -1])).toBe(0);
  });

  test('refuses spaces without edges, and thresholds for another number of pairs', () => {
    const { observationSpace, actionSpace } = new CartPole(1);
    expect(() => edgeThreshold.build({ ...spaces, observationSpace, actionSpace })).toThrow(
      /"arbitrage" env/,
    );
    expect(() => edgeThreshold.build(spaces, { thresholdBps: [1, 2, 3] })).toThrow(/A>B, B>A; got 3/);
  });
});

describe('spread entry with a trailing limit', () => {
  test('the worked example: entry 0.80 %, fees 0.25 % each, exit −0.70 %', () => {
    expect(exitTarget(0.008, 0.005, 0.0025, 0.0025)).toBeCloseTo(-0.007, 15);
  });

  /** The net edge of a spread before fees, bp. */
  const net = (spreadBps: number) => (((1 + spreadBps / 1e4) * 0.9975) / 1.0025 - 1) * 1e4;

  test('enters once a wide spread has fallen by the limit, and leaves at its target', () => {
    const agent = edgeTrailing.build(spaces, {
      entryBps: 80,
      trailingBps: 8,
      targetBps: 50,
      feeRate: 0.0025,
    });
    expect(act(agent, [net(100), -200], everything, 1)).toBe(0);
    expect(act(agent, [net(93), -200])).toBe(0);
    expect(act(agent, [net(91), -200])).toBe(2); // Exit target: 91 − 50 − 100 = −59 bp.
    expect(act(agent, [0, net(58)])).toBe(0);
    expect(act(agent, [0, net(60)])).toBe(4);
    expect(act(agent, [0, net(60)])).toBe(0);
  });

  test('a spread that falls below the entry forgets its peak', () => {
    const agent = edgeTrailing.build(spaces, { entryBps: 80, trailingBps: 8, feeRate: 0.0025 });
    act(agent, [net(120), -200], everything, 1);
    act(agent, [net(70), -200]);
    expect(act(agent, [net(85), -200])).toBe(0);
  });

  test('leaves after the longest holding time, and goes on from a saved state', () => {
    const settings = { entryBps: 80, trailingBps: 0, feeRate: 0.0025, maxHoldingSteps: 2 };
    const agent = edgeTrailing.build(spaces, settings);
    expect(act(agent, [net(90), -200], everything, 1)).toBe(2);
    const other = edgeTrailing.build(spaces, settings);
    other.load(structuredClone(agent.save()));
    for (const each of [agent, other]) {
      expect(act(each, [0, -500])).toBe(0);
      expect(act(each, [0, -500])).toBe(4);
    }
  });
});

describe('cross-exchange market making', () => {
  const free = { rate: 1.001, minProfit: 0.003, makerFee: 0, takerFee: 0 };

  test('without fees, the published prices', () => {
    expect(makerBid({ sell: 100, buy: 101 }, free)).toBeCloseTo((100 * 1.001) / 1.003, 12);
    expect(makerAsk({ sell: 100, buy: 101 }, free)).toBeCloseTo(101 * 1.001 * 1.003, 12);
  });

  test('with fees, the fill and its hedge earn the least profit', () => {
    const terms = { rate: 1, minProfit: 0.002, makerFee: 0.001, takerFee: 0.0005 };
    const bid = makerBid({ sell: 100, buy: 101 }, terms);
    expect((100 * (1 - 0.0005)) / (bid * (1 + 0.001)) - 1).toBeCloseTo(0.002, 12);
    const ask = makerAsk({ sell: 100, buy: 101 }, terms);
    expect((ask * (1 - 0.001)) / (101 * (1 + 0.0005)) - 1).toBeCloseTo(0.002, 12);
  });

  test('a quote is withdrawn when its hedge no longer pays', () => {
    const bid = makerBid({ sell: 100, buy: 101 }, free);
    expect(cancelsBid(bid, { sell: 100, buy: 101 }, free, 0)).toBe(false);
    expect(cancelsBid(bid, { sell: 99.6, buy: 101 }, free, 0)).toBe(true);
    const ask = makerAsk({ sell: 100, buy: 101 }, free);
    expect(cancelsAsk(ask, { sell: 100, buy: 101 }, free, 0)).toBe(false);
    expect(cancelsAsk(ask, { sell: 100, buy: 101.4 }, free, 0)).toBe(true);
  });
});

test('both rules play the env and earn where there is something to earn', () => {
  const books = randomTape(3, { length: 800, basisBps: 12 });
  for (const [plugin, settings] of [
    [edgeThreshold, { thresholdBps: [3] }],
    [edgeTrailing, { entryBps: 15, trailingBps: 0, targetBps: 10, feeRate: 0.0001 }],
  ] as [AgentPlugin, Record<string, unknown>][]) {
    const config = { warmupEvents: 10, latencyMs: [0], takerFeeRates: [0.0001] };
    const env = new ArbitrageEnv({ books, config });
    const { observationSpace, actionSpace } = env;
    const agent = plugin.build({ ...spaces, observationSpace, actionSpace }, settings);
    let profit = 0;
    playEpisode(agent, env, ({ profitBps }) => {
      profit = profitBps;
    });
    expect(profit).toBeGreaterThan(0);
  }
});
