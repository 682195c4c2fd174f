/** The options of commands that open a tape. */
import type { Argv } from 'yargs';
import { codeOptions } from './plugin-options.ts';

export const tapeOptions = (yargs: Argv) =>
  codeOptions(yargs)
    .positional('tape', { type: 'string', demandOption: true, describe: 'Directory of the tape' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });
