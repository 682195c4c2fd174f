/** The tables of experiments whose trials are carried out on many machines, beside those of the queue itself. */
import { StorageError } from '../../core/errors.ts';
import type { Queryable } from '../../storage/postgres/server.ts';

export const SCHEMA = 'market_gym';
/** Of pg-boss: which trials wait, and which are taken. */
export const QUEUE_SCHEMA = 'market_gym_queue';

const VERSION = 1;

const TABLES = `
  CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.about (version int NOT NULL);
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.experiments (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    name text NOT NULL,
    version text NOT NULL,
    artifacts text NOT NULL CHECK (artifacts IN ('database', 'folder')),
    coordinator text NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.queues (
    name text PRIMARY KEY,
    experiment text NOT NULL REFERENCES ${SCHEMA}.experiments (id) ON DELETE CASCADE,
    code text NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.trials (
    experiment text NOT NULL REFERENCES ${SCHEMA}.experiments (id) ON DELETE CASCADE,
    key text NOT NULL,
    queue text NOT NULL,
    job uuid NOT NULL,
    payload text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'parked')),
    lease int NOT NULL DEFAULT 0,
    worker text,
    alive_until timestamptz,
    step double precision NOT NULL DEFAULT 0,
    failures int NOT NULL DEFAULT 0,
    losses int NOT NULL DEFAULT 0,
    message text,
    details text,
    files text,
    PRIMARY KEY (experiment, key)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS trials_by_job ON ${SCHEMA}.trials (job);
  CREATE INDEX IF NOT EXISTS trials_running ON ${SCHEMA}.trials (alive_until) WHERE state = 'running';
  CREATE INDEX IF NOT EXISTS trials_ended ON ${SCHEMA}.trials (experiment) WHERE state IN ('done', 'parked');
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.workers (
    id text PRIMARY KEY,
    host text NOT NULL,
    process int NOT NULL,
    cores int NOT NULL,
    lanes int NOT NULL,
    kernels text NOT NULL,
    version text NOT NULL,
    node text NOT NULL,
    alive_until timestamptz NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.refusals (
    experiment text NOT NULL REFERENCES ${SCHEMA}.experiments (id) ON DELETE CASCADE,
    worker text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (experiment, worker)
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.parts (
    owner text COLLATE "C" NOT NULL,
    sha256 text NOT NULL,
    part int NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (owner, sha256, part)
  );
`;

/**
 * Makes the tables where they are not there yet.
 * @throws StorageError `unsupported-version`, `no-rights`
 */
export async function createTables(server: Queryable, name: string): Promise<void> {
  const [{ found }] = await server.query(`SELECT to_regclass('${SCHEMA}.about') IS NOT NULL AS found`);
  // Who may read and write, but make nothing, can use what an owner has made.
  if (!found) await server.query(TABLES);
  const [about] = await server.query(`SELECT version FROM ${SCHEMA}.about`);
  if (about === undefined) {
    await server.query(
      `INSERT INTO ${SCHEMA}.about SELECT ${VERSION} WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.about)`,
    );
  } else if (about.version !== VERSION) {
    throw new StorageError(
      'unsupported-version',
      `The tables on ${name} have version ${about.version}, this program reads ${VERSION}. Use the version of market-gym that made them.`,
    );
  }
}
