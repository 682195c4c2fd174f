/** How often the printed intervals hold the truth, and the gate its level. */
import { expect, test } from 'vitest';
import { gateConfig, judgeChallenger } from '../../continual/gate.ts';
import { resolveConfig } from '../../core/config.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { stationaryBootstrap } from '../../market/statistics/bootstrap.ts';
import { regress } from '../../market/statistics/regression.ts';
import { seedInterval } from '../../market/statistics/seed-interval.ts';
import { interquartileInterval } from '../../trainers/seed-statistics.ts';
import { share } from './walks.ts';

const NUM_SERIES = Number(process.env.MEASURED_SERIES ?? 1000);
const NUM_GATES = 4 * NUM_SERIES;

type Noise = (rng: Rng, length: number) => Float64Array;

const autoregression =
  (phi: number): Noise =>
  (rng, length) => {
    let state = rng.gaussian() / Math.sqrt(1 - phi * phi);
    return Float64Array.from({ length }, () => {
      state = phi * state + rng.gaussian();
      return state;
    });
  };

const studentFour: Noise = (rng, length) =>
  Float64Array.from({ length }, () => {
    let squares = 0;
    for (let i = 0; i < 4; i++) {
      const value = rng.gaussian();
      squares += value * value;
    }
    return rng.gaussian() / Math.sqrt(squares / 4);
  });

/** GARCH(1,1): h = .02 + .08·e² + .9·h */
const garch: Noise = (rng, length) => {
  let variance = 1;
  let last = 0;
  const next = (): number => {
    variance = 0.02 + 0.08 * last * last + 0.9 * variance;
    last = Math.sqrt(variance) * rng.gaussian();
    return last;
  };
  for (let i = 0; i < 200; i++) next();
  return Float64Array.from({ length }, next);
};

const NOISES: [string, Noise][] = [
  ['i.i.d.', autoregression(0)],
  ['AR(0.3)', autoregression(0.3)],
  ['AR(0.5)', autoregression(0.5)],
  ['GARCH(1,1)', garch],
  ['t(4)', studentFour],
];
const holds = ({ low, high }: { low: number; high: number }): boolean => low <= 0 && high >= 0;

/** The target, 92 to 97 %, with room for the count of 1,000 (and for AR(0.5), which is beyond it). */
const LEAST = 0.9;

test.each(NOISES)('of means and alphas of %s, 250 and 1,000 periods', (name, noise) => {
  for (const length of [250, 1000]) {
    const rng = createRng(`${name} ${length}`);
    let means = 0;
    let alphas = 0;
    let drawn = 0;
    for (let i = 0; i < NUM_SERIES; i++) {
      const values = noise(rng, length);
      const market = noise(rng, length);
      if (holds(seedInterval([{ estimate: meanOf(values), influence: values }]))) means++;
      const { alpha, residuals, alphaWeights } = regress(market, values, 0);
      const influence = residuals.map((value, t) => value * alphaWeights[t]);
      if (holds(seedInterval([{ estimate: alpha, influence }]))) alphas++;
      if (holds(stationaryBootstrap(values, { rng, numResamples: 300 }))) drawn++;
    }
    console.log(
      `coverage, ${name}, n ${length}: mean ${share(means, NUM_SERIES)}; alpha ${share(alphas, NUM_SERIES)}; bootstrap ${share(drawn, NUM_SERIES)}`,
    );
    for (const count of [means, alphas, drawn]) expect(count / NUM_SERIES).toBeGreaterThan(LEAST);
  }
});

test.each([3, 5, 10])('over %i seeds on one path, and over their scores', (numSeeds) => {
  for (const [what, path, seedEffect, own] of [
    ['the path alone', 1, 0, 0],
    ['path and own noise', 1, 0, 1],
    ['path, own noise and seeds that differ', 1, 0.1, 1],
    ['seeds that differ most', 0.3, 0.3, 0.3],
  ] as const) {
    const rng = createRng(`${what} ${numSeeds}`);
    let covered = 0;
    for (let i = 0; i < NUM_SERIES; i++) {
      const common = autoregression(0)(rng, 500);
      const seeds = Array.from({ length: numSeeds }, () => {
        const effect = seedEffect * rng.gaussian();
        const influence = common.map((value) => path * value + effect + own * rng.gaussian());
        return { estimate: meanOf(influence), influence };
      });
      if (holds(seedInterval(seeds))) covered++;
    }
    console.log(`coverage, ${numSeeds} seeds, ${what}: ${share(covered, NUM_SERIES)}`);
    expect(covered / NUM_SERIES).toBeGreaterThan(LEAST);
  }
  const rng = createRng(`scores ${numSeeds}`);
  let covered = 0;
  for (let i = 0; i < NUM_SERIES; i++) {
    if (holds(interquartileInterval(Array.from({ length: numSeeds }, () => rng.gaussian())))) covered++;
  }
  console.log(`coverage, interquartile mean of ${numSeeds} scores: ${share(covered, NUM_SERIES)}`);
  expect(covered / NUM_SERIES).toBeGreaterThan(LEAST);
});

test('the gate promotes no better challengers as often as its level says', () => {
  const daily = (rng: Rng) => {
    const equity = [10_000];
    for (let day = 0; day < 30; day++) equity.push(equity[day] * (1 + 0.01 * rng.gaussian()));
    return {
      timeMs: Float64Array.from(equity, (_, day) => day * 86_400_000),
      equity: Float64Array.from(equity),
      tradedNotional: new Float64Array(30),
    };
  };
  for (const level of [0.025, 0.005]) {
    const config = resolveConfig(
      gateConfig,
      { forwardDays: 30, falsePromotionRate: 2 * level, maxDrawdown: 1 },
      'gate',
    );
    const rng = createRng(`gate ${level}`);
    let promoted = 0;
    for (let i = 0; i < NUM_GATES; i++) {
      const [champion, challenger] = [daily(rng), daily(rng)];
      const given = { champion, challenger, trainedToMs: -1e12, championTrainedToMs: Number.NaN, trial: 1 };
      if (judgeChallenger(given, config).decision === 'promote') promoted++;
    }
    console.log(`gate, 30 daily periods, level ${level}: promoted ${share(promoted, NUM_GATES)}`);
    expect(promoted / NUM_GATES).toBeLessThan(2 * level);
  }
});

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
