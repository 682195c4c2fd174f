/** The outside world of a command: where it writes, and how it is interrupted. */
import { inertText } from '../../core/printable.ts';
import { interruptSignal } from './interrupt.ts';

/** A stream of text for people or machines. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person reads it on a terminal, where lines can be redrawn. */
  readonly isTTY?: boolean;
  /** Width of that terminal in characters. */
  readonly columns?: number;
  /** The stream itself, for who draws on a terminal; absent: this is it. */
  readonly raw?: Output;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** @returns aborted by the first interrupt from now on; a command stops what it does, and keeps what it has */
  interrupt(): AbortSignal;
}

/**
 * The same world, in which nothing that is written acts on a terminal: a file's name, a venue's message or an error may hold what
 * moves a cursor or hides a line. Who draws uses `raw`, and sees to its texts itself.
 */
export function inertIo(io: Io): Io {
  return { stdout: inertOutput(io.stdout), stderr: inertOutput(io.stderr), interrupt: () => io.interrupt() };
}

function inertOutput(stream: Output): Output {
  // One that is inert already.
  if (stream.raw !== undefined) return stream;
  return {
    write: (text) => stream.write(inertText(text)),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    raw: stream,
  };
}

/** Those of this process. */
export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  interrupt: interruptSignal,
};

/** What a command writes, kept for the program that calls it. */
export interface CapturedIo extends Io {
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
}

export interface CapturedOutput extends Output {
  /** All that was written so far. */
  readonly text: string;
}

/** @param interrupt aborted: as if Ctrl-C were pressed; never by default */
export function capturedIo(interrupt: AbortSignal = new AbortController().signal): CapturedIo {
  return { stdout: capturedOutput(), stderr: capturedOutput(), interrupt: () => interrupt };
}

function capturedOutput(): CapturedOutput {
  let text = '';
  return {
    write(more: string) {
      text += more;
    },
    get text() {
      return text;
    },
  };
}
