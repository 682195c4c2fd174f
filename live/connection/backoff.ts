/** Computes how long to wait before the next attempt. */
import type { Rng } from '../../core/rng.ts';

const FIRST_MS = 1000;
const LAST_MS = 60_000;

/** Doubles from one second to one minute; chance takes off up to half, so that clients do not come back all at once. */
export function backoffMs(attempt: number, rng: Rng): number {
  const wholeMs = Math.min(LAST_MS, FIRST_MS * (1 << Math.min(attempt, 16)));
  return wholeMs * (1 - rng.uniform() / 2);
}
