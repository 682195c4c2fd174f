/** Runs a recorded session again and compares what comes out with what came out then, byte for byte. */
import type { ConfigSchema } from '../core/config.ts';
import { LiveError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import type { TapeEntry, TapeRecord } from '../storage/tape.ts';
import { assembleSession, createLiveMarket } from './assemble.ts';
import { findVenue, type LiveConfig, resolveLiveConfig } from './live-config.ts';
import type { LiveMarket } from './live-market.ts';
import type { LivePolicy } from './policy.ts';
import { type Decision, inputFromJson, type LiveSession } from './session.ts';
import { CHANNELS, type VenuePlugin } from './venue.ts';
import { parseMarkets } from './venue-config.ts';
import { VenueSession } from './venue-session.ts';

/** What a session's first record says of it. */
export interface SessionHeader {
  readonly config: LiveConfig;
  /** The model it began with. */
  readonly model: string;
  readonly modelCreatedMs: number;
}

export interface ReplayOptions {
  readonly venues: readonly VenuePlugin<ConfigSchema>[];
  /** The policy of a model that the tape names. */
  policyFor(model: string, createdMs: number, market: LiveMarket): LivePolicy;
  /** Takes what comes out, in order. */
  readonly onOutput?: (record: TapeRecord) => void;
  readonly onDecision?: (decision: Decision) => void;
}

/** A session that is being repeated. */
export interface Replay {
  readonly session: LiveSession;
  readonly header: SessionHeader;
  /** Takes one record of the tape: inputs are repeated, everything else is passed over. @returns whether it was an input */
  take(record: TapeRecord): boolean;
}

const INPUTS: ReadonlySet<string> = new Set(['input', 'tick', 'halt', 'model']);

/** Whether a record says what came in, and not what came of it. */
export function isInput([kind]: TapeRecord): boolean {
  return INPUTS.has(kind);
}

/** @throws LiveError `foreign-tape` for a record that does not begin a session */
export function readHeader([kind, , header]: TapeRecord): SessionHeader {
  const { config, model, modelCreatedMs } = (header ?? {}) as { [key: string]: Json };
  if (kind !== 'session' || typeof config !== 'object' || typeof model !== 'string') {
    throw new LiveError(
      'foreign-tape',
      'The tape does not begin with a session of this version; replay it with the one that recorded it.',
    );
  }
  const createdMs = typeof modelCreatedMs === 'number' ? modelCreatedMs : Number.NaN;
  return {
    config: resolveLiveConfig(config as Record<string, unknown>),
    model,
    modelCreatedMs: createdMs,
  };
}

/** @param first the tape's first record */
export function startReplay(first: TapeRecord, options: ReplayOptions): Replay {
  const header = readHeader(first);
  const { config } = header;
  const record = (output: TapeRecord): void => {
    if (!isInput(output)) options.onOutput?.(output);
  };
  const market = createLiveMarket(config, record);
  let session: LiveSession | undefined;
  const venueSessions = config.markets.map(({ venue, symbol, settings }, source) => {
    const plugin = findVenue(options.venues, venue);
    const markets = parseMarkets(plugin.name, [symbol], plugin.nativeSymbol);
    return new VenueSession({
      setup: plugin.connect(markets, settings as never),
      markets,
      channels: CHANNELS,
      onEvent: (event) => session?.takeEvent(source, event),
      onCommand: () => {},
    });
  });
  const running = assembleSession({
    config,
    market,
    sources: config.markets.map(({ venue, symbol }, source) => ({
      name: `${venue} ${symbol}`,
      isTradable: (nowMs) => venueSessions[source].isTradable(symbol.toUpperCase(), nowMs),
    })),
    policy: options.policyFor(header.model, header.modelCreatedMs, market),
    record,
    onDecision: options.onDecision,
  });
  session = running;
  return {
    session: running,
    header,
    take(entry) {
      const [kind, timeMs, ...body] = entry;
      switch (kind) {
        case 'input': {
          const source = Number(body[0]);
          const input = inputFromJson(body.slice(1));
          running.takeInput(source, input, timeMs);
          venueSessions[source].handle(input, timeMs);
          return true;
        }
        case 'tick':
          running.tick(timeMs);
          return true;
        case 'halt':
          running.halt(String(body[0]), timeMs);
          return true;
        case 'model': {
          const createdMs = body[1] === null ? Number.NaN : Number(body[1]);
          running.swap(options.policyFor(String(body[0]), createdMs, market), timeMs);
          return true;
        }
        default:
          return false;
      }
    },
  };
}

export interface ReplayOutcome {
  readonly numInputs: number;
  readonly numOutputs: number;
  /** Where the first output differs; undefined when all are the same. */
  readonly difference: ReplayDifference | undefined;
  /** Outputs that a crash kept from being written, made good by the replay. */
  readonly missing: readonly TapeRecord[];
  readonly replay: Replay;
}

export interface ReplayDifference {
  /** Index of the record on the tape. */
  readonly index: number;
  readonly recorded: string;
  readonly replayed: string;
}

/**
 * Repeats a whole tape.
 * @param entries of the tape, from its first record on
 * @throws LiveError `foreign-tape`, `empty-tape`
 */
export function replayTape(entries: Iterable<TapeEntry>, options: ReplayOptions): ReplayOutcome {
  const pending: TapeRecord[] = [];
  let replay: Replay | undefined;
  let numInputs = 0;
  let numOutputs = 0;
  let difference: ReplayDifference | undefined;
  const onOutput = (record: TapeRecord): void => {
    pending.push(record);
    options.onOutput?.(record);
  };
  for (const { record, index } of entries) {
    if (replay === undefined) {
      replay = startReplay(record, { ...options, onOutput });
      continue;
    }
    if (isInput(record)) {
      if (pending.length > 0) {
        difference ??= { index, recorded: '', replayed: JSON.stringify(pending[0]) };
        pending.length = 0;
      }
      replay.take(record);
      numInputs++;
      continue;
    }
    if (NOTES.has(record[0])) continue;
    numOutputs++;
    const recorded = JSON.stringify(record);
    const made = pending.shift();
    const replayed = made === undefined ? '' : JSON.stringify(made);
    if (recorded !== replayed) difference ??= { index, recorded, replayed };
  }
  if (replay === undefined)
    throw new LiveError('empty-tape', 'The tape holds no record; there is nothing to replay.');
  return { numInputs, numOutputs, difference, missing: pending, replay };
}

/** Records that neither came in nor out: what was done to the tape itself, and what people noted. */
const NOTES: ReadonlySet<string> = new Set(['session', 'recovered', 'note']);
