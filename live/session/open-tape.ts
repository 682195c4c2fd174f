/** Opens the tape of a session: begins it, or repeats what is on it, piece by piece, from its last checkpoint on. */
import { resolve } from 'node:path';
import { ConfigError, LiveError } from '../../core/errors.ts';
import { readTape, type TapeEntry, TapeReader, type TornTail } from '../../storage/tape.ts';
import { findLastCheckpoint, type TapePlace } from '../../storage/tape-place.ts';
import { CHECKPOINT_KIND, isTape, listSegments } from '../../storage/tape-segments.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import { isInput, Replay, type ReplayOutcome } from '../tape/replay.ts';
import {
  type Assembled,
  type AssembleOptions,
  assemble,
  headerRecord,
  type SessionHeader,
} from './assemble.ts';

/** How far the reading of a tape is. */
export interface RecoveryProgress {
  /** Records read so far. */
  readonly numRecords: number;
  /** In [0, 1], by files. */
  readonly share: number;
}

export interface OpenedTape {
  readonly path: string;
  readonly tape: TapeWriter;
  readonly assembled: Assembled;
  /** What was on it; undefined for a new one. */
  readonly past: ReplayOutcome | undefined;
  /** Inputs that were read: since the checkpoint that the reading began with. */
  readonly numRead: number;
  /** It goes on with the tape that a session was moved to when its own could not be written. */
  readonly isSpare: boolean;
  /** The last record says how the session before ended; undefined where it was cut off. */
  readonly ended: string | undefined;
}

/** Records between two reports. */
const REPORT_EVERY = 16;

/**
 * @param spare where the session goes on when `path` cannot be written; one that did is opened in place of `path`
 * @throws as `LiveRun`; ConfigError `foreign-spare-tape`
 */
export function* openTape(
  path: string,
  spare: string | undefined,
  header: SessionHeader,
  parts: AssembleOptions,
): Generator<RecoveryProgress, OpenedTape> {
  // Settings that cannot be are refused before anything is on the disk.
  const fresh = isTape(path) ? undefined : assemble(header, parts);
  const isSpare = spare !== undefined && isTape(spare);
  if (isSpare) requireContinuation(spare, path);
  const place = isSpare ? spare : path;
  const tape = new TapeWriter(place, { isRead: true });
  const common = { path: place, tape, isSpare };
  try {
    const from = yield* find(place);
    let read = yield* repeat(place, from, parts);
    // A policy may have a memory that nobody told us of: then the whole tape says what became of it.
    if (from !== undefined && read?.past.difference !== undefined)
      read = yield* repeat(place, undefined, parts);
    if (read === undefined) {
      tape.resume(new TapeReader(place), undefined);
      // A tape may be there without a record: its first session was cut off at once.
      const assembled = fresh ?? assemble(header, parts);
      return { ...common, assembled, past: undefined, numRead: 0, ended: undefined };
    }
    requireSame(place, read.past, header);
    tape.resume(read.reader, read.torn);
    return { ...common, ...read, assembled: read.past.assembled };
  } catch (error) {
    tape.abandon();
    throw error;
  }
}

interface Reading {
  readonly reader: TapeReader;
  readonly past: ReplayOutcome;
  readonly torn: TornTail | undefined;
  readonly numRead: number;
  readonly ended: string | undefined;
}

function* find(path: string): Generator<RecoveryProgress, TapePlace | undefined> {
  const looked = findLastCheckpoint(path);
  for (let step = looked.next(); ; step = looked.next()) {
    if (step.done === true) return step.value;
    yield { numRecords: 0, share: 0 };
  }
}

/** @returns undefined for a tape without a record */
function* repeat(
  path: string,
  from: TapePlace | undefined,
  parts: AssembleOptions,
): Generator<RecoveryProgress, Reading | undefined> {
  const reader = new TapeReader(path, from);
  const replay = new Replay(parts);
  const last = listSegments(path).at(-1)?.number ?? 0;
  const first = from?.segment ?? 1;
  let torn: TornTail | undefined;
  let ended: string | undefined;
  let numRead = 0;
  let numRecords = 0;
  const onTorn = (tail: TornTail): void => {
    torn = tail;
  };
  for (const entry of reader.read({ onTorn, inPieces: true })) {
    replay.take(entry);
    const [kind, , reason] = entry.record;
    if (isInput(entry.record)) numRead++;
    ended = kind === 'end' ? String(reason) : undefined;
    if (++numRecords % REPORT_EVERY === 0) {
      yield { numRecords, share: (reader.numSegments - first) / (last - first + 1) };
    }
  }
  if (numRecords === 0) return undefined;
  return { reader, past: replay.end(), torn, numRead, ended };
}

function requireSame(path: string, { header, difference }: ReplayOutcome, ours: SessionHeader): void {
  if (
    JSON.stringify(headerRecord(header, 0)) !==
    JSON.stringify(headerRecord({ ...header, config: ours.config }, 0))
  ) {
    throw new LiveError(
      'tape-differs',
      `"${path}" holds a session with other settings; continue it with its own, or begin another tape.`,
    );
  }
  if (difference === undefined) return;
  throw new LiveError(
    'tape-differs',
    `"${path}" does not repeat itself at record ${difference.index}; continue it with the version that ` +
      'recorded it, or begin another tape.',
  );
}

/** @throws ConfigError `foreign-spare-tape` */
function requireContinuation(spare: string, path: string): void {
  const [first, second]: TapeEntry[] = takeTwo(readTape(spare, { onTorn: () => {} }));
  const { tape } = (second?.record[2] ?? {}) as { tape?: string };
  const isOurs =
    first?.record[0] === CHECKPOINT_KIND && second?.record[0] === 'continues' && tape === resolve(path);
  if (first === undefined || isOurs) return;
  throw new ConfigError(
    'foreign-spare-tape',
    `"${spare}" holds a tape that does not go on with "${path}"; name another directory as "tapeFallback".`,
  );
}

function takeTwo(entries: Generator<TapeEntry>): TapeEntry[] {
  const taken: TapeEntry[] = [];
  for (const entry of entries) {
    taken.push(entry);
    if (taken.length === 2) break;
  }
  return taken;
}
