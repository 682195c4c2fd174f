import { describe, expect, test } from 'vitest';
import { pairsReversion } from '../../agents/rules/pairs-reversion.ts';
import { createRng } from '../../core/rng.ts';
import { PairsEnv } from '../../envs/pairs.ts';
import { PortfolioEnv } from '../../envs/portfolio.ts';
import { type Candles, createCandles } from '../../market/candles/candles.ts';
import { exogenousColumns } from '../../market/features/exogenous.ts';
import { createFeaturePipeline } from '../../market/features/pipeline.ts';
import { hedgeRatio } from '../../market/statistics/pairs/hedge-ratio.ts';
import { testEnv } from '../../testing/suites.ts';
import { playEpisode } from '../../trainers/episode.ts';
import { playPortfolioRules } from '../../trainers/portfolio-rules.ts';

const HOUR = 3_600_000;

function candlesOf(closes: ArrayLike<number>): Candles {
  const n = closes.length;
  const at = (i: number): number => closes[Math.max(0, i)];
  const open = Array.from({ length: n }, (_, i) => at(i - 1));
  return createCandles({
    timeMs: Array.from({ length: n }, (_, i) => Date.UTC(2024, 0, 1) + i * HOUR),
    open,
    high: open.map((price, i) => Math.max(price, closes[i])),
    low: open.map((price, i) => Math.min(price, closes[i])),
    close: Array.from(closes),
    volume: Array.from({ length: n }, () => 1000),
  });
}

/** Two walks that hold together: the spread halves its distance in some ten bars. */
function pairOf(label: string, length = 400, deviation = 0.01): [Candles, Candles] {
  const rng = createRng(label);
  let value = Math.log(100);
  let spread = 0;
  const first: number[] = [];
  const second: number[] = [];
  for (let t = 0; t < length; t++) {
    value += 0.005 * rng.gaussian();
    spread = 0.93 * spread + deviation * Math.sqrt(1 - 0.93 * 0.93) * rng.gaussian();
    first.push(Math.exp(1.5 * (value - Math.log(100)) + Math.log(50) + spread));
    second.push(Math.exp(value));
  }
  return [candlesOf(first), candlesOf(second)];
}

const series = pairOf('pairs');
testEnv('pairs', (seed) => new PairsEnv({ series, seed, config: { episodeBars: 60, hedgeBars: 30 } }));

describe('features of a pair', () => {
  const specs = ['spread-zscore:40', 'hedge-ratio:40'];
  const beside = (own: Candles, other: Candles): Candles => ({ ...own, extra: { pair: other.close } });

  test('are the least squares of the window alone', () => {
    const [first, second] = series;
    const { values, numColumns } = createFeaturePipeline(specs, { normalize: 'none' }).compute(
      beside(first, second),
    );
    for (const row of [39, 200, 399]) {
      const logs = ({ close }: Candles) => close.slice(row - 39, row + 1).map(Math.log);
      const [y, x] = [logs(first), logs(second)];
      const { ratio, intercept } = hedgeRatio(y, x);
      const residuals = y.map((own, i) => own - intercept - ratio * x[i]);
      const deviation = Math.sqrt(residuals.reduce((sum, own) => sum + own * own, 0) / 40);
      expect(values[row * numColumns + 1]).toBeCloseTo(ratio, 5);
      expect(values[row * numColumns]).toBeCloseTo(residuals[39] / deviation, 4);
    }
  });

  test('know nothing of later prices of either market', () => {
    const [first, second] = series;
    const later = (candles: Candles): Candles => ({
      ...candles,
      close: candles.close.map((price, i) => (i > 200 ? price * (1 + 0.01 * (i % 7)) : price)),
    });
    const compute = (own: Candles, other: Candles) =>
      createFeaturePipeline(specs).compute(beside(own, other));
    const original = compute(first, second);
    const end = 201 * original.numColumns;
    for (const changed of [compute(later(first), second), compute(first, later(second))]) {
      expect(changed.values.slice(0, end)).toEqual(original.values.slice(0, end));
      expect(changed.values.slice(end)).not.toEqual(original.values.slice(end));
    }
  });

  test('take any column by name, and say which is missing', () => {
    expect(exogenousColumns(['spread-zscore:20:other=eth', 'hedge-ratio', 'return:1'])).toEqual(['eth']);
    expect(() => createFeaturePipeline(['hedge-ratio:20']).compute(series[0])).toThrow(
      /no column "pair" for the feature hedge-ratio; use the env "pairs"/,
    );
  });

  test('of a market that does not move are 0', () => {
    const still = beside(series[0], candlesOf(new Float64Array(400).fill(7)));
    const { values } = createFeaturePipeline(specs, { normalize: 'none' }).compute(still);
    expect(values.slice(2 * 39).every((value) => value === 0)).toBe(true);
  });
});

describe('the account of a pair', () => {
  const config = { hedgeBars: 30, costRate: 0.001, episodeStart: 'sequential' as const };

  test('is what both legs gain, less their costs, to 1e-9', () => {
    const env = new PairsEnv({ series, config });
    const [first, second] = series;
    let { equity, row } = env.reset().info;
    const { info } = env.step(2);
    const logs = ({ close }: Candles) => close.slice(row - 29, row + 1).map(Math.log);
    const { ratio } = hedgeRatio(logs(first), logs(second));
    const value = equity / (1 + ratio);
    equity *= 1 - 0.001;
    const held = [value / first.open[row + 1], (-ratio * value) / second.open[row + 1]];
    for (let n = 0; n < 20; n++) {
      row++;
      const legs = [first, second].map(
        ({ open, close }, m) => held[m] * (close[row] - (n === 0 ? open[row] : close[row - 1])),
      );
      equity += legs[0] + legs[1];
      expect(Math.abs(info.equity / equity - 1)).toBeLessThan(1e-9);
      if (n < 19) env.step(2);
    }
    expect(info.hedgeRatio).toBeCloseTo(ratio, 9);
    // The same level again has traded nothing.
    expect([info.tradedNotional, info.costPaid]).toEqual([0, 0]);
  });

  test('of the rule gains where a spread comes back, and nothing where there is none', () => {
    const earned = (deviation: number): number => {
      let sum = 0;
      for (const label of ['a', 'b', 'c', 'd']) {
        const cheap = { ...config, costRate: 0.0003 };
        const env = new PairsEnv({ series: pairOf(label, 800, deviation), config: cheap });
        const { observationSpace, actionSpace } = env;
        const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 0 };
        let last = 0;
        playEpisode(pairsReversion.build(context, {}), env, (info) => {
          last = (info as { equity: number }).equity / 10_000 - 1;
        });
        sum += last / 4;
      }
      return sum;
    };
    expect(earned(0.01)).toBeGreaterThan(0.02);
    expect(earned(0.0001)).toBeLessThan(0);
  });

  test('needs two markets, levels with 0, and spaces that the rule knows', () => {
    expect(() => new PairsEnv({ series: [series[0]] })).toThrow(/trades two markets, got 1; name two files/);
    expect(() => new PairsEnv({ series, config: { levels: [-1, 1] } })).toThrow(/must rise and hold 0/);
    const { observationSpace, actionSpace } = new PairsEnv({ series, config: { features: ['return:1'] } });
    const context = { observationSpace, actionSpace, numEnvs: 1, rng: createRng(1), totalSteps: 0 };
    expect(() => pairsReversion.build(context, {})).toThrow(/looks at spread-zscore/);
  });
});

test('portfolios without a view weigh calm assets more than wild ones, and 1/N does not', () => {
  const rng = createRng('portfolio');
  const walk = (deviation: number): Candles => {
    let price = 100;
    return candlesOf(Array.from({ length: 700 }, () => (price *= 1 + deviation * rng.gaussian())));
  };
  const env = new PortfolioEnv({
    series: [walk(0.002), walk(0.01), walk(0.03)],
    config: { episodeBars: 150, costRate: 0, episodeStart: 'sequential', fromRow: 500 },
  });
  const weights: number[][] = [];
  const step = env.step.bind(env);
  env.step = (action) => {
    weights.push(Array.from(action as Float32Array));
    return step(action);
  };
  const rules = playPortfolioRules(env, 1, { every: 5 });
  expect(rules.map(({ name }) => name)).toEqual(['1/N', 'minimum variance (Ledoit–Wolf)', 'risk parity']);
  const [equal, least, parity] = [0, 150, 300].map((first) => weights[first]);
  expect(equal).toEqual([0, ...new Float32Array(3).fill(1 / 3)]);
  for (const [, calm, middle, wild] of [least, parity]) {
    expect(calm).toBeGreaterThan(middle);
    expect(middle).toBeGreaterThanOrEqual(wild);
  }
  // Deviations of .2, 1 and 3 %: 15 to 3 to 1 of equal risk, less what the covariance is shrunk.
  expect(parity[1]).toBeGreaterThan(0.6);
  expect(parity[1]).toBeLessThan(15 / 19);
  expect(least[1]).toBeGreaterThan(0.9);
  // Later prices change no weight before.
  const before = weights[100];
  env.series[1].close.fill(1, 640);
  weights.length = 0;
  playPortfolioRules(env, 1, { every: 5 });
  expect(weights[100]).toEqual(before);
});
