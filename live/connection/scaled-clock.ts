/** Runs a clock faster or slower than the machine's, for playing a tape and for trading on one that is played. */
import type { Clock } from './clock.ts';

/** @param speed times as fast as `clock`, > 0; both show the same time now */
export function createScaledClock(clock: Clock, speed: number): Clock {
  const startMs = clock.nowMs();
  const startMonotonicMs = clock.monotonicMs();
  const passedMs = () => (clock.monotonicMs() - startMonotonicMs) * speed;
  return {
    nowMs: () => startMs + passedMs(),
    monotonicMs: passedMs,
    schedule: (delayMs, callback) => clock.schedule(delayMs / speed, callback),
  };
}
