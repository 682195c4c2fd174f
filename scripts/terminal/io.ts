/** The outside world of a command: where it writes, and how it is interrupted. */
import { interruptSignal } from './interrupt.ts';

/** A stream of text for people or machines. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person reads it on a terminal, where lines can be redrawn. */
  readonly isTTY?: boolean;
  /** Width of that terminal in characters. */
  readonly columns?: number;
}

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** @returns aborted by the first interrupt from now on; a command stops what it does, and keeps what it has */
  interrupt(): AbortSignal;
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
