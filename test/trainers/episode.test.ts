import { expect, test } from 'vitest';
import type { Agent } from '../../agents/agent.ts';
import type { Env } from '../../envs/env.ts';
import { createBox, createDiscrete } from '../../envs/spaces.ts';
import { playEpisode } from '../../trainers/episode.ts';

const still: Agent = {
  act: () => Int32Array.of(0),
  observe: () => undefined,
  save: () => ({ arrays: {}, values: {} }),
  load: () => {},
};

/** @param info of step t */
function envOf(length: number, info: (step: number) => object): Env {
  const observation = new Float32Array(1);
  let step = 0;
  return {
    observationSpace: createBox([1], -1, 1),
    actionSpace: createDiscrete(1),
    reset: () => {
      step = 0;
      return { observation, info: info(0) };
    },
    step: () => {
      const truncated = ++step >= length;
      return { observation, reward: 0, terminated: false, truncated, info: info(step) };
    },
  };
}

function lengthOf(env: Env): number {
  let visits = -1;
  playEpisode(still, env, () => visits++);
  return visits;
}

test('an episode of exactly a million steps is whole', () => {
  expect(lengthOf(envOf(1_000_000, () => ({})))).toBe(1_000_000);
});

test('an env that never ends is told of after a million steps', () => {
  const nothing = {};
  expect(() => lengthOf(envOf(Infinity, () => nothing))).toThrow(
    expect.objectContaining({
      code: 'endless-episode',
      message: expect.stringContaining('after 1000000 steps'),
    }),
  );
});

test('a pass through a record is as long as the record, for its time goes on', () => {
  const info = { timeMs: 0 };
  const env = envOf(2_500_000, (step) => {
    info.timeMs = 60_000 * step;
    return info;
  });
  expect(lengthOf(env)).toBe(2_500_000);
});

test('a market whose time stands still has no end', () => {
  const info = { timeMs: 5 };
  expect(() => lengthOf(envOf(Infinity, () => info))).toThrow(
    expect.objectContaining({ code: 'endless-episode' }),
  );
});
