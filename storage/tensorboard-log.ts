/** Writes a run's log as a folder of TensorBoard event files, one for each time the run was begun or continued. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { attempt, makeDirectory } from './atomic.ts';
import { EventFile } from './event-file.ts';
import type { LogRow } from './run-directory.ts';

/** Rows become scalars named `kind/name`, such as `evaluation/meanReturn`. */
export class TensorBoardLog {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #startStep: number | undefined;
  #file: EventFile | undefined;

  /** @param startStep of a continued run: what older files hold past it no longer counts */
  constructor(folder: string, clock: Clock, startStep?: number) {
    this.#folder = folder;
    this.#clock = clock;
    this.#startStep = startStep;
  }

  /**
   * The first row creates the file.
   * @throws StorageError `write-failed`
   */
  append({ step, kind, ...values }: LogRow): void {
    const scalars = Object.entries(values)
      .filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
      .map(([name, value]) => [`${kind}/${name}`, value]);
    this.#file ??= this.#begin();
    this.#file.scalars(step, Object.fromEntries(scalars), this.#clock.nowMs());
  }

  #begin(): EventFile {
    const nowMs = this.#clock.nowMs();
    makeDirectory(this.#folder);
    const names = attempt('read', this.#folder, () => readdirSync(this.#folder));
    const index = names.filter((name) => name.startsWith(PREFIX)).length;
    // TensorBoard reads the files of a folder in the order of their names.
    const file = new EventFile(join(this.#folder, `${PREFIX}${String(index).padStart(6, '0')}`), nowMs);
    if (this.#startStep !== undefined) file.restart(this.#startStep + 1, nowMs);
    return file;
  }
}

/** TensorBoard knows an event file by this name. */
const PREFIX = 'events.out.tfevents.';
