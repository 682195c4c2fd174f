/** Makes a wall clock that never jumps: live code orders events and measures ages by it. */
import type { Clock } from './clock.ts';

const ASK_EVERY_MS = 100;

/**
 * UTC epoch as it was when this was made, plus the time that has passed since, sleep of the machine included where that can
 * be told. Someone who sets the machine's clock neither makes an old book look fresh nor a fresh one old.
 * @param notBeforeMs it begins no earlier than this: what goes on with a tape goes on after its last moment
 */
export function createSteadyClock(clock: Clock, notBeforeMs = -Infinity): Clock {
  // Asked once in a while: it is a call of the system.
  let sleptMs = clock.sleptMs?.() ?? 0;
  let askedMs = clock.monotonicMs();
  const passedMs = (): number => {
    const monotonicMs = clock.monotonicMs();
    if (clock.sleptMs !== undefined && monotonicMs - askedMs >= ASK_EVERY_MS) {
      askedMs = monotonicMs;
      sleptMs = Math.max(sleptMs, clock.sleptMs());
    }
    return monotonicMs + sleptMs;
  };
  const zeroMs = Math.max(clock.nowMs(), notBeforeMs) - passedMs();
  return {
    nowMs: () => zeroMs + passedMs(),
    monotonicMs: () => clock.monotonicMs(),
    get speed() {
      return clock.speed ?? 1;
    },
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}
