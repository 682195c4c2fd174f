/** How often the other sentences are said where they are not true: skill of models, Sharpe ratios, overfitting, pairs of agents, arbitrage. */
import { expect, test } from 'vitest';
import { log } from '../../core/math.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { compareAgents, summarizeCells } from '../../experiments/results.ts';
import type { TrialResult } from '../../experiments/trial.ts';
import { deflate } from '../../market/statistics/deflation.ts';
import { probabilityOfOverfitting } from '../../market/statistics/overfitting.ts';
import type { Predictions } from '../../models/signals/predictions.ts';
import { reachArbitrageVerdict } from '../../trainers/arbitrage/verdict.ts';
import { judgeSkill } from '../../trainers/model-skill.ts';
import { share } from './walks.ts';

const NUM_SERIES = Number(process.env.MEASURED_SERIES ?? 1000);

function fatTailed(rng: Rng): number {
  let squares = 0;
  for (let i = 0; i < 4; i++) squares += rng.gaussian() ** 2;
  return rng.gaussian() / Math.sqrt(squares / 4);
}

/** Rises or falls of 250 rows, said by a model whose every word is half true, which gains nothing, or not true at all. */
test.each([
  ['that is half right, and gains as much as it loses', 0.5],
  ['that knows nothing', 0],
])('a model %s is rarely said to predict better', (name, truthful) => {
  const rng = createRng(name);
  const numRows = 250;
  let [better, worse] = [0, 0];
  for (let i = 0; i < NUM_SERIES; i++) {
    const truth = new Float64Array(numRows);
    const probabilities = new Float64Array(2 * numRows);
    for (let row = 0; row < numRows; row++) {
      const tilt = 0.1 * rng.gaussian();
      const said = Math.min(0.9, Math.max(0.1, 0.5 + tilt));
      truth[row] = rng.uniform() < 0.5 + truthful * (said - 0.5) ? 1 : 0;
      probabilities.set([1 - said, said], 2 * row);
    }
    const predictions = { classNames: ['down', 'up'], probabilities, scores: [] } as unknown as Predictions;
    const { verdict } = judgeSkill(predictions, truth, i, [0.5, 0.5]);
    if (verdict.tone === 'edge') better++;
    if (verdict.tone === 'worse') worse++;
  }
  console.log(`skill, ${name}: better ${share(better, NUM_SERIES)}; worse ${share(worse, NUM_SERIES)}`);
  expect(better / NUM_SERIES).toBeLessThan(0.05);
});

test.each([
  ['i.i.d.', (rng: Rng) => rng.gaussian()],
  ['t(4)', fatTailed],
])('Sharpe ratios of %s returns without skill are rarely above .95', (name, draw) => {
  const rng = createRng(`sharpe ${name}`);
  let [single, best, undeflated] = [0, 0, 0];
  const returns = () => Float64Array.from({ length: 500 }, () => 0.01 * draw(rng));
  for (let i = 0; i < NUM_SERIES; i++) {
    if (deflate(returns()).probabilisticSharpe > 0.95) single++;
    if (i % 4 > 0) continue;
    const tried = Array.from({ length: 30 }, returns);
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    tried.sort((a, b) => mean(b) - mean(a));
    const { deflatedSharpe, probabilisticSharpe } = deflate(tried[0], tried.slice(1));
    if (deflatedSharpe > 0.95) best++;
    if (probabilisticSharpe > 0.95) undeflated++;
  }
  const some = Math.ceil(NUM_SERIES / 4);
  console.log(
    `${name}, 500 periods: PSR above .95 ${share(single, NUM_SERIES)}; best of 30: DSR above .95 ${share(best, some)}, its PSR ${share(undeflated, some)}`,
  );
  expect(single / NUM_SERIES).toBeLessThan(0.08);
  expect(best / some).toBeLessThan(0.08);
});

test('the probability of overfitting of settings without skill is a half on average', () => {
  const rng = createRng('overfitting');
  const found = Array.from({ length: Math.ceil(NUM_SERIES / 5) }, () => {
    const returns = Array.from({ length: 10 }, () =>
      Float64Array.from({ length: 250 }, () => 0.01 * rng.gaussian()),
    );
    return probabilityOfOverfitting(returns, 8).probability;
  }).sort((a, b) => a - b);
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const at = (part: number) => found[Math.floor(part * found.length)].toFixed(2);
  console.log(
    `PBO of 10 settings, ${found.length} draws: mean ${mean.toFixed(3)}, 95 % of them ${at(0.025)} to ${at(0.975)}`,
  );
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.08);
});

test.each([3, 5, 10])('five agents alike, %i seeds each, are rarely told apart', (numSeeds) => {
  const rng = createRng(`pairs ${numSeeds}`);
  const numTries = Math.ceil(NUM_SERIES / 5);
  let [any, plain, pairs] = [0, 0, 0];
  for (let i = 0; i < numTries; i++) {
    const results = Array.from({ length: 5 }, (_, agent) =>
      Array.from({ length: numSeeds }, (_, seed) => ({
        task: 'task',
        agent: `agent ${agent}`,
        seed,
        meanReturn: rng.gaussian(),
      })),
    ).flat() as unknown as TrialResult[];
    const compared = compareAgents(summarizeCells(results));
    if (compared.some(({ adjustedPValue }) => adjustedPValue < 0.05)) any++;
    plain += compared.filter(({ pValue }) => pValue < 0.05).length;
    pairs += compared.length;
  }
  console.log(
    `five agents alike, ${numSeeds} seeds: any pair by Holm ${share(any, numTries)}; a pair without Holm ${share(plain, pairs)}`,
  );
  expect(any / numTries).toBeLessThan(0.08);
});

test.each([2, 5])('an arbitrage agent like the rule, %i seeds, is rarely said to beat it', (numSeeds) => {
  const rng = createRng(`arbitrage ${numSeeds}`);
  let [better, worse] = [0, 0];
  const gains = () => Float64Array.from({ length: 24 }, () => -log(1 - rng.uniform()));
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  for (let i = 0; i < NUM_SERIES; i++) {
    const rule = gains();
    const path = gains();
    const seeds = Array.from({ length: numSeeds }, () => {
      const gainsBps = path.map((gain) => gain + 0.5 * rng.gaussian());
      return { gainsBps, profitBps: sum(gainsBps), trades: 100 };
    });
    const { finding } = reachArbitrageVerdict(seeds, {
      name: 'threshold',
      gainsBps: rule,
      profitBps: sum(rule),
      trades: 100,
    });
    if (finding === 'edge') better++;
    if (finding === 'worse') worse++;
  }
  console.log(
    `arbitrage, ${numSeeds} seeds: beats ${share(better, NUM_SERIES)}; does not beat ${share(worse, NUM_SERIES)}`,
  );
  expect(better / NUM_SERIES).toBeLessThan(0.05);
});
