/** `market-gym gym-server`: offers an env to Gymnasium programs in Python, or to any client of the bridge. */
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { startBridge } from '../../experiments/bridge/server.ts';
import { createSpanEnvs, requireSoundEnv } from '../../experiments/run/parts.ts';
import { planRun } from '../../experiments/run/spec.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { dataOptions, readOptionsOf } from '../terminal/data-options.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, codeOptions } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';

export const options = (yargs: Argv) =>
  codeOptions(dataOptions(yargs))
    .option('env', { type: 'string', default: 'trading', describe: 'Environment to offer' })
    .option('data', { type: 'string', describe: 'Market data, as of train' })
    .option('funding', { type: 'string', describe: 'File of funding rates, as of train' })
    .option('validate-from', { type: 'string', describe: 'First day of the validation span' })
    .option('test-from', { type: 'string', describe: 'First day of the test span' })
    .option('span', {
      choices: ['train', 'validation', 'test'] as const,
      default: 'train' as const,
      describe: 'Which part of the data episodes move in',
    })
    .option('set', { type: 'string', array: true, default: [] as string[], describe: 'env.key=value' })
    .option('socket', { type: 'string', describe: 'Path of a Unix socket to listen on' })
    .option('port', {
      coerce: wholeNumber('port', 0, 65_535),
      describe: 'Port for WebSockets, on the loopback interface; 0: any',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['env', 'data', 'funding', 'validate-from', 'test-from', 'span', 'set', 'socket', 'port']);

/** @returns the exit code, once it is interrupted */
export async function run(args: ArgumentsOf<typeof options>, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { env, span, socket, port } = args;
  if ((socket === undefined) === (port === undefined)) {
    throw new ConfigError('usage', 'Say where to listen: --socket PATH, or --port NUMBER.');
  }
  const interrupt = io.interrupt();
  const access = accessOf(args);
  const { data, funding, validateFrom, testFrom } = args;
  const run = await planRun(
    {
      // Whoever connects brings the agent.
      ...{ agent: 'random', numEnvs: 1, totalSteps: 1, seed: 0, evaluateEvery: 0, checkpointEvery: 0 },
      env,
      plugins: access.plugins ?? [],
      settings: { agent: {}, ...parseSettings(args.set, ['env']) },
      ...{ data, funding, validateFrom, testFrom, read: readOptionsOf(args) },
    },
    access,
  );
  requireSoundEnv(run);
  // What is missing is said now, and not to the first client.
  createSpanEnvs(run, span, 1, 0).close();
  const server = await startBridge({
    env,
    createEnvs: (numEnvs, seed) => createSpanEnvs(run, span, numEnvs, seed),
    listen: socket === undefined ? { port: port ?? 0 } : { socket },
    onRefusal: (reason) => console.warn(reason),
  });
  console.say(`Env "${env}" is offered at ${server.address}; Ctrl-C ends it.`);
  if (!interrupt.aborted)
    await new Promise((aborted) => interrupt.addEventListener('abort', aborted, { once: true }));
  await server.close();
  console.result({ env, address: server.address });
  return 0;
}
