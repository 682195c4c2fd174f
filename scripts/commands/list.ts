/** `market-gym list`: what there is to choose from, and every setting of it. */
import type { Argv } from 'yargs';
import { describeConfig } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { formatColumns } from '../../core/text-table.ts';
import { tradingRewards } from '../../envs/trading/rewards.ts';
import { type Catalog, loadCatalog } from '../../experiments/plugins/catalog.ts';
import { builtinFeatures } from '../../market/features/features.ts';
import { builtInModels } from '../../models/kinds.ts';
import type { ModelPlugin } from '../../models/model.ts';
import { modelSchema } from '../../models/train.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import type { Io } from '../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .positional('name', { type: 'string', describe: 'An agent, env or model, to see its settings' })
    .option('plugin', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'TypeScript or JavaScript file with plugins',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg('plugin');

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run({ name, plugin, json }: Arguments, io: Io): Promise<number> {
  const console = createConsole({ json }, io);
  const catalog = await loadCatalog(plugin);
  if (name !== undefined) {
    const { kind, description, settings } = describePlugin(catalog, name);
    console.say(`${kind} ${name}: ${description}\n`);
    console.say(formatColumns(settings.map((s) => [s.key, JSON.stringify(s.default), s.description])));
    console.result({ kind, name, description, settings });
    return 0;
  }
  const groups = {
    agents: [...catalog.agents],
    envs: [...catalog.envs],
    features: [...builtinFeatures],
    rewards: [...tradingRewards],
    models: [...builtInModels],
  };
  for (const [group, plugins] of Object.entries(groups)) {
    console.say(`${group}\n${formatColumns(plugins.map((p) => [`  ${p.name}`, p.description]))}\n`);
  }
  console.say('Settings of one: market-gym list NAME');
  const brief = (plugins: readonly { name: string; description: string }[]) =>
    plugins.map((p) => ({ name: p.name, description: p.description }));
  console.result(
    Object.fromEntries(Object.entries(groups).map(([group, plugins]) => [group, brief(plugins)])),
  );
  return 0;
}

function describePlugin({ agents, envs }: Catalog, name: string) {
  const model = builtInModels.find((plugin) => plugin.name === name);
  if (model !== undefined) return describeModel(model);
  const kind = agents.has(name) ? 'agent' : 'env';
  if (kind === 'env' && !envs.has(name)) {
    const names = [...agents.names(), ...envs.names(), ...builtInModels.map((plugin) => plugin.name)];
    throw new ConfigError('unknown-name', `No agent, env or model "${name}".${suggestion(name, names)}`);
  }
  const plugin = kind === 'agent' ? agents.get(name) : envs.get(name);
  return { kind, description: plugin.description, settings: describeConfig(plugin.config) };
}

function describeModel(plugin: ModelPlugin) {
  const { description } = plugin;
  return { kind: 'model', description, settings: describeConfig(modelSchema(plugin)) };
}
