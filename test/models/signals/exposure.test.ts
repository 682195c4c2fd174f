import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import { nextExposure, requireSoundSignal, signalConfig } from '../../../models/signals/exposure.ts';

const config = (settings: Parameters<typeof signalConfig.parse>[0] = {}) => signalConfig.parse(settings);

/** The exposures that follow a series of scores. */
function follow(
  scores: readonly number[],
  settings: Parameters<typeof signalConfig.parse>[0],
  volatility = 0.2,
): number[] {
  let previous = 0;
  return scores.map((score) => {
    previous = nextExposure(score, volatility, previous, config(settings));
    return previous;
  });
}

describe('a signal', () => {
  test('is followed by its sign', () => {
    expect(follow([0.2, -0.1, 0], {})).toEqual([1, -1, 0]);
    expect(follow([0.2, -0.1, 0.3], { longOnly: true, maxExposure: 2 })).toEqual([2, 0, 2]);
  });

  test('opens a position above one threshold, and closes it below another', () => {
    expect(follow([0.3, 0.5, 0.3, 0.2, 0.3, -0.3, -0.5], { enter: 0.4, exit: 0.2 })).toEqual([
      0, 1, 1, 0, 0, 0, -1,
    ]);
  });

  test('may be sized by its strength', () => {
    const sizes = follow([0.1, -0.25, 0.9], { sizing: 'proportional', fullScore: 0.5 });
    expect(sizes.map((size) => Number(size.toFixed(12)))).toEqual([0.2, -0.5, 1]);
  });

  test('aims at a volatility, within the largest exposure', () => {
    expect(follow([1], { targetVolatility: 0.1 }, 0.4)).toEqual([0.25]);
    expect(follow([-1], { targetVolatility: 0.1 }, 0.05)).toEqual([-1]);
    expect(follow([1], { targetVolatility: 0.1 }, 0)).toEqual([0]);
  });

  test('leaves small changes of size out, never a change of sign or an exit', () => {
    const settings = { sizing: 'proportional', rebalanceBand: 0.2 } as const;
    expect(follow([0.5, 0.6, 0.8, -0.1, 0], settings)).toEqual([0.5, 0.5, 0.8, -0.1, 0]);
  });

  test('with an exit above its entry is refused', () => {
    expect(() => requireSoundSignal(config({ enter: 0.1, exit: 0.2 }))).toThrow(ConfigError);
  });
});
