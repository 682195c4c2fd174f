/**
 * Starts worker threads that share the kernels' memory and do a part of their work. Each has its own instance of the
 * module and stays inside it, see assembly/team.ts; it needs nothing but what `workerData` carries, so its few lines
 * are a string, and no file has to be found.
 */
import { Worker } from 'node:worker_threads';
import { TrainingError } from '../../core/errors.ts';
import { type Arithmetic, loadModule, type SharedMemory, type WasmExports } from './wasm-module.ts';

export interface KernelThreads {
  /** The address of the control block. */
  readonly team: number;
  /**
   * Hands on what a kernel that takes the team returned.
   * @throws TrainingError `kernel-thread-lost` when a thread failed, or did not finish its part in time
   */
  check(outcome: number): void;
  /** Lets the threads end. */
  close(): void;
}

export interface KernelThreadsOptions {
  readonly memory: SharedMemory;
  readonly exports: WasmExports;
  /** Of the module that `exports` belong to. Default: exact. */
  readonly arithmetic?: Arithmetic;
  /** An address of `teamBytes` zero bytes, aligned to 64. */
  readonly team: number;
  /** Threads beside the calling one. */
  readonly workers: number;
  /** How long one part of one operation may take, in milliseconds. */
  readonly timeoutMs: number;
}

const SOURCE = `
const { module, memory, team, thread } = require('node:worker_threads').workerData;
const { work, abandonTeam } = new WebAssembly.Instance(module, { env: { memory } }).exports;
try {
  while (work(team, thread) !== 0);
} catch (error) {
  abandonTeam(team);
  throw error;
}`;

/** Returns at once: until the threads are up, the caller does all the work. They never keep the process alive. */
export function startThreads(options: KernelThreadsOptions): KernelThreads {
  const { memory, exports, arithmetic, team, workers, timeoutMs } = options;
  exports.openTeam(team, timeoutMs);
  let cause: unknown;
  for (let thread = 1; thread <= workers; thread++) {
    const workerData = { module: loadModule(arithmetic), memory, team, thread };
    // Without the parent's flags: a loader given there would cost each thread a second.
    const worker = new Worker(SOURCE, { eval: true, workerData, execArgv: [] });
    worker.unref();
    worker.on('error', (error) => {
      cause = error;
      exports.abandonTeam(team);
    });
  }
  return {
    team,
    check(outcome) {
      if (outcome === 0) return;
      throw new TrainingError(
        'kernel-thread-lost',
        `A kernel thread failed or did not finish within ${timeoutMs / 1000} s; what it worked on is incomplete. ` +
          'Resume from the last checkpoint, with fewer threads if memory is short.',
        { cause },
      );
    },
    close: () => exports.closeTeam(team),
  };
}
