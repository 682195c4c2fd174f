/** `market-gym controls`: the same training on markets of which the answer is known. */
import type { Argv } from 'yargs';
import { MAX_SEED } from '../../core/rng.ts';
import { formatTable } from '../../core/text-table.ts';
import type { ControlResult } from '../../experiments/controls/result.ts';
import { runControls } from '../../experiments/controls/run-controls.ts';
import { SHIPPED_DATA } from '../../experiments/plugins/catalog.ts';
import { FINDING_WORDS, percent } from '../../trainers/verdict.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { finiteNumber, wholeNumber } from '../terminal/counts.ts';
import { dataOptions, readOptionsOf } from '../terminal/data-options.ts';
import { EXIT_FAILED, EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, codeOptions } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';

export const options = (yargs: Argv) =>
  codeOptions(dataOptions(yargs))
    .option('agent', { type: 'string', default: 'ppo', describe: 'Agent to train' })
    .option('env', { type: 'string', default: 'trading', describe: 'Environment on candles to train in' })
    .option('data', { type: 'string', default: SHIPPED_DATA, describe: 'File of candles, or sp500' })
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
    .option('seeds', {
      default: 3,
      coerce: wholeNumber('seeds', 1, 1000),
      describe: 'Trainings on each market',
    })
    .option('seed', {
      default: 1,
      coerce: wholeNumber('seed', 0, MAX_SEED),
      describe: 'The first of the seeds',
    })
    .option('edge', {
      default: 3,
      coerce: finiteNumber('edge'),
      describe: 'Sharpe ratio a year of who knows the planted edge',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'agent.key=value or env.key=value',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['agent', 'env', 'data', 'steps', 'envs', 'seeds', 'seed', 'edge', 'set']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code: 1 where the learner finds what is not there, or not what is shown to it */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const outcome = await runControls(
    {
      agent: args.agent,
      env: args.env,
      plugins: args.plugin ?? [],
      settings: parseSettings(args.set, ['agent', 'env']),
      data: args.data,
      read: readOptionsOf(args),
      numEnvs: args.envs,
      totalSteps: args.steps,
      seeds: Array.from({ length: args.seeds }, (_, i) => args.seed + i),
      edge: args.edge,
    },
    {
      access: accessOf(args),
      signal: io.interrupt(),
      onStart: (name) => console.say(`Training ${args.seeds} × ${args.steps} steps: ${name}`),
    },
  );
  if (outcome === undefined) {
    console.say('Interrupted; run it again to start over.');
    return EXIT_INTERRUPTED;
  }
  const { controls, standing, alarms, notes } = outcome;
  const header = ['', 'beyond exposure', '95 % interval', 'trades', 'who knows', 'linear rule', 'verdict'];
  console.say(`\n${formatTable([header, ...controls.map(rowOf)])}\n`);
  for (const { name, description } of controls) console.say(`${name}: ${description}.`);
  console.say(
    `\nThe market's own figure stands at ${Number.isFinite(standing) ? standing.toFixed(2) : '–'} between the permuted bars (0) and the oracle (1). Its test rows were not looked at.`,
  );
  for (const note of notes) console.say(note);
  for (const alarm of alarms) console.say(`WRONG: ${alarm}`);
  if (alarms.length === 0) console.say('It finds what is shown to it, and nothing where there is nothing.');
  console.result(outcome);
  return alarms.length > 0 ? EXIT_FAILED : 0;
}

function rowOf({ name, verdict, rule, linear, isAsExpected }: ControlResult): string[] {
  const { mean, low, high } = verdict.skillPerYear;
  const bounds = Number.isNaN(low) ? '–' : `${percent(low)} to ${percent(high)}`;
  const words = FINDING_WORDS[verdict.finding];
  return [
    name,
    percent(mean),
    bounds,
    verdict.numTrades.toFixed(0),
    rule === undefined ? '' : percent(rule.skillPerYear),
    linear === undefined ? '' : percent(linear.skillPerYear),
    isAsExpected === false ? `${words} (wrong)` : words,
  ];
}
