/** Saves and restores an env whose state is a few numbers, the steps of its episode and a source of randomness. */
import type { Rng } from '../core/rng.ts';
import {
  joinSnapshots,
  type NumericArray,
  restoreArrayInto,
  restoreNumber,
  type Snapshot,
  snapshotPart,
} from '../core/snapshot.ts';

export function saveEpisode(state: NumericArray, steps: number, rng: Rng): Snapshot {
  return joinSnapshots({ env: { arrays: { state: state.slice() }, values: { steps } }, rng: rng.save() });
}

/**
 * @returns the steps
 * @throws StorageError `snapshot-mismatch`
 */
export function restoreEpisode(snapshot: Snapshot, state: NumericArray, rng: Rng): number {
  restoreArrayInto(state, snapshot, 'env/state');
  const steps = restoreNumber(snapshot, 'env/steps');
  rng.load(snapshotPart(snapshot, 'rng'));
  return steps;
}
