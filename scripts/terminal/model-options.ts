/** What the commands on models have in common: options for data files, kinds of model, model folders. */
import type { Argv } from 'yargs';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';
import { wholeNumber } from './counts.ts';
import { dataOptions } from './data-options.ts';
import { codeOptions } from './plugin-options.ts';

/** Options that say how a table is read; without `--label` a file is taken for candles. */
export function tableOptions<Arguments>(yargs: Argv<Arguments>) {
  return dataOptions(yargs)
    .option('label', { type: 'string', describe: 'Column with the labels; absent: the file holds candles' })
    .option('time', {
      type: 'string',
      describe: 'Column with the times of a table; default: time, timestamp or date',
    })
    .option('ignore', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Column of a table to leave out',
    })
    .option('classes', {
      type: 'string',
      describe: 'Classes of a table, from the lowest to the highest, with commas',
    })
    .option('horizon', {
      default: 0,
      coerce: wholeNumber('horizon', 0, 100_000),
      describe: 'Rows that the labels of a table look ahead',
    });
}

/** Options that name the registry, and the code that models may need. */
export function storeOptions<Arguments>(yargs: Argv<Arguments>) {
  return codeOptions(yargs)
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .requiresArg('registry');
}

/** `down,up` as a list. */
export function classList(text: string | undefined): string[] | undefined {
  return text?.split(',').map((name) => name.trim());
}
