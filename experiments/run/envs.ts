/** How env workers build the envs of a run: by the names of plugins and plain data. */
import type { Env, EnvContext } from '../../envs/env.ts';
import type { PluginFile } from '../../storage/plugin-file.ts';
import { requireUnchanged } from '../plugins/access.ts';
import { type Catalog, loadGranted } from '../plugins/catalog.ts';

/** What decides the training envs of a run. */
export interface RunEnvs {
  /** Files that the run has been allowed to bring along. */
  readonly plugins: readonly PluginFile[];
  readonly name: string;
  readonly config: Record<string, unknown>;
  /** Of env 0, whose seed is that of the run; env i has i more. */
  readonly context: EnvContext;
}

let catalog: Promise<Catalog> | undefined;

export async function createEnv(index: number, argument: unknown): Promise<Env> {
  const { plugins, name, config, context } = argument as RunEnvs;
  catalog ??= loadUnchanged(plugins);
  const parts = await catalog;
  return parts.envs.get(name).create({ ...context, seed: context.seed + index, parts }, config);
}

async function loadUnchanged(files: readonly PluginFile[]): Promise<Catalog> {
  requireUnchanged(files);
  return loadGranted(files);
}
