/**
 * Puts trials into the queue, hands them out, and takes them back. Each step is one transaction over our table and that of the queue.
 * Who has a trial holds its lease, a number that grows with every owner: what an earlier owner says of it is not heard.
 */
import type { Queryable } from '../../storage/postgres/server.ts';
import type { Trial } from '../plan.ts';
import type { Segment } from '../search/segment.ts';
import type { TrialQueue } from './boss.ts';
import type { DataFile } from './data.ts';
import { SCHEMA } from './schema.ts';

/** A trial that fails so often is parked. */
export const MAX_FAILURES = 3;
/** So many workers that went away with it are no accident. */
export const MAX_LOSSES = 50;

const TRIALS = `${SCHEMA}.trials`;

/** What a worker is told of a trial; paths are those of the coordinator. */
export interface TrialPayload {
  readonly trial: Trial;
  readonly segment?: Segment;
  readonly data: readonly DataFile[];
}

/** A trial by its name, and who may speak for it. */
export interface Claim {
  readonly experiment: string;
  readonly key: string;
  readonly queue: string;
  readonly lease: number;
}

export interface ClaimedTrial extends Claim {
  readonly payload: TrialPayload;
  /** Hash of the files that it goes on from; absent: it begins. */
  readonly files?: string;
}

/** `cartpole/ppo-t0003/seed-1/1000`: a part of a search's trial has a name of its own. */
export function keyOf({ task, agent, seed }: Trial, segment?: Segment): string {
  const part = segment === undefined ? 'whole' : (segment.until ?? 'end');
  return `${task}/${agent}/seed-${seed}/${part}`;
}

/** What artifacts of a trial are kept under. */
export function ownerOf({ experiment, key }: Pick<Claim, 'experiment' | 'key'>): string {
  return `${experiment}/${key}`;
}

export class TrialStore {
  readonly #queue: TrialQueue;

  constructor(queue: TrialQueue) {
    this.#queue = queue;
  }

  /** Puts a trial in, unless it is there already: then it goes on as it is, and one that was parked is tried again. */
  async submit(
    { experiment, key, queue }: Omit<Claim, 'lease'>,
    payload: TrialPayload,
    files: string | undefined,
  ): Promise<void> {
    const text = JSON.stringify(payload);
    await this.#queue.server.transaction(async (on) => {
      const [found] = await on.query(
        `SELECT payload, state, lease FROM ${TRIALS} WHERE experiment = $1 AND key = $2 FOR UPDATE`,
        [experiment, key],
      );
      if (found?.payload === text && found.state !== 'parked') return;
      const job = await this.#queue.add(queue, on);
      await on.query(
        `INSERT INTO ${TRIALS} (experiment, key, queue, job, payload, files) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (experiment, key) DO UPDATE SET queue = $3, job = $4, payload = $5, files = $6, state = 'queued',
           lease = ${TRIALS}.lease + 1, failures = 0, losses = 0, message = NULL`,
        [experiment, key, queue, job, text, files ?? null],
      );
    });
  }

  /** @param aliveMs how long they are the worker's without a sign of life */
  async claim(queue: string, count: number, worker: string, aliveMs: number): Promise<ClaimedTrial[]> {
    return this.#queue.server.transaction(async (on) => {
      const jobs = await this.#queue.take(queue, count, on);
      if (jobs.length === 0) return [];
      const rows = await on.query(
        `UPDATE ${TRIALS} SET state = 'running', lease = lease + 1, worker = $2, step = 0, alive_until = ${until('$3')}
         WHERE job = ANY($1::uuid[]) AND state = 'queued'
         RETURNING experiment, key, queue, lease, payload, files, job`,
        [jobs, worker, aliveMs],
      );
      const taken = new Set(rows.map(({ job }) => job));
      // Nobody waits for them any more.
      await this.#queue.end(
        queue,
        jobs.filter((job) => !taken.has(job)),
        on,
      );
      return rows.map(({ experiment, key, lease, payload, files }) => ({
        ...{ experiment, key, queue, lease },
        payload: JSON.parse(payload),
        ...(files !== null && { files }),
      }));
    });
  }

  /** @returns the keys that are still the worker's */
  async keepAlive(
    claims: readonly (Claim & { readonly step: number })[],
    aliveMs: number,
  ): Promise<Set<string>> {
    if (claims.length === 0) return new Set();
    const rows = await this.#queue.server.query(
      `UPDATE ${TRIALS} t SET alive_until = ${until('$5')}, step = c.step
       FROM unnest($1::text[], $2::text[], $3::int[], $4::double precision[]) AS c (experiment, key, lease, step)
       WHERE t.experiment = c.experiment AND t.key = c.key AND t.lease = c.lease AND t.state = 'running'
       RETURNING t.experiment, t.key`,
      [
        claims.map(({ experiment }) => experiment),
        claims.map(({ key }) => key),
        claims.map(({ lease }) => lease),
        claims.map(({ step }) => step),
        aliveMs,
      ],
    );
    return new Set(rows.map(ownerOf));
  }

  /** Says which files a trial would go on from. @returns whether it is still the worker's */
  async saveState({ experiment, key, lease }: Claim, files: string): Promise<boolean> {
    const rows = await this.#queue.server.query(
      `UPDATE ${TRIALS} SET files = $4 WHERE experiment = $1 AND key = $2 AND lease = $3 AND state = 'running' RETURNING 1`,
      [experiment, key, lease, files],
    );
    return rows.length > 0;
  }

  /** Hands the result in; said twice, it counts once. @returns whether it was the worker's to hand in */
  async finish({ experiment, key, lease, queue }: Claim, files: string): Promise<boolean> {
    return this.#queue.server.transaction(async (on) => {
      const [row] = await on.query(
        `UPDATE ${TRIALS} SET state = 'done', files = $4 WHERE experiment = $1 AND key = $2 AND lease = $3
           AND state IN ('running', 'done') RETURNING job`,
        [experiment, key, lease, files],
      );
      if (row === undefined) return false;
      await this.#queue.end(queue, [row.job], on);
      return true;
    });
  }

  /** Gives a trial back that goes on elsewhere from its last files, with nothing held against it. */
  async release(claim: Claim): Promise<void> {
    await this.#giveBack(claim, `state = 'queued'`, []);
  }

  /** Gives a trial back that failed; the last time, it is parked. */
  async fail(claim: Claim, message: string, details = ''): Promise<void> {
    const failed = `failures = failures + 1, message = $4, details = $5,
      state = CASE WHEN failures + 1 >= ${MAX_FAILURES} THEN 'parked' ELSE 'queued' END`;
    await this.#giveBack(claim, failed, [clean(message), clean(details)]);
  }

  async #giveBack(
    { experiment, key, lease, queue }: Claim,
    change: string,
    values: readonly string[],
  ): Promise<void> {
    await this.#queue.server.transaction(async (on) => {
      const [row] = await on.query(
        `UPDATE ${TRIALS} SET lease = lease + 1, worker = NULL, ${change}
         WHERE experiment = $1 AND key = $2 AND lease = $3 AND state = 'running' RETURNING job, state`,
        [experiment, key, lease, ...values],
      );
      if (row !== undefined) await this.#return(queue, row.state, [row.job], on);
    });
  }

  /** Takes trials back whose workers have given no sign of life. @returns how many */
  async reap(): Promise<number> {
    return this.#queue.server.transaction(async (on) => {
      const rows = await on.query(
        `UPDATE ${TRIALS} SET lease = lease + 1, losses = losses + 1, worker = NULL,
           message = CASE WHEN losses + 1 >= ${MAX_LOSSES} THEN (losses + 1) || ' workers went away with it.' ELSE message END,
           state = CASE WHEN losses + 1 >= ${MAX_LOSSES} THEN 'parked' ELSE 'queued' END
         WHERE (experiment, key) IN (SELECT experiment, key FROM ${TRIALS}
           WHERE state = 'running' AND alive_until < clock_timestamp() FOR UPDATE SKIP LOCKED)
         RETURNING queue, job, state`,
      );
      for (const { queue, job, state } of rows) await this.#return(queue, state, [job], on);
      return rows.length;
    });
  }

  async #return(queue: string, state: string, jobs: readonly string[], on: Queryable): Promise<void> {
    if (state === 'queued') await this.#queue.giveBack(queue, jobs, on);
    else await this.#queue.end(queue, jobs, on);
  }
}

/** So many ms from now, by the server's clock alone. */
const until = (parameter: string): string =>
  `clock_timestamp() + ${parameter}::double precision * interval '1 millisecond'`;

/** Text columns take everything but NUL. */
const clean = (text: string): string => text.replaceAll('\0', '');
