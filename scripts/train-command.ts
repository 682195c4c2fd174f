/** `market-gym train`: trains an agent into a run directory, or continues one. */
import type { Argv } from 'yargs';
import { ConfigError, TrainingError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { latestCheckpoint } from '../storage/checkpoint.ts';
import { RunDirectory } from '../storage/run-directory.ts';
import { SHIPPED_DATA } from './catalog.ts';
import { createConsole, formatRate } from './console.ts';
import { interruptFlag } from './interrupt.ts';
import { parseRunSpec, planRun, type Run, reopenRun } from './run-spec.ts';
import { parseSettings } from './settings.ts';
import { TrainingSession } from './training-session.ts';

/** What a shell reports for a process ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

export const trainOptions = (yargs: Argv) =>
  yargs
    .option('agent', { type: 'string', default: 'ppo', describe: 'Agent to train' })
    .option('env', { type: 'string', default: 'trading', describe: 'Environment to train in' })
    .option('data', {
      type: 'string',
      default: SHIPPED_DATA,
      describe: 'Candles: a CSV file (.gz too), or sp500',
    })
    .option('validate-from', {
      type: 'string',
      describe: 'First day of the validation span; default: after 60 % of the data',
    })
    .option('test-from', {
      type: 'string',
      describe: 'First day of the test span; default: half of what follows training',
    })
    .option('steps', { type: 'number', default: 100_000, describe: 'Env steps over all envs' })
    .option('envs', { type: 'number', default: 8, describe: 'Environments stepped together' })
    .option('seed', { type: 'number', default: 1, describe: 'Decides everything' })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'agent.key=value or env.key=value',
    })
    .option('plugin', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'TypeScript or JavaScript file with plugins',
    })
    .option('evaluate-every', {
      type: 'number',
      default: 10_000,
      describe: 'Env steps between evaluations; 0 for none',
    })
    .option('evaluate-episodes', {
      type: 'number',
      describe: 'Episodes of an evaluation; default 1 on market data, else 10',
    })
    .option('checkpoint-every', {
      type: 'number',
      default: 50_000,
      describe: 'Env steps between checkpoints; 0 for the last only',
    })
    .option('out', { type: 'string', describe: 'Run directory; default runs/AGENT-ENV-seedN' })
    .option('resume', {
      type: 'string',
      describe: 'Run directory to continue, to the same bits as an unbroken run',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

type TrainArguments = Awaited<ReturnType<typeof trainOptions>['argv']>;

/** @returns the exit code */
export async function trainCommand(args: TrainArguments): Promise<number> {
  const console = createConsole(args);
  const { run, directory, checkpoint } = await (args.resume === undefined ? plan(args) : reopen(args.resume));
  const { agent, env, totalSteps, seed } = run.spec;
  const session = new TrainingSession(run, directory, checkpoint);
  if (checkpoint === undefined) directory.begin(run.spec as { [key: string]: Json });
  if (!session.isExact) {
    console.warn(
      `Env "${env.name}" cannot be saved: a resumed run starts new episodes and differs from an unbroken one.`,
    );
  }
  console.say(
    `Training ${agent.name} on ${env.name}: ${totalSteps} steps, seed ${seed}, into ${directory.path}`,
  );
  try {
    const result = await session.carryOut(console, agent.name, interruptFlag());
    const { step, interrupted, bestReturn, stepsPerSecond } = result;
    console.result({ directory: directory.path, ...result, agent: undefined });
    if (interrupted) {
      console.say(`Interrupted at step ${step}. Continue with: market-gym train --resume ${directory.path}`);
      return EXIT_INTERRUPTED;
    }
    const best = Number.isFinite(bestReturn) ? `, best evaluation ${bestReturn.toPrecision(4)}` : '';
    console.say(`Done: ${step} steps at ${formatRate(stepsPerSecond)} steps/s${best}.`);
    console.say(`Judge it with: market-gym evaluate ${directory.path}`);
    return 0;
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    const last = latestCheckpoint(directory.checkpoints);
    const kept =
      last === undefined ? 'No checkpoint had been saved.' : `The last good checkpoint is ${last.path}.`;
    throw new TrainingError(error.code, `${error.message} ${kept}`, { cause: error });
  }
}

interface Prepared {
  readonly run: Run;
  readonly directory: RunDirectory;
  readonly checkpoint?: string;
}

async function plan(args: TrainArguments): Promise<Prepared> {
  const counts = {
    steps: args.steps,
    envs: args.envs,
    seed: args.seed,
    'evaluate-every': args.evaluateEvery,
    'checkpoint-every': args.checkpointEvery,
  };
  for (const [name, value] of Object.entries(counts)) {
    const least = name === 'steps' || name === 'envs' ? 1 : 0;
    if (!Number.isInteger(value) || value < least) {
      throw new ConfigError('invalid-value', `--${name} takes a whole number from ${least}, got ${value}.`);
    }
  }
  const run = await planRun({
    agent: args.agent,
    env: args.env,
    plugins: args.plugin,
    settings: parseSettings(args.set, ['agent', 'env']),
    data: args.data,
    validateFrom: args.validateFrom,
    testFrom: args.testFrom,
    numEnvs: args.envs,
    totalSteps: args.steps,
    seed: args.seed,
    evaluateEvery: args.evaluateEvery,
    evaluateEpisodes: args.evaluateEpisodes,
    checkpointEvery: args.checkpointEvery,
  });
  const path = args.out ?? `runs/${run.spec.agent.name}-${run.spec.env.name}-seed${args.seed}`;
  return { run, directory: new RunDirectory(path) };
}

async function reopen(path: string): Promise<Prepared> {
  const directory = new RunDirectory(path);
  const run = await reopenRun(parseRunSpec(directory.specification()));
  const checkpoint = latestCheckpoint(directory.checkpoints);
  if (checkpoint === undefined) {
    throw new ConfigError(
      'no-checkpoint',
      `${path} holds no checkpoint to continue from; start the run anew with --out.`,
    );
  }
  return { run, directory, checkpoint: checkpoint.path };
}
