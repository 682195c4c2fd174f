/** Workers of a queue: what they refuse, what they give back, and what becomes of trials that fail. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runExperiment, type WorkEvent, type WorkOptions, work } from '../../../experiments/index.ts';
import { candleFile, candleLines, Workplace } from '../../scripts/command-line.ts';
import { Cluster, PASSWORD, POSTGRES } from './postgres.ts';

let cluster: Cluster;
let url: string;
let folder: string;
let numDatabases = 0;
beforeAll(async () => {
  if (POSTGRES === undefined) return;
  cluster = await Cluster.start();
  folder = mkdtempSync(join(tmpdir(), 'market-gym-queue-'));
  writeFileSync(join(folder, 'candles.csv'), candleFile(candleLines(300)));
});
afterAll(async () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  await cluster?.remove();
});

const running: AbortController[] = [];
afterEach(() => {
  for (const controller of running.splice(0)) controller.abort();
});

/** Works in this process until it is told to stop. */
function startWorker(options: Partial<WorkOptions> = {}) {
  const stop = new AbortController();
  running.push(stop);
  const events: WorkEvent[] = [];
  const summary = work({
    url,
    jobs: 1,
    heartbeatMs: 200,
    signal: stop.signal,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { events, summary, stop: () => stop.abort() };
}

const CARTPOLE = {
  name: 'queue',
  steps: 64,
  envs: 2,
  evaluateEvery: 0,
  judgeEpisodes: 2,
  seeds: 1,
  tasks: [{ env: 'cartpole' }],
  agents: [{ agent: 'random' }],
};

const experiment = (out: string, input: object, options: object = {}) =>
  runExperiment(
    { ...CARTPOLE, ...input },
    { out: join(folder, out), ledger: false, queue: { url, ...options } },
  );

/** @param meanwhile what is expected to go on until then: its failure ends the wait */
async function until(holds: () => unknown, meanwhile?: Promise<unknown>): Promise<void> {
  let failure: unknown;
  meanwhile?.catch((error: unknown) => {
    failure = error;
  });
  while (!(await holds())) {
    if (failure !== undefined) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(POSTGRES === undefined)('workers', () => {
  test('are refused work that was planned by another version, and the experiment is told', async () => {
    url = await cluster.createDatabase(`of_${++numDatabases}`);
    const notes: string[] = [];
    const outcome = experiment('version', {}, { onNote: (sentence: string) => notes.push(sentence) });
    await until(
      async () => (await cluster.query("SELECT to_regclass('market_gym.trials') AS t", [], url))[0].t,
    );
    await until(async () => (await cluster.query('SELECT 1 FROM market_gym.experiments', [], url)).length);
    await cluster.query("UPDATE market_gym.experiments SET version = '9.9.9'", [], url);
    const { events, summary } = startWorker({ isOnce: true });
    await summary;
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'refused',
        reason: expect.stringMatching(/planned by 9\.9\.9; install/),
      }),
    );
    await until(() => notes.length);
    expect(notes[0]).toMatch(/^Worker .* takes no part: it is market-gym /);
    await cluster.query(`UPDATE market_gym.experiments SET version = '${versionOf()}'`, [], url);
    const other = startWorker({ isOnce: true });
    await other.summary;
    expect((await outcome).results).toHaveLength(1);
  });

  test('are refused work whose plugin they have in other words, and take it with the same file elsewhere', async () => {
    const source = readFileSync(new URL('../../../examples/uniform-latency.ts', import.meta.url), 'utf8');
    const place = new Workplace();
    try {
      place.write('mine.ts', source);
      mkdirSync(place.file('elsewhere'));
      place.write('elsewhere/mine.ts', source);
      mkdirSync(place.file('other'));
      place.write('other/mine.ts', `${source}\n`);
      const outcome = experiment('plugin', { plugins: [place.file('mine.ts')] });
      await until(
        async () => (await cluster.query('SELECT 1 FROM market_gym.trials', [], url)).length,
        outcome,
      );
      const wrong = startWorker({ isOnce: true, plugins: [place.file('other/mine.ts')] });
      await wrong.summary;
      expect(wrong.events).toContainEqual(
        expect.objectContaining({
          kind: 'refused',
          reason: expect.stringMatching(
            /its mine\.ts has the hash [0-9a-f]{8}, the trials were planned with/,
          ),
        }),
      );
      const right = startWorker({ isOnce: true, plugins: [place.file('elsewhere/mine.ts')] });
      await right.summary;
      expect((await outcome).results[0].code).toMatch(/^[0-9a-f]{8}$/);
    } finally {
      place.remove();
    }
  });

  test('park a trial that failed three times with its message; the others go on', async () => {
    const outcome = experiment('failing', {
      tasks: [{ env: 'cartpole' }],
      agents: [{ agent: 'random' }, { agent: 'ppo', config: { learningRate: 1e30, rolloutSteps: 8 } }],
      steps: 256,
    });
    const { events, summary, stop } = startWorker();
    const { results, failures } = await outcome;
    stop();
    expect((await summary).numFailed).toBe(3);
    expect(results.map(({ agent }) => agent)).toEqual(['random']);
    expect(failures).toEqual([
      { trial: 'cartpole ppo seed 1', message: expect.stringMatching(/^PPO stopped at env step \d+ /) },
    ]);
    expect(events.filter(({ kind }) => kind === 'ended')).toHaveLength(4);
  });

  test('take data by hash from a folder, from an address, and say which they lack', async () => {
    const candles = join(folder, 'candles.csv');
    const input = { tasks: [{ env: 'trading', data: candles, envConfig: { normalizationBars: 20 } }] };
    const content = readFileSync(candles);
    const away = join(folder, 'away.csv');
    const outcome = experiment('data', input, { sendData: false });
    await until(
      async () => (await cluster.query('SELECT 1 FROM market_gym.trials', [], url)).length,
      outcome,
    );
    // As on a machine without the file: the worker reads the trial's own path first.
    writeFileSync(away, content);
    rmSync(candles);
    const without = startWorker({ isOnce: true });
    await without.summary;
    expect(without.events).toContainEqual(
      expect.objectContaining({
        kind: 'refused',
        reason: expect.stringMatching(/has not the data candles\.csv/),
      }),
    );
    const server = createServer((request, response) => {
      if (request.url === '/candles.csv') response.end(content);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const worker = startWorker({ isOnce: true, data: `http://127.0.0.1:${port}` });
    await worker.summary;
    server.close();
    writeFileSync(candles, content);
    expect((await outcome).results).toHaveLength(1);
  });

  test('that are stopped give their trial back, and it goes on elsewhere from where it was, to the same end', async () => {
    const input = {
      steps: 6000,
      evaluateEvery: 500,
      evaluateEpisodes: 1,
      checkpointEvery: 500,
      agents: [{ agent: 'ppo', config: { rolloutSteps: 32, epochs: 2 } }],
    };
    const { results } = await runExperiment(
      { ...CARTPOLE, ...input },
      { out: join(folder, 'unbroken'), ledger: false },
    );
    const artifacts = join(folder, 'shared');
    const outcome = experiment('broken', input, { artifacts });
    const first = startWorker({ artifacts });
    await until(
      async () =>
        (
          await cluster.query(
            "SELECT 1 FROM market_gym.trials WHERE files IS NOT NULL AND state = 'running'",
            [],
            url,
          )
        ).length,
    );
    first.stop();
    expect(await first.summary).toMatchObject({ numFinished: 0, numGivenBack: 1 });
    const [{ files }] = await cluster.query('SELECT files FROM market_gym.trials', [], url);
    expect(existsSync(artifacts)).toBe(true);
    expect(files).toMatch(/^[0-9a-f]{64}$/);
    const second = startWorker({ artifacts });
    const { results: found } = await outcome;
    second.stop();
    expect(found).toEqual(results);
  });

  test.each<[string, (to: string) => string, RegExp]>([
    [
      'a server that is away',
      () => `postgres://gym:${PASSWORD.slice(0, 3)}@127.0.0.1:1/postgres`,
      /cannot be reached: .*Is it up/,
    ],
    ['a wrong password', (to) => to.replace('s3cret', 'secret'), /lets nobody in: .*Check user, password/],
    ['no address', () => 'mysql://gym:s3cret@localhost/x', /is written postgres:\/\/USER/],
  ])('%s is one line without the password', async (_, addressOf, message) => {
    const error = await work({ url: addressOf(cluster.url) }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect((error as Error).message).not.toMatch(/s3c|secret/);
  });

  test('who may make no tables is told which right is missing', async () => {
    await cluster.query("CREATE ROLE weak LOGIN PASSWORD 'weak'");
    await cluster.createDatabase('weak');
    const address = `postgres://weak:weak@127.0.0.1:${cluster.port}/weak`;
    await expect(work({ url: address })).rejects.toMatchObject({
      code: 'no-rights',
      message: expect.stringMatching(/GRANT CREATE ON DATABASE/),
    });
  });

  test('tables of another version are refused', async () => {
    await cluster.query('UPDATE market_gym.about SET version = 9', [], url);
    await expect(work({ url })).rejects.toMatchObject({ code: 'unsupported-version' });
    await cluster.query('UPDATE market_gym.about SET version = 1', [], url);
  });
});

const versionOf = (): string =>
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;
