/**
 * Tests whether the seeds of one agent beat those of another, by putting the labels on them anew: exact for few seeds.
 * Source: F. Wilcoxon, "Individual Comparisons by Ranking Methods" (1945); E. van Elteren, "On the Combination of Independent Two
 * Sample Tests of Wilcoxon" (1960), for several tasks.
 * Differences from the source: each task weighs the same, as in the probability of improvement, and the distribution is
 * enumerated, or drawn where it is too large, not taken for normal.
 */
import type { Rng } from '../core/rng.ts';
import { mean } from '../core/statistics.ts';
import type { SeedScores } from './seed-statistics.ts';

/** Up to so many ways of putting the labels, all of them are looked at; beyond, so many are drawn. */
const MAX_LABELLINGS = 10_000;
/** What rounding may take from a sum of ranks. */
const ROUNDING = 1e-9;

/**
 * Two-sided, of no difference: the share of labellings whose probability of improvement is at least as far from ½. With
 * three seeds a side it is never below .1.
 * @param others the same tasks in the same order
 */
export function permutationPValue(scores: SeedScores, others: SeedScores, rng: Rng): number {
  const tasks = scores.map((own, task) => ({
    ranks: midRanks([...own, ...others[task]]),
    size: own.length,
  }));
  const far = ({ chosen }: { chosen: readonly (readonly number[])[] }): number =>
    Math.abs(
      mean(
        tasks.map(({ ranks, size }, task) => {
          const sum = chosen[task].reduce((total, i) => total + ranks[i], 0);
          return (sum - (size * (size + 1)) / 2) / (size * (ranks.length - size));
        }),
      ) - 0.5,
    );
  const first = tasks.map(({ size }) => Array.from({ length: size }, (_, i) => i));
  const observed = far({ chosen: first }) - ROUNDING;
  const numLabellings = tasks.reduce((count, { ranks, size }) => count * choices(ranks.length, size), 1);
  if (numLabellings <= MAX_LABELLINGS) {
    let numFar = 0;
    for (const chosen of labellings(tasks.map(({ ranks, size }) => [ranks.length, size]))) {
      if (far({ chosen }) >= observed) numFar++;
    }
    return numFar / numLabellings;
  }
  let numFar = 1;
  for (let i = 0; i < MAX_LABELLINGS; i++) {
    const chosen = tasks.map(({ ranks, size }) => draw(ranks.length, size, rng));
    if (far({ chosen }) >= observed) numFar++;
  }
  return numFar / (MAX_LABELLINGS + 1);
}

/** From 1; equal values share the mean of their ranks. */
function midRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function choices(count: number, size: number): number {
  let all = 1;
  for (let i = 1; i <= size; i++) all = (all * (count - size + i)) / i;
  return Math.round(all);
}

function* labellings(shapes: readonly (readonly number[])[]): Generator<number[][]> {
  if (shapes.length === 0) {
    yield [];
    return;
  }
  const [[count, size], ...rest] = shapes;
  for (const chosen of subsets(count, size)) {
    for (const others of labellings(rest)) yield [chosen, ...others];
  }
}

function* subsets(count: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= count - size; first++) {
    for (const rest of subsets(count, size - 1, first + 1)) yield [first, ...rest];
  }
}

/** The first `size` of a shuffle. */
function draw(count: number, size: number, rng: Rng): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const k = i + rng.integer(count - i);
    [all[i], all[k]] = [all[k], all[i]];
  }
  return all.slice(0, size);
}
