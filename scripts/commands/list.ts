/** `market-gym list`: what there is to choose from, and every setting of it. */

import type { Argv } from 'yargs';
import { priorUses } from '../../agents/priors/support.ts';
import { type ConfigSchema, describeConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { noSettings } from '../../core/plugin.ts';
import { formatColumns } from '../../core/text-table.ts';
import { type Catalog, openCatalog } from '../../experiments/plugins/catalog.ts';
import { PLUGIN_KINDS, type PluginKind } from '../../experiments/plugins/kinds.ts';
import { modelSchema } from '../../models/train.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, pluginOptions } from '../terminal/plugin-options.ts';

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
];

/** What a plugin of any kind tells of itself. */
interface Listed {
  readonly name: string;
  readonly description: string;
  readonly config?: ConfigSchema;
}

export const options = (yargs: Argv) =>
  pluginOptions(yargs)
    .positional('name', { type: 'string', describe: 'A plugin of any kind, to see its settings' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const catalog = await openCatalog([], accessOf(args), 'The command');
  const { name } = args;
  if (name !== undefined) {
    const described = describePlugins(catalog, name);
    for (const { kind, description, settings, prior } of described) {
      console.say(`${kind} ${name}: ${description}\n`);
      console.say(formatColumns(settings.map((s) => [s.key, JSON.stringify(s.default), s.description])));
      if (prior !== undefined) console.say(`\nWith a prior it can use ${prior.join(', ')}.`);
    }
    console.result({ name, ...described[0], ...(described.length > 1 && { also: described.slice(1) }) });
    return 0;
  }
  const groups = GROUPS.map(([group, kind]) => [group, listedOf(catalog, kind)] as const);
  for (const [group, plugins] of groups) {
    if (plugins.length === 0) continue;
    console.say(`${group}\n${formatColumns(plugins.map((p) => [`  ${p.name}`, p.description]))}\n`);
  }
  console.say('Settings of one: market-gym list NAME');
  const brief = (plugins: readonly Listed[]) =>
    plugins.map((plugin) => ({ name: plugin.name, description: plugin.description }));
  console.result(Object.fromEntries(groups.map(([group, plugins]) => [group, brief(plugins)])));
  return 0;
}

/** Two kinds may use one name. @throws ConfigError `unknown-name` */
function describePlugins(catalog: Catalog, name: string) {
  const found = GROUPS.flatMap(([, kind]) =>
    listedOf(catalog, kind)
      .filter((plugin) => plugin.name === name)
      .map((plugin) => {
        const own = plugin.config ?? noSettings;
        const schema = kind === 'models' ? modelSchema(catalog.models.get(name)) : own;
        const said = kind === 'models' ? 'model' : PLUGIN_KINDS[kind].kind;
        const settings = describeConfig(schema);
        const prior = kind === 'agents' ? priorUses(catalog.agents.get(name)) : undefined;
        return { kind: said, description: plugin.description, settings, ...(prior && { prior }) };
      }),
  );
  if (found.length > 0) return found;
  const names = GROUPS.flatMap(([, kind]) => catalog[kind].names());
  throw new ConfigError('unknown-name', `No plugin "${name}" of any kind.${suggestion(name, names)}`);
}

function listedOf(catalog: Catalog, kind: PluginKind): Listed[] {
  return [...(catalog[kind] as Iterable<Listed>)];
}
