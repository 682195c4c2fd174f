/**
 * Measures what a trial costs whoever coordinates it, and how many trials many workers take and return in a second:
 * `npx tsx test/peers/queue/measure-queue.ts [local trials] [queued trials] [fake workers]`. Fake workers do all of a worker's part but train.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseArtifacts } from '../../../experiments/queue/artifacts.ts';
import { TrialQueue } from '../../../experiments/queue/boss.ts';
import { packFiles } from '../../../experiments/queue/run-files.ts';
import { SCHEMA } from '../../../experiments/queue/schema.ts';
import { type ClaimedTrial, ownerOf, TrialStore } from '../../../experiments/queue/trial-store.ts';
import { runExperiment } from '../../../experiments/run-experiment.ts';
import { PostgresServer } from '../../../storage/postgres/server.ts';
import { Cluster } from '../../system/queue/postgres.ts';

const [numLocal = 40, numQueued = 1000, numWorkers = 200] = process.argv.slice(2, 5).map(Number);
const SETTINGS = [`max_connections=${numWorkers + 50}`, 'shared_buffers=128MB', 'fsync=on'];
const PROCESSES = 2;

const experiment = (seeds: number) => ({
  name: 'measure',
  steps: 1,
  envs: 1,
  evaluateEvery: 0,
  judgeEpisodes: 1,
  seeds,
  tasks: [{ env: 'cartpole' }],
  agents: [{ agent: 'random' }],
});

/** CPU of this process alone, ms. */
async function cpuOf(operation: () => Promise<unknown>): Promise<{ cpuMs: number; wallMs: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await operation();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - start };
}

/** The result of a trial that nobody has trained. */
function resultOf({ payload: { trial } }: ClaimedTrial): Uint8Array {
  const { task, agent, seed, judging } = trial;
  const result = {
    ...{ task, agent, seed, judging, steps: 1, checkpoint: 'best', meanReturn: seed, deviation: 0 },
    returns: [seed],
  };
  return packFiles(new Map([['result.json', Buffer.from(JSON.stringify(result))]]));
}

/** Takes and returns trials over a connection of its own, until it is killed. */
async function fakeWorker(url: string, name: string, onEnd: () => void): Promise<void> {
  const server = await PostgresServer.open(url, { connections: 1 });
  const store = new TrialStore(await TrialQueue.open(server));
  const artifacts = new DatabaseArtifacts(server);
  for (;;) {
    const queues = await server.query(`SELECT name FROM ${SCHEMA}.queues`);
    let taken = 0;
    for (const { name: queue } of queues) {
      for (let claims = await store.claim(queue, 1, name, 20_000); claims.length > 0; ) {
        const [claim] = claims;
        const files = await artifacts.put(ownerOf(claim), resultOf(claim));
        await store.finish(claim, files);
        onEnd();
        taken++;
        claims = await store.claim(queue, 1, name, 20_000);
      }
    }
    if (taken === 0) await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-measure-'));
  const cluster = await Cluster.start(SETTINGS);
  const children = Array.from({ length: PROCESSES }, (_, i) =>
    fork(
      fileURLToPath(import.meta.url),
      ['fake', cluster.url, String(Math.ceil(numWorkers / PROCESSES)), String(i)],
      {
        execArgv: ['--import', 'tsx'],
      },
    ),
  );
  try {
    const local = await cpuOf(() =>
      runExperiment(experiment(numLocal), { out: join(folder, 'local'), ledger: join(folder, 'local.db') }),
    );
    console.log(
      `local: ${(local.cpuMs / numLocal).toFixed(1)} ms of coordinator CPU a trial, ${numLocal} trials`,
    );
    const queued = await cpuOf(() =>
      runExperiment(experiment(numQueued), {
        out: join(folder, 'queued'),
        ledger: join(folder, 'queued.db'),
        queue: { url: cluster.url },
      }),
    );
    console.log(
      `queue: ${(queued.cpuMs / numQueued).toFixed(1)} ms of coordinator CPU a trial, ${(queued.wallMs / numQueued).toFixed(1)} ms from first to last, ${numQueued} trials`,
    );

    // Taken and returned alone: everything is in the queue before the clock starts.
    const server = await PostgresServer.open(cluster.url);
    const queue = await TrialQueue.open(server);
    const store = new TrialStore(queue);
    const [{ id }] = await server.query(
      `INSERT INTO ${SCHEMA}.experiments (name, version, artifacts, coordinator) VALUES ('rate', '0', 'database', 'here') RETURNING id`,
    );
    await queue.create(`${id}-plain`);
    const payload = {
      trial: { task: 'a', agent: 'b', seed: 1, judging: { checkpoint: 'best', episodes: 1, seed: 1 } },
      data: [],
    };
    const numRate = 10 * numWorkers;
    for (let i = 0; i < numRate; i++) {
      await store.submit({ experiment: id, key: `t${i}`, queue: `${id}-plain` }, payload as never, undefined);
    }
    await server.query(`INSERT INTO ${SCHEMA}.queues (name, experiment, code) VALUES ($1, $2, '[]')`, [
      `${id}-plain`,
      id,
    ]);
    const start = performance.now();
    for (;;) {
      const [{ left }] = await server.query(
        `SELECT count(*)::int AS left FROM ${SCHEMA}.trials WHERE experiment = $1 AND state <> 'done'`,
        [id],
      );
      if (left === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const seconds = (performance.now() - start) / 1000;
    console.log(`${numWorkers} workers: ${(numRate / seconds).toFixed(0)} trials/s taken and returned`);
    const [{ size }] = await server.query(
      `SELECT pg_total_relation_size('${SCHEMA}.trials') + pg_total_relation_size('${SCHEMA}.parts') AS size`,
    );
    console.log(`tables: ${(Number(size) / numRate).toFixed(0)} bytes a trial`);
    await queue.stop();
    await server.close();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await cluster.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'fake') {
  const [, , , url, count, index] = process.argv;
  for (let i = 0; i < Number(count); i++) void fakeWorker(url, `${index}-${i}`, () => {});
} else await main();
