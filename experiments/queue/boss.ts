/** The queue itself: pg-boss, of which every step may be part of a transaction of ours. */
import type PgBoss from 'pg-boss';
import type { PostgresServer, Queryable, ServerRow } from '../../storage/postgres/server.ts';
import { createTables, QUEUE_SCHEMA } from './schema.ts';

/** A trial goes back as often as it must; who gives up on it, and when, is counted elsewhere. */
const RETRY_LIMIT = 1_000_000;

const MAX_ATTEMPTS = 20;
/** SQLSTATE codes of what is there already: a key, a schema, a table, a type or function. */
const MADE = ['23505', '42P06', '42P07', '42710', '42723'];

export class TrialQueue {
  readonly server: PostgresServer;
  readonly #boss: PgBoss;

  private constructor(server: PostgresServer, boss: PgBoss) {
    this.server = server;
    this.#boss = boss;
  }

  /** Makes the tables that are missing. @throws StorageError `no-rights`, `unsupported-version`, `server-away` */
  static async open(server: PostgresServer): Promise<TrialQueue> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await TrialQueue.#open(server);
      } catch (error) {
        // Others made the same tables at the same time; the next look finds them.
        if (attempt === MAX_ATTEMPTS || !isMadeByOthers(error)) throw error;
      }
    }
  }

  static async #open(server: PostgresServer): Promise<TrialQueue> {
    await createTables(server, server.name);
    const { default: Boss } = await import('pg-boss');
    const boss = new Boss({
      db: databaseOf(server),
      schema: QUEUE_SCHEMA,
      // A trial may take days: that it is alive is told by heartbeats, not by how long it has been at work.
      supervise: false,
      schedule: false,
    });
    boss.on('error', () => {});
    await boss.start();
    return new TrialQueue(server, boss);
  }

  create(name: string): Promise<void> {
    return this.#boss.createQueue(name, {
      name,
      retryLimit: RETRY_LIMIT,
      retryDelay: 0,
    });
  }

  async remove(name: string): Promise<void> {
    // The library removes queues without jobs alone, ended ones included.
    await this.server.query(`DELETE FROM ${QUEUE_SCHEMA}.job WHERE name = $1`, [name]);
    await this.#boss.deleteQueue(name);
  }

  /** @returns its identifier */
  async add(name: string, on: Queryable): Promise<string> {
    return (await this.#boss.send(name, {}, { db: databaseOf(on), retryLimit: RETRY_LIMIT, retryDelay: 0 }))!;
  }

  /** @returns identifiers of up to `count` that nobody else has now */
  async take(name: string, count: number, on: Queryable): Promise<string[]> {
    let failure: unknown;
    const db = databaseOf(on);
    const jobs = await this.#boss.fetch(name, {
      batchSize: count,
      db: {
        // The library keeps what goes wrong here to itself.
        executeSql: (text, values) =>
          db.executeSql(text, values).catch((error: unknown) => {
            failure = error;
            throw error;
          }),
      },
    });
    if (failure !== undefined) throw failure;
    return jobs.map(({ id }) => id);
  }

  async end(name: string, jobs: readonly string[], on: Queryable): Promise<void> {
    if (jobs.length > 0) await this.#boss.complete(name, listOf(jobs), {}, { db: databaseOf(on) });
  }

  /** To be taken again. */
  async giveBack(name: string, jobs: readonly string[], on: Queryable): Promise<void> {
    if (jobs.length > 0) await this.#boss.fail(name, listOf(jobs), {}, { db: databaseOf(on) });
  }

  /** The library's own timers; the connection stays open. */
  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false, wait: false });
  }
}

/** The library takes lists here, and options only after an output; its types know either, not both. */
const listOf = (jobs: readonly string[]): string => [...jobs] as unknown as string;

function isMadeByOthers(error: unknown): boolean {
  const cause = (error as { cause?: { code?: string } }).cause;
  return cause?.code !== undefined && MADE.includes(cause.code);
}

function databaseOf(on: Queryable): {
  executeSql(text: string, values: unknown[]): Promise<{ rows: ServerRow[] }>;
} {
  return { executeSql: async (text, values) => ({ rows: await on.query(text, values) }) };
}
