/** The options of commands that run a live session. */
import type { Argv } from 'yargs';
import { wholeNumber } from './counts.ts';
import { changedCodeOptions } from './plugin-options.ts';

export const sessionOptions = (yargs: Argv) =>
  changedCodeOptions(yargs)
    .option('config', { type: 'string', describe: 'JSON or TypeScript file with the settings' })
    .option('tape', { type: 'string', describe: 'Directory of the tape; one that is there is continued' })
    .option('tape-fallback', {
      type: 'string',
      describe:
        'Directory on another disk, where it goes on when the tape cannot be written; default: it ends',
    })
    .option('log', {
      type: 'string',
      describe: 'File for the log; default: standard error, and on a terminal warnings only',
    })
    .option('http', {
      coerce: wholeNumber('http', 0, 65_535),
      describe: 'Port of the page that shows the session; 0: any free one; default: none',
    })
    .option('speed', { type: 'number', describe: 'How fast time passes; default: as served' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['config', 'tape', 'tape-fallback', 'log', 'http', 'speed']);
