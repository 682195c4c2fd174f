/** How a person halts the session of a tape from another process: a file that the session looks for. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import { isTapeInUse } from '../../storage/tape-lock.ts';
import { isTape } from '../../storage/tape-segments.ts';

/** A file of this name beside the tape asks its session to stop trading; the session takes it away. */
const HALT_FILE = 'halt';
const POLL_MS = 50;
/** How long a halt waits for its answer, ms. */
const ANSWER_MS = 10_000;

/**
 * Asks the session of a tape to halt, and waits until it has heard.
 * @returns whether it did
 * @throws ConfigError `no-tape`, `no-session`
 */
export async function requestHalt(tape: string): Promise<boolean> {
  if (!isTape(tape)) {
    throw new ConfigError('no-tape', `"${tape}" holds no tape; name that of the session which is to stop.`);
  }
  if (!isTapeInUse(tape)) {
    throw new ConfigError(
      'no-session',
      `No session is running on "${tape}", so there is none to halt. What it left open is closed when it goes on with ` +
        '"leftOver": "close".',
    );
  }
  const file = join(tape, HALT_FILE);
  writeFileAtomic(file, 'by hand');
  for (let waitedMs = 0; waitedMs < ANSWER_MS; waitedMs += POLL_MS) {
    if (!existsSync(file)) return true;
    await wait(POLL_MS);
  }
  return false;
}

/** To be called every second or so. @returns the reason to halt for, where somebody asked; it is told once */
export function takeHaltRequest(tape: string): string | undefined {
  const file = join(tape, HALT_FILE);
  if (!existsSync(file)) return undefined;
  const reason = readFileSync(file, 'utf8').trim();
  rmSync(file, { force: true });
  return reason;
}

/** Takes away a request that nobody heard. */
export function forgetHaltRequest(tape: string): void {
  rmSync(join(tape, HALT_FILE), { force: true });
}
