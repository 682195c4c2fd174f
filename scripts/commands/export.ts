/** `market-gym export`: writes a trained model in a form that other programs run. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { exportMlflow } from '../../experiments/export/mlflow.ts';
import { exportRun } from '../../experiments/export/policy.ts';
import { EXPORT_FORMS, type ExportForm, exportModel } from '../../experiments/export/supervised.ts';
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
    .option('to', { choices: [...EXPORT_FORMS, 'mlflow'] as const, demandOption: true, describe: 'The form' })
    .option('out', {
      type: 'string',
      demandOption: true,
      describe: 'File to write; of mlflow the folder mlruns',
    })
    .option('checkpoint', { type: 'string', describe: 'Of a run: best, latest, or a name; default: best' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['to', 'out', 'checkpoint']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { to, out } = args;
  const isRun = existsSync(join(args.model, 'run.json'));
  if (to === 'mlflow') {
    if (!isRun) throw new ConfigError('unfit-export', `"${args.model}" is no run: only runs go to MLflow.`);
    const written = exportMlflow(args.model, out);
    console.say(
      `${args.model} is in ${written.path}: experiment "${written.experiment}"; mlflow ui --backend-store-uri ${out}`,
    );
    console.result({ out, to, ...written });
    return 0;
  }
  const bytes = isRun ? await fromRun(args) : await fromModel(args, to);
  writeFileAtomic(out, bytes);
  console.say(`${args.model} is in ${out}: ${to}, ${bytes.length} bytes.`);
  console.result({ out, to, bytes: bytes.length });
  return 0;
}

function fromRun(args: Arguments): Promise<Uint8Array> {
  const { model, to, checkpoint } = args;
  if (to === 'onnx') return exportRun(model, checkpoint, accessOf(args));
  throw new ConfigError(
    'unfit-export',
    `"${model}" is a run: its policy is exported --to onnx, the whole of it --to mlflow.`,
  );
}

async function fromModel(args: Arguments, to: ExportForm): Promise<Uint8Array> {
  if (args.checkpoint !== undefined)
    throw new ConfigError('usage', '--checkpoint goes with a run, not with a model.');
  const { model } = await openModel(args.model, args.registry, accessOf(args));
  return exportModel(model, to);
}
