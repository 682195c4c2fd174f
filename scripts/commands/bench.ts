/** `market-gym bench`: how fast the parts are on this machine, beside a fixed yardstick. */
import { availableParallelism, cpus } from 'node:os';
import type { Argv } from 'yargs';
import { ConfigError } from '../../core/errors.ts';
import { median } from '../../core/statistics.ts';
import { formatTable } from '../../core/text-table.ts';
import { writeFileAtomic } from '../../storage/atomic.ts';
import type { Comparison } from '../bench/against/compare.ts';
import type { PROFILED } from '../bench/profile-settings.ts';
import type { ArgumentsOf } from '../terminal/command.ts';
import { createConsole } from '../terminal/console.ts';
import { wholeNumber } from '../terminal/counts.ts';
import type { Io } from '../terminal/io.ts';

export const options = (yargs: Argv) =>
  yargs
    .option('only', { type: 'string', describe: 'Run only the rows whose names contain this' })
    .option('json', { type: 'string', describe: 'Print the rows as JSON, or write them to this file' })
    .option('profile', {
      choices: ['ppo', 'dqn', 'sac'] as const,
      describe: "Say instead where the time of this agent's training goes",
    })
    .option('against', {
      choices: ['sb3', 'lightgbm', 'xgboost', 'polars'] as const,
      describe: 'Measure instead beside this library, where it is installed, in alternating pairs',
    })
    .option('pairs', {
      coerce: wholeNumber('pairs', 1, 99),
      defaultDescription: '5',
      describe: 'With --against',
    })
    .option('cores', {
      coerce: wholeNumber('cores', 1, 64),
      defaultDescription: 'all',
      describe: 'With --against: cores that both sides are pinned to',
    })
    .option('python', {
      type: 'string',
      defaultDescription: 'python3',
      describe: 'With --against: the interpreter',
    })
    .requiresArg(['only', 'profile', 'against', 'pairs', 'cores', 'python']);

type Arguments = ArgumentsOf<typeof options>;

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** @returns the exit code */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { only, json, profile, against } = args;
  // Given without a file, the option is an empty text.
  const toStdout = json === '';
  const console = createConsole({ json: toStdout }, io);
  const writeJson = (content: unknown): void => {
    if (toStdout) console.result(content);
    else if (json !== undefined) writeFileAtomic(json, `${JSON.stringify(content, null, 2)}\n`);
  };
  if (profile !== undefined) {
    const shares = await profileOnBoth(profile);
    console.say(formatTable(shares));
    writeJson(Object.fromEntries(shares.map(([name, ...values]) => [name, values])));
    return 0;
  }
  if (against !== undefined) {
    const { compareWith } = await loadBench(() => import('../bench/against/compare.ts'));
    const { pairs = 5, cores = availableParallelism(), python = 'python3' } = args;
    const comparisons: Comparison[] = [];
    for (const comparison of compareWith(against, { only, pairs, cores, python })) {
      comparisons.push(comparison);
      console.say(formatTable([comparisonRow(comparison)]));
    }
    const versions = new Set(comparisons.map(({ version }) => version));
    console.say(
      `${cpus()[0]?.model ?? 'unknown processor'}, ${cores} cores; Node ${process.version}, ${[...versions].join(', ')}`,
    );
    writeJson(comparisons);
    return 0;
  }
  const rows: Row[] = [];
  const { benchmarks } = await loadBench(() => import('../bench/all.ts'));
  for (const { name, unit, measure } of benchmarks) {
    if (only !== undefined && name !== 'calibration' && !name.includes(only)) continue;
    const value = await measure();
    // What cannot be measured here is shown, but is no row.
    if (Number.isFinite(value)) rows.push({ name, value, unit });
    console.say(formatTable([[name.padEnd(38), formatValue(value).padStart(12), unit]]));
  }
  writeJson(rows);
  return 0;
}

/** Task and kernels, our figure, theirs, and how many times as fast we are: the median pair, the worst and the best. */
function comparisonRow({ task, kernels, ours, theirs, unit, ratios }: Comparison): string[] {
  const [low, middle, high] = [ratios[0], median(ratios), ratios[ratios.length - 1]];
  const name = kernels === 'wasm' ? task : `${task} (${kernels})`;
  return [
    name.padEnd(30),
    formatValue(ours).padStart(10),
    formatValue(theirs).padStart(10),
    unit.padEnd(8),
    `${middle.toFixed(2)} × (${low.toFixed(2)}–${high.toFixed(2)})`,
  ];
}

/**
 * The benches are part of the repository, not of the package.
 * @throws ConfigError `bench-not-shipped`
 */
async function loadBench<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      'bench-not-shipped',
      'The package ships no benches. Clone the repository and run npm run bench there.',
    );
  }
}

/** @returns a table: the parts of the time in percent, and that of an env step, on WebAssembly and on OpenBLAS */
async function profileOnBoth(agent: keyof typeof PROFILED): Promise<string[][]> {
  const { PARTS, profileTraining } = await loadBench(() => import('../bench/profile-training.ts'));
  const { PROFILED } = await loadBench(() => import('../bench/profile-settings.ts'));
  const profiles = [await profileTraining(PROFILED[agent], 'wasm')];
  try {
    profiles.push(await profileTraining(PROFILED[agent], 'blas'));
  } catch (error) {
    if (!(error instanceof ConfigError && error.code === 'blas-not-found')) throw error;
  }
  return [
    [agent, ...['wasm', 'blas'].slice(0, profiles.length)],
    ...PARTS.map((part) => [part, ...profiles.map(({ shares }) => `${(100 * shares[part]).toFixed(1)} %`)]),
    ['an env step', ...profiles.map(({ microsecondsPerStep }) => `${microsecondsPerStep.toPrecision(3)} µs`)],
  ];
}

function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'no OpenBLAS';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
