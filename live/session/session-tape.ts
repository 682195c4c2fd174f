/** What a run writes down of its session: records, checkpoints between them, and a spare tape when the first one fails. */
import { resolve } from 'node:path';
import { StorageError } from '../../core/errors.ts';
import type { TapeRecord, TornTail } from '../../storage/tape.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import type { Clock } from '../connection/clock.ts';
import { isInput } from '../tape/replay.ts';
import { type Assembled, headerRecord, type SessionHeader } from './assemble.ts';
import { checkpointRecord } from './checkpoint.ts';
import type { OpenedTape } from './open-tape.ts';

export interface SessionTapeOptions {
  readonly opened: OpenedTape;
  readonly header: SessionHeader;
  readonly clock: Clock;
  /** Directory of the tape to go on with when this one cannot be written. */
  readonly spare?: string;
  /** Inputs between two checkpoints; default 50,000. */
  readonly checkpointInputs?: number;
  /** Called with every record as it is written. */
  readonly onRecord?: (record: TapeRecord) => void;
  /** Called once when no tape can be written any more. */
  readonly onLost: (reason: string) => void;
}

const CHECKPOINT_INPUTS = 50_000;

/**
 * While a tape cannot be written its session takes no risk. A tape that failed is never written again; its lock is held
 * until the end.
 */
export class SessionTape {
  readonly #assembled: Assembled;
  readonly #header: SessionHeader;
  readonly #clock: Clock;
  readonly #checkpointInputs: number;
  readonly #onRecord: ((record: TapeRecord) => void) | undefined;
  readonly #onLost: (reason: string) => void;
  readonly #failed: TapeWriter[] = [];
  #writer: TapeWriter;
  #path: string;
  #spare: string | undefined;
  #failure: string | undefined;
  #isLost = false;
  /** Inputs of the session so far, and those since the last checkpoint. */
  #numInputs: number;
  #numSinceCheckpoint: number;
  #cancelChange = () => {};

  /**
   * Writes what the tape still lacks: its header, or what had happened before the session broke off.
   * @throws StorageError when it cannot be written
   */
  constructor({ opened, header, clock, spare, checkpointInputs, onRecord, onLost }: SessionTapeOptions) {
    const { tape, past, assembled, numRead, path } = opened;
    this.#assembled = assembled;
    this.#header = header;
    this.#clock = clock;
    this.#checkpointInputs = checkpointInputs ?? CHECKPOINT_INPUTS;
    this.#onRecord = onRecord;
    this.#onLost = onLost;
    this.#writer = tape;
    this.#path = path;
    this.#spare = spare;
    this.#numInputs = past?.numInputs ?? 0;
    this.#numSinceCheckpoint = numRead;
    try {
      for (const record of past?.missing ?? [headerRecord(header, clock.nowMs())]) {
        this.#append(record);
        this.#onRecord?.(record);
      }
      tape.sync();
    } catch (error) {
      tape.abandon();
      throw error;
    }
  }

  /** Why it cannot be written any more; undefined while it can, or while another is written in its place. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Directory of the tape that is written. */
  get path(): string {
    return this.#path;
  }

  /** The chain up to the last record: whoever keeps it can prove the tape later. */
  get chain(): string {
    return this.#writer.chain;
  }

  get numRecords(): number {
    return this.#writer.numRecords;
  }

  /** What the last writer had left half-written, and was cut off. */
  get torn(): TornTail | undefined {
    return this.#writer.torn;
  }

  write(record: TapeRecord): void {
    if (isInput(record)) {
      this.#numInputs++;
      this.#numSinceCheckpoint++;
    }
    this.#attempt(() => this.#append(record));
    this.#onRecord?.(record);
  }

  flush(): void {
    this.#attempt(() => this.#writer.flush());
  }

  sync(): void {
    this.#attempt(() => this.#writer.sync());
  }

  syncInBackground(): void {
    this.#attempt(() => this.#writer.syncInBackground());
  }

  /** Between two inputs all is settled: the moment for a checkpoint, or for the spare tape. */
  settle(): void {
    if (this.#failure !== undefined) this.#change();
    else if (this.#numSinceCheckpoint >= this.#checkpointInputs) this.#keepCheckpoint();
  }

  async close(): Promise<void> {
    this.#cancelChange();
    for (const writer of [this.#writer, ...this.#failed]) {
      try {
        await writer.close();
      } catch (error) {
        // Nothing is left to be done about it but to say so.
        this.#noteFailure(error as Error);
      }
    }
  }

  #append(record: TapeRecord): void {
    this.#writer.append(record);
    // Frames can wait; what was decided, sent or filled cannot.
    if (record[0] !== 'input' && record[0] !== 'tick') this.#writer.flush();
  }

  #attempt(write: () => void): void {
    if (this.#writer.failure !== undefined) return;
    try {
      write();
    } catch (error) {
      const reason = this.#noteFailure(error as Error);
      // Not here: the session may be in the middle of a decision.
      this.#cancelChange = this.#clock.schedule(0, () => {
        this.#change();
        if (this.#failure !== undefined) this.#lose(reason);
      });
    }
  }

  #noteFailure({ message }: Error): string {
    const reason = `the tape cannot be written: ${message}`;
    const { session } = this.#assembled;
    this.#failure = reason;
    session.guard.reduceForTape(reason);
    this.#onRecord?.(['tape-failed', session.timeMs, reason]);
    return reason;
  }

  #lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#onLost(reason);
  }

  #checkpointAt(index: number): TapeRecord | undefined {
    const place = { index, numInputs: this.#numInputs };
    return checkpointRecord(this.#assembled, this.#header, place, this.#assembled.session.timeMs);
  }

  #keepCheckpoint(): void {
    const record = this.#checkpointAt(this.#writer.numRecords);
    if (record === undefined) {
      // Tried again when as many inputs have passed as are worth the try.
      this.#numSinceCheckpoint -= Math.ceil(this.#checkpointInputs / 10);
      return;
    }
    this.#attempt(() => this.#writer.appendFirst(record));
    this.#numSinceCheckpoint = 0;
  }

  /** Goes on with the spare tape, which begins with a checkpoint: nobody needs the other one to read it. */
  #change(): void {
    const path = this.#spare;
    const record = path === undefined ? undefined : this.#checkpointAt(0);
    if (path === undefined || record === undefined) return;
    const { timeMs, guard } = this.#assembled.session;
    const { numRecords, chain } = this.#writer;
    const reason = this.#failure as string;
    const continues = { tape: resolve(this.#path), numRecords, chain, reason };
    this.#spare = undefined;
    let spare: TapeWriter | undefined;
    try {
      spare = new TapeWriter(path);
      if (spare.numRecords > 0) throw new StorageError('spare-in-use', `"${path}" holds a tape already.`);
      spare.appendFirst(record);
      spare.append(['continues', timeMs, continues]);
      spare.sync();
    } catch (error) {
      spare?.abandon();
      this.#lose(`${reason} The spare tape neither: ${(error as Error).message}`);
      return;
    }
    this.#failed.push(this.#writer);
    this.#writer = spare;
    this.#path = path;
    this.#failure = undefined;
    this.#numSinceCheckpoint = 0;
    guard.reduceForTape(undefined);
    this.#onRecord?.(['continues', timeMs, { ...continues, tape: path }]);
  }
}
