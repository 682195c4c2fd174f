/** `market-gym check-leaks`: proves that features, rewards, envs, models and pipelines know nothing of later data. */
import type { Argv } from 'yargs';
import { checkLeaks, type LeakResult } from '../../experiments/leaks/check-leaks.ts';
import { DEFAULT_REGISTRY } from '../../experiments/models/default-registry.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { dataOptions, readOptionsOf } from '../terminal/data-options.ts';
import { EXIT_FAILED } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, codeOptions } from '../terminal/plugin-options.ts';
import { parseSettings } from '../terminal/settings.ts';

const PARTS = ['env', 'feature', 'reward', 'fee', 'slippage', 'model'] as const;

export const options = (yargs: Argv) =>
  codeOptions(dataOptions(yargs))
    .positional('names', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe:
        'What to prove, such as my-feature:20, my-env or a folder of a model; default: all that the files of --plugin export, else all that is built in',
    })
    .option('data', {
      type: 'string',
      describe: 'Candles (order books for envs on books) to prove it on too, such as those to train on',
    })
    .option('rows', {
      default: 1000,
      coerce: wholeNumber('rows', 50),
      describe: 'Rows of the data that are used, from the first on',
    })
    .option('cuts', {
      default: 160,
      coerce: wholeNumber('cuts', 2),
      describe: 'Rows after which all data are changed',
    })
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: `Settings of what is proved: ${PARTS.map((part) => `${part}.key=value`).join(', ')}`,
    })
    .option('registry', { type: 'string', default: DEFAULT_REGISTRY, describe: 'Directory of the registry' })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' })
    .requiresArg(['data', 'rows', 'cuts', 'set', 'registry']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code: 1 where something leaks or cannot be proved */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const results = await checkLeaks(
    {
      names: args.names,
      settings: parseSettings(args.set, PARTS),
      data: args.data,
      read: readOptionsOf(args),
      rows: args.rows,
      cuts: args.cuts,
      registry: args.registry,
      access: accessOf(args),
    },
    (result) => say(result, console),
  );
  const count = (status: LeakResult['status']) => results.filter((result) => result.status === status).length;
  const [leaks, unproven, sound] = [count('leak'), count('unproven'), count('sound')];
  console.say(
    leaks + unproven === 0
      ? `\nNone of ${sound} looks ahead.`
      : `\n${leaks} of ${leaks + unproven + sound} ${leaks === 1 ? 'looks' : 'look'} ahead${unproven > 0 ? `, ${unproven} cannot be proved` : ''}.`,
  );
  console.result({ leaks, unproven, sound, results });
  return leaks + unproven > 0 ? EXIT_FAILED : 0;
}

function say({ subject, status, findings, reason, numCuts }: LeakResult, console: Console): void {
  if (status === 'sound')
    console.say(`sound     ${subject}: all data changed after ${numCuts} rows, one at a time`);
  if (status === 'nothing') console.say(`–         ${subject}: ${reason}`);
  for (const { kind, message, time, reads } of findings) {
    const rows =
      reads === undefined
        ? ''
        : ` It reads ${reads[0] === reads[1] ? `row ${reads[0]}` : `rows ${reads[0]} to ${reads[1]}`}.`;
    console.say(
      `${kind === 'own-data' ? 'unproven' : 'LEAK    '}  ${message}${time === undefined ? '' : ` The row is that of ${time}.`}${rows}`,
    );
  }
  if (status === 'unproven' && findings.length === 0) console.say(`unproven  ${reason}`);
}
