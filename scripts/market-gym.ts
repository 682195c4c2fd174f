#!/usr/bin/env node
/** The command line. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ConfigError, MarketGymError } from '../core/errors.ts';
import { version } from '../experiments/plugins/catalog.ts';
import { arbitrageCommand, arbitrageOptions } from './commands/arbitrage.ts';
import { benchCommand, benchOptions } from './commands/bench.ts';
import { describeCommand, describeOptions } from './commands/data.ts';
import { dataFitCommand, dataFitOptions } from './commands/data-fit.ts';
import { evaluateCommand, evaluateOptions } from './commands/evaluate.ts';
import { experimentCommand, experimentOptions } from './commands/experiment.ts';
import { fitCommand, fitOptions } from './commands/fit.ts';
import { listCommand, listOptions } from './commands/list.ts';
import { liveCommand, liveOptions, recordCommand, recordOptions } from './commands/live.ts';
import { modelsCommands } from './commands/models.ts';
import { predictCommand, predictOptions } from './commands/predict.ts';
import { priorCommand, priorOptions } from './commands/prior.ts';
import { quickstartCommand, quickstartOptions } from './commands/quickstart.ts';
import { replayCommand, replayOptions } from './commands/replay.ts';
import { serveCommand, serveOptions } from './commands/serve.ts';
import {
  exportTapeCommand,
  exportTapeOptions,
  makeTapeCommand,
  makeTapeOptions,
  tapeInfoCommand,
  tapeInfoOptions,
  verifyTapeCommand,
  verifyTapeOptions,
} from './commands/tape.ts';
import { trainCommand, trainOptions } from './commands/train.ts';
import { updateCommand, updateOptions } from './commands/update.ts';
import { zooCommand, zooOptions } from './commands/zoo.ts';

/** A mistake of the user's: one line on standard error. */
const EXIT_USAGE = 2;

/** The options that may be given several times; `_` is what yargs found besides options. */
const LISTS: readonly string[] = [
  'set',
  'plugin',
  'log',
  'only',
  'runs',
  'models',
  'ignore',
  'baseline',
  '_',
];

/** Runs a command and leaves its exit code to the process. */
function exitWith<Arguments>(
  command: (args: Arguments) => Promise<number>,
): (args: Arguments) => Promise<void> {
  return async (args) => {
    process.exitCode = await command(args);
  };
}

/** @throws ConfigError `repeated-option` */
function refuseRepeated(args: Record<string, unknown>): true {
  for (const [name, value] of Object.entries(args)) {
    if (!Array.isArray(value) || LISTS.includes(name)) continue;
    throw new ConfigError('repeated-option', `--${name} was given ${value.length} times; give it once.`);
  }
  return true;
}

/** The parser's own messages say what, not what to do; those that come from here are whole sentences. */
function explainUsage(message: string): string {
  if (message.endsWith('.')) return message;
  return `${message}${message.endsWith('?') ? '' : '.'} See market-gym --help.`;
}

/** A message may quote what the user gave, line breaks included. */
function fail(message: string): void {
  process.stderr.write(`${message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`);
  process.exitCode = EXIT_USAGE;
}

// A reader that has seen enough, such as `head`, is no reason to stop a training.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

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
      'arbitrage',
      'Train an agent across venues, and judge it beside rules and the hindsight bound',
      arbitrageOptions,
      exitWith(arbitrageCommand),
    )
    .command(
      'fit <data>',
      'Train a supervised model and judge it on unseen rows',
      fitOptions,
      exitWith(fitCommand),
    )
    .command(
      'predict <model> <data>',
      'Write what a model says of each row of a file',
      predictOptions,
      exitWith(predictCommand),
    )
    .command(
      'evaluate [runs..]',
      'Judge trained runs, or a model, and write a report',
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
          'What a file of candles, order books or trades holds',
          describeOptions,
          exitWith(describeCommand),
        )
        .command(
          'fit <file>',
          'Fit a synthetic market to order books',
          dataFitOptions,
          exitWith(dataFitCommand),
        )
        .demandCommand(1, 'Name a data command: describe or fit'),
    )
    .command(
      'experiment <file>',
      'Run a matrix of tasks, agents and seeds on several processes',
      experimentOptions,
      exitWith(experimentCommand),
    )
    .command('zoo', "Train with the RL Zoo's settings, beside its scores", zooOptions, exitWith(zooCommand))
    .command(
      'prior',
      'Try whether a model helps an agent, and in which way',
      priorOptions,
      exitWith(priorCommand),
    )
    .command(
      'update',
      'Train a model on newer data, judge it against the one in use, promote the better',
      updateOptions,
      exitWith(updateCommand),
    )
    .command('models', 'The registry of trained models', (models) =>
      modelsCommands(models, (run) => exitWith(run)(undefined)),
    )
    .command(
      'live',
      'Trade on paper with a policy, on a venue’s own messages',
      liveOptions,
      exitWith(liveCommand),
    )
    .command(
      'record',
      'Record the messages of venues, without trading',
      recordOptions,
      exitWith(recordCommand),
    )
    .command(
      'replay <tape>',
      'Run a recorded session again and compare it byte for byte',
      replayOptions,
      exitWith(replayCommand),
    )
    .command(
      'serve <tape>',
      'Play a tape to any client, as its venues would',
      serveOptions,
      exitWith(serveCommand),
    )
    .command('tape', 'Look at tapes, and make them', (tape) =>
      tape
        .command(
          'verify <tape>',
          'Whether every byte is as it was written',
          verifyTapeOptions,
          exitWith(verifyTapeCommand),
        )
        .command('info <tape>', 'What a tape holds', tapeInfoOptions, exitWith(tapeInfoCommand))
        .command(
          'export <tape> <file>',
          'Its books, or its records, as a file',
          exportTapeOptions,
          exitWith(exportTapeCommand),
        )
        .command(
          'make <tape>',
          'A tape of frames, made of order books',
          makeTapeOptions,
          exitWith(makeTapeCommand),
        )
        .demandCommand(1, 'Name a tape command: verify, info, export or make'),
    )
    .command('bench', 'Measure the speed of the parts', benchOptions, exitWith(benchCommand))
    .demandCommand(1, 'Name a command')
    .check(refuseRepeated)
    .recommendCommands()
    .strict()
    .version(version)
    .wrap(110)
    .fail((message, error) => {
      throw error ?? new ConfigError('usage', explainUsage(message));
    })
    .parseAsync();
} catch (error) {
  if (error instanceof MarketGymError) fail(error.message);
  else if (error instanceof Error && error.name === 'YError') fail(explainUsage(error.message));
  else throw error;
}
