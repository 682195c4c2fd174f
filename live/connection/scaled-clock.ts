/** Runs a clock faster or slower than the machine's, for playing a tape and for trading on one that is played. */
import { ConfigError } from '../../core/errors.ts';
import type { Clock } from './clock.ts';

export interface ScaledClock extends Clock {
  readonly speed: number;
  /** From now on time passes at another speed; what is scheduled comes when that time has come. @throws as `requireSpeed` */
  setSpeed(speed: number): void;
}

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
  cancel: () => void;
}

/** Faster than any machine plays. */
export const MAX_SPEED = 1e6;

/** @param speed times as fast as `clock`, > 0; both show the same time now */
export function createScaledClock(clock: Clock, speed: number): ScaledClock {
  const startMs = clock.nowMs();
  let factor = speed;
  let sinceMs = clock.monotonicMs();
  let passedBeforeMs = 0;
  const pending = new Set<Pending>();
  const passedMs = () => passedBeforeMs + (clock.monotonicMs() - sinceMs) * factor;
  const arm = (call: Pending): void => {
    call.cancel = clock.schedule(Math.max(0, call.dueMs - passedMs()) / factor, () => {
      pending.delete(call);
      call.callback();
    });
  };
  return {
    get speed() {
      return factor;
    },
    setSpeed(next) {
      passedBeforeMs = passedMs();
      sinceMs = clock.monotonicMs();
      factor = requireSpeed(next, 'A speed');
      for (const call of pending) {
        call.cancel();
        arm(call);
      }
    },
    nowMs: () => startMs + passedMs(),
    monotonicMs: passedMs,
    ...(clock.sleptMs && { sleptMs: () => clock.sleptMs!() * factor }),
    schedule(delayMs, callback) {
      const call: Pending = { dueMs: passedMs() + delayMs, callback, cancel: () => {} };
      pending.add(call);
      arm(call);
      return () => {
        pending.delete(call);
        call.cancel();
      };
    },
  };
}

/** @throws ConfigError `invalid-value` for what is no number above 0 and at most a million */
export function requireSpeed(speed: number, owner: string): number {
  if (speed > 0 && speed <= MAX_SPEED) return speed;
  throw new ConfigError(
    'invalid-value',
    `${owner} must be a number above 0 and at most ${MAX_SPEED}, got ${speed}.`,
  );
}
