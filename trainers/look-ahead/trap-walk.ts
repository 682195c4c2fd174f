/** Makes the candles that a look-ahead proof runs on: a random walk with all that real data trip over. */
import { createRng } from '../../core/rng.ts';
import { type Candles, createCandles } from '../../market/candles/candles.ts';
import { geometricBrownian } from '../../market/synthetic/candles.ts';

const HOUR_MS = 3_600_000;
/** Share of bars without a trade, which whoever fills gaps backwards takes from later ones. */
const EMPTY_SHARE = 0.06;
/** Bars before a hole of three days. */
const HOLE_EVERY = 101;
const HOLE_MS = 72 * HOUR_MS;

/**
 * Hourly bars of a random walk with jumps from close to open; some bars saw no trade (one price, no volume), and some bars follow a
 * hole of days.
 */
export function trapWalk(length: number): Candles {
  const rng = createRng('look-ahead');
  const walk = geometricBrownian({ rng, length, stepMs: HOUR_MS, gapDeviation: 0.002 });
  const { timeMs, open, high, low, close, volume } = walk;
  let holesMs = 0;
  for (let row = 1; row < length; row++) {
    if (row % HOLE_EVERY === 0) holesMs += HOLE_MS;
    timeMs[row] += holesMs;
    if (rng.uniform() >= EMPTY_SHARE) continue;
    for (const column of [open, high, low, close]) column[row] = close[row - 1];
    volume[row] = 0;
  }
  return createCandles({ timeMs, open, high, low, close, volume }, 'the walk of the proof');
}
