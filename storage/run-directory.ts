/** One training run on disk: what was asked for, what happened, and the checkpoints. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { writeFileAtomic } from './atomic.ts';

const FORMAT = 'market-gym-run';
const FORMAT_VERSION = 1;

/** A row of the log: the env step it belongs to, and named values. */
export interface LogRow {
  readonly step: number;
  readonly [name: string]: Json;
}

/**
 * The layout: `run.json` (the complete specification), `log.jsonl` (one JSON object a line, in the order of
 * steps), `checkpoints/`.
 */
export class RunDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Begins a run.
   * @param specification everything needed to repeat the run
   * @throws StorageError `run-exists` when the directory already holds a run, `not-writable` when it cannot be made
   */
  static create(path: string, specification: { [key: string]: Json }): RunDirectory {
    const run = new RunDirectory(path);
    if (existsSync(run.#file('run.json'))) {
      throw new StorageError(
        'run-exists',
        `${path} already holds a run; continue it with --resume ${path}, or choose another --out.`,
      );
    }
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw notWritable(path, error);
    }
    const content = { format: FORMAT, formatVersion: FORMAT_VERSION, ...specification };
    writeFileAtomic(run.#file('run.json'), `${JSON.stringify(content, null, 2)}\n`);
    return run;
  }

  /** @throws StorageError `no-run` or `unreadable-run` */
  static open(path: string): RunDirectory {
    const run = new RunDirectory(path);
    run.specification();
    return run;
  }

  get checkpoints(): string {
    return this.#file('checkpoints');
  }

  /** @throws StorageError `no-run` when there is none, `unreadable-run` when it is not one of ours */
  specification(): { readonly [key: string]: Json } {
    const file = this.#file('run.json');
    if (!existsSync(file)) {
      throw new StorageError('no-run', `${this.path} holds no run: there is no run.json in it.`);
    }
    try {
      const content = JSON.parse(readFileSync(file, 'utf8'));
      if (content.format === FORMAT && content.formatVersion === FORMAT_VERSION) return content;
    } catch (error) {
      throw new StorageError('unreadable-run', `Cannot read ${file}: ${reasonOf(error)}`, { cause: error });
    }
    throw new StorageError('unreadable-run', `${file} is not a run of this version (${FORMAT} ${FORMAT_VERSION}).`);
  }

  /** Appends one line to the log. Values that are not finite are written as null. */
  log(row: LogRow): void {
    try {
      appendFileSync(this.#file('log.jsonl'), `${JSON.stringify(row)}\n`);
    } catch (error) {
      throw notWritable(this.#file('log.jsonl'), error);
    }
  }

  /** The log's rows; a last line that was cut off by a crash is left out. */
  readLog(): LogRow[] {
    const file = this.#file('log.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    const rows: LogRow[] = [];
    for (const line of lines) {
      try {
        rows.push(JSON.parse(line));
      } catch {
        break;
      }
    }
    return rows;
  }

  /** Forgets what was logged past `step`: a run continued from a checkpoint tells it anew. */
  rewindLog(step: number): void {
    const kept = this.readLog().filter((row) => row.step <= step);
    writeFileAtomic(this.#file('log.jsonl'), kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

function notWritable(path: string, error: unknown): StorageError {
  return new StorageError('not-writable', `Cannot write ${path}: ${reasonOf(error)}. Choose another --out.`, { cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
