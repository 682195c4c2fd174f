/** `market-gym serve`: plays a tape to any client over WebSocket and HTTP, as its venues would. */
import type { Argv } from 'yargs';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { createScaledClock, requireSpeed } from '../../live/connection/scaled-clock.ts';
import { serveTape } from '../../live/tape/server.ts';
import { readTape } from '../../storage/tape.ts';
import { requireTape } from '../../storage/tape-segments.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, pluginOptions } from '../terminal/plugin-options.ts';

export const options = (yargs: Argv) =>
  pluginOptions(yargs)
    .positional('tape', { type: 'string', demandOption: true, describe: 'Directory of the tape' })
    .option('speed', { type: 'number', default: 1, describe: 'How fast the time of the tape passes' })
    .option('port', { default: '8090', coerce: wholeNumber('port', 0, 65_535), describe: '0: any free one' })
    .option('host', { type: 'string', default: '127.0.0.1', describe: 'Interface to listen on' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['speed', 'port', 'host']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code, when the tape has been played or an interrupt came */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { tape, speed, port, host } = args;
  const console = createConsole(args, io);
  requireSpeed(speed, '--speed');
  requireTape(tape);
  // Frames are played as they were heard, whatever venue they are of: a plugin is only tried whether it loads.
  await openCatalog([], accessOf(args), 'The command');
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  // Before anybody is told that it serves.
  io.interrupt().addEventListener('abort', () => end(), { once: true });
  const server = await serveTape({
    open: () => readTape(tape, { onTorn: () => {} }),
    clock: createScaledClock(systemClock, speed),
    port,
    host,
    onEnd: () => end(),
  });
  for (const { venue, url, restUrl } of server.endpoints) console.say(`${venue}: ${url} and ${restUrl}`);
  await ended;
  const { numSent } = server;
  await server.close();
  console.say(`${numSent} frames were played.`);
  console.result({ tape, numSent });
  return 0;
}
