/** `market-gym train`: trains an agent into a run directory, or continues one. */
import type { Argv } from 'yargs';
import { ConfigError, TrainingError } from '../../core/errors.ts';
import { MAX_SEED } from '../../core/rng.ts';
import type { Json } from '../../core/snapshot.ts';
import { requireNoLookAhead } from '../../experiments/leaks/require-sound.ts';
import { recordRun } from '../../experiments/ledger/record.ts';
import { notCounted } from '../../experiments/ledger/use-ledger.ts';
import { SHIPPED_DATA } from '../../experiments/plugins/catalog.ts';
import { KERNEL_CHOICES } from '../../experiments/run/fast-kernels.ts';
import { requireSoundAgent, requireSoundEnv } from '../../experiments/run/parts.ts';
import { codeOfRun, planRun, type Run, readRunSpec, reopenRun } from '../../experiments/run/spec.ts';
import { TrainingSession } from '../../experiments/run/training-session.ts';
import { latestCheckpoint } from '../../storage/checkpoint.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { LOG_FORMATS } from '../../storage/run-log.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole, formatRate } from '../terminal/console.ts';
import { finiteNumber, wholeNumber } from '../terminal/counts.ts';
import { dataOptions, readOptionsOf } from '../terminal/data-options.ts';
import { EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import { parseLogFormats } from '../terminal/log-formats.ts';
import { accessOf, changedCodeOptions } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { showTraining } from '../terminal/training-progress.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

/** Beyond this a mistyped number is likelier than a wish. */
const MAX_ENVS = 65_536;
/** What may stand beside --resume; the last two are yargs' own. */
const RESUMING: readonly string[] = [
  'resume',
  'ledger',
  'json',
  'plugin',
  'network',
  'trustPlugins',
  'trust-plugins',
  'acceptChangedPlugin',
  'accept-changed-plugin',
  '_',
  '$0',
];

/** What a resumed run has decided already. No defaults here: only without them can one tell what was given. */
const decisions = (yargs: Argv) =>
  dataOptions(yargs)
    .option('agent', { type: 'string', defaultDescription: 'ppo', describe: 'Agent to train' })
    .option('env', { type: 'string', defaultDescription: 'trading', describe: 'Environment to train in' })
    .option('data', {
      type: 'string',
      defaultDescription: SHIPPED_DATA,
      describe: 'File of candles, several by comma or pattern, or sp500; for envs on books: order books',
    })
    .option('funding', {
      type: 'string',
      describe: 'File of funding rates, for env.instrument=perpetual; default: a column of the data',
    })
    .option('validate-from', {
      type: 'string',
      describe: 'First day of the validation span; default: after 60 % of the data',
    })
    .option('test-from', {
      type: 'string',
      describe: 'First day of the test span; default: half of what follows training',
    })
    .option('steps', {
      defaultDescription: '100000',
      coerce: wholeNumber('steps', 1),
      describe: 'Env steps over all envs',
    })
    .option('envs', {
      defaultDescription: '8',
      coerce: wholeNumber('envs', 1, MAX_ENVS),
      describe: 'Environments stepped together',
    })
    .option('seed', {
      defaultDescription: '1',
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'Decides everything',
    })
    .option('set', {
      type: 'string',
      array: true,
      describe: 'agent.key=value, env.key=value, or network.key=value of a network plugin',
    })
    .option('evaluate-every', {
      defaultDescription: '10000',
      coerce: wholeNumber('evaluate-every', 0),
      describe: 'Env steps between evaluations; 0 for none',
    })
    .option('evaluate-episodes', {
      coerce: wholeNumber('evaluate-episodes', 1),
      describe: 'Episodes of an evaluation; default 1 on market data, else 10',
    })
    .option('checkpoint-every', {
      defaultDescription: '50000',
      coerce: wholeNumber('checkpoint-every', 0),
      describe: 'Env steps between checkpoints; 0 for the last only',
    })
    .option('keep-checkpoints', {
      defaultDescription: '10',
      coerce: wholeNumber('keep-checkpoints', 1),
      describe: 'How many of the latest checkpoints stay, beside the best',
    })
    .option('patience', {
      coerce: wholeNumber('patience', 1),
      describe: 'Evaluations without a new best that end the run',
    })
    .option('target-return', {
      coerce: finiteNumber('target-return'),
      describe: 'Mean return of an evaluation that ends the run',
    })
    .option('log', {
      coerce: parseLogFormats,
      defaultDescription: 'jsonl',
      describe: `What to log to, by comma: ${LOG_FORMATS.join(', ')}; jsonl always is`,
    })
    .option('kernels', {
      choices: KERNEL_CHOICES,
      defaultDescription: 'wasm',
      describe:
        'wasm: the same bits on any machine; wasm-fma: other ones, the same on any that fuses, faster; blas: the system library, faster; fast: what this machine is fastest with',
    })
    .option('threads', {
      coerce: wholeNumber('threads', 1, 64),
      defaultDescription: 'idle cores for large networks, otherwise 1',
      describe: 'Threads of a learner step; no number of them changes a bit of wasm',
    })
    .option('env-workers', {
      coerce: wholeNumber('env-workers', 0, 64),
      defaultDescription: '0',
      describe: 'Threads that step the envs, for costly ones; no number of them changes a bit',
    })
    .option('network', {
      type: 'string',
      describe: "Network plugin, or file that exports createNetwork, which makes the agent's networks",
    })
    .option('allow-look-ahead', {
      type: 'boolean',
      describe: 'Trains with plugins that know later data, as a control; the record says so',
    })
    .option('out', { type: 'string', describe: 'Run directory; default runs/AGENT-ENV-seedN' });

/** Options that mean nothing without a value. */
const VALUED = [
  'agent',
  'env',
  'data',
  'funding',
  'validate-from',
  'test-from',
  'steps',
  'envs',
  'seed',
  'set',
  'evaluate-every',
  'evaluate-episodes',
  'checkpoint-every',
  'keep-checkpoints',
  'patience',
  'target-return',
  'log',
  'kernels',
  'threads',
  'env-workers',
  'network',
  'out',
  'resume',
  'ledger',
];

export const options = (yargs: Argv) =>
  ledgerOptions(changedCodeOptions(decisions(yargs)))
    .option('resume', {
      type: 'string',
      describe: 'Run directory to continue, to the same bits as an unbroken run',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(VALUED);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const { run, directory, checkpoint, isOtherCode } = await (args.resume === undefined
    ? plan(args)
    : reopen(args.resume, args));
  const { agent, env, totalSteps, seed } = run.spec;
  const session = new TrainingSession(run, directory, checkpoint);
  const wasFinished = session.isFinished;
  if (checkpoint === undefined) directory.begin(run.spec as { [key: string]: Json });
  else if (isOtherCode) directory.amend(run.spec as { [key: string]: Json });
  for (const note of run.notes) console.warn(note);
  if (checkpoint !== undefined && session.isFinished)
    console.warn(`${directory.path} is finished; nothing is left to train.`);
  if (!session.isExact) {
    console.warn(
      `Env "${env.name}" cannot be saved: a resumed run starts new episodes and differs from an unbroken one.`,
    );
  }
  for (const note of (run.market ?? run.books)?.notes ?? []) console.say(note);
  console.say(
    `Training ${agent.name} on ${env.name}: ${totalSteps} steps, seed ${seed}, into ${directory.path}`,
  );
  for (const remark of session.remarks) console.say(remark);
  try {
    const signal = io.interrupt();
    const result = await session.carryOut({ onEvent: showTraining(console, agent.name), signal });
    const { step, interrupted, endedEarlyBy, bestReturn, stepsPerSecond, numUpdates } = result;
    // A run that was whole before is in the ledger already.
    const use =
      interrupted || wasFinished
        ? undefined
        : recordRun(run, directory, { ledger: ledgerOf(args), kind: 'train', timeMs: Date.now() });
    console.result({
      directory: directory.path,
      ...result,
      agent: undefined,
      ...(use && { trial: use.counted ? use.result : null }),
    });
    if (use?.counted === false) console.warn(notCounted('This training', use.reason));
    if (interrupted) {
      console.say(`Interrupted at step ${step}. Continue with: market-gym train --resume ${directory.path}`);
      return EXIT_INTERRUPTED;
    }
    const best = Number.isFinite(bestReturn) ? `, best evaluation ${bestReturn.toPrecision(4)}` : '';
    if (endedEarlyBy !== undefined) console.say(`Ended early by its ${endedEarlyBy}.`);
    const updates = `${numUpdates} ${numUpdates === 1 ? 'update' : 'updates'}`;
    console.say(`Done: ${step} steps, ${updates}, at ${formatRate(stepsPerSecond)} steps/s${best}.`);
    if (numUpdates === 0 && !wasFinished) console.say('The agent has not learnt: no update was made.');
    console.say(`Judge it with: market-gym evaluate ${directory.path}`);
    return 0;
  } catch (error) {
    const last = latestCheckpoint(directory.checkpoints);
    if (last === undefined) directory.abandon();
    if (!(error instanceof TrainingError)) throw error;
    const kept =
      last === undefined ? 'No checkpoint had been saved.' : `The last good checkpoint is ${last.path}.`;
    throw new TrainingError(error.code, `${error.message} ${kept}`, { cause: error });
  }
}

interface Prepared {
  readonly run: Run;
  readonly directory: RunDirectory;
  readonly checkpoint?: string;
  /** It goes on with other code than it was made with, which was accepted. */
  readonly isOtherCode?: boolean;
}

async function plan(args: Arguments): Promise<Prepared> {
  const seed = args.seed ?? 1;
  const request = {
    agent: args.agent ?? 'ppo',
    env: args.env ?? 'trading',
    plugins: args.plugin ?? [],
    settings: parseSettings(args.set ?? [], ['agent', 'env', 'network']),
    data: args.data,
    funding: args.funding,
    read: readOptionsOf(args),
    validateFrom: args.validateFrom,
    testFrom: args.testFrom,
    numEnvs: args.envs ?? 8,
    totalSteps: args.steps ?? 100_000,
    seed,
    evaluateEvery: args.evaluateEvery ?? 10_000,
    evaluateEpisodes: args.evaluateEpisodes,
    checkpointEvery: args.checkpointEvery ?? 50_000,
    keepCheckpoints: args.keepCheckpoints,
    patience: args.patience,
    targetReturn: args.targetReturn,
    log: args.log,
    backend: args.kernels,
    threads: args.threads ?? ('idle' as const),
    envWorkers: args.envWorkers,
    network: args.network,
  };
  const run = await planRun(request, accessOf(args));
  requireSoundEnv(run);
  requireSoundAgent(run);
  const sound = await requireNoLookAhead(run, args.allowLookAhead);
  const path = args.out ?? `runs/${run.spec.agent.name}-${run.spec.env.name}-seed${seed}`;
  return { run: sound, directory: new RunDirectory(path) };
}

async function reopen(path: string, args: Arguments): Promise<Prepared> {
  const given = Object.entries(args).find(([name, value]) => value !== undefined && !RESUMING.includes(name));
  if (given !== undefined) {
    throw new ConfigError(
      'invalid-setting',
      `--resume goes on with the settings of the run; leave out --${given[0]}, or begin a new run with --out.`,
    );
  }
  const directory = new RunDirectory(path);
  const stored = readRunSpec(directory);
  const run = await reopenRun(stored, accessOf(args), `The run "${path}"`);
  const checkpoint = latestCheckpoint(directory.checkpoints);
  if (checkpoint === undefined) {
    throw new ConfigError(
      'no-checkpoint',
      `"${path}" holds no checkpoint to continue from; remove the directory and start the run anew.`,
    );
  }
  const isOtherCode = codeOfRun(run.spec) !== codeOfRun(stored);
  return { run, directory, checkpoint: checkpoint.path, isOtherCode };
}
