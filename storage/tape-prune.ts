/** Takes the older segments of a tape away, and keeps what proves the rest. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { attempt, writeFileAtomic } from './atomic.ts';
import { TapeReader } from './tape.ts';
import { checkpointsBackwards, firstPlace, prunedFile, type TapePlace } from './tape-place.ts';
import { compressedFile, listSegments, plainFile } from './tape-segments.ts';

export interface PruneOptions {
  /** What was recorded within this time before the last record stays, ms, ≥ 0. */
  readonly keepMs: number;
  /** Directory that the segments are moved to, where they are a tape of their own; absent: they are removed. */
  readonly archive?: string;
}

export interface Pruning {
  /** Segments that were taken away. */
  readonly segments: readonly number[];
  /** Where the tape begins now; undefined where it still begins with its first record. */
  readonly place: TapePlace | undefined;
}

/**
 * The tape begins with a checkpoint then, and its chain goes on from what `pruned.json` beside the segments says. What is taken
 * away is proven first, so that what is kept goes on with something that was whole. A session may go on writing meanwhile.
 * @throws StorageError as `readTape`; `write-failed`
 */
export function pruneTape(path: string, { keepMs, archive }: PruneOptions): Pruning {
  const before = firstPlace(path);
  const place = placeBefore(path, lastTimeMs(path) - keepMs);
  const segments = listSegments(path).map(({ number }) => number);
  const old = place === undefined ? [] : segments.filter((number) => number < place.segment);
  if (place === undefined || old.length === 0) return { segments: [], place: before };
  if (chainAt(new TapeReader(path), place.index) !== chainAt(new TapeReader(path, place), place.index)) {
    throw new StorageError(
      'corrupt',
      `"${path}" is damaged: segment ${place.segment} does not go on where the one before ends.`,
    );
  }
  // First what proves the rest, then what is not needed any more: a crash in between leaves segments that nobody reads.
  writeFileAtomic(prunedFile(path), `${JSON.stringify(place)}\n`);
  if (archive !== undefined) attempt('write', archive, () => mkdirSync(archive, { recursive: true }));
  for (const number of old) {
    for (const file of [compressedFile(path, number), plainFile(path, number)]) {
      if (existsSync(file)) takeAway(file, archive);
    }
  }
  return { segments: old, place };
}

/** The chain up to and with a record, everything from the reader's place on proven. */
function chainAt(reader: TapeReader, index: number): string | undefined {
  for (const entry of reader.read({ onTorn: () => {} })) if (entry.index === index) return entry.chain;
  return undefined;
}

function takeAway(file: string, archive: string | undefined): void {
  attempt('write', file, () => {
    if (archive === undefined) {
      rmSync(file);
      return;
    }
    const target = join(archive, basename(file));
    try {
      renameSync(file, target);
    } catch (error) {
      // Another disk.
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      copyFileSync(file, target);
      rmSync(file);
    }
  });
}

/** The last checkpoint at or before a time. */
function placeBefore(path: string, timeMs: number): TapePlace | undefined {
  for (const { timeMs: ownMs, ...place } of checkpointsBackwards(path)) if (ownMs <= timeMs) return place;
  return undefined;
}

/** UTC epoch of the last record; −Infinity for an empty tape. */
function lastTimeMs(path: string): number {
  const from = checkpointsBackwards(path).next().value;
  let timeMs = -Infinity;
  for (const { record } of new TapeReader(path, from ?? undefined).read({ onTorn: () => {} }))
    timeMs = record[1];
  return timeMs;
}
