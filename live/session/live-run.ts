/** Runs a session on the air: connections, clock and tape around the deterministic heart. */
import { LiveError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Action } from '../../envs/spaces.ts';
import type { TapeRecord, TornTail } from '../../storage/tape.ts';
import { type Clock, nextTurn } from '../connection/clock.ts';
import { VenueConnection, type VenueStatus } from '../connection/connection.ts';
import { createSteadyClock } from '../connection/steady-clock.ts';
import type { Transport } from '../connection/transport.ts';
import { findVenue } from '../venues/find.ts';
import type { AssembleOptions, SessionHeader } from './assemble.ts';
import type { LiveConfig } from './config.ts';
import type { LiveMarket } from './live-market.ts';
import { type OpenedTape, openTape, type RecoveryProgress } from './open-tape.ts';
import type { LivePolicy } from './policy.ts';
import type { LiveSession } from './session.ts';
import { SessionTape } from './session-tape.ts';
import type { OuterLimit } from './total-risk.ts';

export interface LiveRunOptions
  extends Pick<AssembleOptions, 'venues' | 'parts' | 'policyFor' | 'onDecision' | 'onWait'> {
  readonly header: SessionHeader;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Directory of the tape; a session that is on it is continued. */
  readonly tape: string;
  /** Called before the first input of a connection whose other side says how fast its time passes. */
  readonly onSpeed?: (speed: number, venue: string) => void;
  /**
   * Directory of the tape that the session goes on with when its own cannot be written; absent: it then closes what is open and
   * ends. A session that is on it is continued in place of that on `tape`.
   */
  readonly tapeFallback?: string;
  /** Inputs between two checkpoints on the tape; default 50,000. A restart reads no more than these. */
  readonly checkpointInputs?: number;
  /** Called once when the session cannot go on and has closed what it could: it is to be stopped. */
  readonly onEnd?: (reason: string) => void;
  /** Asked before a decision is made: what others leave this session. It is on the tape when it changes. */
  readonly outerLimit?: (timeMs: number) => OuterLimit;
  /** Called when an input or a due tick comes, before anything is done about it. */
  readonly onReceive?: () => void;
  /** Called with every record as it is written. */
  readonly onRecord?: (record: TapeRecord) => void;
}

/** What a session found when it went on with a tape. */
export interface Recovery {
  /** Of the session so far. */
  readonly numInputs: number;
  /** Those of them that were read: since the last checkpoint. */
  readonly numRead: number;
  /** How the session before ended, in a word; undefined where it was cut off. */
  readonly ended: string | undefined;
  /** It goes on with the spare tape: the other one could not be written. */
  readonly isSpare: boolean;
  readonly torn: TornTail | undefined;
  /** Decisions, orders and fills that had happened and were not yet written: they are now. */
  readonly numMissing: number;
  readonly equity: number;
  /** Signed fraction of equity that is open. */
  readonly exposure: number;
  /** Orders that were under way: they have arrived since, or will. */
  readonly numOrders: number;
  /** Decisions that fell due while nobody was there, and are left out. */
  readonly numSkipped: number;
  /** What is open is being closed. */
  readonly closes: boolean;
}

/** How often the tape is brought to the disk, ms. */
const SYNC_MS = 1000;
/** Nobody was there when several decisions are due that the machine has waited for this long, ms: they are left out. */
const PAUSE_MS = 10_000;
/** While no decision is in sight, it is looked for this often, ms. */
const IDLE_MS = 250;
/** A session whose tape failed stays up for at least this long, ms, so that it can be asked why; and tries to close for … */
const LINGER_MS = 15_000;
/** … this long at most, ms. */
const CLOSING_MS = 60_000;
/** A recovery lets others have their turn after this long, ms. */
const SLICE_MS = 10;

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
  readonly #tape: SessionTape;
  readonly #onEnd: ((reason: string) => void) | undefined;
  readonly #onReceive: (() => void) | undefined;
  readonly #outerLimit: LiveRunOptions['outerLimit'];
  readonly #leftOver: LiveConfig['leftOver'];
  #cancelTick = () => {};
  #cancelSync = () => {};
  #cancelEnd = () => {};
  #isRunning = false;

  /**
   * @throws LiveError `tape-differs` when the tape's session has other settings, or does not repeat itself;
   *   StorageError `tape-in-use` while another session writes the tape, and for a damaged one; ConfigError for settings that cannot be
   */
  constructor(options: LiveRunOptions, opening: Opening = drain(beginOpening(options))) {
    const { header, transport, venues } = options;
    const { config } = header;
    const { link, opened } = opening;
    const { past, assembled } = opened;
    this.#onReceive = options.onReceive;
    this.#onEnd = options.onEnd;
    this.#outerLimit = options.outerLimit;
    this.#leftOver = config.leftOver;
    this.mode = config.mode;
    this.clock = createSteadyClock(options.clock, assembled.session.timeMs);
    this.#tape = new SessionTape({
      opened,
      header,
      clock: this.clock,
      spare: opened.isSpare ? undefined : options.tapeFallback,
      checkpointInputs: options.checkpointInputs,
      onRecord: options.onRecord,
      onLost: (reason) => this.#closeAndEnd(reason),
    });
    link.write = (record) => this.#tape.write(record);
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
          this.#beforeInput(timeMs);
          this.session.takeInput(source, input, timeMs);
          return this.session.timeMs;
        },
      });
    });
    link.connections = this.connections;
    if (past !== undefined) this.recovery = this.#goOn(opened);
  }

  /**
   * As the constructor, but lets others have their turn while a tape is repeated.
   * @param onProgress called now and then
   * @param signal ends it
   * @throws as the constructor; LiveError `interrupted`
   */
  static async open(
    options: LiveRunOptions,
    onProgress?: (progress: RecoveryProgress) => void,
    signal?: AbortSignal,
  ): Promise<LiveRun> {
    const opening = beginOpening(options);
    let sliceMs = options.clock.monotonicMs();
    for (let step = opening.next(); ; step = opening.next()) {
      if (step.done === true) return new LiveRun(options, step.value);
      const now = options.clock.monotonicMs();
      if (now - sliceMs < SLICE_MS) continue;
      onProgress?.(step.value);
      await nextTurn();
      sliceMs = options.clock.monotonicMs();
      if (signal?.aborted === true) {
        opening.throw(new LiveError('interrupted', 'The session was ended while it read its tape.'));
      }
    }
  }

  /** Why its tape cannot be written any more; undefined while it can, or while another is written in its place. */
  get tapeFailure(): string | undefined {
    return this.#tape.failure;
  }

  /** Directory of the tape that is written: the spare one, after the other failed. */
  get tapePath(): string {
    return this.#tape.path;
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

  /**
   * Closes the connections and the tape. What is open stays open: a session that goes on finds it.
   * @param reason is kept on the tape
   */
  async stop(reason = 'stopped'): Promise<void> {
    if (this.#isRunning) {
      this.#isRunning = false;
      this.#cancelTick();
      this.#cancelSync();
      this.#cancelEnd();
      for (const connection of this.connections) connection.stop();
      this.#tape.write(['end', this.clock.nowMs(), reason]);
    }
    await this.#tape.close();
  }

  /** Stops the trading, not the session. */
  halt(reason: string): void {
    this.#beforeInput();
    this.session.halt(reason, this.clock.nowMs());
    this.#tape.sync();
  }

  /** Answers the decision that waits. @returns whether one did */
  answer(action: Action): boolean {
    this.#beforeInput();
    return this.session.answer(action, this.clock.nowMs());
  }

  /** Another model decides from the next decision on. */
  swap(policy: LivePolicy): void {
    this.#beforeInput();
    this.session.swap(policy, this.clock.nowMs());
    this.#tape.flush();
  }

  /** Keeps a remark on the tape; replays pass over it. */
  note(text: string): void {
    this.#tape.write(['note', this.clock.nowMs(), text]);
  }

  #goOn({ past, numRead, ended, isSpare }: OpenedTape): Recovery {
    const now = this.clock.nowMs();
    const { missing = [], numInputs = 0 } = past ?? {};
    const { torn } = this.#tape;
    const { equity, exposure, numOrders } = this.market.account;
    const numSkipped = this.#skipPause(now);
    // The connections died with the process: to the session they close now, after the decisions that fell due meanwhile.
    for (const [source, venue] of this.connections.entries()) {
      const input = { kind: 'close', reason: 'the session was interrupted' } as const;
      this.session.takeInput(source, input, now);
      venue.session.handle(input, this.session.timeMs);
    }
    const closes = this.#leftOver === 'close' && (exposure !== 0 || numOrders > 0);
    if (closes) this.session.closeOut(now);
    const { length: numMissing } = missing;
    const account = { numMissing, numSkipped, equity, exposure, numOrders, closes };
    this.#tape.write(['recovered', now, { numInputs, ...account, torn: torn?.numBytes ?? 0 }]);
    this.#tape.sync();
    return { numInputs, numRead, ended, isSpare, torn, ...account };
  }

  /** Between two inputs all is settled: the moment for a checkpoint or another tape, and to leave out what nobody was there for. */
  #beforeInput(timeMs = this.clock.nowMs()): void {
    this.#tape.settle();
    this.#skipPause(timeMs);
    if (this.#outerLimit === undefined || !(this.market.nextDecisionMs <= timeMs)) return;
    const limit = this.#outerLimit(timeMs);
    const { maxExposure, mayOrder } = this.session.guard.outerLimit;
    if (limit.maxExposure !== maxExposure || limit.mayOrder !== mayOrder)
      this.session.restrain(limit, timeMs);
  }

  /** @returns decisions that are left out: this process, or the one before, was not there to make them */
  #skipPause(now: number): number {
    const { market, session, clock } = this;
    const waitedMs = (now - market.nextDecisionMs) / Math.max(1, clock.speed ?? 1);
    if (!(waitedMs > PAUSE_MS) || session.fault !== undefined) return 0;
    const numDue = market.numDueBy(now);
    if (numDue < 2) return 0;
    session.skipTo(now);
    return numDue;
  }

  /** What is open is closed, and then the session is over: nothing of it could be proven. */
  #closeAndEnd(reason: string): void {
    const beganMs = this.clock.monotonicMs();
    this.session.closeOut(this.clock.nowMs());
    const watch = (): void => {
      const passedMs = this.clock.monotonicMs() - beganMs;
      const isClosed = this.market.isFlat && passedMs >= LINGER_MS;
      if (isClosed || passedMs >= CLOSING_MS) this.#onEnd?.(reason);
      else this.#cancelEnd = this.clock.schedule(IDLE_MS, watch);
    };
    this.#cancelEnd = this.clock.schedule(IDLE_MS, watch);
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
        this.#beforeInput(now);
        this.session.tick(now);
      }
      if (this.#isRunning) this.#scheduleTick();
    });
  }

  #scheduleSync(): void {
    this.#cancelSync = this.clock.schedule(SYNC_MS, () => {
      this.#tape.syncInBackground();
      if (this.#isRunning) this.#scheduleSync();
    });
  }
}

/** What a run is made of: its tape, and where the parts of its session reach it once it is there. */
interface Opening {
  readonly link: Link;
  readonly opened: OpenedTape;
}

/** While a tape is repeated its records are there already; from then on they are written. */
interface Link {
  write?: (record: TapeRecord) => void;
  connections?: readonly VenueConnection[];
}

function* beginOpening(options: LiveRunOptions): Generator<RecoveryProgress, Opening> {
  const link: Link = {};
  const parts: AssembleOptions = {
    venues: options.venues,
    parts: options.parts,
    policyFor: options.policyFor,
    onDecision: (decision) => {
      if (link.write !== undefined) options.onDecision?.(decision);
    },
    onWait: (step) => {
      if (link.write !== undefined) options.onWait?.(step);
    },
    onCommand: (source, command) => link.connections?.[source].command(command),
    record: (record) => link.write?.(record),
  };
  const opened = yield* openTape(options.tape, options.tapeFallback, options.header, parts);
  return { link, opened };
}

function drain<Result>(steps: Generator<unknown, Result>): Result {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
