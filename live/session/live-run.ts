/** Runs a session on the air: connections, clock and tape around the deterministic heart. */
import { LiveError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Action } from '../../envs/spaces.ts';
import { readTape, type TapeRecord, type TornTail } from '../../storage/tape.ts';
import { isTape } from '../../storage/tape-segments.ts';
import { TapeWriter } from '../../storage/tape-writer.ts';
import type { Clock } from '../connection/clock.ts';
import { VenueConnection, type VenueStatus } from '../connection/connection.ts';
import { createSteadyClock } from '../connection/steady-clock.ts';
import type { Transport } from '../connection/transport.ts';
import { type ReplayOutcome, replayTape } from '../tape/replay.ts';
import { findVenue } from '../venues/find.ts';
import {
  type Assembled,
  type AssembleOptions,
  assemble,
  headerRecord,
  type SessionHeader,
} from './assemble.ts';
import type { LiveConfig } from './config.ts';
import type { LiveMarket } from './live-market.ts';
import type { LivePolicy } from './policy.ts';
import type { LiveSession } from './session.ts';

export interface LiveRunOptions
  extends Pick<AssembleOptions, 'venues' | 'parts' | 'policyFor' | 'onDecision' | 'onWait'> {
  readonly header: SessionHeader;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Directory of the tape; a session that is on it is continued. */
  readonly tape: string;
  /** Called before the first input of a connection whose other side says how fast its time passes. */
  readonly onSpeed?: (speed: number, venue: string) => void;
  /** Called when an input or a due tick comes, before anything is done about it. */
  readonly onReceive?: () => void;
  /** Called with every record as it is written. */
  readonly onRecord?: (record: TapeRecord) => void;
}

/** What a session found when it went on with a tape. */
export interface Recovery {
  readonly numInputs: number;
  readonly torn: TornTail | undefined;
  /** Decisions, orders and fills that had happened and were not yet written: they are now. */
  readonly numMissing: number;
  readonly equity: number;
  /** Signed fraction of equity that is open. */
  readonly exposure: number;
  /** Orders that were under way: they have arrived since, or will. */
  readonly numOrders: number;
  /** What is open is being closed. */
  readonly closes: boolean;
}

/** How often the tape is brought to the disk, ms. */
const SYNC_MS = 1000;
/** While no decision is in sight, it is looked for this often, ms. */
const IDLE_MS = 250;

/**
 * `start` connects; `stop` leaves everything on the disk. An order or a fill is on the tape before anybody hears of it,
 * so after a crash a new run on the same tape repeats what happened and goes on from there.
 */
export class LiveRun {
  readonly session: LiveSession;
  readonly market: LiveMarket;
  readonly connections: readonly VenueConnection[];
  /** Set when the tape had a session on it. */
  readonly recovery: Recovery | undefined;
  /** UTC epoch, never falling. */
  readonly clock: Clock;
  /** What the session does. */
  readonly mode: LiveConfig['mode'];
  readonly #tape: TapeWriter;
  readonly #onRecord: ((record: TapeRecord) => void) | undefined;
  readonly #onReceive: (() => void) | undefined;
  readonly #leftOver: LiveConfig['leftOver'];
  #cancelTick = () => {};
  #cancelSync = () => {};
  #isRunning = false;

  /**
   * @throws LiveError `tape-differs` when the tape's session has other settings, or does not repeat itself;
   *   StorageError `tape-in-use` while another session writes the tape, and for a damaged one; ConfigError for settings that cannot be
   */
  constructor(options: LiveRunOptions) {
    const { header, transport, venues } = options;
    const { config } = header;
    this.#onReceive = options.onReceive;
    this.#onRecord = options.onRecord;
    this.#leftOver = config.leftOver;
    this.mode = config.mode;
    // While a tape is repeated its records are there already; from then on they are written.
    const link: { tape?: TapeWriter; connections?: readonly VenueConnection[] } = {};
    const parts: AssembleOptions = {
      venues,
      parts: options.parts,
      policyFor: options.policyFor,
      onDecision: (decision) => {
        if (link.tape !== undefined) options.onDecision?.(decision);
      },
      onWait: (step) => {
        if (link.tape !== undefined) options.onWait?.(step);
      },
      onCommand: (source, command) => link.connections?.[source].command(command),
      record: (record) => {
        if (link.tape !== undefined) this.#write(record);
      },
    };
    const { tape, past, assembled } = openTape(options.tape, header, parts);
    this.clock = createSteadyClock(options.clock, assembled.session.timeMs);
    this.#tape = tape;
    link.tape = tape;
    if (past === undefined) this.#write(headerRecord(header, this.clock.nowMs()));
    else for (const record of past.missing) this.#write(record);
    this.#tape.sync();
    this.session = assembled.session;
    this.market = assembled.market;
    this.connections = config.markets.map(({ venue, symbol, settings }, source) => {
      return new VenueConnection({
        plugin: findVenue(venues, venue),
        markets: [symbol],
        config: settings,
        clock: this.clock,
        transport,
        rng: createRng(config.seed).fork(`connection ${venue}`),
        session: assembled.venueSessions[source],
        onSpeed: (speed) => options.onSpeed?.(speed, venue),
        onInput: (input, timeMs) => {
          this.#onReceive?.();
          this.session.takeInput(source, input, timeMs);
        },
      });
    });
    link.connections = this.connections;
    if (past !== undefined) this.recovery = this.#goOn(past);
  }

  /** Why the tape cannot be written any more, and the trading was stopped; undefined while it can. */
  get tapeFailure(): string | undefined {
    return this.#tape.failure;
  }

  /** The chain up to the last record of the tape: whoever keeps it can prove the tape later. */
  get tapeChain(): string {
    return this.#tape.chain;
  }

  /** Records on the tape. */
  get numRecords(): number {
    return this.#tape.numRecords;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get venueStatus(): VenueStatus[] {
    return this.connections.map(({ status }) => status);
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const connection of this.connections) connection.start();
    this.#scheduleTick();
    this.#scheduleSync();
  }

  /** Closes the connections and the tape. What is open stays open: a session that goes on finds it. */
  async stop(): Promise<void> {
    if (this.#isRunning) {
      this.#isRunning = false;
      this.#cancelTick();
      this.#cancelSync();
      for (const connection of this.connections) connection.stop();
    }
    await this.#tape.close();
  }

  /** Stops the trading, not the session. */
  halt(reason: string): void {
    this.session.halt(reason, this.clock.nowMs());
    this.#toTape(() => this.#tape.sync());
  }

  /** Answers the decision that waits. @returns whether one did */
  answer(action: Action): boolean {
    return this.session.answer(action, this.clock.nowMs());
  }

  /** Another model decides from the next decision on. */
  swap(policy: LivePolicy): void {
    this.session.swap(policy, this.clock.nowMs());
    this.#toTape(() => this.#tape.flush());
  }

  /** Keeps a remark on the tape; replays pass over it. */
  note(text: string): void {
    this.#write(['note', this.clock.nowMs(), text]);
  }

  #goOn({ missing, numInputs }: ReplayOutcome): Recovery {
    const now = this.clock.nowMs();
    const { torn } = this.#tape;
    const { equity, exposure, numOrders } = this.market.account;
    // The connections died with the process: to the session they close now, after the decisions that fell due meanwhile.
    for (const [source, venue] of this.connections.entries()) {
      const input = { kind: 'close', reason: 'the session was interrupted' } as const;
      this.session.takeInput(source, input, now);
      venue.session.handle(input, now);
    }
    const closes = this.#leftOver === 'close' && (exposure !== 0 || numOrders > 0);
    if (closes) this.session.closeOut(now);
    const recovery = { numInputs, torn, numMissing: missing.length, equity, exposure, numOrders, closes };
    this.#write(['recovered', now, { ...recovery, torn: torn?.numBytes ?? 0 }]);
    this.#tape.sync();
    return recovery;
  }

  #write(record: TapeRecord): void {
    this.#toTape(() => {
      this.#tape.append(record);
      // Frames can wait; what was decided, sent or filled cannot.
      if (record[0] !== 'input' && record[0] !== 'tick') this.#tape.flush();
    });
    this.#onRecord?.(record);
  }

  /** A session whose tape cannot be written closes what is open and trades no more; it stays up to say so. */
  #toTape(write: () => void): void {
    if (this.#tape.failure !== undefined) return;
    try {
      write();
    } catch (error) {
      // Before anything was begun there is nothing to close.
      if (this.session === undefined) throw error;
      this.session.guard.halt(`the tape cannot be written: ${(error as Error).message}`);
    }
  }

  /** Decisions that no event brings about, because none comes. */
  #scheduleTick(): void {
    const untilDue = this.market.nextDecisionMs - this.clock.nowMs();
    const delayMs = untilDue > 0 ? Math.min(untilDue, IDLE_MS) : IDLE_MS;
    const decides = () => this.session.fault === undefined;
    this.#cancelTick = this.clock.schedule(delayMs, () => {
      const now = this.clock.nowMs();
      if (decides() && this.market.nextDecisionMs <= now) {
        this.#onReceive?.();
        this.session.tick(now);
      }
      if (this.#isRunning) this.#scheduleTick();
    });
  }

  #scheduleSync(): void {
    this.#cancelSync = this.clock.schedule(SYNC_MS, () => {
      this.#toTape(() => this.#tape.syncInBackground());
      if (this.#isRunning) this.#scheduleSync();
    });
  }
}

/** A session that is on the tape is repeated when nobody else can add to it any more. */
function openTape(
  path: string,
  header: SessionHeader,
  parts: AssembleOptions,
): { tape: TapeWriter; past?: ReplayOutcome; assembled: Assembled } {
  // Settings that cannot be are refused before anything is on the disk.
  const fresh = isTape(path) ? undefined : assemble(header, parts);
  const tape = new TapeWriter(path);
  try {
    // A tape may be there without a record: its first session was cut off at once.
    if (tape.numRecords === 0) return { tape, assembled: fresh ?? assemble(header, parts) };
    const past = repeatTape(path, header, parts);
    return { tape, past, assembled: past.assembled };
  } catch (error) {
    tape.abandon();
    throw error;
  }
}

/** Repeats the session of a tape, whose end may have been cut off. */
function repeatTape(tape: string, header: SessionHeader, parts: AssembleOptions): ReplayOutcome {
  const outcome = replayTape(readTape(tape, { onTorn: () => {} }), parts);
  if (JSON.stringify(outcome.header.config) !== JSON.stringify(header.config)) {
    throw new LiveError(
      'tape-differs',
      `"${tape}" holds a session with other settings; continue it with its own, or begin another tape.`,
    );
  }
  if (outcome.difference === undefined) return outcome;
  throw new LiveError(
    'tape-differs',
    `"${tape}" does not repeat itself at record ${outcome.difference.index}; continue it with the version that ` +
      'recorded it, or begin another tape.',
  );
}
