/** `market-gym crossval`: combinatorial purged cross-validation of an agent. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { MAX_SEED } from '../../core/rng.ts';
import type { CrossvalPlan, CrossvalSetting } from '../../experiments/crossval/plan-crossval.ts';
import { runCrossval } from '../../experiments/crossval/run-crossval.ts';
import { formatSettings } from '../../experiments/crossval/summarize.ts';
import { SHIPPED_DATA } from '../../experiments/plugins/catalog.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { dataOptions, readOptionsOf } from '../terminal/data-options.ts';
import { EXIT_FAILED, EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import { showExperiment } from '../terminal/experiment-progress.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, changedCodeOptions } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';
import { poolOptions } from './experiment.ts';
import { ledgerOf } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  poolOptions(changedCodeOptions(dataOptions(yargs)))
    .option('agent', { type: 'string', default: 'ppo', describe: 'Agent to train' })
    .option('env', { type: 'string', default: 'trading', describe: 'Environment on candles to train in' })
    .option('data', { type: 'string', default: SHIPPED_DATA, describe: 'File of candles, or sp500' })
    .option('funding', {
      type: 'string',
      describe: 'File of funding rates, for env.instrument=perpetual; default: a column of the data',
    })
    .option('groups', {
      default: 8,
      coerce: wholeNumber('groups', 2, 100),
      describe: 'Groups of rows, in time',
    })
    .option('test-groups', {
      default: 2,
      coerce: wholeNumber('test-groups', 1, 99),
      describe: 'Groups that a split is tested on; every choice of them is one split',
    })
    .option('embargo', {
      coerce: wholeNumber('embargo', 0),
      describe: 'Rows left out after a test group, beside the purged ones; default: one in a hundred of all',
    })
    .option('window', {
      coerce: wholeNumber('window', 1),
      describe: 'Rows that an observation depends on, to be purged; default: all that the env looks back on',
    })
    .option('horizon', {
      default: 1,
      coerce: wholeNumber('horizon', 1),
      describe: 'Rows after its own that a reward depends on, to be purged',
    })
    .option('seeds', {
      default: 3,
      coerce: wholeNumber('seeds', 1, 1000),
      describe: 'Trainings of each split',
    })
    .option('seed', {
      default: 1,
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'The first of the seeds',
    })
    .option('steps', {
      default: 20_000,
      coerce: wholeNumber('steps', 1),
      describe: 'Env steps of a training',
    })
    .option('envs', {
      default: 8,
      coerce: wholeNumber('envs', 1, 1024),
      describe: 'Environments stepped together',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'agent.key=value or env.key=value, of all settings',
    })
    .option('try', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'One more setting to compare: "agent.key=value env.key=value"; may be given several times',
    })
    .option('out', {
      type: 'string',
      default: 'runs/crossval',
      describe: 'Folder; finished splits in it are kept',
    })
    .requiresArg([
      'agent',
      'env',
      'data',
      'funding',
      'groups',
      'test-groups',
      'embargo',
      'window',
      'horizon',
      'seeds',
    ])
    .requiresArg(['seed', 'steps', 'envs', 'set', 'try', 'out', 'workers', 'ledger']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const request = {
    agent: args.agent,
    env: args.env,
    plugins: args.plugin ?? [],
    settings: parseSettings(args.set, ['agent', 'env']),
    data: args.data,
    funding: args.funding,
    read: readOptionsOf(args),
    numEnvs: args.envs,
    totalSteps: args.steps,
    groups: args.groups,
    testGroups: args.testGroups,
    embargo: args.embargo,
    window: args.window,
    horizon: args.horizon,
    candidates: candidatesOf(args),
    seeds: Array.from({ length: args.seeds }, (_, i) => args.seed + i),
  };
  const outcome = await runCrossval(request, {
    out: args.out,
    jobs: args.workers,
    ledger: ledgerOf(args),
    access: accessOf(args),
    signal: io.interrupt(),
    timeMs: Date.now(),
    onEvent: showExperiment(console),
    onPlan: (plan) => sayPlan(plan, console),
  });
  const { summary, failures, interrupted } = outcome;
  console.result({ ...summary, failures, interrupted });
  if (summary === undefined) return interrupted ? EXIT_INTERRUPTED : EXIT_FAILED;
  const file = join(outcome.out, 'results.json');
  writeFileAtomic(file, `${JSON.stringify(summary, null, 2)}\n`);
  console.say(
    `\n${summary.numPaths} ${summary.numPaths === 1 ? 'path' : 'paths'} a seed through rows that the agent of each part did not learn from:`,
  );
  console.say(formatSettings(summary));
  console.say(`\n${summary.sentences.join('\n')}`);
  console.say(`\nResults: ${file}`);
  return 0;
}

function sayPlan({ fold, numSplits, run }: CrossvalPlan, console: Console): void {
  for (const note of run.market?.notes ?? []) console.say(note);
  const { fromRow, toRow, groups, testGroups, window, horizon, embargo } = fold;
  console.say(
    `${run.spec.agent.name} on ${run.spec.env.name}: ${toRow - fromRow} rows in ${groups} groups, ${numSplits} splits with ${testGroups} to test on; ` +
      `purged where an observation of ${window} rows or a reward of ${horizon} more meets a test group, embargo ${embargo} rows.`,
  );
}

/** @throws ConfigError `invalid-setting` for two settings that are one */
function candidatesOf(args: Arguments): CrossvalSetting[] {
  if (args.try.length === 0) return [{ label: args.agent, agent: {}, env: {} }];
  const all = args.try.map((text, i) => {
    const { agent, env } = parseSettings(text.trim().split(/\s+/), ['agent', 'env']);
    return { label: `setting-${i + 1}`, agent, env };
  });
  const texts = all.map(({ agent, env }) => JSON.stringify([agent, env]));
  const again = texts.findIndex((text, i) => texts.indexOf(text) < i);
  if (again < 0) return all;
  throw new ConfigError('invalid-setting', `--try "${args.try[again]}" is there twice; leave one out.`);
}
