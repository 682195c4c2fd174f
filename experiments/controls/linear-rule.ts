/**
 * Fits the plainest learner to what an agent sees: a ridge regression of the next bar's return on the observation. What it
 * finds on the same rows tells an agent that missed an edge from an edge that is too weak to be found.
 *
 * Source: A. Hoerl & R. Kennard, "Ridge Regression", Technometrics 12 (1970), eq. 2.1; the penalty after Hoerl, Kennard & Baldwin (1975): p·σ²/‖b‖².
 */
import { Matrix, solve } from 'ml-matrix';
import type { Agent } from '../../agents/agent.ts';
import { createExposureWriter } from '../../agents/rules/target-exposure.ts';
import { quantile } from '../../core/statistics.ts';
import type { AccountInfo } from '../../envs/account-info.ts';
import type { Env } from '../../envs/env.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import type { Candles } from '../../market/candles/candles.ts';
import type { ExposureRule } from '../../trainers/baselines.ts';
import { playEpisode } from '../../trainers/episode.ts';

/** Below this deviation an element is constant: the account of who never trades. */
const CONSTANT = 1e-9;
/** Share of the mean square that is added where a penalty has no scale, so that columns may depend on each other. */
const LEAST_PENALTY = 1e-6;

/** What is seen at each bar by who stays out of the market. */
export interface SeenBars {
  readonly timeMs: readonly number[];
  /** Of [D] each. */
  readonly observations: readonly Float32Array[];
}

/** @param env whose actions are exposures, passing once through its rows */
export function seenBars(env: Env, seed: number): SeenBars {
  const write = createExposureWriter(env.actionSpace, 'linear rule');
  const actions = createActionBatch(env.actionSpace, 1);
  write(actions, 0, 0);
  const timeMs: number[] = [];
  const observations: Float32Array[] = [];
  let now = Number.NaN;
  const watcher: Agent = {
    act(observation) {
      timeMs.push(now);
      observations.push(observation.slice());
      return actions;
    },
    observe: () => undefined,
    save: () => ({ arrays: {}, values: {} }),
    load: () => {},
  };
  const visit = (info: object): void => {
    now = (info as AccountInfo).timeMs;
  };
  playEpisode(watcher, env, visit, seed);
  return { timeMs, observations };
}

/** Quantiles of the sizes of what is expected, below which a rule may keep what it holds: trading costs. */
const BANDS = [0, 0.25, 0.5, 0.75, 0.9];

/**
 * Long where the regression expects a rise, short, or out, where it expects a fall, and as before where it expects little of either: how
 * little is that which earned most, after costs, on the rows it learnt from.
 * @param learnt rows to fit on
 * @param judged rows to trade on
 * @param candles all bars, by whose times both are found
 * @param earns what a rule earns, after costs, on the rows to fit on
 */
export function linearRule(
  learnt: SeenBars,
  judged: SeenBars,
  candles: Candles,
  earns: (rule: ExposureRule) => number,
): ExposureRule {
  const expects = fitRidge(learnt.observations, nextReturns(learnt, candles));
  const known = learnt.observations.map(expects);
  const sizes = Float64Array.from(known, Math.abs);
  const onLearnt = (band: number) => ruleOf(learnt.timeMs, known, band);
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  for (const band of BANDS.map((share) => (share === 0 ? 0 : quantile(sizes, share)))) {
    const earned = earns(onLearnt(band));
    if (earned > most) [best, most] = [band, earned];
  }
  return ruleOf(judged.timeMs, judged.observations.map(expects), best);
}

function ruleOf(timeMs: readonly number[], expected: readonly number[], band: number): ExposureRule {
  const byTime = new Map(timeMs.map((time, i) => [time, expected[i]]));
  let held = 0;
  return {
    name: 'linear rule',
    exposure({ timeMs: now }) {
      const value = byTime.get(now) ?? 0;
      if (Math.abs(value) > band) held = Math.sign(value);
      return held;
    },
  };
}

/** From the next open to the one after it: what an order earns that is sent now. */
function nextReturns({ timeMs }: SeenBars, { open, timeMs: times, length }: Candles): Float64Array {
  const rows = new Map(Array.from(times, (time, row) => [time, row]));
  return Float64Array.from(timeMs, (time) => {
    const row = rows.get(time) ?? length;
    return row + 2 < length ? open[row + 2] / open[row + 1] - 1 : 0;
  });
}

/**
 * b = (Z'Z + k·I)⁻¹·Z'y of standardised columns Z, with k = p·σ²/‖b₀‖² of the least squares b₀.
 * @param rows N of [D]
 * @param values [N]
 * @returns the expectation of a row
 */
export function fitRidge(rows: readonly Float32Array[], values: Float64Array): (row: Float32Array) => number {
  const numRows = rows.length;
  const dim = rows[0]?.length ?? 0;
  const level = meanOf(values);
  const columns: { d: number; mean: number; deviation: number }[] = [];
  for (let d = 0; d < dim; d++) {
    const mean = meanOf(rows.map((row) => row[d]));
    const deviation = Math.sqrt(meanOf(rows.map((row) => (row[d] - mean) * (row[d] - mean))));
    if (deviation > CONSTANT) columns.push({ d, mean, deviation });
  }
  const p = columns.length;
  if (p === 0 || numRows <= p) return () => level;
  const scaled = (row: Float32Array) => columns.map(({ d, mean, deviation }) => (row[d] - mean) / deviation);
  const z = new Matrix(rows.map(scaled));
  const transposed = z.transpose();
  const gram = transposed.mmul(z);
  const moments = transposed.mmul(Matrix.columnVector(Array.from(values, (value) => value - level)));
  const solveWith = (penalty: number): number[] => {
    const penalised = gram.clone();
    for (let i = 0; i < p; i++) penalised.set(i, i, penalised.get(i, i) + penalty);
    return solve(penalised, moments).getColumn(0);
  };
  const least = numRows * LEAST_PENALTY;
  const plain = solveWith(least);
  const dot = (weights: readonly number[], row: readonly number[]) =>
    weights.reduce((sum, weight, i) => sum + weight * row[i], 0);
  let residuals = 0;
  rows.forEach((row, i) => {
    const off = values[i] - level - dot(plain, scaled(row));
    residuals += off * off;
  });
  const size = dot(plain, plain);
  const penalty = size > 0 ? (p * (residuals / (numRows - p))) / size : least;
  const weights = solveWith(Math.max(least, penalty));
  return (row) => level + dot(weights, scaled(row));
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
