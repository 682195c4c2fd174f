/** Writes the logs of a run: always JSON lines, which reports and resuming read, and what else is asked for. */
import type { Clock } from '../core/clock.ts';
import { CsvLog } from './csv-log.ts';
import type { LogRow, RunDirectory } from './run-directory.ts';
import { TensorBoardLog } from './tensorboard-log.ts';

/** `log.jsonl`, `log.csv`, `tensorboard/`. */
export const LOG_FORMATS = ['jsonl', 'csv', 'tensorboard'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface RunLogOptions {
  readonly formats: readonly LogFormat[];
  /** Stamps the rows of formats that want a time. */
  readonly clock: Clock;
  /** Where a continued run goes on: what was logged past it is forgotten. */
  readonly startStep?: number;
}

/** Writes each row in every format; a new run's files come with its first row. */
export class RunLog {
  readonly #directory: RunDirectory;
  readonly #writers: readonly { append(row: LogRow): void }[];

  /** @throws StorageError `corrupt-log`, `write-failed` */
  constructor(directory: RunDirectory, { formats, clock, startStep }: RunLogOptions) {
    this.#directory = directory;
    const csv = new CsvLog(directory.csvLog, () => directory.readLog());
    const tensorboard = new TensorBoardLog(directory.tensorboardLog, clock, startStep);
    this.#writers = [
      ...(formats.includes('csv') ? [csv] : []),
      ...(formats.includes('tensorboard') ? [tensorboard] : []),
    ];
    if (startStep === undefined) return;
    directory.rewindLog(startStep);
    if (formats.includes('csv')) csv.rewrite();
  }

  /** @throws StorageError `write-failed` */
  append(row: LogRow): void {
    this.#directory.log(row);
    for (const writer of this.#writers) writer.append(row);
  }
}
