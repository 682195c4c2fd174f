/** The command line as a function: arguments in, text and an exit code out. */
import yargs, { type Argv } from 'yargs';
import { ConfigError, MarketGymError } from '../core/errors.ts';
import { version } from '../experiments/version.ts';
import { commands } from './commands/index.ts';
import type { Command, CommandEntry, CommandGroup } from './terminal/command.ts';
import { EXIT_USAGE } from './terminal/exit-codes.ts';
import { type Io, inertIo, processIo } from './terminal/io.ts';

/** The options that may be given several times; `_` is what yargs found besides options. */
const LISTS: readonly string[] = [
  'set',
  'try',
  'plugin',
  'log',
  'only',
  'runs',
  'names',
  'files',
  'models',
  'ignore',
  'baseline',
  '_',
];

/**
 * Carries a command out as the program does. Nothing is written but to `io`; paths are those of the working directory.
 * @param argv what follows the program's name, such as `['list', 'ppo']`
 * @param io where it writes, and how it is interrupted; by default as the program: this process's streams and Ctrl-C
 * @returns the exit code: 2 for a mistake of the user's, which is one line on `io.stderr`
 * @throws what is nobody's mistake but ours, with its stack
 * @example
 * const io = capturedIo();
 * const code = await main(['list', 'ppo', '--json'], io);
 * const { settings } = JSON.parse(io.stdout.text);
 */
export async function main(argv: readonly string[], io: Io = processIo): Promise<number> {
  try {
    return await carryOut(argv, io);
  } catch (error) {
    if (!(error instanceof MarketGymError)) throw error;
    inertIo(io).stderr.write(oneLine(error.message));
    return EXIT_USAGE;
  }
}

/**
 * Carries a command out for a program: its options by their names, its mistakes as errors.
 * @param command its words and what follows them, such as `['models', 'show', 'trader']`
 * @param options by their names on the command line, in kebab or camel case: `{ agent: 'ppo', envWorkers: 2, json: true }`;
 *   a list gives an option several times, `undefined` leaves it out
 * @returns 0, or the exit code of what the command found: 1 where it compares or verifies and something is wrong, 130
 *   where it was interrupted
 * @throws MarketGymError of the code and message that the command line would print
 * @example
 * await runCommand(['train'], { agent: 'ppo', env: 'cartpole', steps: 10_000, out: 'runs/a' });
 */
export function runCommand(
  command: readonly string[],
  options: Readonly<Record<string, OptionValue>> = {},
  io: Io = processIo,
): Promise<number> {
  return carryOut([...command, ...Object.entries(options).flatMap(argumentsOf)], io);
}

export type OptionValue = string | number | boolean | readonly (string | number)[] | undefined;

function argumentsOf([name, value]: [string, OptionValue]): string[] {
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? `--${option}` : `--no-${option}`];
  return (Array.isArray(value) ? value : [value]).map((each) => `--${option}=${each}`);
}

/** @throws MarketGymError for a mistake of the user's */
async function carryOut(argv: readonly string[], outside: Io): Promise<number> {
  const io = inertIo(outside);
  let exitCode = 0;
  // As far as they are known: whose help to look at.
  let words = 'market-gym';
  const add = (parser: Argv, entry: CommandEntry): Argv => {
    let command: Command;
    return parser.command(
      entry.usage,
      entry.describe,
      async (y) => {
        words += ` ${entry.usage.split(' ')[0]}`;
        command = await entry.load();
        return command.options(y) as Argv;
      },
      async (args) => {
        exitCode = await command.run(args as never, io);
      },
    );
  };
  const addGroup = (parser: Argv, { name, describe, commands: entries, options }: CommandGroup): Argv =>
    parser.command(name, describe, (y) => {
      words += ` ${name}`;
      const names = entries.map(({ usage }) => usage.split(' ')[0]);
      return entries
        .reduce(add, (options?.(y) ?? y) as Argv)
        .demandCommand(1, `Name a ${name} command: ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);
    });
  const parser = commands
    .reduce((y, entry) => ('load' in entry ? add(y, entry) : addGroup(y, entry)), yargs() as Argv)
    .scriptName('market-gym')
    .usage('$0 COMMAND\n\nA reinforcement-learning gym for trading.')
    .demandCommand(1, 'Name a command')
    .check(refuseRepeated)
    .recommendCommands()
    .strict()
    .version(version)
    // yargs lays the help out before any command, also when nobody asked for it: unwrapped that costs next to nothing.
    .wrap(argv.includes('--help') ? 110 : null)
    .fail((message, error) => {
      throw error ?? new ConfigError('usage', explainUsage(message, words));
    });
  try {
    await parser.parseAsync(argv, {}, (_error, _args, output) => {
      // Help, or the version: with a callback yargs hands it over and leaves the process alone.
      if (output !== '') io.stdout.write(`${output}\n`);
    });
    return exitCode;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'YError')) throw error;
    throw new ConfigError('usage', explainUsage(error.message, words));
  }
}

/** Options of one command that may be given once a file. */
const ONCE_A_FILE: Readonly<Record<string, readonly string[]>> = { arbitrage: ['data', 'pair', 'funding'] };

/** @throws ConfigError `repeated-option` */
function refuseRepeated(args: Record<string, unknown>): true {
  const [command] = (args._ ?? []) as readonly unknown[];
  const repeatable = [...LISTS, ...(ONCE_A_FILE[String(command)] ?? [])];
  for (const [name, value] of Object.entries(args)) {
    if (!Array.isArray(value) || repeatable.includes(name)) continue;
    throw new ConfigError('repeated-option', `--${name} was given ${value.length} times; give it once.`);
  }
  return true;
}

/** The parser's own messages say what, not what to do; those that come from here are whole sentences. */
function explainUsage(message: string, words: string): string {
  if (message.endsWith('.')) return message;
  return `${message}${message.endsWith('?') ? '' : '.'} See ${words} --help.`;
}

/** A message may quote what the user gave, line breaks included. */
function oneLine(message: string): string {
  return `${message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`;
}
