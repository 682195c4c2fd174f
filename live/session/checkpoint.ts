/**
 * Keeps all that a session's future depends on as one record of its tape, so that a restart reads on from there. What goes
 * on from a checkpoint gives the same bits as what was read from the beginning.
 */
import { LiveError } from '../../core/errors.ts';
import { type PlainState, stateFromText, stateToText } from '../../core/plain-state.ts';
import type { Json, Snapshot } from '../../core/snapshot.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import { CHECKPOINT_KIND } from '../../storage/tape-segments.ts';
import type { VenueSession } from '../connection/venue-session.ts';
import { type Assembled, headerRecord, readHeader, type SessionHeader } from './assemble.ts';

/** Where on the tape a checkpoint stands, and what led to it. */
export interface CheckpointPlace {
  /** Records of the tape before it. */
  readonly index: number;
  /** Inputs of the session before it, those of tapes before this one included. */
  readonly numInputs: number;
}

/** A checkpoint as it is read from a tape. */
export interface Checkpoint extends CheckpointPlace {
  readonly header: SessionHeader;
  readonly timeMs: number;
  /** Who decides from here on. */
  readonly model: string;
  readonly modelCreatedMs: number;
  readonly state: PlainState;
}

/** @returns all that the session depends on; undefined while, or where, it cannot be kept */
export function saveSession({ session, market, venueSessions }: Assembled): PlainState | undefined {
  if (!session.isBetweenInputs) return undefined;
  const own = market.checkpoint();
  if (own === undefined) return undefined;
  const venues: PlainState[] = [];
  for (const venue of venueSessions) {
    const state = venue.save();
    if (state === undefined) return undefined;
    venues.push(state);
  }
  return {
    market: fromSnapshot(own),
    guard: fromSnapshot(session.guard.save()),
    policy: session.policy.save === undefined ? null : fromSnapshot(session.policy.save()),
    progress: session.saveProgress(),
    venues,
  };
}

/** Puts an assembled session, which has heard nothing yet, where a checkpoint was. */
export function restoreSession({ session, market, venueSessions }: Assembled, state: PlainState): void {
  const saved = state as unknown as SavedSession;
  restoreVenues(venueSessions, state);
  market.restore(saved.market);
  session.guard.load(saved.guard);
  if (saved.policy !== null) session.policy.load?.(saved.policy);
  session.loadProgress(saved.progress);
}

/** The venues' part alone, for those who read the messages of a tape that begins with a checkpoint. */
export function restoreVenues(venueSessions: readonly VenueSession[], state: PlainState): void {
  const { venues } = state as unknown as SavedSession;
  for (const [source, venue] of venueSessions.entries()) venue.load(venues[source]);
}

/** @returns the record; undefined while, or where, the session cannot be kept */
export function checkpointRecord(
  assembled: Assembled,
  header: SessionHeader,
  { index, numInputs }: CheckpointPlace,
  timeMs: number,
): TapeRecord | undefined {
  const state = saveSession(assembled);
  if (state === undefined) return undefined;
  const { model, createdMs } = assembled.session.policy;
  const [, , session] = headerRecord(header, timeMs);
  const place = { index, inputs: numInputs, model, createdMs: Number.isNaN(createdMs) ? null : createdMs };
  return [CHECKPOINT_KIND, timeMs, { ...place, session, state: stateToText(state) }];
}

/** @throws LiveError `foreign-tape` for another record */
export function readCheckpoint([kind, timeMs, body]: TapeRecord): Checkpoint {
  const { index, inputs, model, createdMs, session, state } = (body ?? {}) as { [key: string]: Json };
  if (kind !== CHECKPOINT_KIND || typeof state !== 'string' || typeof model !== 'string') {
    throw new LiveError('foreign-tape', 'The tape holds a checkpoint of another version; use that one.');
  }
  return {
    header: readHeader(['session', timeMs, session]),
    timeMs,
    index: Number(index),
    numInputs: Number(inputs),
    model,
    modelCreatedMs: typeof createdMs === 'number' ? createdMs : Number.NaN,
    state: stateFromText(state),
  };
}

interface SavedSession {
  readonly market: Snapshot;
  readonly guard: Snapshot;
  readonly policy: Snapshot | null;
  readonly progress: PlainState;
  readonly venues: readonly PlainState[];
}

function fromSnapshot({ arrays, values }: Snapshot): PlainState {
  return { arrays, values };
}
