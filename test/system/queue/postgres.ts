/** Starts a PostgreSQL server of the test's own in a temporary folder, where the programs are installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** The folder of the newest version's programs; undefined where none is installed. */
export const POSTGRES = findPrograms();

if (POSTGRES === undefined) {
  console.warn('Skipped: tests of the queue need PostgreSQL (Debian: apt-get install postgresql).');
}

const USER = 'gym';
/** With letters that an address has to encode. */
export const PASSWORD = 's3cret/&word';

export class Cluster {
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  #server: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.url = `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`;
  }

  static async start(settings: readonly string[] = []): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'market-gym-postgres-'));
    const owner = ownerOfServer();
    if (owner !== undefined) {
      chownSync(folder, owner.uid, owner.gid);
      // The server's user has to come through the folder of the tests.
      chmodSync(tmpdir(), statSync(tmpdir()).mode | 0o111);
    }
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
    execFileSync(
      join(POSTGRES!, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        USER,
        '-A',
        'scram-sha-256',
        '--pwfile',
        passwordFile,
        '-E',
        'UTF8',
        '--locale=C',
        '-N',
      ],
      { cwd: folder, stdio: 'ignore', ...owner },
    );
    const cluster = new Cluster(folder, await freePort());
    await cluster.run(settings);
    return cluster;
  }

  /** Starts the server again on the same data. */
  async run(settings: readonly string[] = []): Promise<void> {
    const options = ['fsync=off', 'max_connections=60', 'shared_buffers=32MB', ...settings];
    this.#server = spawn(
      join(POSTGRES!, 'postgres'),
      [
        ...['-D', join(this.folder, 'data'), '-p', String(this.port), '-k', this.folder, '-h', '127.0.0.1'],
        ...options.flatMap((option) => ['-c', option]),
      ],
      { cwd: this.folder, stdio: 'ignore', ...ownerOfServer() },
    );
    await this.#untilReady();
  }

  /** @param signal `SIGINT` closes connections at once, `SIGQUIT` as after a crash */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One query over a connection of its own. */
  // biome-ignore lint/suspicious/noExplicitAny: The columns are those of the query.
  async query(text: string, values: unknown[] = [], url = this.url): Promise<any[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** A database of a test's own. @returns its address */
  async createDatabase(name: string): Promise<string> {
    await this.query(`CREATE DATABASE ${name}`);
    return this.url.replace(/\/postgres$/, `/${name}`);
  }

  async #untilReady(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (attempt > 200 || this.#server?.exitCode != null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

/** The server refuses to run as root: then it runs as the user that its package made, or as nobody. */
function ownerOfServer(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { stdio: 'pipe' }));
  try {
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    return { uid: 65534, gid: 65534 };
  }
}

function findPrograms(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  return [
    ...versions.map((version) => join(base, version, 'bin')),
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ].find((place) => existsSync(join(place, 'initdb')));
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
