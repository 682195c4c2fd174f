/** Describes the plugins of a catalogue: names, meanings and settings, as plain data. */
import { priorUses } from '../../agents/priors/support.ts';
import { type ConfigSchema, describeConfig } from '../../core/config.ts';
import { noSettings } from '../../core/plugin.ts';
import { modelSchema } from '../../models/train.ts';
import type { Catalog } from './catalog.ts';
import { PLUGIN_KINDS, type PluginKind } from './kinds.ts';

export interface PluginDescription {
  /** `agent`, `env`, … */
  readonly kind: string;
  readonly name: string;
  readonly description: string;
  /** A setting without a default has none here. */
  readonly settings: readonly {
    readonly key: string;
    readonly default?: unknown;
    readonly description: string;
  }[];
  /** Of agents: what they can do with a prior, where they can do anything. */
  readonly prior?: readonly string[];
}

/** The plugins of one kind. */
export interface PluginGroup {
  /** Plural: `agents`, `fee models`. */
  readonly group: string;
  readonly plugins: readonly PluginDescription[];
}

/** The kinds in the order in which they are listed, by what they are called in the list. */
const GROUPS: readonly (readonly [group: string, kind: PluginKind])[] = [
  ['agents', 'agents'],
  ['envs', 'envs'],
  ['features', 'features'],
  ['rewards', 'rewards'],
  ['models', 'models'],
  ['networks', 'networks'],
  ['fee models', 'fees'],
  ['slippage models', 'slippages'],
  ['latency models', 'latencies'],
  ['signal rules', 'signalRules'],
  ['venues', 'venues'],
  ['samplers', 'samplers'],
  ['pruners', 'pruners'],
];

/** What a plugin of any kind tells of itself. */
interface Described {
  readonly name: string;
  readonly description: string;
  readonly config?: ConfigSchema;
}

/** In the order of the list, kinds without a plugin included. */
export function describeCatalog(catalog: Catalog): PluginGroup[] {
  return GROUPS.map(([group, kind]) => ({
    group,
    plugins: [...(catalog[kind] as Iterable<Described>)].map(({ name, description, config = noSettings }) => {
      const prior = kind === 'agents' ? priorUses(catalog.agents.get(name)) : undefined;
      return {
        kind: kind === 'models' ? 'model' : PLUGIN_KINDS[kind].kind,
        name,
        description,
        settings: describeConfig(kind === 'models' ? modelSchema(catalog.models.get(name)) : config),
        ...(prior && { prior }),
      };
    }),
  }));
}
