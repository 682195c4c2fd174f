/** `market-gym export`: writes a trained model in a form that other programs run. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { exportRun } from '../../experiments/export/policy.ts';
import { EXPORT_FORMS, exportModel } from '../../experiments/export/supervised.ts';
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
      describe: 'Run directory, folder of a supervised model, or its name in the registry',
    })
    .option('to', { choices: EXPORT_FORMS, demandOption: true, describe: 'The form' })
    .option('out', { type: 'string', demandOption: true, describe: 'File to write' })
    .option('checkpoint', { type: 'string', describe: 'Of a run: best, latest, or a name; default: best' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['to', 'out', 'checkpoint']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { to, out } = args;
  const bytes = existsSync(join(args.model, 'run.json')) ? await fromRun(args) : await fromModel(args);
  writeFileAtomic(out, bytes);
  console.say(`${args.model} is in ${out}: ${to}, ${bytes.length} bytes.`);
  console.result({ out, to, bytes: bytes.length });
  return 0;
}

function fromRun(args: Arguments): Promise<Uint8Array> {
  const { model, to, checkpoint } = args;
  if (to === 'onnx') return exportRun(model, checkpoint, accessOf(args));
  throw new ConfigError('unfit-export', `"${model}" is a run: its policy is exported --to onnx.`);
}

async function fromModel(args: Arguments): Promise<Uint8Array> {
  if (args.checkpoint !== undefined)
    throw new ConfigError('usage', '--checkpoint goes with a run, not with a model.');
  const { model } = await openModel(args.model, args.registry, accessOf(args));
  return exportModel(model, args.to);
}
