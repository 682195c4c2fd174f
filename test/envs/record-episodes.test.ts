import { describe, expect, test } from 'vitest';
import { CartPole } from '../../envs/cartpole.ts';
import { type EpisodeRecord, recordEpisodes } from '../../envs/wrappers/record-episodes.ts';
import { limitTime } from '../../envs/wrappers/time-limit.ts';
import { testEnv } from '../../testing/suites.ts';

testEnv('recordEpisodes', (seed) => recordEpisodes(new CartPole(seed), { onEpisode: () => {} }));

describe('recordEpisodes', () => {
  const play = (options: { records?: (episode: number) => boolean; draws?: boolean }, episodes: number) => {
    const records: EpisodeRecord[] = [];
    const env = recordEpisodes(limitTime(new CartPole(0), 5), {
      ...options,
      onEpisode: (record) => records.push(record),
    });
    for (let i = 0; i < episodes; i++) {
      env.reset({ seed: i });
      for (let step = 0; step < 5; step++) env.step(step % 2);
    }
    return records;
  };

  test('hands over the return, length, actions, rewards and a picture of every state', () => {
    const [record] = play({}, 1);
    expect(record).toMatchObject({
      episode: 0,
      seed: 0,
      return: 5,
      length: 5,
      truncated: true,
      terminated: false,
    });
    expect(record.actions).toEqual([0, 1, 0, 1, 0]);
    expect(record.rewards).toEqual([1, 1, 1, 1, 1]);
    expect(record.frames).toHaveLength(6);
    expect(new Set(record.frames).size).toBeGreaterThan(1);
  });

  test('counts episodes that it does not record', () => {
    expect(play({ records: (episode) => episode % 2 === 1, draws: false }, 4)).toMatchObject([
      { episode: 1, frames: [] },
      { episode: 3, frames: [] },
    ]);
  });

  test('leaves out an episode that was cut off, by a reset or by what was loaded', () => {
    const records: EpisodeRecord[] = [];
    const env = recordEpisodes(limitTime(new CartPole(0), 3), {
      onEpisode: (record) => records.push(record),
    });
    env.reset({ seed: 1 });
    env.step(0);
    env.reset({ seed: 2 });
    const state = env.save!();
    env.load!(state);
    for (let step = 0; step < 3; step++) env.step(0);
    expect(records).toEqual([]);
  });
});
