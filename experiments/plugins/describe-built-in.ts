/** Describes the built-in plugins as the build wrote them down, so that telling them loads none of them. */
import { existsSync, readFileSync } from 'node:fs';
import type { PluginGroup } from './describe.ts';

/** Beside the compiled catalogue; the sources have none. */
const WRITTEN = new URL('built-in.json', import.meta.url);

/** In the order of the list. */
export async function describeBuiltIn(): Promise<readonly PluginGroup[]> {
  if (existsSync(WRITTEN)) return JSON.parse(readFileSync(WRITTEN, 'utf8'));
  const [{ loadCatalog }, { describeCatalog }] = await Promise.all([
    import('./catalog.ts'),
    import('./describe.ts'),
  ]);
  return describeCatalog(await loadCatalog());
}
