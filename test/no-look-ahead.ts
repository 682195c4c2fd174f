/** The look-ahead proof as a test, with what was known at the open of a bar told apart from what its close told. */
import { expect, test } from 'vitest';
import type { Candles } from '../market/candles/candles.ts';
import { type Build, findLookAhead } from '../trainers/look-ahead/perturbation.ts';

/** One test: no value up to any of the `cuts` depends on data after it. */
export function testNoLookAhead(
  name: string,
  build: Build,
  { candles, cuts }: { candles: Candles; cuts: readonly number[] },
): void {
  test(`${name} sees nothing of the future`, () => {
    expect(findLookAhead(build, candles, cuts)).toBeUndefined();
  });
}
