/** `market-gym tape verify`: whether a tape is whole. */
import type { Argv } from 'yargs';
import { summarizeTape } from '../../../storage/tape.ts';
import { requireTape } from '../../../storage/tape-segments.ts';
import { TapeWriter } from '../../../storage/tape-writer.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import { EXIT_FAILED } from '../../terminal/exit-codes.ts';
import type { Io } from '../../terminal/io.ts';
import { tapeOptions } from '../../terminal/tape-options.ts';

export const options = (yargs: Argv) =>
  tapeOptions(yargs).option('repair', {
    type: 'boolean',
    default: false,
    describe: 'Cuts off a last line that was not written to its end',
  });

/** @returns the exit code: 1 for a torn tail that was left as it is */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  requireTape(args.tape);
  const { torn, numRecords, chain } = summarizeTape(args.tape);
  if (torn !== undefined && args.repair) await new TapeWriter(args.tape).close();
  console.say(`${numRecords} records, each as it was written; chain ${chain}.`);
  if (torn !== undefined) {
    console.say(
      `${torn.file} ends in ${torn.numBytes} bytes of a line that was cut off` +
        `${args.repair ? '; they are removed.' : ': --repair removes them.'}`,
    );
  }
  console.result({ numRecords, chain, torn, repaired: torn !== undefined && args.repair });
  return torn === undefined || args.repair ? 0 : EXIT_FAILED;
}
