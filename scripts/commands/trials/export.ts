/** `market-gym trials export`: the ledger with all returns, as JSON lines, for other programs. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Argv } from 'yargs';
import { attempt } from '../../../storage/atomic.ts';
import type { TrialSeries } from '../../../storage/trials/trial.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import type { Io } from '../../terminal/io.ts';
import { trialsOptions, withTrials } from './open.ts';

export const options = (yargs: Argv) =>
  trialsOptions(yargs).positional('file', {
    type: 'string',
    demandOption: true,
    describe: 'JSON lines, one a trial, the oldest first',
  });

/** @returns the exit code */
export function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { file } = args;
  return withTrials(args, io, (ledger, console) => {
    const rows = ledger.list().reverse();
    attempt('write', file, () => {
      const handle = openSync(file, 'w');
      try {
        for (const { number } of rows) {
          const { validation, test, ...row } = ledger.get(number);
          const line = { ...row, validation: plain(validation), test: plain(test) };
          writeSync(handle, `${JSON.stringify(line)}\n`);
        }
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    });
    console.say(`${rows.length} ${rows.length === 1 ? 'trial' : 'trials'} in ${file}.`);
    console.result({ file, numTrials: rows.length });
    return 0;
  });
}

function plain(series: TrialSeries | undefined): object | undefined {
  if (series === undefined) return undefined;
  const { timeMs, price, returns, exposure } = series;
  return { timeMs: [...timeMs], price: [...price], returns: [...returns], exposure };
}
