/** A disk that fails at one operation, and from then on: the calls of `node:fs` that write are replaced while it is there. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export const FAULTS = ['ENOSPC', 'EIO', 'EROFS', 'short write'] as const;
export type Fault = (typeof FAULTS)[number];

type Call = (...args: never[]) => unknown;

/** Of a file descriptor, or an options object, nothing is known: a path says which disk it is. */
export class FaultyDisk {
  readonly #folder: string;
  readonly #fault: Fault;
  readonly #failAt: number;
  /** Whether only one operation fails: the disk has room again. */
  readonly #once: boolean;
  readonly #originals = new Map<string, Call>();
  readonly #originalPromises = new Map<string, Call>();
  readonly #files = new Set<number>();
  /** Operations so far that write to the folder. */
  numOperations = 0;
  numFailures = 0;
  /** Names of what was called, in order. */
  readonly calls: string[] = [];

  /** @param failAt counts from 1; 0: nothing fails, all is counted */
  constructor(folder: string, fault: Fault, failAt: number, once = false) {
    this.#folder = folder;
    this.#fault = fault;
    this.#failAt = failAt;
    this.#once = once;
    const sync = fs as unknown as Record<string, Call>;
    const promises = fs.promises as unknown as Record<string, Call>;
    for (const name of [
      'openSync',
      'writeSync',
      'fdatasyncSync',
      'ftruncateSync',
      'open',
      'write',
      'fdatasync',
      'fsync',
    ])
      this.#originals.set(name, sync[name]);
    for (const name of ['rename', 'rm']) this.#originalPromises.set(name, promises[name]);
    const { openSync, writeSync } = fs;
    sync.openSync = ((path: string, flags: string, ...rest: never[]) => {
      const isOurs = String(path).startsWith(this.#folder) && flags !== 'r';
      if (isOurs) this.#operate('open');
      const file = openSync(path, flags, ...rest);
      if (isOurs) this.#files.add(file);
      else this.#files.delete(file);
      return file;
    }) as Call;
    sync.writeSync = ((file: number, bytes: Uint8Array, offset: number) => {
      if (!this.#files.has(file)) return writeSync(file, bytes, offset);
      if (this.#isShort())
        return writeSync(file, bytes, offset, Math.ceil((bytes.length - (offset ?? 0)) / 2));
      this.#operate('write');
      return writeSync(file, bytes, offset);
    }) as Call;
    for (const name of ['fdatasyncSync', 'ftruncateSync']) {
      const original = this.#originals.get(name) as Call;
      sync[name] = ((file: number, ...rest: never[]) => {
        if (this.#files.has(file)) this.#operate(name);
        return (original as (file: number, ...rest: never[]) => unknown)(file, ...rest);
      }) as Call;
    }
    this.#failLater(sync, 'fdatasync', (file) => this.#files.has(file as number));
    // What a stream of a compression does.
    this.#failLater(sync, 'open', (path, flags) => String(path).startsWith(this.#folder) && flags !== 'r');
    for (const name of ['rename', 'rm']) {
      const original = this.#originalPromises.get(name) as (
        path: string,
        ...rest: never[]
      ) => Promise<unknown>;
      promises[name] = (async (path: string, ...rest: never[]) => {
        if (String(path).startsWith(this.#folder)) this.#operate(name);
        return original(path, ...rest);
      }) as Call;
    }
    syncBuiltinESMExports();
  }

  /** The calls are what they were. */
  restore(): void {
    for (const [name, call] of this.#originals) (fs as unknown as Record<string, Call>)[name] = call;
    for (const [name, call] of this.#originalPromises)
      (fs.promises as unknown as Record<string, Call>)[name] = call;
    syncBuiltinESMExports();
  }

  #failLater(calls: Record<string, Call>, name: string, isOurs: (...args: unknown[]) => boolean): void {
    const original = calls[name] as (...args: unknown[]) => unknown;
    calls[name] = ((...args: unknown[]) => {
      if (!isOurs(...args)) return original(...args);
      try {
        this.#operate(name);
      } catch (error) {
        setImmediate(args.at(-1) as Call, error as never);
        return undefined;
      }
      return original(...args);
    }) as Call;
  }

  /** A write of which half arrives, before the next one fails. */
  #isShort(): boolean {
    if (this.#fault !== 'short write' || this.numOperations + 1 !== this.#failAt || this.numFailures > 0)
      return false;
    this.numFailures++;
    return true;
  }

  #operate(name: string): void {
    this.numOperations++;
    this.calls.push(name);
    const isNow = this.numOperations === this.#failAt;
    if (this.#failAt === 0 || this.numOperations < this.#failAt || (this.#once && !isNow)) return;
    this.numFailures++;
    const code = this.#fault === 'short write' ? 'ENOSPC' : this.#fault;
    throw Object.assign(new Error(`${code}: injected, ${name}`), { code });
  }
}
