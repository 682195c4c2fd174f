/** `--data tape:DIR`: a recorded tape in the place of a data file. */
import { readTapeData, type TapeData } from '../../live/tape/data.ts';
import { builtInVenues } from '../../live/venues/built-in.ts';
import { readTape } from '../../storage/tape.ts';
import { requireTape } from '../../storage/tape-segments.ts';

export const TAPE_PREFIX = 'tape:';

/** @throws StorageError `no-tape`, and as `readTapeData` */
export function openTapeData(data: string): TapeData {
  const path = data.slice(TAPE_PREFIX.length);
  requireTape(path);
  return readTapeData(readTape(path, { onTorn: () => {} }), builtInVenues);
}
