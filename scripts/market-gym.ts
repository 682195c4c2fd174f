#!/usr/bin/env node
/** The command line. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { MarketGymError } from '../core/errors.ts';
import { benchCommand, benchOptions } from './bench-command.ts';
import { version } from './catalog.ts';
import { describeCommand, describeOptions } from './data-command.ts';
import { evaluateCommand, evaluateOptions } from './evaluate-command.ts';
import { listCommand, listOptions } from './list-command.ts';
import { quickstartCommand, quickstartOptions } from './quickstart-command.ts';
import { trainCommand, trainOptions } from './train-command.ts';

/** A mistake of the user's: one line on standard error. */
const EXIT_USAGE = 2;

/** Runs a command and leaves its exit code to the process. */
function exitWith<Arguments>(
  command: (args: Arguments) => Promise<number>,
): (args: Arguments) => Promise<void> {
  return async (args) => {
    process.exitCode = await command(args);
  };
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = EXIT_USAGE;
}

try {
  await yargs(hideBin(process.argv))
    .scriptName('market-gym')
    .usage('$0 COMMAND\n\nA reinforcement-learning gym for trading.')
    .command(
      'quickstart',
      'Train PPO on the shipped S&P 500 prices and judge it',
      quickstartOptions,
      exitWith(quickstartCommand),
    )
    .command('train', 'Train an agent into a run directory', trainOptions, exitWith(trainCommand))
    .command(
      'evaluate <runs..>',
      'Judge trained runs and write a report',
      evaluateOptions,
      exitWith(evaluateCommand),
    )
    .command(
      'list [name]',
      'Agents, envs, features and rewards, and their settings',
      listOptions,
      exitWith(listCommand),
    )
    .command('data', 'Look at market data', (data) =>
      data
        .command(
          'describe <file>',
          'What a file of candles holds',
          describeOptions,
          exitWith(describeCommand),
        )
        .demandCommand(1, 'Name a data command: describe.'),
    )
    .command('bench', 'Measure the speed of the parts', benchOptions, exitWith(benchCommand))
    .demandCommand(1, 'Name a command; market-gym --help lists them.')
    .recommendCommands()
    .strict()
    .version(version)
    .wrap(110)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();
} catch (error) {
  if (error instanceof MarketGymError) fail(error.message);
  else if (error instanceof Error && error.name === 'YError') fail(error.message);
  else throw error;
}
