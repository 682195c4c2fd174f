/** Configures what all venues share. */
import { z } from '../../core/config.ts';

/** How a connection is cared for; a venue's documentation decides the defaults. */
export interface ConnectionLimits {
  readonly silenceMs: number;
  readonly staleAfterMs: number;
  readonly streamDeadlineMs: number;
  readonly syncDeadlineMs: number;
  readonly rotateAfterMs: number;
  readonly resyncBudget: number;
  readonly resyncWindowMs: number;
  readonly unknownBudget: number;
  readonly sendIntervalMs: number;
  readonly maxFrameBytes: number;
}

/** What a handshake, an answer and the first frames take at the least, ms of the machine. */
const CONNECTION_FLOOR_MS = 3000;
/** A pause of a process is no silence of a venue, ms of the machine. */
const PAUSE_FLOOR_MS = 25;

/**
 * The limits of a connection whose time passes faster than the machine's: no time-out is shorter than what the machine
 * itself takes.
 * @param speed times as fast as the machine's; 1 and less change nothing
 */
export function pacedLimits(limits: ConnectionLimits, speed: number): ConnectionLimits {
  if (speed <= 1) return limits;
  const floorMs = CONNECTION_FLOOR_MS * speed;
  return {
    ...limits,
    silenceMs: Math.max(limits.silenceMs, floorMs),
    streamDeadlineMs: Math.max(limits.streamDeadlineMs, floorMs),
    syncDeadlineMs: Math.max(limits.syncDeadlineMs, floorMs),
    staleAfterMs: Math.max(limits.staleAfterMs, PAUSE_FLOOR_MS * speed),
  };
}

const MINUTE_MS = 60_000;
const positive = (milliseconds: number) => z.number().positive().default(milliseconds);

/** The keys of `ConnectionLimits`, for a venue's schema. */
export const connectionConfig = (
  defaults: Pick<ConnectionLimits, 'silenceMs' | 'sendIntervalMs'> & Partial<ConnectionLimits>,
) => ({
  silenceMs: positive(defaults.silenceMs).describe(
    'Milliseconds without any frame after which the connection counts as dead',
  ),
  staleAfterMs: positive(defaults.staleAfterMs ?? 5000).describe(
    'Milliseconds without a word about a book after which it is not traded on; raise it for a quiet market',
  ),
  streamDeadlineMs: positive(defaults.streamDeadlineMs ?? MINUTE_MS).describe(
    'Milliseconds without a word about a book, on a connection that lives, after which it is asked for anew',
  ),
  syncDeadlineMs: positive(defaults.syncDeadlineMs ?? 30_000).describe(
    'Milliseconds that getting a book may take; then the connection is opened anew',
  ),
  rotateAfterMs: positive(defaults.rotateAfterMs ?? 23.5 * 60 * MINUTE_MS).describe(
    'Milliseconds after which a connection is replaced; venues cut them after 24 hours',
  ),
  resyncBudget: z
    .number()
    .positive()
    .or(z.literal(Infinity))
    .default(defaults.resyncBudget ?? 20)
    .describe('Losses and failures within resyncWindowMs that are borne; one more disables the venue'),
  resyncWindowMs: positive(defaults.resyncWindowMs ?? 10 * MINUTE_MS).describe(
    'Milliseconds that a loss or failure counts',
  ),
  unknownBudget: z
    .number()
    .positive()
    .or(z.literal(Infinity))
    .default(defaults.unknownBudget ?? 500)
    .describe(
      'Messages of no known kind within resyncWindowMs that are passed over; one more counts as a loss',
    ),
  sendIntervalMs: z
    .number()
    .min(0)
    .default(defaults.sendIntervalMs)
    .describe('Milliseconds between two messages to the venue, at least'),
  maxFrameBytes: z
    .number()
    .int()
    .positive()
    .default(defaults.maxFrameBytes ?? 32 << 20)
    .describe('Bytes of the largest frame that is taken; a snapshot of a whole book has about 5 million'),
});
