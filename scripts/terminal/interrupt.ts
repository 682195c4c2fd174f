/** Ctrl-C, as something to ask for between two steps, or to be told of. */

/** @returns aborted by the first interrupt; a second one ends the process at once */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const listen = (signal: NodeJS.Signals): void => {
    process.once(signal, () => {
      controller.abort();
    });
  };
  listen('SIGINT');
  listen('SIGTERM');
  return controller.signal;
}
