/** Finds the loader that threads and processes need when they are started from TypeScript sources. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * @param url of the module that starts them
 * @returns URL of a module to load first in a new process (`--import`); undefined where the sources are compiled
 */
export function typeScriptLoader(url: string): string | undefined {
  if (!url.endsWith('.ts')) return undefined;
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
