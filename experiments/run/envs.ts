/** How env workers build the envs of a run: by the names of plugins and plain data. */
import type { Env, EnvContext } from '../../envs/env.ts';
import { type Catalog, loadCatalog } from '../plugins/catalog.ts';

/** What decides the training envs of a run. */
export interface RunEnvs {
  /** Files of plugins. */
  readonly plugins: readonly string[];
  readonly name: string;
  readonly config: Record<string, unknown>;
  /** Of env 0, whose seed is that of the run; env i has i more. */
  readonly context: EnvContext;
}

let catalog: Promise<Catalog> | undefined;

export async function createEnv(index: number, argument: unknown): Promise<Env> {
  const { plugins, name, config, context } = argument as RunEnvs;
  catalog ??= loadCatalog(plugins);
  const plugin = (await catalog).envs.get(name);
  return plugin.create({ ...context, seed: context.seed + index }, config);
}
