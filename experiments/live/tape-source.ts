/** `--data tape:DIR`: a recorded tape in the place of a data file. */

import { readHeader } from '../../live/session/assemble.ts';
import { readTapeData, type TapeData } from '../../live/tape/data.ts';
import { readTape } from '../../storage/tape.ts';
import { requireTape } from '../../storage/tape-segments.ts';
import type { PluginAccess } from '../plugins/access.ts';
import { type Catalog, openCatalog } from '../plugins/catalog.ts';

export const TAPE_PREFIX = 'tape:';

/**
 * @param access which code the tape may bring along: its venues may be plugins
 * @throws StorageError `no-tape`, and as `readTapeData` and `openTapeCatalog`
 */
export async function openTapeData(data: string, access: PluginAccess = {}): Promise<TapeData> {
  const path = data.slice(TAPE_PREFIX.length);
  const { venues } = await openTapeCatalog(path, access);
  return readTapeData(readTape(path, { onTorn: () => {} }), [...venues]);
}

/**
 * The plugins of a tape's session.
 * @throws StorageError `no-tape`, and as `openCatalog`, before any of its code is run
 */
export function openTapeCatalog(path: string, access: PluginAccess = {}): Promise<Catalog> {
  requireTape(path);
  const [first] = readTape(path, { onTorn: () => {} });
  const plugins = (first && readHeader(first.record).plugins) ?? [];
  return openCatalog(plugins, access, `The tape "${path}"`);
}
