/** The exit codes of commands, beside 0. */

/** It ran to its end and found something amiss: a trial failed, a replay differs, a model is damaged. */
export const EXIT_FAILED = 1;
/** A mistake of the user's: one line on standard error. */
export const EXIT_USAGE = 2;
/** A live session could not write its tape: it has closed what it could, and ended. */
export const EXIT_TAPE = 3;
/** A live session cannot decide any more: something failed in it, or its equity is used up. So it stays on its tape. */
export const EXIT_HALTED = 4;
/** As a shell reports a process that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;
