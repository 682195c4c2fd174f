/** What makes the networks of a run in place of the agent's own: a file, or a network plugin by name; `--network` names either. */
import { extname } from 'node:path';
import { factoryOf, type NetworkFactory, type NetworkPlugin } from '../../agents/custom-network.ts';
import { resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { type PluginFile, pluginFileSchema, readPluginFile } from '../../storage/plugin-file.ts';
import { grantFile, type PluginAccess, requireUnchanged } from './access.ts';
import { type Catalog, describeExports } from './catalog.ts';
import { kindOf } from './kinds.ts';
import { importModule } from './modules.ts';
import { TrustedPlugins } from './trust.ts';

const settings = z.record(z.string(), z.json());

export const networkRecordSchema = z.union([
  z.strictObject({ name: z.string(), config: settings }),
  pluginFileSchema.extend({ config: settings.optional() }),
]);

/** In `run.json`: a network plugin of the run's files, or a file of its own. `config` holds the settings of a plugin. */
export type NetworkRecord = z.output<typeof networkRecordSchema>;

export interface RunNetwork {
  readonly record: NetworkRecord;
  readonly createNetwork: NetworkFactory;
}

/**
 * @param choice name of a network plugin, or a file that exports `createNetwork` or what `defineNetwork` returns; it may load
 * a model first, by `await`
 * @param overrides the settings of the plugin
 * @throws ConfigError `unknown-name`, `plugin-not-loaded`, `empty-plugin`, `unknown-key`, `invalid-value`
 */
export async function openNetwork(
  choice: string,
  overrides: Readonly<Record<string, unknown>>,
  catalog: Catalog,
  access: PluginAccess = {},
): Promise<RunNetwork> {
  if (catalog.networks.has(choice) || extname(choice) === '') {
    const plugin = catalog.networks.get(choice);
    const config = complete(plugin, overrides);
    return { record: { name: plugin.name, config }, createNetwork: factoryOf(plugin, config) };
  }
  const file = readPluginFile(choice, 'network');
  (access.trusted ?? new TrustedPlugins()).add(file);
  return loadNetwork(file, overrides);
}

/**
 * The network of a stored run again.
 * @param owner for messages
 * @throws StorageError as `grantFile`, before the file is run; as `openNetwork`
 */
export async function reopenNetwork(
  record: NetworkRecord,
  catalog: Catalog,
  access: PluginAccess,
  owner: string,
): Promise<RunNetwork> {
  if ('name' in record) {
    const plugin = catalog.networks.get(record.name);
    return { record, createNetwork: factoryOf(plugin, record.config) };
  }
  const { network, trusted = new TrustedPlugins() } = access;
  const { config, ...recorded } = record;
  const given = network === undefined ? undefined : readPluginFile(network, 'network');
  if (given !== undefined) trusted.add(given);
  const { isChanged: _, ...file } = grantFile(recorded, given, access, owner, '--network');
  return loadNetwork(file, config ?? {});
}

/**
 * The same network in another thread, which was told of a file that the user has allowed.
 * @throws StorageError `plugin-changed` when the file has changed meanwhile
 */
export async function repeatNetwork(record: NetworkRecord, catalog: Catalog): Promise<RunNetwork> {
  if ('name' in record) return reopenNetwork(record, catalog, {}, 'The thread');
  const { config, ...file } = record;
  requireUnchanged([file], 'network');
  return loadNetwork(file, config ?? {});
}

/**
 * The networks of a stored agent, without loading anything.
 * @param stored what its model says
 * @param opened the one file of networks that was loaded, if any
 * @throws ConfigError `unfit-model` for networks of another file or of other settings
 */
export function networksOf(
  stored: unknown,
  catalog: Catalog,
  opened: RunNetwork | undefined,
): NetworkFactory | undefined {
  if (stored === undefined) return undefined;
  const record = networkRecordSchema.parse(stored);
  if ('name' in record) return factoryOf(catalog.networks.get(record.name), record.config);
  if (opened !== undefined && isSame(record, opened.record)) return opened.createNetwork;
  throw new ConfigError(
    'unfit-model',
    `The agent learns with networks of the file ${record.path}, which is not the one that was loaded; open a model of that file.`,
  );
}

function isSame(record: NetworkRecord, opened: NetworkRecord): boolean {
  if ('name' in record || 'name' in opened) return false;
  const hashes = [opened.sha256, ...(opened.before ?? [])];
  return (
    hashes.includes(record.sha256) &&
    JSON.stringify(record.config ?? {}) === JSON.stringify(opened.config ?? {})
  );
}

async function loadNetwork(
  file: PluginFile,
  overrides: Readonly<Record<string, unknown>>,
): Promise<RunNetwork> {
  const module = await importModule(file.path, 'network', file.sha256);
  const { createNetwork } = module;
  if (typeof createNetwork === 'function') {
    const [key] = Object.keys(overrides);
    if (key === undefined) return { record: file, createNetwork: createNetwork as NetworkFactory };
    throw new ConfigError(
      'unknown-key',
      `${file.path} exports createNetwork, which takes no settings, but "network.${key}" is set; leave it out, or export what defineNetwork returns.`,
    );
  }
  const plugins = [...new Set(Object.values(module).filter((value) => kindOf(value) === 'networks'))];
  if (plugins.length === 1) {
    const plugin = plugins[0] as NetworkPlugin;
    const config = complete(plugin, overrides);
    return { record: { ...file, config }, createNetwork: factoryOf(plugin, config) };
  }
  throw new ConfigError(
    'empty-plugin',
    `${file.path} exports no function createNetwork(request, kernels) and not one network plugin, but ${describeExports(module)}; a network file needs one of them.`,
  );
}

function complete(plugin: NetworkPlugin, overrides: Readonly<Record<string, unknown>>) {
  const config = resolveConfig(plugin.config, overrides, `network "${plugin.name}"`);
  return JSON.parse(JSON.stringify(config)) as z.output<typeof settings>;
}
