/** Ctrl-C, as a question to ask between two steps. */

/** @returns whether an interrupt has come; a second one ends the process at once */
export function interruptFlag(): () => boolean {
  let interrupted = false;
  const listen = (signal: NodeJS.Signals): void => {
    process.once(signal, () => {
      interrupted = true;
    });
  };
  listen('SIGINT');
  listen('SIGTERM');
  return () => interrupted;
}
