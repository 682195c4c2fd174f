/** The directory of a live session's tape as a meeting place: who writes it, and who asks that it halts. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../core/errors.ts';
import { attempt, writeFileAtomic } from '../storage/atomic.ts';
import { isTape } from '../storage/tape.ts';

/** A file of this name holds the process that writes the tape, and is touched while it lives. */
const OWNER_FILE = 'running';
/** A file of this name asks that process to stop trading; it takes it away. */
const HALT_FILE = 'halt';
/** A file that was not touched for so long is that of a process that was killed. */
const SILENT_MS = 10_000;
const POLL_MS = 50;

/** How long a halt waits for its answer, ms. */
const ANSWER_MS = 10_000;

/** Held while a session writes its tape: two would tear it apart. */
export interface SessionPlace {
  /** To be called every second or so. @returns the reason to halt for, where somebody asked; it is told once */
  attend(): string | undefined;
  /** Another session may write the tape; a directory that holds nothing is taken away again. */
  leave(): void;
}

/** @throws ConfigError `tape-in-use` while another process writes the tape; StorageError `write-failed` */
export function takePlace(tape: string): SessionPlace {
  const owner = ownerOf(tape);
  if (owner !== undefined) {
    throw new ConfigError(
      'tape-in-use',
      `Process ${owner} is writing "${tape}"; stop it first, or name another --tape.`,
    );
  }
  const file = join(tape, OWNER_FILE);
  const made = attempt('write', tape, () => mkdirSync(tape, { recursive: true }));
  attempt('write', file, () => {
    const write = () => writeFileSync(file, String(process.pid), { flag: 'wx' });
    try {
      write();
    } catch {
      // Left by a process that was killed. Of two that begin at the same moment only one makes it.
      rmSync(file, { force: true });
      write();
    }
  });
  return {
    attend() {
      try {
        const now = new Date();
        utimesSync(file, now, now);
        return takeHalt(tape);
      } catch {
        // A session does not end because somebody cleared away what is only a sign of it.
        return undefined;
      }
    },
    leave() {
      rmSync(file, { force: true });
      if (made !== undefined) removeEmpty(resolve(tape), resolve(made));
    },
  };
}

/**
 * Asks the session of a tape to halt, and waits until it has heard.
 * @returns whether it did
 * @throws ConfigError `no-tape`, `no-session`
 */
export async function requestHalt(tape: string): Promise<boolean> {
  if (!isTape(tape)) {
    throw new ConfigError('no-tape', `"${tape}" holds no tape; name that of the session which is to stop.`);
  }
  if (ownerOf(tape) === undefined) {
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

/** The process that writes a tape; undefined where there is none. */
function ownerOf(tape: string): number | undefined {
  const file = join(tape, OWNER_FILE);
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    const isFresh = Date.now() - statSync(file).mtimeMs < SILENT_MS;
    // A number alone may be another process's by now, or, in a container, this one's own.
    return isFresh && owner !== process.pid && isAlive(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function takeHalt(tape: string): string | undefined {
  const file = join(tape, HALT_FILE);
  if (!existsSync(file)) return undefined;
  const reason = readFileSync(file, 'utf8').trim();
  rmSync(file, { force: true });
  return reason;
}

/** Directories from one up to another that is above it, as far as they are empty. */
function removeEmpty(from: string, to: string): void {
  for (let path = from; path.startsWith(to); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}
