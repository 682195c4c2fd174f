/** Writes a run's log as a folder of TensorBoard event files, one for each time the run was begun or continued. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { attempt, makeDirectory } from './atomic.ts';
import { EventFile } from './event-file.ts';
import type { LogRow } from './run-directory.ts';

/** Beside our own names, those that users of Stable-Baselines3 look for. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'update/meanReturn': 'rollout/ep_rew_mean',
  'update/meanLength': 'rollout/ep_len_mean',
  'evaluation/meanReturn': 'eval/mean_reward',
  'evaluation/meanLength': 'eval/mean_ep_length',
};

/**
 * Rows become scalars named `kind/name`, such as `evaluation/meanReturn`, and those of Stable-Baselines3: `rollout/ep_rew_mean`,
 * `rollout/ep_len_mean`, `eval/mean_reward`, and `time/fps`, env steps a second since the run was begun or continued.
 */
export class TensorBoardLog {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #startStep: number | undefined;
  readonly #begunMs: number;
  #file: EventFile | undefined;

  /** @param startStep of a continued run: what older files hold past it no longer counts */
  constructor(folder: string, clock: Clock, startStep?: number) {
    this.#folder = folder;
    this.#clock = clock;
    this.#startStep = startStep;
    this.#begunMs = clock.nowMs();
  }

  /**
   * The first row creates the file.
   * @throws StorageError `write-failed`
   */
  append({ step, kind, ...values }: LogRow): void {
    const scalars: Record<string, number> = {};
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      const tag = `${kind}/${name}`;
      scalars[tag] = value;
      if (tag in OTHER_NAMES) scalars[OTHER_NAMES[tag]] = value;
    }
    const nowMs = this.#clock.nowMs();
    const seconds = (nowMs - this.#begunMs) / 1000;
    if (kind === 'update' && seconds > 0) scalars['time/fps'] = (step - (this.#startStep ?? 0)) / seconds;
    this.#file ??= this.#begin();
    this.#file.scalars(step, scalars, nowMs);
  }

  #begin(): EventFile {
    const nowMs = this.#clock.nowMs();
    makeDirectory(this.#folder);
    const names = attempt('read', this.#folder, () => readdirSync(this.#folder));
    const index = names.filter((name) => name.startsWith(PREFIX)).length;
    // TensorBoard reads the files of a folder in the order of their names.
    const file = new EventFile(join(this.#folder, `${PREFIX}${String(index).padStart(6, '0')}`), nowMs);
    // The first file says so too: a folder that an abandoned run left behind tells nothing of this one.
    file.restart(this.#startStep === undefined ? 0 : this.#startStep + 1, nowMs);
    return file;
  }
}

/** TensorBoard knows an event file by this name. */
const PREFIX = 'events.out.tfevents.';
