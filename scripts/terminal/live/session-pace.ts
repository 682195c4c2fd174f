/** Keeps a session's clock as fast as the tape that is played to it, and says what it did about it. */
import type { VenueStatus } from '../../../live/connection/connection.ts';
import type { ScaledClock } from '../../../live/connection/scaled-clock.ts';

export class SessionPace {
  readonly #clock: ScaledClock;
  /** What the user said. */
  readonly #given: number | undefined;
  readonly #warn: (text: string) => void;
  /** What the first venue that spoke of it said. */
  #told: number | undefined;
  readonly #warned = new Set<string>();

  constructor(clock: ScaledClock, given: number | undefined, warn: (text: string) => void) {
    this.#clock = clock;
    this.#given = given;
    this.#warn = warn;
  }

  /** A connection's other side says how fast its time passes. */
  follow(told: number, venue: string): void {
    this.#told ??= told;
    if (told !== this.#told) {
      this.#once(
        `Venue "${venue}" is played ${told} times as fast as it happened, another of this session ${this.#told} times: ` +
          'serve all of them at one speed.',
      );
      return;
    }
    if (this.#given !== undefined && this.#given !== told) {
      this.#once(
        `Venue "${venue}" is played ${told} times as fast as it happened, and the session follows that, not the speed ` +
          `${this.#given} it was given.`,
      );
    }
    this.#clock.setSpeed(told);
  }

  /** To be called now and then: a speed that nobody confirms may be wrong. */
  check(venues: readonly VenueStatus[]): void {
    if (this.#given === undefined || this.#given === 1 || this.#told !== undefined) return;
    if (venues.every(({ state }) => state !== 'connected')) return;
    this.#once(
      `No venue says how fast its time passes; the session takes ${this.#given} times as given: with another number ` +
        'every book would look stale.',
    );
  }

  #once(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#warn(text);
  }
}
