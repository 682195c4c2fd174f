/** The kinds of model there are to choose from: the built-in ones, those of plugin files, and TensorFlow.js where it is asked for. */
import { ConfigError } from '../../core/errors.ts';
import { Registry } from '../../core/registry.ts';
import { builtInModels } from '../../models/kinds.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { createTfjsKind } from '../../models/tfjs.ts';
import { loadTensorFlow } from '../../networks/tfjs-backend.ts';
import { importModule } from '../plugins/modules.ts';

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
