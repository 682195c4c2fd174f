/** Records what was carried out in the ledger of trials. */
import type { RunDirectory } from '../../storage/run-directory.ts';
import type { TrialEntry, TrialKind } from '../../storage/trials/trial.ts';
import { loadTrainedRun } from '../run/judge-runs.ts';
import type { Run } from '../run/spec.ts';
import { runEntry } from './run-entry.ts';
import { type LedgerSpool, spoolRows } from './spool.ts';
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

/**
 * Appends rows, all or none.
 * @param ledger or a folder in which the rows wait for whoever appends them
 * @param entries made where there is a ledger to take them
 * @param options `isOnce`: leaves out rows that are there already
 */
export function recordTrials(
  ledger: LedgerChoice | LedgerSpool,
  entries: () => readonly TrialEntry[],
  { isOnce = false }: { readonly isOnce?: boolean } = {},
): LedgerUse<number> {
  if (typeof ledger !== 'object') {
    return useLedger(ledger, (open) => (isOnce ? open.appendNew(...entries()) : open.append(...entries())));
  }
  spoolRows(ledger, entries());
  return { counted: true, result: 0 };
}
