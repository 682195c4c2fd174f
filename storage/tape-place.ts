/**
 * Finds places at which a tape can be read from: the last checkpoint, and the first record of a tape whose older segments
 * were taken away.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import { attempt } from './atomic.ts';
import { CHAIN_DIGITS, CHECKPOINT_KIND, corrupt, listSegments, readSegmentPieces } from './tape-segments.ts';

/** Between two records, where a segment begins. */
export interface TapePlace {
  /** That begins here; counts from 1. */
  readonly segment: number;
  /** Records before it. */
  readonly index: number;
  /** The chain up to it. */
  readonly chain: string;
}

/** A place right before a checkpoint. */
export interface CheckpointPlace extends TapePlace {
  /** UTC epoch of the checkpoint. */
  readonly timeMs: number;
}

/** What was taken away of a tape's beginning; a file beside the segments. */
const PRUNED_FILE = 'pruned.json';

/** Segments in which the last checkpoint is looked for: reading all of a long tape is what it spares. */
const NEAR_THE_END = 32;

export function prunedFile(path: string): string {
  return join(path, PRUNED_FILE);
}

/** Where a tape begins whose older segments were taken away; undefined for a whole one. @throws StorageError `corrupt` */
export function firstPlace(path: string): TapePlace | undefined {
  const file = prunedFile(path);
  if (!existsSync(file)) return undefined;
  let content: Partial<TapePlace>;
  try {
    content = JSON.parse(attempt('read', file, () => readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw corrupt(file, 'it is no JSON');
  }
  const { segment, index, chain } = content;
  const isWhole =
    Number.isInteger(segment) &&
    Number.isInteger(index) &&
    typeof chain === 'string' &&
    chain.length === CHAIN_DIGITS;
  if (!isWhole) throw corrupt(file, 'it does not say where the tape begins');
  return { segment, index, chain } as TapePlace;
}

/** The place right before the last checkpoint; undefined where there is none. @throws StorageError as `readTape` */
export function lastCheckpoint(path: string): TapePlace | undefined {
  const steps = findLastCheckpoint(path);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** As `lastCheckpoint`; yields after every segment that was looked at, for those who have something else to do. */
export function* findLastCheckpoint(path: string): Generator<undefined, TapePlace | undefined> {
  for (const { number } of listSegments(path).reverse().slice(0, NEAR_THE_END)) {
    const found = checkpointAt(path, number);
    if (found !== undefined) return { segment: found.segment, index: found.index, chain: found.chain };
    yield;
  }
  return undefined;
}

/**
 * The places right before the checkpoints of a tape, the last one first.
 * @param numSegments that are looked at, at most
 * @throws StorageError as `readTape`
 */
export function* checkpointsBackwards(
  path: string,
  numSegments = Infinity,
): Generator<CheckpointPlace, undefined> {
  for (const { number } of listSegments(path).reverse().slice(0, numSegments)) {
    const place = checkpointAt(path, number);
    if (place !== undefined) yield place;
  }
}

/** The place of a segment that begins with a checkpoint. */
function checkpointAt(path: string, segment: number): CheckpointPlace | undefined {
  const bytes = firstLines(path, segment, 2);
  // A line that was cut off is no record.
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(10);
  const first = /^\["tape",\d+,\d+,"([0-9a-f]{16})"/.exec(bytes.toString('utf8', CHAIN_DIGITS + 1, end));
  const begin = end + 1 + CHAIN_DIGITS + 1;
  const head = bytes.toString('utf8', begin, begin + 128);
  const record = new RegExp(`^\\["${CHECKPOINT_KIND}",([^,]+),\\{"index":(\\d+),`).exec(head);
  if (first === null || record === null) return undefined;
  return { segment, timeMs: Number(record[1]), index: Number(record[2]), chain: first[1] };
}

/** The bytes that a segment begins with, so many whole lines of them at least; undefined where it has fewer. */
function firstLines(path: string, segment: number, numLines: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  let missing = numLines;
  for (const { bytes } of readSegmentPieces(path, segment)) {
    pieces.push(bytes);
    for (let end = bytes.indexOf(10); end !== -1 && missing > 0; end = bytes.indexOf(10, end + 1)) missing--;
    if (missing === 0) return Buffer.concat(pieces);
  }
  return undefined;
}
