/** A learner that goes where its session's tape goes: to the spare one, when the session's own cannot be written any more. */
import type { TapeRecord } from '../storage/tape.ts';
import type { Learner } from './learner.ts';

export interface FollowingLearner extends Learner {
  /** To be called with every record of the session. */
  onRecord(record: TapeRecord): void;
}

/**
 * What the learner before was doing has the result `failed`, and is due again. The spare tape has no past: candidates are made
 * again when there is enough on it.
 * @param tape that the session writes now
 * @param start a learner that reads a tape
 */
export function followTape(tape: string, start: (tape: string) => Learner): FollowingLearner {
  let current = start(tape);
  let stopping = Promise.resolve();
  return {
    perform: (task) => current.perform(task),
    onRecord([kind, , body]) {
      const { tape: next } = (kind === 'continues' ? body : {}) as { tape?: string };
      if (next === undefined) return;
      const before = current;
      stopping = stopping.then(() => before.stop());
      current = start(next);
    },
    async stop() {
      await stopping;
      await current.stop();
    },
  };
}
