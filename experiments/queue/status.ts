/** Tells what a queue holds: the experiments in it, how many of their trials wait, and the workers that are at work. */
import { PostgresServer } from '../../storage/postgres/server.ts';
import { createTables, SCHEMA } from './schema.ts';

export interface QueueStatus {
  readonly experiments: readonly {
    readonly name: string;
    readonly id: string;
    /** Host of whoever put it there. */
    readonly coordinator: string;
    readonly queued: number;
    readonly running: number;
    /** Not yet taken by the coordinator. */
    readonly done: number;
    readonly parked: number;
    /** Why workers take no part, a sentence each. */
    readonly refusals: readonly string[];
  }[];
  readonly workers: readonly {
    readonly id: string;
    readonly cores: number;
    readonly lanes: number;
    readonly kernels: string;
    readonly version: string;
    readonly node: string;
    readonly running: number;
    readonly isAlive: boolean;
  }[];
  /** Trials that failed three times. */
  readonly parked: readonly { readonly key: string; readonly message: string }[];
}

/** @throws StorageError `server-away`, `server-refused`, `no-rights` */
export async function readQueueStatus(url: string): Promise<QueueStatus> {
  const server = await PostgresServer.open(url, { connections: 1 });
  try {
    await createTables(server, server.name);
    const count = (state: string): string => `count(*) FILTER (WHERE t.state = '${state}')::int AS ${state}`;
    const experiments = await server.query(
      `SELECT e.name, e.id, e.coordinator, ${['queued', 'running', 'done', 'parked'].map(count).join(', ')},
         ARRAY(SELECT worker || ': ' || reason FROM ${SCHEMA}.refusals r WHERE r.experiment = e.id ORDER BY 1) AS refusals
       FROM ${SCHEMA}.experiments e LEFT JOIN ${SCHEMA}.trials t ON t.experiment = e.id GROUP BY e.id ORDER BY e.created`,
    );
    const workers = await server.query(
      `SELECT id, cores, lanes, kernels, version, node, alive_until > clock_timestamp() AS "isAlive",
         (SELECT count(*)::int FROM ${SCHEMA}.trials t WHERE t.worker = w.id AND t.state = 'running') AS running
       FROM ${SCHEMA}.workers w ORDER BY id`,
    );
    const parked = await server.query(
      `SELECT key, message FROM ${SCHEMA}.trials WHERE state = 'parked' ORDER BY key`,
    );
    return { experiments, workers, parked };
  } finally {
    await server.close();
  }
}
