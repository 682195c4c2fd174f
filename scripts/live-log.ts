/** What a live session says while it runs: JSON lines for machines, and one line of state on a terminal. */
import { pino } from 'pino';
import { ConfigError } from '../core/errors.ts';
import type { LiveRun } from '../live/live-run.ts';
import type { TapeRecord } from '../storage/tape.ts';

export interface LiveLog {
  /** A record of the tape, where people want to know of it. */
  record(record: TapeRecord): void;
  info(fields: object, message: string): void;
}

/** Records that are logged, and how loudly. */
const LEVELS: ReadonlyMap<string, 'debug' | 'info' | 'warn' | 'error'> = new Map([
  ['decision', 'debug'],
  ['order', 'info'],
  ['fill', 'info'],
  ['model', 'info'],
  ['recovered', 'warn'],
  ['close-out', 'warn'],
  ['halt', 'warn'],
  ['halted', 'error'],
  ['event', 'info'],
]);

/** @param file appended to; standard error without one. @throws ConfigError `log-not-writable` */
export function createLiveLog(file: string | undefined): LiveLog {
  let logger: pino.Logger;
  try {
    const destination = pino.destination({ dest: file ?? 2, sync: true, mkdir: true });
    logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  } catch (error) {
    throw new ConfigError('log-not-writable', `Cannot write the log "${file}": ${(error as Error).message}.`);
  }
  return {
    record([kind, timeMs, ...body]) {
      const level = LEVELS.get(kind);
      if (level === undefined) return;
      // What was refused for a good reason is news only when the reason is.
      const isDenied = kind === 'decision' && body[1] !== 'pass';
      logger[isDenied ? 'info' : level]({ kind, sessionMs: timeMs, body });
    },
    info: (fields, message) => logger.info(fields, message),
  };
}

/** `12:00:03 equity 10012.30 exposure 0.50 decisions 12 fills 3 active | binance connected` */
export function statusLine({ market, session, venueStatus }: LiveRun): string {
  const { equity, exposure, numFills } = market.account;
  const time = Number.isFinite(session.timeMs) ? new Date(session.timeMs).toISOString().slice(11, 19) : '–';
  const venues = venueStatus.map(({ venue, state, counters }) => `${venue} ${state} ${counters.frames}`);
  return (
    `${time} equity ${equity.toFixed(2)} exposure ${exposure.toFixed(3)} decisions ${session.numDecisions} ` +
    `fills ${numFills} ${session.guard.state} | ${venues.join(', ')}`
  );
}
