/** What the commands on models have in common: options for data files, kinds of model, model folders. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { Registry } from '../../core/registry.ts';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';
import { importModule } from '../../experiments/plugins/modules.ts';
import { builtInModels } from '../../models/kinds.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { createTfjsKind } from '../../models/tfjs.ts';
import { loadTensorFlow } from '../../networks/tfjs-backend.ts';
import { wholeNumber } from './counts.ts';

/** Options that say how a table is read; without `--label` a file is taken for candles. */
export function tableOptions<Arguments>(yargs: Argv<Arguments>) {
  return yargs
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

/** Options that name kinds of model and the registry. */
export function storeOptions<Arguments>(yargs: Argv<Arguments>) {
  return yargs
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .option('plugin', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'File with kinds of model',
    })
    .requiresArg(['registry', 'plugin']);
}

/** `down,up` as a list. */
export function classList(text: string | undefined): string[] | undefined {
  return text?.split(',').map((name) => name.trim());
}

/** TensorFlow.js is loaded for models that are made of it alone. */
export async function addTfjsFor(kind: string, kinds: Registry<ModelPlugin>): Promise<Registry<ModelPlugin>> {
  if (kind === 'tfjs' && !kinds.has(kind)) kinds.add(createTfjsKind(await loadTensorFlow()));
  return kinds;
}

/** The built-in kinds and those that the files export: every export that `defineModel` made. */
export async function loadModelKinds(files: readonly string[]): Promise<Registry<ModelPlugin>> {
  const kinds = new Registry<ModelPlugin>('model kind', builtInModels);
  for (const file of files) {
    const plugins = Object.values(await importModule(file)).filter(isModelPlugin);
    for (const plugin of plugins) kinds.add(plugin);
    if (plugins.length > 0) continue;
    throw new ConfigError(
      'empty-plugin',
      `${file} exports no kind of model; export what defineModel returns.`,
    );
  }
  return kinds;
}

function isModelPlugin(value: unknown): value is ModelPlugin {
  if (typeof value !== 'object' || value === null) return false;
  const { name, train, load } = value as Partial<ModelPlugin>;
  return typeof name === 'string' && typeof train === 'function' && typeof load === 'function';
}
