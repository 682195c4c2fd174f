/** `market-gym zoo`: our agents beside the RL Zoo's published scores. */
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { suggestion } from '../../core/nearest.ts';
import { median } from '../../core/statistics.ts';
import { formatTable } from '../../core/text-table.ts';
import { parseExperiment } from '../../experiments/file.ts';
import { openCatalog } from '../../experiments/plugins/catalog.ts';
import { formatScore } from '../../experiments/results.ts';
import { KERNEL_CHOICES } from '../../experiments/run/fast-kernels.ts';
import { type ExperimentOutcome, runExperiment } from '../../experiments/run-experiment.ts';
import { type ZooEntry, zooEntries, zooExperiment } from '../../experiments/zoo.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { type Console, createConsole } from '../terminal/console.ts';
import { showExperiment } from '../terminal/experiment-progress.ts';
import type { Io } from '../terminal/io.ts';
import { accessOf, type CodeArguments, changedCodeOptions } from '../terminal/plugin-options.ts';
import { exitCodeOf, poolOptions } from './experiment.ts';
import { ledgerOf } from './trials/ledger-options.ts';

export const options = (yargs: Argv) =>
  poolOptions(
    changedCodeOptions(yargs)
      .option('short', {
        type: 'boolean',
        default: false,
        describe: 'One seed and a quarter of the steps: a check, not scores to compare',
      })
      .option('only', {
        type: 'string',
        array: true,
        describe: `Entries to run: ${zooEntries.map(({ name }) => name).join(', ')}`,
      })
      .option('kernels', {
        choices: KERNEL_CHOICES,
        default: 'wasm' as const,
        describe:
          'wasm: the same bits anywhere; wasm-fma: fused, faster; blas: OpenBLAS, faster; fast: what this machine is fastest with',
      })
      .option('out', {
        type: 'string',
        describe: 'Folder; default runs/zoo. Finished trials in it are kept',
      }),
  ).requiresArg(['only', 'out', 'workers', 'kernels', 'ledger']);

type Arguments = ArgumentsOf<typeof options>;

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const console = createConsole(args, io);
  const entries = await availableEntries(chosenEntries(args.only), console, args);
  const input = { ...zooExperiment(entries, args.short), kernels: args.kernels };
  const out = args.out ?? join('runs', input.name);
  const experiment = parseExperiment(input, 'The zoo');
  const outcome = await runExperiment(experiment, {
    out,
    jobs: args.workers,
    ledger: ledgerOf(args),
    onEvent: showExperiment(console),
    signal: io.interrupt(),
    access: accessOf(args),
  });
  const rows = entries
    .map((entry) => summarizeEntry(entry, outcome))
    .filter(({ scores }) => scores.length > 0);
  const { failures, interrupted } = outcome;
  const results = { short: args.short, entries: rows, failures, interrupted };
  console.result(results);
  if (!interrupted) {
    writeFileAtomic(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
    const { judgeEpisodes } = experiment;
    console.say(`\nMean return of ${judgeEpisodes} greedy episodes of the final agent:\n${formatRows(rows)}`);
    if (args.short) console.say('The short form is a check; its scores are none to compare.');
  }
  return exitCodeOf(outcome);
}

/** @throws ConfigError `unknown-name` */
function chosenEntries(names: readonly string[] | undefined): readonly ZooEntry[] {
  const known = zooEntries.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError('unknown-name', `The zoo has no entry "${unknown}".${suggestion(unknown, known)}`);
  }
  return zooEntries.filter(({ name }) => names?.includes(name) ?? true);
}

/** @throws ConfigError `unknown-name` when none is left */
async function availableEntries(
  entries: readonly ZooEntry[],
  console: Console,
  args: CodeArguments,
): Promise<ZooEntry[]> {
  const { agents, envs } = await openCatalog([], accessOf(args), 'The zoo');
  const available = entries.filter(({ name, agent, env }) => {
    const missing = agents.has(agent) ? (envs.has(env) ? '' : `env "${env}"`) : `agent "${agent}"`;
    if (missing !== '') console.warn(`Left out: ${name}, for there is no ${missing}.`);
    return missing === '';
  });
  if (available.length > 0) return available;
  throw new ConfigError(
    'unknown-name',
    'The zoo has nothing to run: no entry of those asked for is available.',
  );
}

interface ZooRow {
  readonly name: string;
  readonly env: string;
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly scores: readonly number[];
  readonly median: number;
  readonly published: ZooEntry['published'];
}

function summarizeEntry({ name, env, published }: ZooEntry, { results }: ExperimentOutcome): ZooRow {
  const trials = results.filter(({ agent }) => agent === name);
  const scores = trials.map(({ meanReturn }) => meanReturn);
  const steps = Math.max(0, ...trials.map((trial) => trial.steps));
  return {
    name,
    env,
    steps,
    seeds: trials.map(({ seed }) => seed),
    scores,
    median: median(scores),
    published,
  };
}

function formatRows(rows: readonly ZooRow[]): string {
  const header = ['', 'steps', 'per seed', 'median', 'published'];
  return formatTable([
    header,
    ...rows.map(({ name, steps, scores, median, published: [mean, deviation] }) => [
      name,
      steps.toLocaleString('en'),
      scores.map(formatScore).join(', '),
      formatScore(median),
      `${mean} ± ${deviation}`,
    ]),
  ]);
}
