/** Runs a recorded session again and compares what comes out with what came out then, byte for byte. */
import { LiveError } from '../../core/errors.ts';
import { stateToText } from '../../core/plain-state.ts';
import type { TapeEntry, TapeRecord } from '../../storage/tape.ts';
import { CHECKPOINT_KIND } from '../../storage/tape-segments.ts';
import {
  type Assembled,
  type AssembleOptions,
  assemble,
  readHeader,
  type SessionHeader,
} from '../session/assemble.ts';
import { readCheckpoint, restoreSession, saveSession } from '../session/checkpoint.ts';

const INPUTS: ReadonlySet<string> = new Set([
  'input',
  'tick',
  'skip',
  'limit',
  'halt',
  'close-out',
  'action',
  'model',
]);
/** What is neither input nor output: remarks. */
const NOTES: ReadonlySet<string> = new Set([
  'session',
  'recovered',
  'note',
  'end',
  'continues',
  CHECKPOINT_KIND,
]);

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
  /** Of the session, those before the checkpoint included that a reading began with. */
  readonly numInputs: number;
  /** That were read. */
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
 * Repeats a tape, from its first record or from a checkpoint on. Every checkpoint on the way is compared with what led to it.
 * @param entries of the tape, in order; the first is the session's first, or a checkpoint
 * @throws LiveError `foreign-tape`, `empty-tape`, `no-session` for a tape that was made of messages alone
 */
export function replayTape(entries: Iterable<TapeEntry>, options: ReplayOptions): ReplayOutcome {
  const replay = new Replay(options);
  for (const entry of entries) replay.take(entry);
  return replay.end();
}

/** Repeats a tape record by record. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #pending: TapeRecord[] = [];
  #isOver = false;
  #header: SessionHeader | undefined;
  #assembled: Assembled | undefined;
  #numInputs = 0;
  #numOutputs = 0;
  #difference: ReplayDifference | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  get numInputs(): number {
    return this.#numInputs;
  }

  /** @throws LiveError `foreign-tape` for a first record that begins no session */
  take({ record, index }: TapeEntry): void {
    const assembled = this.#assembled;
    if (assembled === undefined) this.#begin(record);
    else if (isInput(record)) {
      if (this.#pending.length > 0) {
        this.#differ(index, '', JSON.stringify(this.#pending[0]));
        this.#pending.length = 0;
      }
      assembled.repeat(record);
      this.#numInputs++;
    } else if (record[0] === CHECKPOINT_KIND) this.#prove(assembled, record, index);
    else if (!NOTES.has(record[0])) {
      this.#numOutputs++;
      const recorded = JSON.stringify(record);
      const made = this.#pending.shift();
      const replayed = made === undefined ? '' : JSON.stringify(made);
      if (recorded !== replayed) this.#differ(index, recorded, replayed);
    }
  }

  /** @throws LiveError `empty-tape`, `no-session` */
  end(): ReplayOutcome {
    this.#isOver = true;
    const { header, assembled, difference, numInputs, numOutputs } = {
      header: this.#header,
      assembled: this.#assembled,
      difference: this.#difference,
      numInputs: this.#numInputs,
      numOutputs: this.#numOutputs,
    };
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
    return { header, numInputs, numOutputs, difference, missing: this.#pending, assembled };
  }

  readonly #record = (output: TapeRecord): void => {
    if (this.#isOver) {
      this.#options.record?.(output);
      return;
    }
    if (isInput(output)) return;
    this.#pending.push(output);
    this.#options.record?.(output);
  };

  #begin(record: TapeRecord): void {
    const header = readHeader(record);
    this.#header = header;
    if (record[0] === CHECKPOINT_KIND) {
      const { model, modelCreatedMs, state, numInputs } = readCheckpoint(record);
      const options = { ...this.#options, record: this.#record };
      this.#assembled = assemble({ ...header, model, modelCreatedMs }, options);
      restoreSession(this.#assembled, state);
      this.#numInputs = numInputs;
    } else this.#assembled = assemble(header, { ...this.#options, record: this.#record });
    this.#options.onAssembled?.(this.#assembled);
  }

  /** A checkpoint must be what the records before it lead to. */
  #prove(assembled: Assembled, record: TapeRecord, index: number): void {
    const { state } = record[2] as { state: string };
    const ours = saveSession(assembled);
    if (ours === undefined) this.#differ(index, 'a checkpoint', '');
    else if (stateToText(ours) !== state)
      this.#differ(index, 'a checkpoint', 'a checkpoint of another state');
  }

  #differ(index: number, recorded: string, replayed: string): void {
    this.#difference ??= { index, recorded, replayed };
  }
}
