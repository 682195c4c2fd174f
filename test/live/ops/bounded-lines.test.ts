import { expect, test } from 'vitest';
import { BoundedLines } from '../../../live/ops/bounded-lines.ts';

test('points that come regularly are twice as far apart each time that there are too many', () => {
  const lines = new BoundedLines(2, 10, 4);
  for (let timeMs = 0; timeMs <= 40; timeMs += 10) lines.add(timeMs, [timeMs, Number.NaN]);
  expect(lines.read()).toEqual({
    timeMs: [0, 20, 40],
    values: [
      [0, 20, 40],
      [null, null, null],
    ],
  });
  expect([50, 59, 60].map((timeMs) => lines.isDue(timeMs))).toEqual([false, false, true]);
  for (let timeMs = 50; timeMs <= 80; timeMs += 10) lines.add(timeMs, [timeMs, 1]);
  expect(lines.read().timeMs).toEqual([0, 40, 80]);
  expect(lines.read().values[0]).toEqual([0, 40, 80]);
  expect([119, 120].map((timeMs) => lines.isDue(timeMs))).toEqual([false, true]);
});

test('of points that came far apart, the next are as far apart as those were on average', () => {
  const lines = new BoundedLines(1, 0, 4);
  for (const timeMs of [0, 100, 200, 300, 500]) lines.add(timeMs, [1]);
  expect(lines.read().timeMs).toEqual([0, 200, 500]);
  expect([599, 600].map((timeMs) => lines.isDue(timeMs))).toEqual([false, true]);
});
