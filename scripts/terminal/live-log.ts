/** What a live session says while it runs, as JSON lines for machines. */
import { pino } from 'pino';
import { ConfigError } from '../../core/errors.ts';
import { inertText } from '../../core/printable.ts';
import type { TapeRecord } from '../../storage/tape.ts';
import type { Output } from './io.ts';
import type { StatusLine } from './status-line.ts';

export interface LiveLog {
  /** A record of the tape, where people want to know of it. */
  record(record: TapeRecord): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Records that are logged, and how loudly. */
const LEVELS: ReadonlyMap<string, 'debug' | 'info' | 'warn' | 'error'> = new Map([
  ['decision', 'debug'],
  ['order', 'info'],
  ['fill', 'info'],
  ['model', 'info'],
  ['recovered', 'warn'],
  ['skip', 'warn'],
  ['close-out', 'warn'],
  ['halt', 'warn'],
  ['halted', 'error'],
  ['tape-failed', 'error'],
  ['continues', 'warn'],
  ['event', 'info'],
]);

/**
 * @param file appended to; `stderr` without one
 * @param terminal its status line stands below what goes to `stderr`
 * @throws ConfigError `log-not-writable`
 */
export function createLiveLog(file: string | undefined, terminal: StatusLine, stderr: Output): LiveLog {
  let logger: pino.Logger;
  try {
    const output =
      file === undefined
        ? { write: (text: string) => void stderr.write(text) }
        : inert(pino.destination({ dest: file, sync: true, mkdir: true }));
    const isApart = file !== undefined || !terminal.isShown;
    const destination = isApart
      ? output
      : { write: (text: string) => terminal.around(() => output.write(text)) };
    // Between a person and the status line only what matters is shown; the tape holds the rest.
    const level = isApart ? 'info' : 'warn';
    logger = pino({ base: null, level, timestamp: pino.stdTimeFunctions.isoTime }, destination);
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
    warn: (fields, message) => logger.warn(fields, message),
  };
}

/** Who reads the log with `cat` has a terminal too; in JSON the spelling is the character. */
function inert(output: { write(text: string): unknown }): { write(text: string): void } {
  return { write: (text) => void output.write(inertText(text)) };
}
