/** `market-gym models import`: takes in an exported model, or one that XGBoost or LightGBM saved, as the next version. */
import { existsSync, statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { ConfigError } from '../../../core/errors.ts';
import { readForeignModel } from '../../../experiments/models/foreign-model.ts';
import { storeModel } from '../../../experiments/models/store.ts';
import { dayMs } from '../../../trainers/spans.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { createConsole } from '../../terminal/console.ts';
import type { Io } from '../../terminal/io.ts';
import { classList } from '../../terminal/model-options.ts';
import { withRegistry } from '../../terminal/registry.ts';
import { registryOptions } from '../../terminal/registry-options.ts';
import { parseSettings } from '../../terminal/settings.ts';

const DAY_MS = 86_400_000;

export const options = (yargs: Argv) =>
  registryOptions(yargs)
    .positional('path', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of an exported model, or a model file of XGBoost (.json, .ubj) or LightGBM (.txt)',
    })
    .option('name', { type: 'string', describe: 'What to call a model file in the registry' })
    .option('classes', {
      type: 'string',
      describe: 'Names of its classes, in the order of their numbers, with commas',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'How its columns and labels are made of candles: data.key=value, label.key=value',
    })
    .option('trained-from', { type: 'string', describe: 'First day that it learnt from' })
    .option('trained-to', {
      type: 'string',
      describe: 'Last day that it learnt from; without it every row counts as learnt',
    })
    .requiresArg(['name', 'classes', 'set', 'trained-from', 'trained-to']);

/** @returns the exit code */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const { path } = args;
  if (existsSync(path) && !statSync(path).isDirectory()) return importFile(args, io);
  return withRegistry(
    args,
    io,
    async (registry, console) => {
      const record = registry.import(path);
      console.say(`${path} is ${record.id}, a candidate.`);
      console.result(record);
      return 0;
    },
    { create: true },
  );
}

function importFile(args: ArgumentsOf<typeof options>, io: Io): number {
  const console = createConsole(args, io);
  const { path, name, registry, trainedFrom, trainedTo } = args;
  if (name === undefined) {
    throw new ConfigError('usage', `Say what to call the model of ${path} in the registry: --name NAME.`);
  }
  const { data, label } = parseSettings(args.set, ['data', 'label']);
  const model = readForeignModel(path, {
    classes: classList(args.classes),
    ...(Object.keys(data).length > 0 && { data }),
    ...(Object.keys(label).length > 0 && { label }),
    ...(trainedFrom !== undefined && { trainedFromMs: dayMs(trainedFrom) }),
    ...(trainedTo !== undefined && { trainedToMs: dayMs(trainedTo) + DAY_MS - 1 }),
  });
  const { kind, shape } = model;
  const [id] = storeModel({ save: name, registry }, model, {});
  const outputs = shape.classNames.length > 0 ? `classes ${shape.classNames.join(', ')}` : 'a value';
  console.say(
    `${path} is ${id}, a candidate: ${kind}, ${shape.columns.length} columns, predicts ${outputs}.`,
  );
  if (trainedTo === undefined) {
    console.say(
      'What it learnt from is not known: every row counts as learnt. --trained-to DAY says where it ends.',
    );
  }
  console.result({ id, kind, columns: shape.columns, classNames: shape.classNames });
  return 0;
}
