/** Records what was carried out in the ledger of trials. */
import type { RunDirectory } from '../../storage/run-directory.ts';
import type { TrialEntry, TrialKind } from '../../storage/trials/trial.ts';
import { loadTrainedRun } from '../run/judge-runs.ts';
import type { Run } from '../run/spec.ts';
import { runEntry } from './run-entry.ts';
import { type LedgerChoice, type LedgerUse, useLedger } from './use-ledger.ts';

export interface RecordOptions {
  readonly ledger: LedgerChoice;
  readonly kind: TrialKind;
  /** UTC epoch. */
  readonly timeMs: number;
}

/** A training that has come to its end: one row. */
export function recordRun(
  run: Run,
  directory: RunDirectory,
  { ledger, kind, timeMs }: RecordOptions,
): LedgerUse<number> {
  return recordTrials(ledger, () => [runEntry(loadTrainedRun(run, directory), { kind, timeMs })]);
}

/** @param entries made where there is a ledger to take them */
export function recordTrials(ledger: LedgerChoice, entries: () => readonly TrialEntry[]): LedgerUse<number> {
  return useLedger(ledger, (open) => open.append(...entries()));
}
