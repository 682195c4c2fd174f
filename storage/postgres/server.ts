/** Talks to a PostgreSQL server: queries and transactions over few connections, with errors in words. */
import type { Pool, PoolClient } from 'pg';
import { StorageError } from '../../core/errors.ts';
import { describeServer, parseAddress } from './address.ts';
import { isOfServer, isPassing, postgresError } from './errors.ts';

/** A row by its columns' names. */
// biome-ignore lint/suspicious/noExplicitAny: The columns of a query are known to whoever wrote it.
export type ServerRow = any;

/** Something that answers queries: the server, or a transaction on it. */
export interface Queryable {
  query(text: string, values?: readonly unknown[]): Promise<ServerRow[]>;
}

export interface ServerOptions {
  /** Connections at most. Default 2. */
  readonly connections?: number;
  /** How long an answer may take before the connection is given up, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** The oldest that is supported: the queue needs generated identifiers. */
const LEAST_VERSION = 13;

export class PostgresServer implements Queryable {
  /** Without the password. */
  readonly name: string;
  readonly #pool: Pool;

  private constructor(name: string, pool: Pool) {
    this.name = name;
    this.#pool = pool;
  }

  /**
   * Connects, and looks whether the server is one that can be used.
   * @param url `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
   * @throws StorageError `invalid-address`, `server-away`, `server-refused`, `unsupported-version`
   */
  static async open(
    url: string,
    { connections = 2, timeoutMs = 30_000 }: ServerOptions = {},
  ): Promise<PostgresServer> {
    parseAddress(url);
    const name = describeServer(url);
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
      application_name: 'market-gym',
    });
    // A connection that breaks while nobody uses it: the next query opens another.
    pool.on('error', () => {});
    const server = new PostgresServer(name, pool);
    try {
      const [{ server_version_num: version }] = await server.query('SHOW server_version_num');
      const major = Math.floor(Number(version) / 10_000);
      if (major < LEAST_VERSION) {
        throw new StorageError(
          'unsupported-version',
          `The server ${name} is PostgreSQL ${major}; ${LEAST_VERSION} or newer is needed.`,
        );
      }
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** @throws StorageError as `postgresError` */
  async query(text: string, values: readonly unknown[] = []): Promise<ServerRow[]> {
    return this.#use(async (client) => (await client.query(text, [...values])).rows);
  }

  /** All of it happens, or nothing. @throws StorageError as `postgresError`; what the operation throws */
  async transaction<Result>(operation: (on: Queryable) => Promise<Result>): Promise<Result> {
    return this.#use(async (client) => {
      await client.query('BEGIN');
      try {
        const on: Queryable = {
          query: async (text, values = []) => (await client.query(text, [...values])).rows,
        };
        const result = await operation(on);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that is gone has rolled back by itself.
        if (!isPassing(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #use<Result>(operation: (client: PoolClient) => Promise<Result>): Promise<Result> {
    let client: PoolClient | undefined;
    let broken = false;
    // Between two queries nobody else is told that the connection broke; the next one fails by it.
    const onError = (): void => {
      broken = true;
    };
    try {
      client = await this.#pool.connect();
      client.on('error', onError);
      return await operation(client);
    } catch (error) {
      broken ||= isOfServer(error);
      throw isOfServer(error) ? postgresError(error, this.name) : error;
    } finally {
      // One that did not answer in time may answer later, to another question; others may be left in a transaction.
      client?.off('error', onError);
      client?.release(broken);
    }
  }
}
