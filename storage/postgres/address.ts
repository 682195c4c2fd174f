/** Names a PostgreSQL server by its URL, of which the password is shown to nobody. */
import { StorageError } from '../../core/errors.ts';

const SCHEMES = ['postgres:', 'postgresql:'];

/** Whether a place that may be a file or a server is a server. */
export function isPostgresUrl(place: string): boolean {
  return /^postgres(ql)?:/i.test(place);
}

/**
 * The server for messages and records: user, host, port and database, without a password or options.
 * @throws StorageError `invalid-address`
 */
export function describeServer(url: string): string {
  const { username, host, pathname } = parseAddress(url);
  return `postgres://${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/** @throws StorageError `invalid-address`, which never quotes the URL: it may hold a password */
export function parseAddress(url: string): URL {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    // Said below, without what was given.
  }
  if (parsed !== undefined && SCHEMES.includes(parsed.protocol)) return parsed;
  throw new StorageError(
    'invalid-address',
    'The address of a server is written postgres://USER:PASSWORD@HOST:PORT/DATABASE; letters such as "@" or "/" in a password are ' +
      'percent-encoded, and the password may come from PGPASSWORD instead.',
  );
}
