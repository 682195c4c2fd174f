/** The option of commands whose work is counted as trials. */
import type { Argv } from 'yargs';
import { DEFAULT_LEDGER, type LedgerChoice } from '../../../experiments/ledger/use-ledger.ts';

/** `--ledger FILE`, or `--no-ledger`, which the parser gives as false; without a default, so that one can tell what was given. */
export const ledgerOptions = <Values>(yargs: Argv<Values>) =>
  yargs.option('ledger', {
    coerce: (value: unknown): LedgerChoice => (value === false ? false : String(value)),
    defaultDescription: DEFAULT_LEDGER,
    describe:
      'File, or postgres://…, that every trial is counted in; --no-ledger: in none, and the verdict says so',
  });

/** @returns the file, `false` for none */
export function ledgerOf({ ledger = DEFAULT_LEDGER }: { readonly ledger?: LedgerChoice }): LedgerChoice {
  return ledger;
}
