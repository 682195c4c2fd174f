/** The process of one trial: takes it from its parent, and tells how it goes. */
import { MarketGymError } from '../core/errors.ts';
import type { Trial } from './plan.ts';
import { runTrial } from './trial.ts';

export type ToWorker = { readonly kind: 'run'; readonly trial: Trial } | { readonly kind: 'stop' };
export type FromWorker =
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'finished' | 'interrupted' }
  | { readonly kind: 'failed'; readonly message: string };

/** Steps are told at least this far apart. */
const TELL_INTERVAL_MS = 200;

let interrupted = false;
let toldMs = 0;

function tell(message: FromWorker, then = (): void => {}): void {
  if (process.connected) process.send!(message, undefined, undefined, then);
  else then();
}

function tellStep(step: number): void {
  const nowMs = Date.now();
  if (nowMs - toldMs < TELL_INTERVAL_MS) return;
  toldMs = nowMs;
  tell({ kind: 'step', step });
}

async function work(trial: Trial): Promise<void> {
  try {
    const finished = await runTrial(trial, tellStep, () => interrupted);
    tell({ kind: finished ? 'finished' : 'interrupted' }, () => process.exit());
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    tell({ kind: 'failed', message: error.message }, () => process.exit());
  }
}

// A terminal sends Ctrl-C to every process; the parent decides what comes of it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {
  interrupted = true;
});
// Without a parent nobody waits for the result: save and stop.
process.on('disconnect', () => {
  interrupted = true;
});
process.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') interrupted = true;
  else void work(message.trial);
});
