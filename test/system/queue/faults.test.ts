/** Workers that are killed, a server that is restarted, a network that is parted: the results are those of one process, each trial counted once. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';
import { counts } from '../../soak.ts';
import { Cluster, POSTGRES } from './postgres.ts';
import { Relay } from './relay.ts';

/** A long run of 300: `QUEUE_TRIALS=300 SOAK=1 npx vitest run --project soak test/system/queue/faults.test.ts`, half an hour on two cores. */
const NUM_TRIALS = Number(process.env.QUEUE_TRIALS ?? counts(8, 60));
const NUM_WORKERS = counts(2, 4);
const KILL_EVERY_MS = process.env.QUEUE_TRIALS === undefined ? counts(4000, 3000) : 1000;
const NUM_RESTARTS = counts(1, 2);
const RESTART_AFTER_MS = counts(4000, 12_000);
const PARTITION_AFTER_MS = counts(8000, 10_000);
const PARTITION_MS = counts(2000, 20_000);

let cluster: Cluster;
let place: Workplace;
let relay: Relay;
const workers: ChildProcess[] = [];
let isOver = false;
beforeAll(async () => {
  if (POSTGRES === undefined) return;
  cluster = await Cluster.start();
  place = new Workplace();
  relay = await Relay.start(cluster.port);
});
afterAll(async () => {
  isOver = true;
  for (const worker of workers) worker.kill('SIGKILL');
  relay?.close();
  place?.remove();
  await cluster?.remove();
});

/** The last one works by way of the relay. A worker that ends is started again. */
function keepWorking(index: number): void {
  const parted = cluster.url.replace(`:${cluster.port}/`, `:${relay.port}/`);
  const url = index === NUM_WORKERS - 1 ? parted : cluster.url;
  const { process } = place.start('worker', '--queue', url, '--workers', '1', '--heartbeat', '1');
  workers[index] = process;
  process.once('exit', () => {
    if (!isOver) keepWorking(index);
  });
}

test.skipIf(POSTGRES === undefined)(
  'whatever is killed, restarted or parted, each trial is counted once and the results are those of one process',
  async () => {
    const experiment = {
      name: 'faults',
      steps: 64,
      envs: 2,
      evaluateEvery: 0,
      judgeEpisodes: 2,
      seeds: NUM_TRIALS,
      tasks: [{ env: 'cartpole' }],
      agents: [{ agent: 'random' }],
    };
    place.write('faults.json', JSON.stringify(experiment));
    const run = (out: string, ...args: string[]) =>
      place.start('experiment', 'faults.json', '--out', out, '--ledger', `${out}.db`, ...args);
    const whole = await run('whole').outcome;
    expect(whole).toMatchObject({ code: 0 });

    for (let index = 0; index < NUM_WORKERS; index++) keepWorking(index);
    const broken = run('broken', '--queue', cluster.url);
    workers.push(broken.process);
    const story = { numKilled: 0, numRestarts: 0, numPartitions: 0 };
    const ended = broken.outcome.finally(() => {
      isOver = true;
    });
    // A server that is away at the very beginning is a mistake of the user's: faults begin with the first trial.
    const isBegun = async (): Promise<boolean> => {
      try {
        return (await cluster.query('SELECT 1 FROM market_gym.trials')).length > 0;
      } catch {
        return false;
      }
    };
    while (!isOver && !(await isBegun())) await wait(50);
    const kill = async (): Promise<void> => {
      for (let turn = 0; ; turn++) {
        await wait(KILL_EVERY_MS);
        if (isOver) return;
        story.numKilled++;
        workers[turn % NUM_WORKERS].kill('SIGKILL');
      }
    };
    const restart = async (): Promise<void> => {
      for (let n = 0; n < NUM_RESTARTS && !isOver; n++) {
        await wait(RESTART_AFTER_MS);
        if (isOver) return;
        await cluster.stop(n % 2 === 0 ? 'SIGINT' : 'SIGQUIT');
        await wait(1000);
        await cluster.run();
        story.numRestarts++;
      }
    };
    const part = async (): Promise<void> => {
      await wait(PARTITION_AFTER_MS);
      relay.part(true);
      await wait(PARTITION_MS);
      relay.part(false);
      story.numPartitions++;
    };
    const [outcome] = await Promise.all([ended, kill(), restart(), part()]);
    console.log(story);
    expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
    expect(place.read('broken/results.json').replaceAll('broken', 'whole')).toBe(
      place.read('whole/results.json'),
    );
    const { stdout } = await place.run(
      'trials',
      'list',
      '--ledger',
      'broken.db',
      '--limit',
      '1000',
      '--json',
    );
    const seeds = (JSON.parse(stdout) as { trials: { seeds: number[] }[] }).trials.map(
      ({ seeds: [seed] }) => seed,
    );
    expect(seeds.sort((a, b) => a - b)).toEqual(Array.from({ length: NUM_TRIALS }, (_, i) => i + 1));
    expect(story).toMatchObject({ numRestarts: NUM_RESTARTS, numPartitions: 1 });
  },
  3_600_000,
);
