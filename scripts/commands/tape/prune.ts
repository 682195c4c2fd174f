/** `market-gym tape prune`: takes the older part of a tape away, and keeps what proves the rest. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import { pruneTape } from '../../../storage/tape-prune.ts';
import { requireTape } from '../../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';
import { tapeOptions } from '../../terminal/tape-options.ts';

export const options = (yargs: Argv) =>
  tapeOptions(yargs)
    .option('keep', {
      type: 'string',
      demandOption: true,
      describe: 'How much of its end stays at least: 90s, 30m, 12h or 7d',
    })
    .option('archive', {
      type: 'string',
      describe: 'Directory that the older segments are moved to; default: they are removed',
    })
    .requiresArg(['keep', 'archive']);

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  requireTape(args.tape);
  const { segments, place } = pruneTape(args.tape, { keepMs: durationMs(args.keep), archive: args.archive });
  const { length } = segments;
  console.say(
    length === 0
      ? 'Nothing is taken away: no checkpoint is older than what is to be kept.'
      : `${length} ${length === 1 ? 'file is' : 'files are'} ${args.archive === undefined ? 'removed' : `moved to ${args.archive}`}; ` +
          `the tape begins with the checkpoint at record ${place?.index}, and its chain there is ${place?.chain}.`,
  );
  console.result({ segments, place });
  return 0;
}

/** @throws ConfigError `invalid-value` */
function durationMs(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * UNITS_MS[unit];
  throw new ConfigError(
    'invalid-value',
    `--keep must be a whole number with s, m, h or d, such as 7d; got "${text}".`,
  );
}
