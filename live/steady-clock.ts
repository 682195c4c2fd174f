/** A wall clock that never jumps: what live code orders events and measures ages by. */
import type { Clock } from './clock.ts';

/**
 * UTC epoch as it was when this was made, plus the time that has passed since. Someone who sets the machine's clock
 * neither makes an old book look fresh nor a fresh one old.
 */
export function createSteadyClock(clock: Clock): Clock {
  const zeroMs = clock.nowMs() - clock.monotonicMs();
  return {
    nowMs: () => zeroMs + clock.monotonicMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}
