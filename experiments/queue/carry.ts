/** Carries one trial out on a worker: brings its files and data here, runs it in a process of its own, and hands the result in. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MarketGymError } from '../../core/errors.ts';
import { systemClock } from '../../live/connection/clock.ts';
import { makeDirectory } from '../../storage/atomic.ts';
import type { PluginFile } from '../../storage/plugin-file.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { runInProcess, type TrialOutcome } from '../pool.ts';
import type { Artifacts } from './artifacts.ts';
import { withCode } from './code.ts';
import { type DataPlaces, placeData, withPaths } from './data.ts';
import { packFiles, readRunFiles, unpackFiles, writeRunFiles } from './run-files.ts';
import { type ClaimedTrial, ownerOf, type TrialStore } from './trial-store.ts';

export interface LaneOptions {
  readonly store: TrialStore;
  readonly artifacts: Artifacts;
  readonly plugins: readonly PluginFile[];
  readonly data: DataPlaces;
  /** Of this trial alone; it is made, and removed in the end. */
  readonly folder: string;
  /** A process that says nothing for so long is ended, ms. */
  readonly hangMs: number;
  /** Once aborted, the trial saves what it has and is given back. */
  readonly drain: AbortSignal;
  /** Tries an operation on the server until it is there. */
  readonly persist: <Result>(operation: () => Promise<Result>) => Promise<Result>;
}

/** What became of a trial here. */
export type LaneEnd =
  | { readonly kind: 'finished' | 'given-back' | 'lost' }
  | { readonly kind: 'failed' | 'unfit'; readonly message: string };

export class Lane {
  readonly claim: ClaimedTrial;
  step = 0;
  readonly #options: LaneOptions;
  readonly #kill = new AbortController();
  #heardMs = systemClock.monotonicMs();
  #isLost = false;
  #isHung = false;
  #hasNews = false;
  #files: string | undefined;
  #saving: Promise<void> | undefined;

  constructor(claim: ClaimedTrial, options: LaneOptions) {
    this.claim = claim;
    this.#options = options;
    this.#files = claim.files;
  }

  /** Somebody else has the trial now. */
  lose(): void {
    this.#isLost = true;
    this.#kill.abort();
  }

  /** Looks whether the process is alive, and begins to save a checkpoint that has been made since. */
  tend(): void {
    if (systemClock.monotonicMs() - this.#heardMs > this.#options.hangMs) {
      this.#isHung = true;
      this.#kill.abort();
    }
    if (!this.#hasNews || this.#saving !== undefined || this.#isLost || this.#isHung) return;
    this.#hasNews = false;
    this.#saving = this.#saveState().catch((error: unknown) => {
      // A file was exchanged while it was read, or the server is away: at the next beat.
      if (!(error instanceof MarketGymError)) throw error;
      this.#hasNews = true;
    });
    void this.#saving.finally(() => {
      this.#saving = undefined;
    });
  }

  async run(): Promise<LaneEnd> {
    const { store, folder, persist } = this.#options;
    makeDirectory(folder);
    try {
      const outcome = await this.#carryOut();
      await this.#saving;
      if (this.#isLost) return { kind: 'lost' };
      if (outcome.kind === 'interrupted') {
        await this.#saveState();
        await persist(() => store.release(this.claim));
        return { kind: 'given-back' };
      }
      if (outcome.kind === 'failed') return await this.#fail(outcome.message, outcome.details);
      const before = this.#files;
      const files = await this.#upload();
      const isOurs = await persist(() => store.finish(this.claim, files));
      if (!isOurs) return { kind: 'lost' };
      if (before !== undefined && before !== files) await this.#remove(before);
      return { kind: 'finished' };
    } catch (error) {
      if (!(error instanceof MarketGymError)) throw error;
      if (error.code !== 'no-data') return await this.#fail(error.message);
      await persist(() => store.release(this.claim));
      return { kind: 'unfit', message: error.message };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #carryOut(): Promise<TrialOutcome> {
    const { artifacts, folder, plugins, data, drain, persist } = this.#options;
    const { experiment, payload, files } = this.claim;
    if (files !== undefined) {
      writeRunFiles(folder, unpackFiles(await persist(() => artifacts.get(ownerOf(this.claim), files))));
    }
    const places = await persist(() => placeData(payload.data, data, artifacts, `${experiment}/data`));
    const spec = withCode(withPaths(payload.trial.spec, places), plugins);
    if (files !== undefined) {
      new RunDirectory(folder).amend(spec as Parameters<RunDirectory['amend']>[0]);
    }
    return runInProcess(
      { ...payload.trial, directory: folder, spec },
      {
        signal: drain,
        ledger: { spool: folder },
        segment: payload.segment,
        kill: this.#kill.signal,
        onTraining: (_trial, event) => {
          this.#heardMs = systemClock.monotonicMs();
          if (event.kind === 'progress') this.step = event.step;
          if (event.kind === 'checkpoint') this.#hasNews = true;
        },
      },
    );
  }

  async #fail(message: string, details?: string): Promise<LaneEnd> {
    const { store, persist, hangMs } = this.#options;
    const said = this.#isHung ? `It gave no sign of life for ${hangMs / 1000} s and was ended.` : message;
    await persist(() => store.fail(this.claim, said, details));
    return { kind: 'failed', message: said };
  }

  async #upload(): Promise<string> {
    const { artifacts, folder, persist } = this.#options;
    const bytes = packFiles(readRunFiles(folder));
    return persist(() => artifacts.put(ownerOf(this.claim), bytes));
  }

  async #saveState(): Promise<void> {
    const { store, persist } = this.#options;
    const before = this.#files;
    const files = await this.#upload();
    if (files === before || !(await persist(() => store.saveState(this.claim, files)))) return;
    this.#files = files;
    if (before !== undefined) await this.#remove(before);
  }

  #remove(files: string): Promise<void> {
    const { artifacts, persist } = this.#options;
    return persist(() => artifacts.remove(ownerOf(this.claim), files));
  }
}

/** @param number of the lane's trial, on this worker */
export function folderOf(work: string, number: number): string {
  return join(work, `trial-${number}`);
}
