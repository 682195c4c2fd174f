/** Carries the trials of an experiment out on other machines: puts them into the queue, and takes what they came to into its own folder. */
import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { z } from '../../core/config.ts';
import { StorageError } from '../../core/errors.ts';
import { attempt, makeDirectory, writeFileAtomic } from '../../storage/atomic.ts';
import { keepLatest } from '../../storage/checkpoint.ts';
import { PostgresServer } from '../../storage/postgres/server.ts';
import { RunDirectory } from '../../storage/run-directory.ts';
import { recordTrials } from '../ledger/record.ts';
import { parseSpool, SPOOL } from '../ledger/spool.ts';
import type { LedgerUse } from '../ledger/use-ledger.ts';
import type { Trial } from '../plan.ts';
import type { RunTrialOptions, TrialOutcome } from '../pool.ts';
import { codeOfRun } from '../run/spec.ts';
import { BEST_CHECKPOINT } from '../run/training-session.ts';
import { version } from '../version.ts';
import { type Artifacts, DatabaseArtifacts, FolderArtifacts } from './artifacts.ts';
import { TrialQueue } from './boss.ts';
import { codeFilesOf } from './code.ts';
import { dataFilesOf } from './data.ts';
import { persist, wait } from './patience.ts';
import { packFiles, readRunFiles, unpackFiles, writeRunFiles } from './run-files.ts';
import { SCHEMA } from './schema.ts';
import { keyOf, ownerOf, type TrialPayload, TrialStore } from './trial-store.ts';

export interface QueueOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE` */
  readonly url: string;
  /** A folder that all machines see, for checkpoints and results; default: the database. */
  readonly artifacts?: string;
  /** Whether data files go into the queue for workers that lack them. Default true. */
  readonly sendData?: boolean;
  /** How long the server may be away before the experiment is interrupted, ms. Default an hour. */
  readonly patienceMs?: number;
  /** Told in a sentence what people should know: that the server is away, which worker was refused. */
  readonly onNote?: (sentence: string) => void;
}

/** Trials that wait in the queue, or are at work, at a time. */
export const QUEUED_TRIALS = 256;

const POLL_MS = 100;
/** Progress is asked for, and lost trials are taken back, so much less often. */
const POLLS_A_WATCH = 10;
const PATIENCE_MS = 3_600_000;
const RECORD = 'queue.json';
const record = z.object({ server: z.string(), experiment: z.string() });

interface Waiting {
  readonly trial: Trial;
  readonly options: RunTrialOptions;
  resolve(outcome: TrialOutcome): void;
  reject(error: unknown): void;
}

export class QueueCoordinator {
  readonly #queue: TrialQueue;
  readonly #store: TrialStore;
  readonly #artifacts: Artifacts;
  readonly #experiment: string;
  readonly #out: string;
  readonly #options: QueueOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #queues = new Map<string, Promise<void>>();
  readonly #sent = new Map<string, Promise<void>>();
  readonly #refused = new Set<string>();
  readonly #stop = new AbortController();
  readonly #watch: Promise<void>;

  private constructor(queue: TrialQueue, experiment: string, out: string, options: QueueOptions) {
    this.#queue = queue;
    this.#store = new TrialStore(queue);
    this.#artifacts =
      options.artifacts === undefined
        ? new DatabaseArtifacts(queue.server)
        : new FolderArtifacts(options.artifacts);
    this.#experiment = experiment;
    this.#out = out;
    this.#options = options;
    this.#watch = this.#watchTrials();
  }

  /**
   * Goes on with what the queue has of this folder's experiment, or begins.
   * @throws StorageError `server-away`, `server-refused`, `no-rights`, `unsupported-version`, `server-full`
   */
  static async open(name: string, out: string, options: QueueOptions): Promise<QueueCoordinator> {
    const server = await PostgresServer.open(options.url, { connections: 4 });
    try {
      const queue = await TrialQueue.open(server);
      makeDirectory(out);
      const known = readRecord(out);
      const rows =
        known?.server === server.name
          ? await server.query(`SELECT id FROM ${SCHEMA}.experiments WHERE id = $1 AND version = $2`, [
              known.experiment,
              version,
            ])
          : [];
      const [{ id }] =
        rows.length > 0
          ? rows
          : await server.query(
              `INSERT INTO ${SCHEMA}.experiments (name, version, artifacts, coordinator) VALUES ($1, $2, $3, $4) RETURNING id`,
              [name, version, options.artifacts === undefined ? 'database' : 'folder', hostname()],
            );
      writeFileAtomic(join(out, RECORD), `${JSON.stringify({ server: server.name, experiment: id })}\n`);
      return new QueueCoordinator(queue, id, out, options);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Carries one out elsewhere; its folder here holds in the end what it would have held. */
  readonly run = async (trial: Trial, options: RunTrialOptions): Promise<TrialOutcome> => {
    if (options.signal.aborted) return { kind: 'interrupted' };
    const key = keyOf(trial, options.segment);
    const outcome = new Promise<TrialOutcome>((resolve, reject) => {
      this.#waiting.set(key, { trial, options, resolve, reject });
    });
    // Whoever fails while it is put in is told by that.
    outcome.catch(() => {});
    const interrupt = (): void => this.#settle(key, { kind: 'interrupted' });
    // Hundreds wait at a time.
    setMaxListeners(0, options.signal);
    options.signal.addEventListener('abort', interrupt);
    try {
      await this.#submit(trial, options, key);
      return await outcome;
    } finally {
      options.signal.removeEventListener('abort', interrupt);
      this.#waiting.delete(key);
    }
  };

  /**
   * @param isEnded whether nothing of the experiment is left to do; otherwise trials that are at work go on, and their results wait for
   *   the next time
   */
  async close(isEnded: boolean): Promise<void> {
    this.#stop.abort();
    await this.#watch;
    try {
      await (isEnded ? this.#cleanUp() : this.#withdraw());
    } catch (error) {
      // What the experiment came to is here, whatever stays there.
      if (!(error instanceof StorageError)) throw error;
      this.#options.onNote?.(`Trials of this experiment were left in the queue: ${error.message}`);
    } finally {
      await this.#queue.stop();
      await this.#queue.server.close();
    }
  }

  async #cleanUp(): Promise<void> {
    const { server } = this.#queue;
    const queues = await server.query(`SELECT name FROM ${SCHEMA}.queues WHERE experiment = $1`, [
      this.#experiment,
    ]);
    await server.query(`DELETE FROM ${SCHEMA}.experiments WHERE id = $1`, [this.#experiment]);
    rmSync(join(this.#out, RECORD), { force: true });
    await this.#artifacts.remove(this.#experiment);
    for (const { name } of queues) await this.#queue.remove(name);
  }

  /** Trials that nobody has taken yet; the same call puts them in again. */
  async #withdraw(): Promise<void> {
    await this.#queue.server.query(
      `DELETE FROM ${SCHEMA}.trials WHERE experiment = $1 AND state = 'queued' AND files IS NULL`,
      [this.#experiment],
    );
  }

  async #submit(trial: Trial, { segment }: RunTrialOptions, key: string): Promise<void> {
    const experiment = this.#experiment;
    const queue = `${experiment}-${codeOfRun(trial.spec).replaceAll(/[^\w-]/g, '-') || 'plain'}`;
    await this.#once(this.#queues, queue, () => this.#openQueue(queue, trial));
    const data = dataFilesOf(trial.spec);
    if (this.#options.sendData ?? true) {
      for (const file of data) {
        await this.#once(this.#sent, file.sha256, () => this.#sendData(file.path, file.sha256));
      }
    }
    const state = readRunFiles(trial.directory);
    const files =
      state.size === 0
        ? undefined
        : await this.#persist(() => this.#artifacts.put(ownerOf({ experiment, key }), packFiles(state)));
    const payload: TrialPayload = { trial, data, ...(segment && { segment }) };
    await this.#persist(() => this.#store.submit({ experiment, key, queue }, payload, files));
  }

  async #openQueue(queue: string, { spec }: Trial): Promise<void> {
    const { server } = this.#queue;
    const code = codeFilesOf(spec).map(({ path, sha256 }) => ({ name: basename(path), sha256 }));
    await this.#persist(() => this.#queue.create(queue));
    await this.#persist(() =>
      server.query(
        `INSERT INTO ${SCHEMA}.queues (name, experiment, code) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
        [queue, this.#experiment, JSON.stringify(code)],
      ),
    );
  }

  async #sendData(path: string, hash: string): Promise<void> {
    const owner = `${this.#experiment}/data`;
    await this.#persist(async () => {
      if (await this.#artifacts.has(owner, hash)) return;
      await this.#artifacts.put(
        owner,
        attempt('read', path, () => readFileSync(path)),
      );
    });
  }

  /** Looks for trials that have ended until the coordinator is closed. */
  async #watchTrials(): Promise<void> {
    for (let poll = 0; !this.#stop.signal.aborted; poll++) {
      try {
        if (this.#waiting.size > 0) {
          await this.#takeEnded();
          if (poll % POLLS_A_WATCH === 0) await this.#tellProgress();
        }
      } catch (error) {
        // Whoever waits is told; the rest is kept where it is.
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
      }
      await wait(POLL_MS, this.#stop.signal);
    }
  }

  async #takeEnded(): Promise<void> {
    const rows = await this.#persist(() =>
      this.#queue.server.query(
        `SELECT key, state, message, details, files FROM ${SCHEMA}.trials WHERE experiment = $1 AND state IN ('done', 'parked')`,
        [this.#experiment],
      ),
    );
    for (const { key, state, message, details, files } of rows) {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) continue;
      if (state === 'parked') {
        this.#settle(key, { kind: 'failed', message, ...(details && { details }) });
        continue;
      }
      await this.#take(key, files, waiting);
    }
  }

  async #take(key: string, files: string, { trial, options }: Waiting): Promise<void> {
    const owner = ownerOf({ experiment: this.#experiment, key });
    const bytes = await this.#persist(() => this.#artifacts.get(owner, files));
    const unpacked = unpackFiles(bytes);
    const rows = unpacked.get(SPOOL);
    let use: LedgerUse<number> | undefined;
    if (rows !== undefined) {
      const entries = parseSpool(Buffer.from(rows).toString('utf8'), SPOOL).map((entry) => ({
        ...entry,
        source: trial.spec.data?.path ?? '',
        ledTo: trial.directory,
      }));
      // Before the result, which makes it whole: killed in between, it is found to be there.
      if (entries.length > 0) use = recordTrials(options.ledger, () => entries, { isOnce: true });
    }
    makeDirectory(trial.directory);
    new RunDirectory(trial.directory).amend(trial.spec as Parameters<RunDirectory['amend']>[0]);
    writeRunFiles(trial.directory, unpacked);
    const { checkpoints } = new RunDirectory(trial.directory);
    keepLatest(checkpoints, trial.spec.keepCheckpoints ?? Infinity, BEST_CHECKPOINT);
    await this.#persist(async () => {
      await this.#queue.server.query(`DELETE FROM ${SCHEMA}.trials WHERE experiment = $1 AND key = $2`, [
        this.#experiment,
        key,
      ]);
      await this.#artifacts.remove(owner);
    });
    this.#settle(key, { kind: 'finished', ...(use?.counted === false && { uncounted: use.reason }) });
  }

  async #tellProgress(): Promise<void> {
    const { server } = this.#queue;
    await this.#persist(() => this.#store.reap());
    const rows = await this.#persist(() =>
      server.query(`SELECT key, step FROM ${SCHEMA}.trials WHERE experiment = $1 AND state = 'running'`, [
        this.#experiment,
      ]),
    );
    for (const { key, step } of rows) {
      const waiting = this.#waiting.get(key);
      waiting?.options.onTraining(waiting.trial, { kind: 'progress', step });
    }
    const refusals = await this.#persist(() =>
      server.query(`SELECT worker, reason FROM ${SCHEMA}.refusals WHERE experiment = $1`, [this.#experiment]),
    );
    for (const { worker, reason } of refusals) {
      const sentence = `Worker ${worker} takes no part: ${reason}`;
      if (!this.#refused.has(sentence)) this.#options.onNote?.(sentence);
      this.#refused.add(sentence);
    }
  }

  #settle(key: string, outcome: TrialOutcome): void {
    this.#waiting.get(key)?.resolve(outcome);
    this.#waiting.delete(key);
  }

  #once(done: Map<string, Promise<void>>, name: string, action: () => Promise<void>): Promise<void> {
    const before = done.get(name) ?? action();
    done.set(name, before);
    return before;
  }

  #persist<Result>(operation: () => Promise<Result>): Promise<Result> {
    return persist(operation, {
      patienceMs: this.#options.patienceMs ?? PATIENCE_MS,
      signal: this.#stop.signal,
      onAway: (message) =>
        this.#options.onNote?.(message === undefined ? 'The server is back.' : `${message} Waiting for it.`),
    });
  }
}

function readRecord(out: string): z.output<typeof record> | undefined {
  const file = join(out, RECORD);
  if (!existsSync(file)) return undefined;
  const text = attempt('read', file, () => readFileSync(file, 'utf8'));
  try {
    return record.parse(JSON.parse(text));
  } catch (error) {
    throw new StorageError('corrupt-result', `"${file}" is damaged; remove it.`, { cause: error });
  }
}
