/** Models the times in which a venue takes no orders. */
import { ConfigError } from '../../core/errors.ts';
import { log } from '../../core/math.ts';
import type { Rng } from '../../core/rng.ts';
import {
  joinSnapshots,
  restoreNumber,
  type Snapshot,
  type Snapshotable,
  snapshotPart,
} from '../../core/snapshot.ts';

export interface OutageModel extends Snapshotable {
  /** Begins anew at a time. */
  start(nowMs: number): void;
  /** Asked with times that never fall. */
  isDown(nowMs: number): boolean;
}

/** Never. */
export const noOutages: OutageModel = {
  start: () => {},
  isDown: () => false,
  save: () => ({ arrays: {}, values: {} }),
  load: () => {},
};

/**
 * Up and down by turns, both for exponential times.
 * @param meanUpMs > 0
 * @param meanDownMs > 0
 * @throws ConfigError `invalid-outage`
 */
export function randomOutages(meanUpMs: number, meanDownMs: number, rng: Rng): OutageModel {
  for (const mean of [meanUpMs, meanDownMs]) {
    if (!(mean > 0 && mean < Infinity)) {
      throw new ConfigError(
        'invalid-outage',
        `Mean times up and down must be finite and > 0 ms, got ${mean}.`,
      );
    }
  }
  let down = false;
  let changeMs = 0;
  const drawn = (mean: number): number => -mean * log(1 - rng.uniform());
  return {
    start(nowMs) {
      down = false;
      changeMs = nowMs + drawn(meanUpMs);
    },
    isDown(nowMs) {
      while (nowMs >= changeMs) {
        down = !down;
        changeMs += drawn(down ? meanDownMs : meanUpMs);
      }
      return down;
    },
    save: (): Snapshot =>
      joinSnapshots({ rng: rng.save(), state: { arrays: {}, values: { changeMs, down: Number(down) } } }),
    load(snapshot) {
      rng.load(snapshotPart(snapshot, 'rng'));
      changeMs = restoreNumber(snapshot, 'state/changeMs');
      down = restoreNumber(snapshot, 'state/down') === 1;
    },
  };
}
