/** Defines the events of a policy that goes on learning, and puts them in words. */
import type { DriftAlarm } from './drift.ts';
import type { LearnerTask } from './learner-tasks.ts';

export type LearningEvent =
  /** A candidate is in the registry. */
  | { readonly kind: 'trained'; readonly id: string }
  /** A candidate was judged against the champion. */
  | {
      readonly kind: 'judged';
      readonly id: string;
      readonly decision: 'promote' | 'reject';
      readonly reasons: readonly string[];
    }
  /** The learner could not do a task; it is due again later. */
  | { readonly kind: 'failed'; readonly task: LearnerTask['kind']; readonly message: string }
  /** The champion behaves as it did not where it was proven, and none was before it that could take over. */
  | { readonly kind: 'drifted'; readonly id: string; readonly alarms: readonly DriftAlarm[] }
  /** Another model decides from now on; `alarms` where its predecessor has drifted. */
  | {
      readonly kind: 'swapped';
      readonly id: string;
      readonly from?: string;
      readonly alarms: readonly DriftAlarm[];
    };

/** One sentence without its full stop. */
export function describeLearningEvent(event: LearningEvent): string {
  switch (event.kind) {
    case 'trained':
      return `${event.id} has learnt, and waits to be judged`;
    case 'judged':
      return `${event.id} is ${event.decision === 'promote' ? 'promoted' : 'rejected'}: ${event.reasons.join('; ')}`;
    case 'failed':
      return `the learner could not ${event.task}: ${event.message}`;
    case 'drifted':
      return `${describeDrift(event.id, event.alarms)}; none was before it`;
    case 'swapped':
      return `${event.id} takes over: ${
        event.from === undefined
          ? 'it is the champion of the registry'
          : describeDrift(event.from, event.alarms)
      }`;
  }
}

function describeDrift(id: string, alarms: readonly DriftAlarm[]): string {
  return `${id} has drifted: ${alarms.map(({ text }) => text).join('; ')}`;
}
