/** Makes a wall clock that never jumps: live code orders events and measures ages by it. */
import type { Clock } from './clock.ts';

/**
 * UTC epoch as it was when this was made, plus the time that has passed since. Someone who sets the machine's clock
 * neither makes an old book look fresh nor a fresh one old.
 * @param notBeforeMs it begins no earlier than this: what goes on with a tape goes on after its last moment
 */
export function createSteadyClock(clock: Clock, notBeforeMs = -Infinity): Clock {
  const zeroMs = Math.max(clock.nowMs(), notBeforeMs) - clock.monotonicMs();
  return {
    nowMs: () => zeroMs + clock.monotonicMs(),
    monotonicMs: () => clock.monotonicMs(),
    get speed() {
      return clock.speed ?? 1;
    },
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}
