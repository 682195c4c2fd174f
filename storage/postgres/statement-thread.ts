/** The thread of a database on a server: carries its statements out one after the other, and wakes whoever waits for the answer. */
import { type MessagePort, workerData } from 'node:worker_threads';
import pg from 'pg';
import type { StatementAnswer, StatementRequest, ThreadData } from './statements.ts';

const { url, searchPath, timeoutMs, port, flag } = workerData as ThreadData & { readonly port: MessagePort };
/** Counts and numbers of rows: far below what a double holds. */
const INT8 = 20;

const types = new pg.TypeOverrides();
types.setTypeParser(INT8, Number);

let client: pg.Client | undefined;

async function connect(): Promise<pg.Client> {
  const opened = new pg.Client({
    connectionString: url,
    options: `-c search_path=${searchPath}`,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'market-gym',
    types,
  });
  // It is opened anew with the next statement.
  opened.on('error', () => {
    if (client === opened) client = undefined;
  });
  await opened.connect();
  return opened;
}

async function answer({ text, values }: StatementRequest): Promise<StatementAnswer> {
  try {
    client ??= await connect();
    const result = await client.query(text, [...values]);
    const last = Array.isArray(result) ? result.at(-1) : result;
    return { rows: last?.rows ?? [] };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { error: { message: message || String(code), ...(code !== undefined && { code }) } };
  }
}

port.on('message', (request: StatementRequest | 'close') => {
  const reply = (said: StatementAnswer): void => {
    port.postMessage(said);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  if (request !== 'close') void answer(request).then(reply);
  else {
    void (client?.end() ?? Promise.resolve()).finally(() => {
      port.close();
    });
  }
});
