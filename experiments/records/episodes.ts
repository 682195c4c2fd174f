/** Writes recorded episodes as files, one each. */
import { join } from 'node:path';
import type { EpisodeRecord } from '../../envs/wrappers/record-episodes.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';

/**
 * `episode-000000.json` and on: what `EpisodeRecord` holds.
 * @returns the path
 * @throws StorageError `write-failed`
 */
export function writeEpisode(folder: string, record: EpisodeRecord): string {
  makeDirectory(folder);
  const path = join(folder, `episode-${String(record.episode).padStart(6, '0')}.json`);
  writeFileAtomic(path, `${JSON.stringify(record)}\n`);
  return path;
}
