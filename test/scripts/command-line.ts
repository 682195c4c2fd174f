/**
 * Runs the command line in a scratch folder with data and plugins to try it on: `run` calls its main function in this
 * process, from the sources; `spawn` and `start` run the compiled program in a process of its own, for tests of signals,
 * of what outlives a crash, and of the program itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '../../scripts/main.ts';
import { capturedIo } from '../../scripts/terminal/io.ts';
import { freshDist } from '../dist.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  /** Null where a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The working directory is the process's: one command at a time. */
let queue: Promise<unknown> = Promise.resolve();

/** A folder as a user might have one: market-gym is installed in it, and nothing says that files are ES modules. */
export class Workplace {
  readonly path = mkdtempSync(join(tmpdir(), 'market-gym-cli-'));
  /** What this user has trusted: nothing of the one who runs the tests. */
  readonly #config = join(this.path, '.config');

  constructor() {
    mkdirSync(join(this.path, 'node_modules'));
    symlinkSync(project, join(this.path, 'node_modules', 'market-gym'), 'junction');
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string): void {
    writeFileSync(this.file(name), content);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  exists(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** Names in a folder, sorted; empty where there is none. */
  list(name: string): string[] {
    return this.exists(name) ? readdirSync(this.file(name)).sort() : [];
  }

  /**
   * Carries a command out in this process, with this folder as its working directory; several at a time wait for each
   * other. It rejects with an error that is not the user's, of which a process would print the stack.
   */
  run(...args: string[]): Promise<Outcome> {
    return this.runUntil(new AbortController().signal, ...args);
  }

  /** As `run`. @param interrupt aborted: as if Ctrl-C were pressed */
  runUntil(interrupt: AbortSignal, ...args: string[]): Promise<Outcome> {
    const outcome = queue.then(() => this.#runNow(args, interrupt));
    queue = outcome.catch(() => {});
    return outcome;
  }

  async #runNow(args: readonly string[], interrupt: AbortSignal): Promise<Outcome> {
    const before = process.cwd();
    const { MARKET_GYM_CONFIG } = process.env;
    process.chdir(this.path);
    process.env.MARKET_GYM_CONFIG = this.#config;
    try {
      const io = capturedIo(interrupt);
      const code = await main(args, io);
      return { code, stdout: io.stdout.text, stderr: io.stderr.text };
    } finally {
      process.chdir(before);
      if (MARKET_GYM_CONFIG === undefined) delete process.env.MARKET_GYM_CONFIG;
      else process.env.MARKET_GYM_CONFIG = MARKET_GYM_CONFIG;
    }
  }

  /** Starts a command in a process of its own, in this folder. */
  start(...args: string[]): { process: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, [freshDist('scripts/market-gym.js'), ...args], {
      cwd: this.path,
      env: { ...process.env, MARKET_GYM_CONFIG: this.#config },
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...output }));
    });
    return { process: child, outcome };
  }

  /** Carries a command out in a process of its own. */
  spawn(...args: string[]): Promise<Outcome> {
    return this.start(...args).outcome;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Daily candles on a wave, as CSV lines without the header. */
export function candleLines(length: number): string[] {
  return Array.from({ length }, (_, day) => {
    const date = new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, 10);
    const price = 100 + 5 * Math.sin(day / 3);
    return `${date},${price},${price + 1},${price - 1},${price + 0.3},1000`;
  });
}

export const CANDLE_HEADER = 'time,open,high,low,close,volume';

export function candleFile(lines: readonly string[], header = CANDLE_HEADER): string {
  return `${[header, ...lines].join('\n')}\n`;
}
