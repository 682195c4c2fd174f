/** Every plugin that comes with the framework, composed for the command line. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AgentPlugin } from '../../agents/agent.ts';
import { builtInAgents } from '../../agents/index.ts';
import { ConfigError } from '../../core/errors.ts';
import { Registry } from '../../core/registry.ts';
import type { EnvPlugin } from '../../envs/env.ts';
import { builtInEnvs } from '../../envs/index.ts';
import { importModule } from './modules.ts';

const require = createRequire(import.meta.url);

/** The framework's own version, as its package.json has it. */
export const version: string = require('market-gym/package.json').version;

/** The name of the price series that comes with the package: S&P 500, daily, 2000–2020. */
export const SHIPPED_DATA = 'sp500';

export function shippedDataPath(): string {
  return join(dirname(require.resolve('market-gym/package.json')), 'data', 'sp500-daily.csv');
}

export interface Catalog {
  readonly agents: Registry<AgentPlugin>;
  readonly envs: Registry<EnvPlugin>;
}

/**
 * The built-in plugins and those of the given files: every export that `defineAgent` or `defineEnv` made.
 * @param pluginFiles paths of TypeScript or JavaScript modules
 * @throws ConfigError `plugin-not-loaded`, `empty-plugin`, or `duplicate-name`
 */
export async function loadCatalog(pluginFiles: readonly string[] = []): Promise<Catalog> {
  const agents = new Registry<AgentPlugin>('agent', builtInAgents);
  const envs = new Registry<EnvPlugin>('env', builtInEnvs);
  for (const file of pluginFiles) {
    const plugins = Object.values(await importModule(file));
    const agentPlugins = plugins.filter((plugin) => hasMethod<AgentPlugin>(plugin, 'build'));
    const envPlugins = plugins.filter((plugin) => hasMethod<EnvPlugin>(plugin, 'create'));
    for (const plugin of agentPlugins) agents.add(plugin);
    for (const plugin of envPlugins) envs.add(plugin);
    if (agentPlugins.length + envPlugins.length === 0) {
      throw new ConfigError(
        'empty-plugin',
        `${file} exports no plugin; export what defineAgent or defineEnv returns.`,
      );
    }
  }
  return { agents, envs };
}

function hasMethod<Plugin extends { name: string; config: unknown }>(
  value: unknown,
  method: string,
): value is Plugin {
  if (typeof value !== 'object' || value === null) return false;
  const plugin = value as Record<string, unknown>;
  return (
    typeof plugin.name === 'string' &&
    typeof plugin.config === 'object' &&
    typeof plugin[method] === 'function'
  );
}
