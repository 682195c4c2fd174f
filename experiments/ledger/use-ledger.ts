/** Opens the ledger of trials for one purpose, and says why nothing was counted where it cannot be used. */
import { StorageError } from '../../core/errors.ts';
import { TrialLedger } from '../../storage/trial-ledger.ts';

/**
 * The ledger of a working folder, wherever the runs' own folders lie: what was tried from one place is counted in one place.
 */
export const DEFAULT_LEDGER = 'runs/ledger.db';

/** A file, or `false`: nothing is counted. */
export type LedgerChoice = string | false;

export type LedgerUse<Result> =
  | { readonly counted: true; readonly result: Result }
  /** In words, without a full stop: `the ledger "…" is …`. */
  | { readonly counted: false; readonly reason: string };

/**
 * A ledger that is locked, read-only, of another version or on a full disk stops nobody's work: it is told that nothing was counted.
 */
export function useLedger<Result>(
  choice: LedgerChoice,
  action: (ledger: TrialLedger) => Result,
): LedgerUse<Result> {
  if (choice === false) return { counted: false, reason: 'the ledger was turned off by --no-ledger' };
  let ledger: TrialLedger | undefined;
  try {
    ledger = new TrialLedger(choice, { create: true });
    return { counted: true, result: action(ledger) };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { counted: false, reason: error.message.replace(/\.$/, '') };
  } finally {
    ledger?.close();
  }
}

/** What a command says where its work is not in the ledger. */
export function notCounted(what: string, reason: string): string {
  return `${what} is not counted as a trial: ${reason}.`;
}
