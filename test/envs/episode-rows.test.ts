import { describe, expect, test } from 'vitest';
import { EpisodeRows, planRows, type RowRange } from '../../envs/episode-rows.ts';

const range: RowRange = { firstRow: 10, lastRow: 19, episodeSteps: 4 };
const limits = { env: 'trading', first: 'the first of all', remedy: 'widen it' };

/** First and last rows of the next episodes. */
const episodes = (rows: EpisodeRows, count: number): number[][] =>
  Array.from({ length: count }, () => [rows.begin(), rows.endRow]);

describe('sequential episodes', () => {
  test('follow each other, the last one as short as the range leaves it, and wrap', () => {
    const rows = new EpisodeRows(range, 'sequential', 0);
    expect(episodes(rows, 5)).toEqual([
      [10, 14],
      [14, 18],
      [18, 19],
      [10, 14],
      [14, 18],
    ]);
  });

  test('begin anew with a seed, and in other rows', () => {
    const rows = new EpisodeRows(range, 'sequential', 0);
    episodes(rows, 2);
    rows.reseed(1);
    expect(rows.begin()).toBe(10);
    rows.moveTo({ firstRow: 3, lastRow: 8, episodeSteps: 5 });
    expect(episodes(rows, 2)).toEqual([
      [3, 8],
      [3, 8],
    ]);
  });
});

describe('random episodes', () => {
  test('have their whole length, and begin at every row that leaves room for it', () => {
    const rows = new EpisodeRows(range, 'random', 7);
    const starts = new Set<number>();
    for (const [start, end] of episodes(rows, 200)) {
      expect(end).toBe(start + 4);
      starts.add(start);
    }
    expect([...starts].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15]);
  });

  test('are the same for the same seed, and go on from a save', () => {
    const rows = new EpisodeRows(range, 'random', 7);
    const first = episodes(rows, 5);
    const saved = rows.save();
    const state = rows.rng.save();
    const next = episodes(rows, 5);
    rows.reseed(7);
    expect(episodes(rows, 5)).toEqual(first);
    const copy = new EpisodeRows(range, 'random', 1);
    copy.load(saved);
    copy.rng.load(state);
    expect(copy.endRow).toBe(first[4][1]);
    expect(episodes(copy, 5)).toEqual(next);
  });
});

test('a range of one step is enough; one of none is refused, with its rows and what to do', () => {
  expect(planRows({ ...limits, firstRow: 4, lastRow: 5, episodeSteps: 0 }).episodeSteps).toBe(1);
  expect(planRows({ ...limits, firstRow: 4, lastRow: 9, episodeSteps: 5 }).episodeSteps).toBe(5);
  expect(() => planRows({ ...limits, firstRow: 4, lastRow: 4, episodeSteps: 0 })).toThrow(
    'Env "trading": rows 4 (the first of all) to 4 give 0 steps, but 1 are needed: widen it.',
  );
  expect(() => planRows({ ...limits, firstRow: 4, lastRow: 9, episodeSteps: 6 })).toThrow(/5 steps, but 6/);
});
