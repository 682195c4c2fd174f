/** Puts what goes wrong with a PostgreSQL server in words: what it is, and what to do. */
import { MarketGymError, StorageError } from '../../core/errors.ts';

/** What the driver adds to an error of the server. */
interface ServerError extends Error {
  /** SQLSTATE, or a code of the operating system. */
  readonly code?: string;
  readonly detail?: string;
}

/** SQLSTATE codes and those of sockets that pass: the server starts, stops, has no connection left, or cannot be reached. */
const PASSING = [
  /^(08|57P0[123]$|53300$|40001$|40P01$|25006$|55P03$)/,
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND)/,
];
/** The driver's own words for a connection that is gone or does not answer; they carry no code. */
const GONE =
  /connection terminated|timeout (exceeded|expired)|read timeout|connection ended|not queryable|server closed/i;

/** Whether the same may succeed later, with nobody doing anything about it. */
export function isPassing(error: unknown): boolean {
  const cause = error instanceof StorageError && error.cause !== undefined ? error.cause : error;
  const { code, message } = cause as ServerError;
  if (code !== undefined && PASSING.some((pattern) => pattern.test(code))) return true;
  // Several addresses of one name were tried.
  if (cause instanceof AggregateError) return cause.errors.some(isPassing);
  return GONE.test(message);
}

/** Whether it comes from the server or the way to it, and not from a mistake in a program. */
export function isOfServer(error: unknown): boolean {
  if (error instanceof MarketGymError) return false;
  return (
    error instanceof Error && (typeof (error as ServerError).code === 'string' || GONE.test(error.message))
  );
}

/**
 * @param server as `describeServer` names it
 * @returns `server-away`, `server-refused`, `no-rights`, `server-full`, `server-failed`
 */
export function postgresError(error: unknown, server: string): StorageError {
  const { code = '', message } = error as ServerError;
  const reason = (message || code).split('\n')[0];
  const make = (kind: string, text: string): StorageError => new StorageError(kind, text, { cause: error });
  if (/^(28|3D000)/.test(code)) {
    return make(
      'server-refused',
      `The server ${server} lets nobody in: ${reason}. Check user, password and database.`,
    );
  }
  if (code === '42501') {
    return make(
      'no-rights',
      `The server ${server} does not allow it: ${reason}. Let the user create schemas and tables: GRANT CREATE ON DATABASE … TO ….`,
    );
  }
  if (/^(53100|53200)$/.test(code)) {
    return make(
      'server-full',
      `The server ${server} has no room left: ${reason}. Make room and start again; nothing is lost.`,
    );
  }
  if (isPassing(error)) {
    return make(
      'server-away',
      `The server ${server} cannot be reached: ${reason}. Is it up, and is the address right?`,
    );
  }
  return make('server-failed', `The server ${server} failed: ${reason}.`);
}
