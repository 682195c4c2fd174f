/** `market-gym list`: what there is to choose from, and every setting of it. */

import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { formatColumns } from '../../core/text-table.ts';
import type { PluginDescription, PluginGroup } from '../../experiments/plugins/describe.ts';
import { describeBuiltIn } from '../../experiments/plugins/describe-built-in.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, pluginOptions } from '../terminal/plugin-options.ts';

export const options = (yargs: Argv) =>
  pluginOptions(yargs)
    .positional('name', { type: 'string', describe: 'A plugin of any kind, to see its settings' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const groups = await describePlugins(args);
  const { name } = args;
  if (name !== undefined) {
    const described = pluginsNamed(name, groups);
    for (const { kind, description, settings, prior } of described) {
      console.say(`${kind} ${name}: ${description}\n`);
      console.say(formatColumns(settings.map((s) => [s.key, JSON.stringify(s.default), s.description])));
      if (prior !== undefined) console.say(`\nWith a prior it can use ${prior.join(', ')}.`);
    }
    console.result({ ...described[0], ...(described.length > 1 && { also: described.slice(1) }) });
    return 0;
  }
  for (const { group, plugins } of groups) {
    if (plugins.length === 0) continue;
    console.say(`${group}\n${formatColumns(plugins.map((p) => [`  ${p.name}`, p.description]))}\n`);
  }
  console.say('Settings of one: market-gym list NAME');
  const brief = ({ name, description }: PluginDescription) => ({ name, description });
  console.result(Object.fromEntries(groups.map(({ group, plugins }) => [group, plugins.map(brief)])));
  return 0;
}

/** Loads plugins only where there are some of the user's. */
async function describePlugins(args: Arguments): Promise<readonly PluginGroup[]> {
  if ((args.plugin ?? []).length === 0) return describeBuiltIn();
  const { openCatalog } = await import('../../experiments/plugins/catalog.ts');
  const { describeCatalog } = await import('../../experiments/plugins/describe.ts');
  return describeCatalog(await openCatalog([], accessOf(args), 'The command'));
}

/** Two kinds may use one name. @throws ConfigError `unknown-name` */
function pluginsNamed(name: string, groups: readonly PluginGroup[]): PluginDescription[] {
  const all = groups.flatMap(({ plugins }) => plugins);
  const found = all.filter((plugin) => plugin.name === name);
  if (found.length > 0) return found;
  const names = all.map((plugin) => plugin.name);
  throw new ConfigError('unknown-name', `No plugin "${name}" of any kind.${suggestion(name, names)}`);
}
