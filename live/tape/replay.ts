/** Runs a recorded session again and compares what comes out with what came out then, byte for byte. */
import { LiveError } from '../../core/errors.ts';
import type { TapeEntry, TapeRecord } from '../../storage/tape.ts';
import {
  type Assembled,
  type AssembleOptions,
  assemble,
  readHeader,
  type SessionHeader,
} from '../session/assemble.ts';

const INPUTS: ReadonlySet<string> = new Set(['input', 'tick', 'halt', 'close-out', 'action', 'model']);
/** What is neither input nor output: remarks. */
const NOTES: ReadonlySet<string> = new Set(['session', 'recovered', 'note']);

/** Whether a record says what came in, and not what came of it. */
export function isInput([kind]: TapeRecord): boolean {
  return INPUTS.has(kind);
}

export interface ReplayDifference {
  /** Index of the record on the tape. */
  readonly index: number;
  /** Empty where there is no such output. */
  readonly recorded: string;
  readonly replayed: string;
}

export interface ReplayOutcome {
  readonly header: SessionHeader;
  readonly numInputs: number;
  readonly numOutputs: number;
  /** Where the first output differs; undefined when all are the same. */
  readonly difference: ReplayDifference | undefined;
  /** Outputs of the last input that are not on the tape: the recording was cut off. */
  readonly missing: readonly TapeRecord[];
  /** The session as it was at the end of the tape. */
  readonly assembled: Assembled;
}

/** `record` takes outputs alone while the tape lasts, and everything when the session goes on after it. */
export type ReplayOptions = Omit<AssembleOptions, 'record'> &
  Partial<Pick<AssembleOptions, 'record'>> & {
    /** Handed the session before its first input. */
    onAssembled?(assembled: Assembled): void;
  };

/**
 * Repeats a whole tape.
 * @param entries of the tape, from its first record on
 * @throws LiveError `foreign-tape`, `empty-tape`, `no-session` for a tape that was made of messages alone
 */
export function replayTape(entries: Iterable<TapeEntry>, options: ReplayOptions): ReplayOutcome {
  const pending: TapeRecord[] = [];
  let isOver = false;
  const record = (output: TapeRecord): void => {
    if (isOver) {
      options.record?.(output);
      return;
    }
    if (isInput(output)) return;
    pending.push(output);
    options.record?.(output);
  };
  let header: SessionHeader | undefined;
  let assembled: Assembled | undefined;
  let numInputs = 0;
  let numOutputs = 0;
  let difference: ReplayDifference | undefined;
  for (const { record: entry, index } of entries) {
    if (assembled === undefined) {
      header = readHeader(entry);
      assembled = assemble(header, { ...options, record });
      options.onAssembled?.(assembled);
    } else if (isInput(entry)) {
      if (pending.length > 0) {
        difference ??= { index, recorded: '', replayed: JSON.stringify(pending[0]) };
        pending.length = 0;
      }
      assembled.repeat(entry);
      numInputs++;
    } else if (!NOTES.has(entry[0])) {
      numOutputs++;
      const recorded = JSON.stringify(entry);
      const made = pending.shift();
      const replayed = made === undefined ? '' : JSON.stringify(made);
      if (recorded !== replayed) difference ??= { index, recorded, replayed };
    }
  }
  isOver = true;
  if (assembled === undefined || header === undefined) {
    throw new LiveError('empty-tape', 'The tape holds no record: there is nothing to replay.');
  }
  // The first thing that a session hears of has an outcome: on a session's tape there are outputs.
  if (numOutputs === 0 && difference !== undefined) {
    throw new LiveError(
      'no-session',
      `The tape holds ${numInputs} messages of venues and no session to repeat, as one made by market-gym tape make; ` +
        'market-gym serve plays it to a session.',
    );
  }
  return { header, numInputs, numOutputs, difference, missing: pending, assembled };
}
