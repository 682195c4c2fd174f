/** `market-gym experiment`: a matrix of tasks, agents and seeds, on several processes. */
import { basename, join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { formatColumns } from '../../core/text-table.ts';
import { EXPERIMENT_KEYS, type Experiment, loadExperiment } from '../../experiments/file.ts';
import { notCounted } from '../../experiments/ledger/use-ledger.ts';
import { type ExperimentStory, renderExperimentPage } from '../../experiments/page/page.ts';
import { writeTrialsTable } from '../../experiments/page/trials-table.ts';
import type { QueueOptions } from '../../experiments/queue/coordinator.ts';
import { compareAgents, formatCells, formatImprovements, summarizeCells } from '../../experiments/results.ts';
import { type ExperimentOutcome, runExperiment } from '../../experiments/run-experiment.ts';
import { MAX_TRIALS, searchSchema } from '../../experiments/search/settings.ts';
import { describeChoice, formatSearch } from '../../experiments/search/summarize-search.ts';
import { summarizeSelection } from '../../experiments/selection.ts';
import { version } from '../../experiments/version.ts';
import { judgeWinners } from '../../experiments/winner.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import { EXIT_FAILED, EXIT_INTERRUPTED } from '../terminal/exit-codes.ts';
import { showExperiment } from '../terminal/experiment-progress.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, changedCodeOptions } from '../terminal/plugin-options.ts';
import { showStatus } from './experiment/status.ts';
import { ledgerOf, ledgerOptions } from './trials/ledger-options.ts';

const MAX_WORKERS = 1024;
const MAX_WATCH_SECONDS = 86_400;
/** In place of a file: looks, and runs nothing. */
const STATUS = 'status';

/** Options of every command that runs trials. */
export const poolOptions = <Options>(yargs: Argv<Options>) =>
  ledgerOptions(yargs)
    .option('workers', {
      coerce: wholeNumber('workers', 1, MAX_WORKERS),
      describe: 'Trials at a time; default: one per processor core',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object instead of text' });

export const options = (yargs: Argv) =>
  poolOptions(
    changedCodeOptions(yargs)
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe:
          'A JSON file, or a TypeScript or JavaScript module with a default export; or the word status',
      })
      .positional('folder', { type: 'string', describe: 'After status: the folder of the experiment' })
      .option('out', {
        type: 'string',
        describe: 'Folder; default runs/NAME. Finished trials in it are kept',
      })
      .option('trials', {
        coerce: wholeNumber('trials', 1, MAX_TRIALS),
        describe: 'Search settings: so many trials, in place of "search.trials" of the file',
      })
      .option('sampler', { type: 'string', describe: 'Who proposes them, in place of "search.sampler"' })
      .option('pruner', { type: 'string', describe: 'Who ends them early, in place of "search.pruner"' })
      .option('queue', {
        type: 'string',
        describe: 'postgres://USER@HOST/DATABASE: market-gym worker carries the trials out, on any machine',
      })
      .option('artifacts', {
        type: 'string',
        describe: 'With --queue: a folder that all machines see, for checkpoints; default: the database',
      })
      .option('watch', {
        coerce: wholeNumber('watch', 1, MAX_WATCH_SECONDS),
        describe: 'After status: looks again every so many seconds until the experiment has ended',
      })
      .option('send-data', {
        type: 'boolean',
        default: true,
        describe: 'With --queue: puts data files into the database, for workers that lack them',
      }),
  )
    .requiresArg(['out', 'workers', 'ledger', 'trials', 'sampler', 'pruner', 'queue', 'artifacts', 'watch'])
    .epilogue(
      `Keys of the file:\n${formatColumns(EXPERIMENT_KEYS.map(([level, key, meaning]) => [`  ${level}`, key, meaning]))}`,
    );

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  if (args.file === STATUS) return lookAt(args, io);
  if ((args.folder ?? args.watch) !== undefined) {
    throw new ConfigError('usage', `A folder and --watch belong to market-gym experiment ${STATUS} FOLDER.`);
  }
  const console = createConsole(args, io);
  const experiment = withSearch(await loadExperiment(args.file), args);
  const outcome = await runExperiment(experiment, {
    out: args.out,
    jobs: args.workers,
    queue: queueOf(args, console),
    ledger: ledgerOf(args),
    onEvent: showExperiment(console),
    signal: io.interrupt(),
    access: accessOf(args),
  });
  const cells = summarizeCells(outcome.results);
  const improvements = compareAgents(cells);
  const { failures, interrupted, uncounted, searches } = outcome;
  const selection = interrupted
    ? []
    : summarizeSelection(outcome.results, cells, {
        out: outcome.out,
        ledger: ledgerOf(args),
        timeMs: Date.now(),
      });
  const winners = await judgeWinners(outcome.results, cells, selection, {
    out: outcome.out,
    access: accessOf(args),
    leastTrials: searches?.reduce((sum, { trials }) => sum + trials.length, 0),
  });
  const choices = interrupted
    ? []
    : (searches ?? []).flatMap((search) => describeChoice(search, outcome.out, experiment.seeds[0]));
  const results = {
    name: experiment.name,
    ...(searches && { searches, choices }),
    cells,
    improvements,
    selection,
    winners,
    failures,
    interrupted,
  };
  if (uncounted !== undefined) console.warn(notCounted('A trial of this experiment', uncounted));
  console.result(results);
  if (interrupted) return EXIT_INTERRUPTED;
  const file = join(outcome.out, 'results.json');
  writeFileAtomic(file, `${JSON.stringify(results, null, 2)}\n`);
  const page = writePage(results, outcome.out, args.file);
  for (const search of searches ?? []) console.say(`\n${formatSearch(search)}`);
  for (const sentence of choices) console.say(`\n${sentence}`);
  if (cells.length > 0) console.say(`\nMean return of the judged episodes:\n${formatCells(cells)}`);
  if (improvements.length > 0) console.say(`\n${formatImprovements(improvements)}`);
  for (const { task, sentences } of selection) console.say(`\n${task}: ${sentences.join('\n')}`);
  for (const { task, winner, verdict } of winners) console.say(`\n${task} ${winner}: ${verdict.text}`);
  console.say(`\nResults: ${file}; page: ${page}`);
  return exitCodeOf(outcome);
}

/** With the trials of searches as tables beside it. @returns its path */
function writePage(story: ExperimentStory, out: string, file: string): string {
  const page = join(out, 'experiment.html');
  const details = [`Repeat: market-gym experiment ${file}`, `Version: market-gym ${version}`];
  if (story.searches !== undefined && story.searches.length > 0) {
    const tables = writeTrialsTable(out, story.searches);
    details.push(`All trials: ${basename(tables.csv)}, ${basename(tables.parquet)}, beside this page`);
  }
  writeFileAtomic(page, renderExperimentPage(story, details));
  return page;
}

/** What the command line says of a search is said after the file. */
function withSearch(experiment: Experiment, { trials, sampler, pruner }: Arguments): Experiment {
  if ((trials ?? sampler ?? pruner) === undefined) return experiment;
  const search = searchSchema.parse({
    ...experiment.search,
    ...(trials !== undefined && { trials }),
    ...(sampler !== undefined && { sampler }),
    ...(pruner !== undefined && { pruner }),
  });
  return { ...experiment, search };
}

/** @throws ConfigError `usage` without a folder */
function lookAt({ folder, queue, watch, json }: Arguments, io: Io): Promise<number> {
  if (folder !== undefined) return showStatus({ folder, queue, watch, json }, io);
  throw new ConfigError(
    'usage',
    'Name the folder of the experiment: market-gym experiment status runs/NAME.',
  );
}

/** @throws ConfigError `usage` for options of a queue without one */
function queueOf({ queue, artifacts, sendData }: Arguments, console: Console): QueueOptions | undefined {
  if (queue !== undefined) {
    return { url: queue, artifacts, sendData, onNote: (sentence) => console.warn(sentence) };
  }
  if (artifacts === undefined && sendData) return undefined;
  throw new ConfigError(
    'usage',
    'Data and checkpoints go nowhere without a queue; add --queue postgres://….',
  );
}

export function exitCodeOf({ failures, interrupted }: ExperimentOutcome): number {
  if (interrupted) return EXIT_INTERRUPTED;
  return failures.length > 0 ? EXIT_FAILED : 0;
}
