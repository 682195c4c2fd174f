/** Hands messages of several markets on in turns: what many of one bring waits behind one of each other. */
import type { Clock } from './clock.ts';

/** After this long everybody else has their turn: timers, other sockets, ms. */
const SLICE_MS = 4;
/** Messages of one market that wait, at most. */
const MAX_WAITING = 20_000;

interface Line {
  readonly waiting: (() => void)[];
  /** Those of `waiting` that have been handed on. */
  numTaken: number;
}

/** Messages of one market stay in their order. While there is no burst a message is handed on at once. */
export class FairQueue<Key> {
  readonly #clock: Clock;
  readonly #lines = new Map<Key, Line>();
  /** Another turn is to come. */
  #isWaiting = false;
  #sliceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Messages that wait. */
  get length(): number {
    let length = 0;
    for (const { waiting, numTaken } of this.#lines.values()) length += waiting.length - numTaken;
    return length;
  }

  /** @returns false where too many of this market wait already: its messages are forgotten, this one too */
  add(key: Key, handOn: () => void): boolean {
    if (!this.#isWaiting) this.#begin();
    if (this.#lines.size === 0 && this.#hasTime()) {
      handOn();
      return true;
    }
    const line = this.#lines.get(key) ?? { waiting: [], numTaken: 0 };
    this.#lines.set(key, line);
    if (line.waiting.length - line.numTaken >= MAX_WAITING) {
      this.#lines.delete(key);
      return false;
    }
    line.waiting.push(handOn);
    return true;
  }

  /** Forgets what waits of a market. */
  forget(key: Key): void {
    this.#lines.delete(key);
  }

  #begin(): void {
    this.#isWaiting = true;
    this.#sliceMs = this.#clock.monotonicMs();
    this.#clock.schedule(0, () => this.#turn());
  }

  #hasTime(): boolean {
    return this.#clock.monotonicMs() - this.#sliceMs < SLICE_MS;
  }

  #turn(): void {
    this.#isWaiting = false;
    if (this.#lines.size === 0) return;
    this.#begin();
    while (this.#lines.size > 0) {
      // One of each; who comes new meanwhile is of the next round.
      for (const [key, line] of [...this.#lines]) {
        // It may have been forgotten by what an earlier one brought about.
        if (this.#lines.get(key) !== line) continue;
        const handOn = line.waiting[line.numTaken++];
        if (line.numTaken === line.waiting.length) this.#lines.delete(key);
        handOn();
      }
      if (!this.#hasTime()) return;
    }
  }
}
