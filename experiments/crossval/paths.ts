/**
 * Assembles the paths of a combinatorial cross-validation: whole passes through the data, each group by a split that did not learn
 * from it.
 * Source: M. López de Prado, "Advances in Financial Machine Learning" (2018), section 12.3.
 */
import { DataError } from '../../core/errors.ts';
import { combinatorialPaths } from '../../models/data/splitters.ts';
import type { TrialSeries } from '../../storage/trials/trial.ts';
import type { GroupSeries } from './judge-fold.ts';

/**
 * @param splits [C(N, k)] what each split's agent did on its test groups
 * @returns [φ] one series a path, φ = C(N, k)·k / N; between two groups nothing is held, so that the return over a seam is 0
 * @throws DataError `length-mismatch` where a split lacks a group that it is tested on
 */
export function assemblePaths(
  splits: readonly (readonly GroupSeries[])[],
  groups: number,
  testGroups: number,
): TrialSeries[] {
  return combinatorialPaths(groups, testGroups).map((path) =>
    joinGroups(
      path.map((split, group) => {
        const found = splits[split]?.find((series) => series.group === group);
        if (found !== undefined) return found;
        throw new DataError('length-mismatch', `Split ${split} has no returns on group ${group}.`);
      }),
    ),
  );
}

function joinGroups(parts: readonly TrialSeries[]): TrialSeries {
  const timeMs = Float64Array.from(parts.flatMap((part) => [...part.timeMs]));
  const price = Float64Array.from(parts.flatMap((part) => [...part.price]));
  const returns = Float64Array.from(
    parts.flatMap((part, i) => (i === 0 ? [...part.returns] : [0, ...part.returns])),
  );
  const held = parts.reduce((sum, part) => sum + part.exposure * part.returns.length, 0);
  return { timeMs, price, returns, exposure: held / returns.length };
}

/** The mean of paths through the same times: what an investor in equal parts of all of them earns. */
export function meanPath(paths: readonly TrialSeries[]): TrialSeries {
  const [{ timeMs, price }] = paths;
  const average = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    timeMs,
    price,
    returns: paths[0].returns.map((_, t) => average(paths.map(({ returns }) => returns[t]))),
    exposure: average(paths.map(({ exposure }) => exposure)),
  };
}
