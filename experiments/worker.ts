/** The process of one trial: takes it from its parent, and tells how it goes. */
import { MarketGymError } from '../core/errors.ts';
import { systemClock } from '../live/connection/clock.ts';
import type { LedgerSpool } from './ledger/spool.ts';
import type { LedgerChoice } from './ledger/use-ledger.ts';
import type { Trial } from './plan.ts';
import type { TrainingEvent } from './run/events.ts';
import { runSegment, type Segment } from './search/segment.ts';
import { runTrial } from './trial.ts';

export type ToWorker =
  | {
      readonly kind: 'run';
      readonly trial: Trial;
      readonly ledger: LedgerChoice | LedgerSpool;
      /** A part of a search's trial; absent: the whole trial, and its judgement. */
      readonly segment?: Segment;
    }
  | { readonly kind: 'stop' };
export type FromWorker =
  | { readonly kind: 'training'; readonly event: TrainingEvent }
  | { readonly kind: 'interrupted' }
  /** `uncounted`: why it is not in the ledger of trials. */
  | { readonly kind: 'finished'; readonly uncounted?: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Progress is told at least this far apart. */
const TELL_INTERVAL_MS = 200;

const interruption = new AbortController();
let toldMs = -Infinity;

function tell(message: FromWorker, then = (): void => {}): void {
  if (process.connected) process.send!(message, undefined, undefined, then);
  else then();
}

function tellTraining(event: TrainingEvent): void {
  if (event.kind === 'progress') {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - toldMs < TELL_INTERVAL_MS) return;
    toldMs = nowMs;
  }
  tell({ kind: 'training', event });
}

async function work({ trial, ledger, segment }: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
  try {
    const options = { onEvent: tellTraining, signal: interruption.signal, ledger };
    const outcome: FromWorker =
      segment === undefined ? await runTrial(trial, options) : await runSegment(trial, segment, options);
    tell(outcome, () => process.exit());
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    tell({ kind: 'failed', message: error.message }, () => process.exit());
  }
}

// A terminal sends Ctrl-C to every process; the parent decides what comes of it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {
  interruption.abort();
});
// Without a parent nobody waits for the result: save and stop.
process.on('disconnect', () => {
  interruption.abort();
});
process.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') interruption.abort();
  else void work(message);
});
