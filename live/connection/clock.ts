/** Gives live code its time: the one place that asks the machine for it. */
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Clock as EpochClock } from '../../core/clock.ts';

/** A clock that can also wait; its `nowMs` may jump when the machine's clock is set. */
export interface Clock extends EpochClock {
  /** Never falls; its zero means nothing. */
  monotonicMs(): number;
  /** Time that the machine has slept since the clock was made, ms, where that can be told; it is none of `monotonicMs`. */
  sleptMs?(): number;
  /** How many of its milliseconds pass in one of the machine's; absent: one. */
  readonly speed?: number;
  /**
   * Calls `callback` once, `delayMs` from now.
   * @returns takes the call back
   */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The longest delay of a timer: a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;
/** Both clocks are read one after the other, and the uptime is rounded: less is no sleep. */
const MIN_SLEEP_MS = 1000;
/** Uptime, which goes on while the machine sleeps, less the time that does not. */
const awakeSinceMs = 1000 * uptime() - performance.now();

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleptMs() {
    const sleptMs = 1000 * uptime() - performance.now() - awakeSinceMs;
    return sleptMs < MIN_SLEEP_MS ? 0 : sleptMs;
  },
  schedule(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (restMs: number): void => {
      const next = restMs > MAX_TIMER_MS ? () => wait(restMs - MAX_TIMER_MS) : callback;
      timer = setTimeout(next, Math.min(restMs, MAX_TIMER_MS));
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves when signals, timers and messages that wait have had their turn. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
