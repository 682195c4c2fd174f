/** Every plugin that there is to choose from: those that come with the framework, and those of a user's files. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AgentPlugin } from '../../agents/agent.ts';
import { builtInAgents } from '../../agents/built-in.ts';
import { type NetworkPlugin, networkShape } from '../../agents/custom-network.ts';
import type { ConfigSchema } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { type PluginShape, pluginDefects } from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import { builtInEnvs } from '../../envs/built-in.ts';
import type { EnvPlugin } from '../../envs/env.ts';
import { findGymnasiumEnv } from '../../envs/gymnasium/env.ts';
import { builtInParts, type EnvParts } from '../../envs/parts.ts';
import type { VenuePlugin } from '../../live/connection/venue.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { builtInModels } from '../../models/kinds.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { builtInSignalRules, type SignalRulePlugin } from '../../models/signals/exposure.ts';
import type { PluginFile } from '../../storage/plugin-file.ts';
import type { PrunerPlugin } from '../search/pruner.ts';
import { builtInPruners } from '../search/pruners/built-in.ts';
import type { SamplerPlugin } from '../search/sampler.ts';
import { builtInSamplers } from '../search/samplers/built-in.ts';
import { grantPlugins, type PluginAccess } from './access.ts';
import { kindOf, listDefines, PLUGIN_KINDS, type PluginKind } from './kinds.ts';
import { importModule } from './modules.ts';

const require = createRequire(import.meta.url);

/** The name of the price series that comes with the package: S&P 500, daily, 2000–2020. */
export const SHIPPED_DATA = 'sp500';

export function shippedDataPath(): string {
  return join(dirname(require.resolve('market-gym/package.json')), 'data', 'sp500-daily.csv');
}

/** One registry a kind; it is handed to what resolves names, as far as that needs it. */
export interface Catalog extends EnvParts {
  /** The user's files that are in it, for the record of what is made with it. */
  readonly files: readonly PluginFile[];
  readonly agents: Registry<AgentPlugin>;
  readonly envs: Registry<EnvPlugin>;
  readonly networks: Registry<NetworkPlugin>;
  readonly venues: Registry<VenuePlugin<ConfigSchema>>;
  readonly models: Registry<ModelPlugin>;
  readonly signalRules: Registry<SignalRulePlugin>;
  readonly samplers: Registry<SamplerPlugin>;
  readonly pruners: Registry<PrunerPlugin>;
}

export interface CatalogOptions {
  /** Whether a file without a plugin is refused; default true. */
  readonly needsPlugins?: boolean;
}

/** What a file exports, as a sentence for a name that is not found. */
interface Source {
  readonly file: string;
  readonly exports: string;
}

/**
 * The built-in plugins and those of files that the user has named, which are trusted from now on.
 * @param files paths of TypeScript or JavaScript modules; a default export and every named one counts
 * @throws ConfigError `plugin-not-loaded`, `empty-plugin`, `invalid-plugin`, or `duplicate-name`, each naming the file
 */
export function loadCatalog(files: readonly string[] = []): Promise<Catalog> {
  return openCatalog([], { plugins: files }, 'The command');
}

/**
 * The built-in plugins, those that a run, model or tape names, as far as they may be run, and those that the user names.
 * @param recorded files that it names
 * @param owner what is opened, for messages: `The run "runs/a"`
 * @throws StorageError as `grantPlugins`, before any file is run; ConfigError as `loadCatalog`
 */
export function openCatalog(
  recorded: readonly PluginFile[],
  access: PluginAccess,
  owner: string,
  options?: CatalogOptions,
): Promise<Catalog> {
  return loadGranted(grantPlugins(recorded, access, owner), options);
}

/**
 * The built-in plugins and those of files that may be run.
 * @param files whose hashes have been compared
 */
export async function loadGranted(
  files: readonly (PluginFile & { isChanged?: boolean })[],
  { needsPlugins = true }: CatalogOptions = {},
): Promise<Catalog> {
  const sources: Source[] = [];
  const note = () => sources.map(({ file, exports }) => `${file} exports ${exports}.`).join(' ');
  const catalog = builtInCatalog(
    note,
    files.map(({ isChanged: _, ...file }) => file),
  );
  for (const { path, sha256 } of files) {
    const module = await importModule(path, 'plugin', sha256);
    addPlugins(catalog, module, path, needsPlugins);
    sources.push({ file: path, exports: describeExports(module) });
  }
  return catalog;
}

/**
 * A catalogue of its own for each program.
 * @param note a sentence more for a name that is not there
 * @param files that will be added
 */
export function builtInCatalog(note: () => string = () => '', files: readonly PluginFile[] = []): Catalog {
  const registry = <Plugin extends { readonly name: string }>(
    { kind }: PluginShape,
    plugins: Iterable<Plugin>,
  ) => new Registry<Plugin>(kind, plugins, note);
  return {
    files,
    agents: registry(PLUGIN_KINDS.agents, builtInAgents),
    envs: new Registry<EnvPlugin>(PLUGIN_KINDS.envs.kind, builtInEnvs, note, findGymnasiumEnv),
    networks: registry<NetworkPlugin>(networkShape, []),
    features: registry(PLUGIN_KINDS.features, builtInParts.features),
    rewards: registry(PLUGIN_KINDS.rewards, builtInParts.rewards),
    fees: registry(PLUGIN_KINDS.fees, builtInParts.fees),
    slippages: registry(PLUGIN_KINDS.slippages, builtInParts.slippages),
    latencies: registry(PLUGIN_KINDS.latencies, builtInParts.latencies),
    venues: registry(PLUGIN_KINDS.venues, builtInVenues),
    models: registry(PLUGIN_KINDS.models, builtInModels),
    signalRules: registry(PLUGIN_KINDS.signalRules, builtInSignalRules),
    samplers: registry(PLUGIN_KINDS.samplers, builtInSamplers),
    pruners: registry(PLUGIN_KINDS.pruners, builtInPruners),
  };
}

/**
 * Adds what a module exports.
 * @param file for messages
 * @throws ConfigError `empty-plugin`, `invalid-plugin`, `duplicate-name`
 */
export function addPlugins(
  catalog: Catalog,
  module: Readonly<Record<string, unknown>>,
  file: string,
  needsPlugins = true,
): void {
  const plugins = new Map<object, PluginKind>();
  for (const [, value] of exportsOf(module)) {
    const kind = kindOf(value);
    if (kind !== undefined) plugins.set(value as object, kind);
  }
  if (plugins.size === 0 && needsPlugins) {
    throw new ConfigError(
      'empty-plugin',
      `${file} exports no plugin, but ${describeExports(module)}; export what ${listDefines()} returns.`,
    );
  }
  for (const [plugin, kind] of plugins) {
    const shape = PLUGIN_KINDS[kind];
    const { name } = plugin as { name: string };
    const [defect] = pluginDefects(shape, plugin);
    if (defect !== undefined) {
      throw new ConfigError(
        'invalid-plugin',
        `${file}: the ${shape.kind} "${name}" is not whole: ${defect}.`,
      );
    }
    const registry = catalog[kind] as Registry<{ readonly name: string }>;
    if (registry.has(name) && registry.get(name) !== plugin) {
      throw new ConfigError(
        'duplicate-name',
        `${file}: its ${shape.kind} "${name}" has the name of another; rename it.`,
      );
    }
    registry.add(plugin as { readonly name: string });
  }
}

/** `agent "mine", reward "calm" and helper (function)` */
export function describeExports(module: Readonly<Record<string, unknown>>): string {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  for (const [name, value] of exportsOf(module)) {
    if (seen.has(value)) continue;
    seen.add(value);
    const kind = kindOf(value);
    const form = Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
    texts.push(
      kind === undefined
        ? `${name} (${form})`
        : `${PLUGIN_KINDS[kind].kind} "${(value as { name: string }).name}"`,
    );
  }
  if (texts.length === 0) return 'nothing';
  return texts.length === 1 ? texts[0] : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** The exports by name; those of a CommonJS module lie in its default. */
export function exportsOf(module: Readonly<Record<string, unknown>>): [name: string, value: unknown][] {
  const own = Object.entries(module).filter(([name]) => name !== 'module.exports' && name !== '__esModule');
  const { default: inner } = module;
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || kindOf(inner) !== undefined)
    return own;
  return [...own.filter(([name]) => name !== 'default'), ...Object.entries(inner)];
}
