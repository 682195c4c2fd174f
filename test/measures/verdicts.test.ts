/** How often a verdict says "edge" where there is none, and where there is one. */
import { describe, expect, test } from 'vitest';
import { ppo } from '../../agents/ppo.ts';
import { createRng } from '../../core/rng.ts';
import { TradingEnv } from '../../envs/trading.ts';
import { createVectorEnv } from '../../envs/vector/vector-env.ts';
import { judge } from '../../trainers/judge.ts';
import { tradingTask } from '../../trainers/judged-task.ts';
import { splitSpans } from '../../trainers/spans.ts';
import { train } from '../../trainers/train.ts';
import type { Verdict } from '../../trainers/verdict.ts';
import { judgedMarket, NUM_MARKETS, randomRule, share, walk } from './walks.ts';

const DRIFTS = [0.0007, 0, -0.0007];
const COSTS = [true, false];
const NUM_BARS = 1000;
/** Bars before, for rules that look back. */
const BEFORE = 60;

/** At most 5 %, by a binomial test that a true rate of 5 % passes 99 times of 100. */
const allowed = (of: number): number => Math.floor(0.05 * of + 2.33 * Math.sqrt(0.05 * 0.95 * of));

describe.each(DRIFTS)('on walks that drift by %d a bar', (drift) => {
  test.each(COSTS)('with costs %s rules without skill are rarely said to have an edge', (costs) => {
    const counts: Record<string, Record<Verdict['finding'], number>> = {};
    const count = (name: string, { finding }: Verdict): void => {
      counts[name] ??= { edge: 0, 'no-edge': 0, worse: 0, 'too-few-decisions': 0, 'does-not-trade': 0 };
      counts[name][finding]++;
    };
    for (let i = 0; i < NUM_MARKETS; i++) {
      const candles = walk(`walk ${drift} ${i}`, NUM_BARS + BEFORE, () => drift);
      const judged = judgedMarket(candles, BEFORE, costs);
      for (const exposure of [0, 0.5, 1, 2, 3]) {
        count(
          `constant ${exposure}`,
          judged.judge([judged.play({ name: 'held', exposure: () => exposure })]),
        );
      }
      count('sma-cross', judged.judge([judged.smaCross]));
      count('random', judged.judge([judged.play(randomRule(`random ${i}`, [0, 0.5, 1], 0.1))]));
      count('random long-short', judged.judge([judged.play(randomRule(`short ${i}`, [-1, 0, 1], 0.3))]));
    }
    for (const [name, found] of Object.entries(counts)) {
      console.log(`size, drift ${drift}, costs ${costs}, ${name}: edge ${share(found.edge, NUM_MARKETS)}`);
      expect(found.edge).toBeLessThanOrEqual(allowed(NUM_MARKETS));
    }
  });
});

describe.each(DRIFTS)('PPO on walks that drift by %d a bar', (drift) => {
  test.each(COSTS)('with costs %s is rarely said to have an edge', (costs) => {
    let edges = 0;
    for (let i = 0; i < NUM_MARKETS; i++) {
      const candles = walk(`ppo ${drift} ${i}`, 1500, () => drift);
      const levels = drift > 0 ? [0, 1, 3] : drift < 0 ? [0, 1] : [-1, 0, 1];
      const config = {
        levels,
        maxLeverage: 3,
        ...(costs ? { feeRate: 0.0005, slippageRate: 0.0001 } : { feeRate: 0, slippageRate: 0 }),
      };
      const spans = splitSpans(candles);
      const task = tradingTask(candles, config, spans);
      const agents = [1, 2].map((seed) => {
        const { fromRow, toRow } = spans.train;
        const trained = { ...config, fromRow, toRow, episodeBars: 250 };
        const envs = createVectorEnv([new TradingEnv({ candles, seed, config: trained })]);
        const { observationSpace, actionSpace } = envs;
        const totalSteps = 4096;
        const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(seed), totalSteps };
        const agent = ppo.build(context, { gamma: 0.5, rolloutSteps: 256, hidden: [32] });
        train({ envs, agent, totalSteps, seed });
        return { seed, agent };
      });
      if (judge(agents, task, 1).verdict.finding === 'edge') edges++;
    }
    console.log(`size, drift ${drift}, costs ${costs}, PPO of two seeds: edge ${share(edges, NUM_MARKETS)}`);
    expect(edges).toBeLessThanOrEqual(allowed(NUM_MARKETS));
  });
});

test('the best of thirty settings without skill is rarely said to have an edge, where all are counted', () => {
  let counted = 0;
  let alone = 0;
  for (let i = 0; i < NUM_MARKETS; i++) {
    const judged = judgedMarket(
      walk(`thirty ${i}`, NUM_BARS + BEFORE, () => 0.0002),
      BEFORE,
      false,
    );
    const accounts = Array.from({ length: 30 }, (_, k) =>
      judged.play(randomRule(`setting ${i} ${k}`, [0, 0.5, 1], 0.1)),
    );
    const [winner] = accounts.sort((a, b) => b.metrics.totalReturn - a.metrics.totalReturn);
    if (judged.judge([winner]).finding === 'edge') alone++;
    if (judged.judge([winner], 30).finding === 'edge') counted++;
  }
  console.log(
    `size, best of 30 settings: edge ${share(counted, NUM_MARKETS)}; not counted ${share(alone, NUM_MARKETS)}`,
  );
  expect(counted).toBeLessThanOrEqual(allowed(NUM_MARKETS));
});

test.each([
  [1, 0.6],
  [2, 0.95],
])('an edge of an annual Sharpe ratio of %d over eight years is found', (sharpe, least) => {
  let edges = 0;
  for (let i = 0; i < NUM_MARKETS; i++) {
    const numBars = Math.round(8 * 365.25);
    const rng = createRng(`signal ${i}`);
    let state = 1;
    const signal = Array.from({ length: numBars + BEFORE + 1 }, () => {
      if (rng.uniform() < 0.2) state = 1 - state;
      return state;
    });
    // Exposure of 0 or 1 by the signal: beyond one half it earns (e − ½)·b, half of this, with half the deviation of b.
    const edge = (0.01 * sharpe) / Math.sqrt(365.25);
    const candles = walk(`planted ${i}`, numBars + BEFORE, (bar) => (2 * signal[bar] - 1) * edge);
    const judged = judgedMarket(candles, BEFORE, false);
    const rule = {
      name: 'planted',
      exposure: ({ timeMs }: { timeMs: number }) => signal[candles.timeMs.indexOf(timeMs) + 1],
    };
    if (judged.judge([judged.play(rule)]).finding === 'edge') edges++;
  }
  console.log(`power, Sharpe ${sharpe} over 8 years: edge ${share(edges, NUM_MARKETS)}`);
  expect(edges).toBeGreaterThanOrEqual(least * NUM_MARKETS);
});
