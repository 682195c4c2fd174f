/** `market-gym worker`: carries out trials that experiments put into a queue, on the cores of this machine. */
import type { Argv } from 'yargs';
import { type WorkEvent, work } from '../../../experiments/queue/work.ts';
import type { ArgumentsOf } from '../../terminal/command.ts';
import { type Console, createConsole } from '../../terminal/console.ts';
import { wholeNumber } from '../../terminal/counts.ts';
import type { Io } from '../../terminal/io.ts';

const MAX_JOBS = 1024;
const MAX_SECONDS = 86_400;

export const options = (yargs: Argv) =>
  yargs
    .option('queue', {
      type: 'string',
      demandOption: true,
      describe: 'postgres://USER@HOST/DATABASE, as of the experiment; PGPASSWORD may hold the password',
    })
    .option('workers', {
      coerce: wholeNumber('workers', 1, MAX_JOBS),
      describe: 'Trials at a time; default: one per processor core',
    })
    .option('plugin', {
      type: 'string',
      array: true,
      describe: 'File of code that trials may use; trials that need others are left to other workers',
    })
    .option('data', {
      type: 'string',
      describe:
        'Folder or http(s) address with data, by name or SHA-256; what is missing comes from the queue',
    })
    .option('artifacts', {
      type: 'string',
      describe: 'The folder of checkpoints, for experiments that have one',
    })
    .option('once', {
      type: 'boolean',
      default: false,
      describe: 'Ends when nothing is left to do; default: waits for more',
    })
    .option('heartbeat', {
      coerce: wholeNumber('heartbeat', 1, MAX_SECONDS),
      default: 5,
      describe: 'Seconds between signs of life; without four of them, others get its trials',
    })
    .option('hang', {
      coerce: wholeNumber('hang', 1, MAX_SECONDS),
      default: 1800,
      describe: 'A trial that says nothing for so many seconds is ended, and counts as failed',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['queue', 'workers', 'plugin', 'data', 'artifacts', 'heartbeat', 'hang']);

/** @returns the exit code, once it is interrupted, or nothing is left to do */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const summary = await work({
    url: args.queue,
    jobs: args.workers,
    plugins: args.plugin,
    data: args.data,
    artifacts: args.artifacts,
    isOnce: args.once,
    heartbeatMs: 1000 * args.heartbeat,
    hangMs: 1000 * args.hang,
    signal: io.interrupt(),
    onEvent: (event) => show(event, console),
  });
  console.result(summary);
  const { numFinished, numFailed, numGivenBack, numLost } = summary;
  const told = [
    `${numFinished} finished`,
    ...(numFailed > 0 ? [`${numFailed} failed`] : []),
    ...(numGivenBack > 0 ? [`${numGivenBack} given back`] : []),
    ...(numLost > 0 ? [`${numLost} taken over by others`] : []),
  ];
  console.say(`Trials: ${told.join(', ')}.`);
  return 0;
}

function show(event: WorkEvent, console: Console): void {
  switch (event.kind) {
    case 'started': {
      const { worker, jobs, cores, kernels, server } = event;
      console.say(
        `Worker ${worker}: ${jobs} trials at a time on ${cores} cores, kernels ${kernels}, for ${server}; Ctrl-C ends it.`,
      );
      break;
    }
    case 'ended':
      if (event.end.kind === 'failed') console.warn(`Failed: ${event.trial}: ${event.end.message}`);
      else console.say(`${event.trial}: ${event.end.kind.replace('-', ' ')}`);
      break;
    case 'refused':
      console.warn(`Takes no part in experiment ${event.experiment}: ${event.reason}`);
      break;
    case 'note':
      console.warn(event.sentence);
      break;
    default:
      break;
  }
}
