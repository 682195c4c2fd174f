/** Keeps one training run on disk: the settings, the log, and the checkpoints. */
import { appendFileSync, existsSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../core/errors.ts';
import type { Json } from '../core/snapshot.ts';
import { attempt, makeDirectory, writeFileAtomic } from './atomic.ts';
import { readRegularFile } from './regular-file.ts';

const FORMAT = 'market-gym-run';
const FORMAT_VERSION = 1;

/** A row of the log: the env step it belongs to, and named values. */
export interface LogRow {
  readonly step: number;
  readonly [name: string]: Json;
}

/**
 * The layout: `run.json` (the complete specification), `log.jsonl` (one JSON object a line, by ascending step),
 * `checkpoints/`.
 */
export class RunDirectory {
  readonly path: string;
  readonly #specificationFile: string;
  readonly #logFile: string;

  /** Only names the directory; nothing is read or written yet. */
  constructor(path: string) {
    this.path = path;
    this.#specificationFile = join(path, 'run.json');
    this.#logFile = join(path, 'log.jsonl');
  }

  get checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  /** Where the log is kept as a table, and as TensorBoard's event files, in runs that ask for it. */
  get csvLog(): string {
    return join(this.path, 'log.csv');
  }

  get tensorboardLog(): string {
    return join(this.path, 'tensorboard');
  }

  /**
   * Begins a run.
   * @param specification everything needed to repeat the run
   * @throws StorageError `run-exists` when the directory already holds a run, `write-failed`
   */
  begin(specification: { readonly [key: string]: Json }): void {
    if (existsSync(this.#specificationFile)) {
      throw new StorageError(
        'run-exists',
        `"${this.path}" already holds a run: continue it with --resume ${this.path}, or choose another --out.`,
      );
    }
    if (existsSync(this.checkpoints)) {
      throw new StorageError(
        'run-exists',
        `"${this.path}" holds checkpoints of a run without its run.json; choose another --out.`,
      );
    }
    attempt('write', this.path, () => {
      if (statSync(this.path, { throwIfNoEntry: false })?.isFile()) {
        throw new StorageError('write-failed', `"${this.path}" is a file; choose another --out.`);
      }
      makeDirectory(this.path);
    });
    const content = { format: FORMAT, formatVersion: FORMAT_VERSION, ...specification };
    try {
      writeFileAtomic(this.#specificationFile, `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      removeIfEmpty(this.path);
      throw error;
    }
  }

  /**
   * Writes the specification of a run that goes on in another way than it began.
   * @throws StorageError `write-failed`
   */
  amend(specification: { readonly [key: string]: Json }): void {
    const content = { format: FORMAT, formatVersion: FORMAT_VERSION, ...specification };
    writeFileAtomic(this.#specificationFile, `${JSON.stringify(content, null, 2)}\n`);
  }

  /** Removes a run that failed before its first checkpoint: nobody could continue it. */
  abandon(): void {
    for (const path of [this.tensorboardLog, this.csvLog, this.#logFile, this.#specificationFile]) {
      rmSync(path, { force: true, recursive: true });
    }
    removeIfEmpty(this.checkpoints);
    removeIfEmpty(this.path);
  }

  /** @throws StorageError `no-run` when there is none, `unreadable-run` when it is not one of this version */
  specification(): { readonly [key: string]: Json } {
    const file = this.#specificationFile;
    if (!existsSync(file)) {
      throw new StorageError(
        'no-run',
        `"${this.path}" holds no run: there is no run.json in it. Give a directory that train wrote.`,
      );
    }
    const text = readRegularFile(file, 'utf8');
    const { format, formatVersion, ...specification } = parseObject(text);
    if (format === FORMAT && formatVersion === FORMAT_VERSION) return specification;
    throw new StorageError(
      'unreadable-run',
      `"${file}" is damaged, or not from this version of market-gym. Restore it, or start a new run.`,
    );
  }

  /** Appends one line to the log. Numbers that are not finite are written as null. */
  log(row: LogRow): void {
    attempt('write', this.#logFile, () => appendFileSync(this.#logFile, `${JSON.stringify(row)}\n`));
  }

  /**
   * The log's rows; a last line that a crash cut off is left out.
   * @throws StorageError `corrupt-log`, naming the line
   */
  readLog(): LogRow[] {
    if (!existsSync(this.#logFile)) return [];
    const text = readRegularFile(this.#logFile, 'utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.slice(0, -1).map((line, i) => this.#parseRow(line, i + 1));
  }

  /** Forgets what was logged past `step`: a run continued from a checkpoint tells it anew. */
  rewindLog(step: number): void {
    const kept = this.readLog().filter((row) => row.step <= step);
    writeFileAtomic(this.#logFile, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  #parseRow(line: string, lineNumber: number): LogRow {
    const row = parseObject(line);
    if (typeof row.step === 'number') return row as LogRow;
    throw new StorageError(
      'corrupt-log',
      `"${this.#logFile}" is damaged: line ${lineNumber} is not a row of a log. Remove that line.`,
    );
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It is not there, or holds something else: that stays.
  }
}

/** The object that the text holds as JSON; an empty one where it holds none. */
function parseObject(text: string): { readonly [key: string]: Json } {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
