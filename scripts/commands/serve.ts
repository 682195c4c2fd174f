/** `market-gym serve`: plays a tape to any client over WebSocket and HTTP, as its venues would. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { createScaledClock } from '../../live/connection/scaled-clock.ts';
import { serveTape } from '../../live/tape/server.ts';
import { readTape } from '../../storage/tape.ts';
import { requireTape } from '../../storage/tape-segments.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { interruptSignal } from '../terminal/interrupt.ts';

export const serveOptions = (yargs: Argv) =>
  yargs
    .positional('tape', { type: 'string', demandOption: true, describe: 'Directory of the tape' })
    .option('speed', { type: 'number', default: 1, describe: 'How fast the time of the tape passes' })
    .option('port', { default: '8090', coerce: wholeNumber('port', 0, 65_535), describe: '0: any free one' })
    .option('host', { type: 'string', default: '127.0.0.1', describe: 'Interface to listen on' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['speed', 'port', 'host']);

type ServeArguments = Awaited<ReturnType<typeof serveOptions>['argv']>;

/** @returns the exit code, when the tape has been played or an interrupt came */
export async function serveCommand({ tape, speed, port, host, json }: ServeArguments): Promise<number> {
  const console = createConsole({ json });
  if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new ConfigError('invalid-value', `--speed must be a number above 0, got ${speed}.`);
  }
  requireTape(tape);
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const server = await serveTape({
    open: () => readTape(tape, { onTorn: () => {} }),
    clock: createScaledClock(systemClock, speed),
    port,
    host,
    onEnd: () => end(),
  });
  for (const { venue, url, restUrl } of server.endpoints) console.say(`${venue}: ${url} and ${restUrl}`);
  interruptSignal().addEventListener('abort', () => end(), { once: true });
  await ended;
  const { numSent } = server;
  await server.close();
  console.say(`${numSent} frames were played.`);
  console.result({ tape, numSent });
  return 0;
}
