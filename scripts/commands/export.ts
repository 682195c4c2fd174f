/** `market-gym export`: writes a trained model in a form that other programs run. */
import type { Argv } from 'yargs';
import { exportXgboost, XGBOOST_FORMS } from '../../experiments/export/supervised.ts';
import { openModel } from '../../experiments/models/store.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import type { Io } from '../terminal/io.ts';
import { storeOptions } from '../terminal/model-options.ts';
import { accessOf } from '../terminal/plugin-options.ts';

export const options = (yargs: Argv) =>
  storeOptions(yargs)
    .positional('model', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of a model, or its name in the registry',
    })
    .option('to', { choices: XGBOOST_FORMS, demandOption: true, describe: 'The form' })
    .option('out', { type: 'string', demandOption: true, describe: 'File to write' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['to', 'out']);

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { to, out } = args;
  const { model } = await openModel(args.model, args.registry, accessOf(args));
  const bytes = exportXgboost(model, to);
  writeFileAtomic(out, bytes);
  console.say(`${args.model} is in ${out}: ${to}, ${bytes.length} bytes.`);
  console.result({ out, to, bytes: bytes.length });
  return 0;
}
