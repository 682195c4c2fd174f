/** A database on a PostgreSQL server for code that cannot wait: its statements are carried out in a thread, and the call waits for the answer. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { StorageError } from '../../core/errors.ts';
import { THREAD_START, threadEntry } from '../../core/typescript-loader.ts';
import { describeServer } from './address.ts';
import { translate } from './dialect.ts';
import { postgresError } from './errors.ts';
import type { SqlDatabase, SqlStatement, SqlValue } from './sql.ts';

export interface StatementRequest {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export interface StatementAnswer {
  readonly rows?: readonly unknown[];
  readonly error?: { readonly message: string; readonly code?: string };
}

export interface ThreadData {
  readonly url: string;
  readonly searchPath: string;
  readonly timeoutMs: number;
  /** [1] 1 once there is an answer. */
  readonly flag: Int32Array;
}

export interface ServerDatabaseOptions {
  /** Its schema on the server; it is made where it is missing. */
  readonly name: string;
  /** Statements that make its tables, in SQLite's dialect. */
  readonly schema: string;
  /** Of the tables; others are refused. */
  readonly version: number;
  /** Makes the tables where there are none; otherwise nothing is made. */
  readonly create: boolean;
  /** What to throw where there are none, and none are made. */
  readonly missing: (server: string) => StorageError;
  /** How long an answer may take, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** The thread's own way to an answer or an error is longer than the server's. */
const GRACE_MS = 5_000;

/**
 * Opens the tables in a schema of their own.
 * @param url `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
 * @throws StorageError `invalid-address`, `server-away`, `server-refused`, `no-rights`, `unsupported-version`, and as `missing`
 */
export function openServerDatabase(
  url: string,
  { name, schema, version, create, missing, timeoutMs = 30_000 }: ServerDatabaseOptions,
): SqlDatabase {
  const server = describeServer(url);
  const db = new ServerDatabase(url, server, name, timeoutMs);
  try {
    const isThere = (): boolean =>
      (db.ask(`SELECT to_regclass('${name}.about') IS NOT NULL AS found`)[0] as { found: boolean }).found;
    if (!isThere()) {
      if (!create) throw missing(server);
      db.exec('BEGIN IMMEDIATE');
      if (!isThere()) {
        db.ask(`CREATE SCHEMA IF NOT EXISTS ${name}`);
        db.exec(
          `${schema} CREATE TABLE about (version INTEGER NOT NULL); INSERT INTO about VALUES (${version});`,
        );
      }
      db.exec('COMMIT');
    }
    const [about] = db.ask(`SELECT version FROM ${name}.about`) as { version: number }[];
    if (about?.version === version) return db;
    throw new StorageError(
      'unsupported-version',
      `The tables ${name} on ${server} have version ${about?.version}, this program reads ${version}. Use the version of market-gym that made them.`,
    );
  } catch (error) {
    db.close();
    throw error;
  }
}

class ServerDatabase implements SqlDatabase {
  inTransaction = false;
  readonly #server: string;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));
  readonly #port: MessagePort;

  constructor(url: string, server: string, name: string, timeoutMs: number) {
    this.#server = server;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const data: ThreadData = { url, searchPath: name, timeoutMs, flag: this.#flag };
    const thread = new Worker(`${THREAD_START}\nrunning.catch(() => process.exit(1));`, {
      eval: true,
      workerData: { ...data, port: port2, ...threadEntry(import.meta.url, 'statement-thread') },
      transferList: [port2],
      execArgv: [],
    });
    thread.unref();
    // What became of it is told by the statement that waits for it.
    thread.on('error', () => {});
  }

  prepare(statement: string): SqlStatement {
    const text = translate(statement);
    return {
      get: (...values) => this.ask(text, values)[0],
      all: (...values) => this.ask(text, values),
      run: (...values) => {
        const [row] = this.ask(text, values) as { number?: number }[];
        return { lastInsertRowid: row?.number ?? 0 };
      },
    };
  }

  exec(statements: string): void {
    const word = statements.trim().split(' ')[0];
    if (word === 'ROLLBACK' || word === 'COMMIT') this.inTransaction = false;
    if (word !== 'BEGIN') {
      this.ask(translate(statements));
      return;
    }
    this.ask('BEGIN');
    this.inTransaction = true;
    // Writers take turns, as with a file.
    this.ask(`SELECT pg_advisory_xact_lock(hashtext('${this.#name}'))`);
  }

  close(): void {
    this.#port.postMessage('close');
    this.#port.unref();
  }

  /** @returns the rows @throws StorageError as `postgresError` */
  ask(text: string, values: readonly SqlValue[] = []): unknown[] {
    Atomics.store(this.#flag, 0, 0);
    const request: StatementRequest = { text, values };
    this.#port.postMessage(request);
    Atomics.wait(this.#flag, 0, 0, 2 * this.#timeoutMs + GRACE_MS);
    const answer: StatementAnswer | undefined = receiveMessageOnPort(this.#port)?.message;
    if (answer?.rows !== undefined) return [...answer.rows];
    const { message, code } = answer?.error ?? { message: 'timeout expired' };
    if (code?.startsWith('08') || /terminated|timeout/.test(message)) this.inTransaction = false;
    throw postgresError(
      Object.assign(new Error(message), { ...(code !== undefined && { code }) }),
      this.#server,
    );
  }
}
