/** Experiments whose trials other processes carry out, by way of a PostgreSQL server. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candleFile, candleLines, Workplace } from '../../scripts/command-line.ts';
import { Cluster, PASSWORD, POSTGRES } from './postgres.ts';

let cluster: Cluster;
let place: Workplace;
const started: ChildProcess[] = [];
beforeAll(async () => {
  if (POSTGRES === undefined) return;
  cluster = await Cluster.start();
  place = new Workplace();
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  place?.remove();
  await cluster?.remove();
});

/** A command in a process of its own, which does not outlive the tests. */
function start(...args: string[]) {
  const command = place.start(...args);
  started.push(command.process);
  return command;
}

const SEARCH = {
  name: 'search',
  steps: 512,
  envs: 4,
  evaluateEvery: 128,
  evaluateEpisodes: 2,
  seeds: 2,
  tasks: [{ env: 'trading', data: 'candles.csv', envConfig: { normalizationBars: 20 } }],
  agents: [{ agent: 'ppo', config: { rolloutSteps: 16, epochs: 2 } }],
  search: {
    space: { 'agent.learningRate': { logUniform: [1e-4, 1e-1] }, 'agent.gamma': { choice: [0.9, 0.99] } },
    trials: 4,
    sampler: { name: 'tpe', startupTrials: 3, concurrency: 2 },
    pruner: { name: 'asha', reduction: 2 },
    finalists: 2,
  },
};

describe.skipIf(POSTGRES === undefined)('a queue on PostgreSQL', () => {
  test('three workers come to the same results, byte for byte, as processes of one machine', async () => {
    place.write('candles.csv', candleFile(candleLines(400)));
    place.write('search.json', JSON.stringify(SEARCH));
    const local = await place.spawn('experiment', 'search.json', '--out', 'local', '--ledger', 'local.db');
    expect(local).toMatchObject({ code: 0 });
    const workers = [1, 2, 3].map(() => start('worker', '--queue', cluster.url, '--workers', '1'));
    const queued = await start(
      ...['experiment', 'search.json', '--out', 'queued', '--ledger', 'queued.db', '--queue', cluster.url],
    ).outcome;
    for (const { process } of workers) process.kill('SIGTERM');
    const ends = await Promise.all(workers.map(({ outcome }) => outcome));
    expect(queued).toMatchObject({ code: 0 });
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(place.read('queued/results.json').replaceAll('queued', 'local')).toBe(
      place.read('local/results.json'),
    );
    // Nothing is left of it on the server.
    for (const table of ['experiments', 'trials', 'parts', 'workers']) {
      expect(await cluster.query(`SELECT * FROM market_gym.${table}`), table).toEqual([]);
    }
    const said = JSON.stringify([queued, ends]);
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toContain(encodeURIComponent(PASSWORD));
    const count = async (ledger: string) =>
      JSON.parse((await place.run('trials', 'list', '--ledger', ledger, '--json')).stdout).trials.length;
    expect(await count('queued.db')).toBe(await count('local.db'));
  }, 240_000);
});
