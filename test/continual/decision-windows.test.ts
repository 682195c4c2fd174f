import { expect, test } from 'vitest';
import { DecisionWindows } from '../../continual/decision-windows.ts';

function numbered(numDecisions: number, maxWindows = 4): ReturnType<DecisionWindows['read']> {
  const windows = new DecisionWindows(3, maxWindows);
  for (let n = 0; n < numDecisions; n++) windows.add(Float32Array.of(n, -n), [n]);
  return windows.read();
}

test('full windows are kept whole while there is room', () => {
  const { isWhole, observations, actions } = numbered(11);
  expect([...actions]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...observations].filter((_, i) => i % 2 === 1)).toEqual(
    [...actions].map((n) => (n === 0 ? -0 : -n)),
  );
  expect(isWhole).toBe(true);
});

test('a longer run has evenly taken windows, each of neighbours', () => {
  for (const numDecisions of [13, 15, 16, 40, 100, 1000, 1002]) {
    const { isWhole, actions } = numbered(numDecisions);
    const starts = [...actions].filter((_, i) => i % 3 === 0);
    const stride = starts.length > 1 ? starts[1] : 3;
    expect(starts).toEqual(starts.map((_, i) => i * stride));
    expect([...actions]).toEqual(starts.flatMap((start) => [start, start + 1, start + 2]));
    expect(starts.length).toBeLessThanOrEqual(4);
    expect(starts.length).toBeGreaterThanOrEqual(2);
    expect(isWhole).toBe(stride === 3);
  }
  expect(numbered(2).actions.length).toBe(0);
});
