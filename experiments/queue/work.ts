/** Works for whoever puts trials into a queue: takes them, carries them out on the cores of this machine, and hands the results in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarketGymError } from '../../core/errors.ts';
import { loadBlas } from '../../networks/kernels/blas.ts';
import { type PluginFile, readPluginFile } from '../../storage/plugin-file.ts';
import { PostgresServer } from '../../storage/postgres/server.ts';
import { TrustedPlugins } from '../plugins/trust.ts';
import { version } from '../version.ts';
import { type Artifacts, DatabaseArtifacts, FolderArtifacts } from './artifacts.ts';
import { TrialQueue } from './boss.ts';
import { folderOf, Lane, type LaneEnd } from './carry.ts';
import { lackOf } from './code.ts';
import { persist, wait } from './patience.ts';
import { SCHEMA } from './schema.ts';
import { ownerOf, TrialStore } from './trial-store.ts';

export interface WorkOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE` */
  readonly url: string;
  /** Trials at a time, ≥ 1. Default: one per processor core. */
  readonly jobs?: number;
  /** Files of code that trials may be planned with; nothing else is run. */
  readonly plugins?: readonly string[];
  /** A folder, or an `http(s)` address, that data are looked for in before the queue is asked for them. */
  readonly data?: string;
  /** The folder of checkpoints and results, for experiments that keep them in one. */
  readonly artifacts?: string;
  /** Ends when there is nothing to take and nothing at work. Default: waits for more. */
  readonly isOnce?: boolean;
  /** Between signs of life, ms; after four that failed to come, its trials are given to others. Default 5,000. */
  readonly heartbeatMs?: number;
  /** A trial whose process says nothing for so long is ended, ms. Default half an hour. */
  readonly hangMs?: number;
  /** How long the server may be away, ms. Default an hour. */
  readonly patienceMs?: number;
  /** Once aborted, nothing is taken any more; what is at work is saved and given back. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: WorkEvent) => void;
}

export type WorkEvent =
  | {
      readonly kind: 'started';
      readonly worker: string;
      readonly jobs: number;
      readonly cores: number;
      readonly kernels: string;
      readonly server: string;
    }
  | { readonly kind: 'taken'; readonly trial: string }
  | { readonly kind: 'ended'; readonly trial: string; readonly end: LaneEnd }
  /** An experiment that it may not work for. */
  | { readonly kind: 'refused'; readonly experiment: string; readonly reason: string }
  | { readonly kind: 'note'; readonly sentence: string };

export interface WorkSummary {
  readonly worker: string;
  readonly numFinished: number;
  readonly numFailed: number;
  readonly numGivenBack: number;
  /** Taken away, for it gave no sign of life in time. */
  readonly numLost: number;
}

interface OpenQueue {
  readonly name: string;
  readonly experiment: string;
  readonly artifacts: 'database' | 'folder';
}

/** Queues are looked for again, and an idle worker asks again, after so long. */
const IDLE_MS = 200;
const BEATS_ALIVE = 4;

/**
 * Works until it is told to stop.
 * @throws StorageError `server-away`, `server-refused`, `no-rights`, `unsupported-version`; ConfigError `plugin-not-loaded`
 */
export async function work(options: WorkOptions): Promise<WorkSummary> {
  const plugins = (options.plugins ?? []).map((file) => readPluginFile(file));
  // What its command line names may be run, in the processes of trials too.
  for (const file of plugins) new TrustedPlugins().add(file);
  const server = await PostgresServer.open(options.url, { connections: 4 });
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-worker-'));
  try {
    const queue = await TrialQueue.open(server);
    try {
      return await new QueueWorker(queue, folder, plugins, options).work();
    } finally {
      await queue.stop();
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class QueueWorker {
  readonly #server: PostgresServer;
  readonly #store: TrialStore;
  readonly #folder: string;
  readonly #plugins: readonly PluginFile[];
  readonly #options: WorkOptions;
  readonly #lanes = new Map<string, { readonly lane: Lane; readonly end: Promise<void> }>();
  /** Experiments that it may not work for, or cannot just now. */
  readonly #unfit = new Set<string>();
  readonly #counts = { finished: 0, failed: 0, unfit: 0, 'given-back': 0, lost: 0 };
  readonly #signal: AbortSignal;
  readonly #jobs: number;
  readonly #beatMs: number;
  #worker = '';
  #numTaken = 0;

  constructor(queue: TrialQueue, folder: string, plugins: readonly PluginFile[], options: WorkOptions) {
    this.#server = queue.server;
    this.#store = new TrialStore(queue);
    this.#folder = folder;
    this.#plugins = plugins;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#jobs = options.jobs ?? availableParallelism();
    this.#beatMs = options.heartbeatMs ?? 5_000;
  }

  async work(): Promise<WorkSummary> {
    await this.#register();
    const ended = new AbortController();
    const heart = this.#beat(ended.signal);
    try {
      await this.#takeTrials();
      await Promise.all([...this.#lanes.values()].map(({ end }) => end));
    } finally {
      ended.abort();
      await heart;
      await this.#server.query(`DELETE FROM ${SCHEMA}.workers WHERE id = $1`, [this.#worker]).catch(() => {});
    }
    const { finished, failed, lost } = this.#counts;
    return {
      worker: this.#worker,
      numFinished: finished,
      numFailed: failed,
      numGivenBack: this.#counts['given-back'] + this.#counts.unfit,
      numLost: lost,
    };
  }

  async #register(): Promise<void> {
    const kernels = kernelsHere();
    const cores = availableParallelism();
    const [{ id }] = await this.#server.query(
      `INSERT INTO ${SCHEMA}.workers (id, host, process, cores, lanes, kernels, version, node, alive_until)
       VALUES ($1::text || '-' || $2::int || '-' || left(gen_random_uuid()::text, 4), $1, $2, $3, $4, $5, $6, $7, now() + interval '20 s') RETURNING id`,
      [hostname(), process.pid, cores, this.#jobs, kernels, version, process.version],
    );
    this.#worker = id;
    const { name: server } = this.#server;
    this.#tell({ kind: 'started', worker: id, jobs: this.#jobs, cores, kernels, server });
  }

  async #takeTrials(): Promise<void> {
    while (!this.#signal.aborted) {
      const queues = await this.#persist(() => this.#openQueues());
      let numTaken = 0;
      for (const queue of queues) {
        const free = this.#jobs - this.#lanes.size;
        if (free === 0 || this.#signal.aborted) break;
        numTaken += await this.#takeFrom(queue, free);
      }
      if (numTaken === 0 && this.#options.isOnce && this.#lanes.size === 0) {
        if (!(await this.#persist(() => this.#isWorkLeft(queues)))) return;
      }
      if (this.#lanes.size >= this.#jobs) {
        await Promise.race([...this.#lanes.values()].map(({ end }) => end));
      } else if (numTaken === 0) {
        await Promise.race([wait(IDLE_MS), ...[...this.#lanes.values()].map(({ end }) => end)]);
      }
    }
  }

  async #takeFrom(queue: OpenQueue, free: number): Promise<number> {
    const aliveMs = BEATS_ALIVE * this.#beatMs;
    const claims = await this.#persist(() => this.#store.claim(queue.name, free, this.#worker, aliveMs));
    for (const claim of claims) {
      const lane = new Lane(claim, {
        store: this.#store,
        artifacts: this.#artifactsOf(queue),
        plugins: this.#plugins,
        data: { source: this.#options.data, cache: join(this.#folder, 'data') },
        folder: folderOf(this.#folder, this.#numTaken++),
        hangMs: this.#options.hangMs ?? 1_800_000,
        drain: this.#signal,
        persist: (operation) => this.#persist(operation),
      });
      const name = ownerOf(claim);
      this.#tell({ kind: 'taken', trial: claim.key });
      const end = lane.run().then(
        (outcome) => this.#end(queue, claim.key, outcome),
        (error: unknown) => this.#end(queue, claim.key, failureOf(error)),
      );
      this.#lanes.set(name, { lane, end: end.finally(() => this.#lanes.delete(name)) });
    }
    return claims.length;
  }

  async #end(queue: OpenQueue, trial: string, end: LaneEnd): Promise<void> {
    this.#counts[end.kind]++;
    this.#tell({ kind: 'ended', trial, end });
    if (end.kind === 'unfit') await this.#refuse(queue.experiment, end.message);
  }

  /** Those with trials that it may work for. */
  async #openQueues(): Promise<OpenQueue[]> {
    const rows = await this.#server.query(
      `SELECT q.name, q.code, e.id AS experiment, e.name AS title, e.version, e.artifacts FROM ${SCHEMA}.queues q
       JOIN ${SCHEMA}.experiments e ON e.id = q.experiment ORDER BY e.created, q.name`,
    );
    const fit: OpenQueue[] = [];
    for (const { name, code, experiment, version: planned, artifacts } of rows) {
      if (this.#unfit.has(experiment)) continue;
      const lack =
        planned === version
          ? lackOf(JSON.parse(code), this.#plugins)
          : `it is market-gym ${version}, the trials were planned by ${planned}; install that version.`;
      const noFolder =
        artifacts === 'folder' && this.#options.artifacts === undefined
          ? 'the experiment keeps its files in a folder; say where it is with --artifacts.'
          : undefined;
      const reason = lack ?? noFolder;
      if (reason === undefined) fit.push({ name, experiment, artifacts });
      else await this.#refuse(experiment, reason);
    }
    return fit;
  }

  async #refuse(experiment: string, reason: string): Promise<void> {
    if (this.#unfit.has(experiment)) return;
    this.#unfit.add(experiment);
    this.#tell({ kind: 'refused', experiment, reason });
    await this.#persist(() =>
      this.#server.query(
        `INSERT INTO ${SCHEMA}.refusals (experiment, worker, reason)
         SELECT id, $2, $3 FROM ${SCHEMA}.experiments WHERE id = $1 ON CONFLICT (experiment, worker) DO UPDATE SET reason = $3`,
        [experiment, this.#worker, reason],
      ),
    );
  }

  async #isWorkLeft(queues: readonly OpenQueue[]): Promise<boolean> {
    const rows = await this.#server.query(
      `SELECT 1 FROM ${SCHEMA}.trials WHERE queue = ANY($1) AND state IN ('queued', 'running') LIMIT 1`,
      [queues.map(({ name }) => name)],
    );
    return rows.length > 0;
  }

  /** Gives signs of life until it is told to end. */
  async #beat(ended: AbortSignal): Promise<void> {
    const aliveMs = BEATS_ALIVE * this.#beatMs;
    while (!ended.aborted) {
      const lanes = [...this.#lanes.values()].map(({ lane }) => lane);
      const signs = lanes.map(({ claim, step }) => ({ ...claim, step }));
      try {
        const kept = await this.#store.keepAlive(signs, aliveMs);
        for (const lane of lanes) {
          if (!kept.has(ownerOf(lane.claim)) && this.#lanes.has(ownerOf(lane.claim))) lane.lose();
        }
        await this.#server.query(
          `UPDATE ${SCHEMA}.workers SET alive_until = clock_timestamp() + $2::double precision * interval '1 millisecond' WHERE id = $1`,
          [this.#worker, aliveMs],
        );
        await this.#store.reap();
        for (const lane of lanes) lane.tend();
      } catch (error) {
        // The server is away: whoever needs it says so.
        if (!(error instanceof MarketGymError)) throw error;
      }
      await wait(this.#beatMs, ended);
    }
  }

  #artifactsOf({ artifacts }: OpenQueue): Artifacts {
    const { artifacts: folder } = this.#options;
    return artifacts === 'folder' && folder !== undefined
      ? new FolderArtifacts(folder)
      : new DatabaseArtifacts(this.#server);
  }

  #tell(event: WorkEvent): void {
    this.#options.onEvent?.(event);
  }

  #persist<Result>(operation: () => Promise<Result>): Promise<Result> {
    return persist(operation, {
      patienceMs: this.#options.patienceMs ?? 3_600_000,
      signal: this.#signal,
      onAway: (message) =>
        this.#tell({
          kind: 'note',
          sentence: message === undefined ? 'The server is back.' : `${message} Waiting for it.`,
        }),
    });
  }
}

/** A result that could not be handed in is computed again by whoever takes the trial next. */
function failureOf(error: unknown): LaneEnd {
  if (!(error instanceof MarketGymError)) throw error;
  return { kind: 'failed', message: error.message };
}

/** What this machine computes matrix products with. */
function kernelsHere(): string {
  try {
    loadBlas();
    return 'wasm, blas';
  } catch {
    return 'wasm';
  }
}
