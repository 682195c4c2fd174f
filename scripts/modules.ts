/** Loads a user's TypeScript or JavaScript file. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../core/errors.ts';

/**
 * @param file path, from the working directory
 * @returns the module's exports
 * @throws ConfigError `plugin-not-loaded` when there is no such file or it cannot be evaluated
 */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new ConfigError(
      'plugin-not-loaded',
      `No such plugin file: ${file}. Give a path to a .ts or .js module.`,
    );
  }
  try {
    if (/\.[cm]?tsx?$/.test(path)) {
      // Hooks into Node's own loader, so that the file shares its modules with the framework.
      const { register } = await import('tsx/esm/api');
      register();
    }
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ConfigError('plugin-not-loaded', `Cannot load the plugin ${file}: ${reason}`, { cause: error });
  }
}
