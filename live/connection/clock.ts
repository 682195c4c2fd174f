/** Gives live code its time: the one place that asks the machine for it. */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Clock as EpochClock } from '../../core/clock.ts';

/** A clock that can also wait; its `nowMs` may jump when the machine's clock is set. */
export interface Clock extends EpochClock {
  /** Never falls; its zero means nothing. */
  monotonicMs(): number;
  /** How many of its milliseconds pass in one of the machine's; absent: one. */
  readonly speed?: number;
  /**
   * Calls `callback` once, `delayMs` from now.
   * @returns takes the call back
   */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves when signals, timers and messages that wait have had their turn. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
