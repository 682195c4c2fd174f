/** What an experiment tells while it runs. */
import type { TrainingEvent } from './run/events.ts';
import type { TrialRecord } from './search/trial-record.ts';
import type { TrialResult } from './trial.ts';

/** Which trial an event is about: labels of the experiment, and the seed. */
export interface TrialName {
  readonly task: string;
  readonly agent: string;
  readonly seed: number;
}

export type ExperimentEvent =
  /** Everything is checked, nothing has begun. `numKept` trials are finished from an earlier time; `totalSteps` are those of the others. */
  | {
      readonly kind: 'planned';
      readonly name: string;
      readonly out: string;
      readonly numTrials: number;
      readonly numKept: number;
      readonly totalSteps: number;
    }
  /** Progress comes at most five times a second from each trial. */
  | { readonly kind: 'training'; readonly trial: TrialName; readonly event: TrainingEvent }
  | {
      readonly kind: 'trial-finished';
      readonly trial: TrialName;
      readonly totalSteps: number;
      readonly result: TrialResult;
    }
  /** It has saved what it has, and goes on from there the next time. */
  | { readonly kind: 'trial-interrupted'; readonly trial: TrialName }
  /** `details` is the output of a process that crashed. */
  | {
      readonly kind: 'trial-failed';
      readonly trial: TrialName;
      readonly totalSteps: number;
      readonly message: string;
      readonly details?: string;
    }
  /** A trial of a search has ended; `message` says why it failed. */
  | {
      readonly kind: 'search-trial';
      readonly task: string;
      readonly agent: string;
      readonly record: TrialRecord;
      readonly message?: string;
    }
  | {
      readonly kind: 'ended';
      readonly numTrials: number;
      readonly numFinished: number;
      readonly numFailed: number;
      readonly interrupted: boolean;
    };
