/** Defines the clock that time is asked of: handed in, so that a replay sees the recorded times. */

export interface Clock {
  /** UTC epoch milliseconds. */
  nowMs(): number;
}

/** A clock that shows what it was last set to: for replays and tests. */
export function createManualClock(startMs = 0): Clock & { setMs(timeMs: number): void } {
  let timeMs = startMs;
  return {
    nowMs: () => timeMs,
    setMs(value) {
      timeMs = value;
    },
  };
}
