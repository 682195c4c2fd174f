/** Opens the ledger of trials for a command that reads it. */
import type { Argv } from 'yargs';
import { DEFAULT_LEDGER } from '../../../experiments/ledger/use-ledger.ts';
import { TrialLedger } from '../../../storage/trial-ledger.ts';
import { type Console, createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';

export const trialsOptions = <Values>(yargs: Argv<Values>) =>
  yargs
    .option('ledger', {
      type: 'string',
      default: DEFAULT_LEDGER,
      describe: 'File, or postgres://…, that trials are counted in',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg('ledger');

/** Opens the ledger, acts, and closes it. @returns what the action does: the exit code */
export async function withTrials(
  { ledger: path, json }: { readonly ledger: string; readonly json: boolean },
  io: Io,
  action: (ledger: TrialLedger, console: Console) => number,
): Promise<number> {
  const ledger = new TrialLedger(path);
  try {
    return action(ledger, createConsole({ json }, io));
  } finally {
    ledger.close();
  }
}
