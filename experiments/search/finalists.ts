/** Tries the best trials with more and more seeds, half of them left each time: one seed's luck makes no winner. */
import { mean } from '../../core/statistics.ts';
import type { Trial } from '../plan.ts';
import type { SegmentOutcome } from './search-trials.ts';
import { readProgress, type Segment } from './segment.ts';
import type { Point } from './space.ts';
import type { TrialRecord } from './trial-record.ts';

export interface Finalist {
  /** Of its trial. */
  readonly index: number;
  /** Mean over its seeds, of the first objective; higher is better. */
  readonly score: number;
  readonly numSeeds: number;
}

export interface RaceOptions {
  readonly seeds: readonly number[];
  /** How many trials begin it. */
  readonly finalists: number;
  readonly jobs: number;
  /** Once aborted, no trial is begun. */
  readonly signal: AbortSignal;
  readonly objectives: readonly string[];
  readonly trialAt: (index: number, point: Point, seed: number) => Promise<Trial>;
  readonly carryOut: (trial: Trial, segment: Segment) => Promise<SegmentOutcome>;
}

/**
 * @param ranked finished trials, the best first
 * @returns the best first: those with the most seeds, by their mean score; a finalist whose seed fails is out. None where it was
 *   interrupted: the same call goes on
 */
export async function race(ranked: readonly TrialRecord[], options: RaceOptions): Promise<Finalist[]> {
  const { seeds, jobs, signal, objectives, trialAt, carryOut } = options;
  let field = ranked.slice(0, options.finalists);
  const standing = new Map(field.map(({ index, scores }) => [index, [scores![0]]]));
  for (let numSeeds = 1; numSeeds < seeds.length && field.length > 0; ) {
    const target = Math.min(2 * numSeeds, seeds.length);
    const trials: { index: number; trial: Trial }[] = [];
    for (const { index, point } of field) {
      for (const seed of seeds.slice(numSeeds, target))
        trials.push({ index, trial: await trialAt(index, point, seed) });
    }
    const queue = trials.values();
    const lane = async (): Promise<void> => {
      for (let next = queue.next(); !next.done && !signal.aborted; next = queue.next()) {
        const { trial } = next.value;
        if (readProgress(trial.directory).scores === undefined) await carryOut(trial, { objectives });
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs, trials.length) }, lane));
    if (signal.aborted) return [];
    for (const { index, trial } of trials) {
      standing.get(index)!.push(readProgress(trial.directory).scores?.[0] ?? Number.NaN);
    }
    field = field.filter(({ index }) => standing.get(index)!.every(Number.isFinite));
    field.sort((a, b) => mean(standing.get(b.index)!) - mean(standing.get(a.index)!) || a.index - b.index);
    numSeeds = target;
    if (numSeeds < seeds.length) field = field.slice(0, Math.max(1, Math.ceil(field.length / 2)));
  }
  const finalists = [...standing].map(([index, scores]) => ({
    index,
    score: mean(scores),
    numSeeds: scores.length,
  }));
  const isIn = ({ score }: Finalist): boolean => Number.isFinite(score);
  return finalists
    .filter(isIn)
    .sort((a, b) => b.numSeeds - a.numSeeds || b.score - a.score || a.index - b.index);
}
