/** Runs another library beside this one, in alternating processes on the same cores, and works out the ratios. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { median } from '../../../core/statistics.ts';
import type { KernelChoice } from '../../../experiments/run/fast-kernels.ts';
import { idleThreads } from '../../../experiments/run/idle-threads.ts';
import { type OwnOrder, type PeerName, TASKS, type Task } from './tasks.ts';

export interface Comparison {
  readonly task: string;
  readonly kernels: KernelChoice;
  readonly unit: 'steps/s' | 's' | 's of CPU';
  /** Medians over the pairs. */
  readonly ours: number;
  readonly theirs: number;
  /** How many times as fast we are, by pair, ascending. */
  readonly ratios: readonly number[];
  /** The other library's. */
  readonly version: string;
}

export interface CompareOptions {
  /** Tasks whose names contain this. */
  readonly only?: string;
  readonly pairs: number;
  /** Cores that both sides are pinned to, as many threads as they may use. */
  readonly cores: number;
  readonly python: string;
}

const SCRIPTS: Readonly<Record<Task['kind'], string>> = {
  training: 'sb3.py',
  trees: 'trees.py',
  reading: 'polars_reading.py',
};

/**
 * Compares task by task; yields each comparison when its pairs are done.
 * @throws ConfigError `peer-not-found` when the other library is not installed, in one line
 */
export function* compareWith(peer: PeerName, options: CompareOptions): Generator<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-against-'));
  try {
    for (const task of TASKS[peer]) {
      if (options.only !== undefined && !task.name.includes(options.only)) continue;
      yield* compareTask(peer, task, writeData(task, folder), options);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compareTask(
  peer: PeerName,
  task: Task,
  files: { readonly rows: string; readonly labels: string },
  { pairs, cores, python }: CompareOptions,
): Comparison[] {
  const load = { cores, load: 0 };
  const threads = task.kind === 'training' ? idleThreads('wasm', task.config, load) : cores;
  const variants: readonly KernelChoice[] = task.kind === 'training' ? ['wasm', 'fast'] : ['wasm'];
  const ownScript = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './own-side.ts' : './own-side.js', import.meta.url),
  );
  const runtime = ownScript.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const own = (kernels: KernelChoice) => {
    const order: OwnOrder = { task, kernels, threads, ...files };
    return run(cores, process.execPath, [...runtime, ownScript, JSON.stringify(order)]).value;
  };
  const theirTask =
    task.kind === 'training'
      ? {
          ...task,
          algorithm: task.agent.toUpperCase(),
          env: task.env === 'cartpole' ? 'CartPole-v1' : 'Pendulum-v1',
          envs: task.numEnvs,
        }
      : { ...task, ...files, file: files.rows, library: peer, threads: cores };
  const script = join(projectRoot(), 'test/peers/bench', SCRIPTS[task.kind]);
  const other = () => run(cores, python, [script, JSON.stringify(theirTask)]);

  const theirs: number[] = [];
  const ours: number[][] = []; // [pair][variant]
  let version = '';
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0 ? undefined : variants.map(own);
    const result = other();
    if (result.missing !== undefined) {
      throw new ConfigError(
        'peer-not-found',
        `Nothing to compare with: ${python} does not find ${result.missing}`,
      );
    }
    version = result.version ?? '';
    theirs.push(result.value);
    ours.push(first ?? variants.map(own));
  }
  const isRate = task.kind === 'training';
  return variants.map((kernels, v) => ({
    task: task.name,
    kernels,
    unit: isRate ? 'steps/s' : task.kind === 'trees' ? 's' : 's of CPU',
    ours: median(ours.map((values) => values[v])),
    theirs: median(theirs),
    ratios: theirs
      .map((their, pair) => (isRate ? ours[pair][v] / their : their / ours[pair][v]))
      .sort((a, b) => a - b),
    version,
  }));
}

interface Result {
  readonly value: number;
  readonly version?: string;
  /** Of a library that is not there: its name, and how to install it. */
  readonly missing?: string;
}

/** Runs a program on the first `cores` cores, where the system can pin it, and reads its last line. */
function run(cores: number, program: string, args: readonly string[]): Result {
  const pin = pinning(cores);
  const env = { ...process.env, OMP_NUM_THREADS: String(cores), POLARS_MAX_THREADS: String(cores) };
  let output: string;
  try {
    const [command, ...rest] = [...pin, program, ...args];
    output = execFileSync(command, rest, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: number | null };
    // taskset exits with 127 where there is no such program.
    throw code === 'ENOENT' || status === 127
      ? new ConfigError(
          'peer-not-found',
          `Nothing to compare with: there is no "${program}"; --python says where Python is.`,
        )
      : new ConfigError('peer-failed', `"${program} ${args[0]}" failed; what it says is above.`, {
          cause: error,
        });
  }
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Result;
}

function pinning(cores: number): readonly string[] {
  if (process.platform !== 'linux' || cores > availableParallelism()) return [];
  return existsSync('/usr/bin/taskset') ? ['/usr/bin/taskset', '-c', `0-${cores - 1}`] : [];
}

/** Labels that one column and a product of two others decide, with noise; candles that walk. */
function writeData(task: Task, folder: string): { readonly rows: string; readonly labels: string } {
  const files = { rows: join(folder, `${task.name}.rows`), labels: join(folder, `${task.name}.labels`) };
  const rng = createRng(1);
  if (task.kind === 'trees') {
    const { numRows, numColumns } = task;
    const values = new Float32Array(numRows * numColumns);
    for (let i = 0; i < values.length; i++) values[i] = rng.gaussian();
    const labels = new Float32Array(numRows);
    for (let row = 0; row < numRows; row++) {
      const first = row * numColumns;
      const score = values[first] + values[first + 1] * values[first + 2] + 0.5 * rng.gaussian();
      labels[row] = score > 0 ? 1 : 0;
    }
    writeFileSync(files.rows, new Uint8Array(values.buffer));
    writeFileSync(files.labels, new Uint8Array(labels.buffer));
  } else if (task.kind === 'reading') {
    files.rows += '.csv';
    const lines = ['time,open,high,low,close,volume'];
    let price = 100;
    for (let row = 0; row < task.numRows; row++) {
      const close = Math.max(1, price + 0.01 * rng.gaussian());
      const texts = [price, Math.max(price, close) + 0.01, Math.min(price, close) - 0.01, close].map(
        (value) => value.toFixed(4),
      );
      lines.push(`${1_600_000_000_000 + row * 60_000},${texts.join(',')},${(1 + rng.uniform()).toFixed(3)}`);
      price = close;
    }
    writeFileSync(files.rows, `${lines.join('\n')}\n`);
  }
  return files;
}

/** The folder of the repository, from sources and from what is built of them. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
