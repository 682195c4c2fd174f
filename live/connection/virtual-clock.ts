/** Lets time pass only on command, for replays and for tests of everything that waits. */
import type { Clock } from './clock.ts';

interface Pending {
  readonly timeMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #timeMs: number;
  #wallOffsetMs = 0;
  /** Soonest last; of two at the same time, the one scheduled first is nearer the end. */
  readonly #pending: Pending[] = [];

  constructor(startMs = 0) {
    this.#timeMs = startMs;
  }

  nowMs(): number {
    return this.#timeMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#timeMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const call = { timeMs: this.#timeMs + Math.max(0, delayMs), callback };
    let index = this.#pending.length;
    while (index > 0 && this.#pending[index - 1].timeMs <= call.timeMs) index--;
    this.#pending.splice(index, 0, call);
    return () => {
      const position = this.#pending.indexOf(call);
      if (position >= 0) this.#pending.splice(position, 1);
    };
  }

  /** Moves the wall clock alone, as when someone sets it. */
  setWallAheadBy(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs;
  }

  /** Calls that wait. */
  get numPending(): number {
    return this.#pending.length;
  }

  /** Lets time pass in which nothing is called, as when the process stands still: it is called late. */
  standUntil(timeMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
  }

  /** Runs, in order of their times, all that is due up to `timeMs`, also what is scheduled on the way. */
  runUntil(timeMs: number): void {
    for (let next = this.#pending.at(-1); next !== undefined && next.timeMs <= timeMs; ) {
      this.#pending.pop();
      this.#timeMs = Math.max(this.#timeMs, next.timeMs);
      next.callback();
      next = this.#pending.at(-1);
    }
    this.#timeMs = Math.max(this.#timeMs, timeMs);
  }
}
