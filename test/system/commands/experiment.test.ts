/** A small matrix of agents and seeds: run, interrupted, killed, gone on with, failing, and misspelt. */
import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../core/errors.ts';
import type { ExperimentEvent } from '../../../experiments/events.ts';
import { loadExperiment, parseExperiment } from '../../../experiments/file.ts';
import { planExperiment } from '../../../experiments/plan.ts';
import { runExperiment } from '../../../experiments/run-experiment.ts';
import { type Outcome, Workplace } from '../../scripts/command-line.ts';

const TINY = {
  name: 'tiny',
  tasks: [{ env: 'cartpole' }],
  agents: [{ agent: 'ppo', config: { rolloutSteps: 32 } }, { agent: 'random' }],
  seeds: 2,
  steps: 1024,
  evaluateEvery: 0,
  judgeEpisodes: 5,
};
/** Long enough to be caught in the midst of it. */
const LONG = {
  ...TINY,
  name: 'long',
  agents: TINY.agents.slice(0, 1),
  seeds: 1,
  steps: 8192,
  checkpointEvery: 0,
};

let place: Workplace;
let tiny: Outcome;
beforeAll(async () => {
  place = new Workplace();
  place.write('tiny.json', JSON.stringify(TINY));
  place.write('long.json', JSON.stringify(LONG));
  tiny = await place.spawn('experiment', 'tiny.json', '--workers', '2');
}, 30_000);
afterAll(() => place?.remove());

const json = (file: string) => JSON.parse(place.read(file));

/** What is left of the long experiment's trial: its result, and the exact state it ended in. */
function endOf(out: string): unknown {
  const run = `${out}/cartpole/ppo/seed-1`;
  const last = place.list(`${run}/checkpoints`).at(-1);
  const { stateSha256 } = json(`${run}/checkpoints/${last}/manifest.json`);
  return { stateSha256, result: json(`${run}/result.json`) };
}

test('runExperiment tells, from processes of their own, how each trial goes', async () => {
  const events: ExperimentEvent[] = [];
  const out = place.file('from a script');
  const outcome = await runExperiment(
    { ...TINY, seeds: [3] },
    { out, jobs: 2, onEvent: (e) => events.push(e) },
  );
  const numbers = { numTrials: 2, numKept: 0, totalSteps: 2 * TINY.steps };
  expect(events[0]).toEqual({ kind: 'planned', name: 'tiny', out, ...numbers });
  expect(events.at(-1)).toMatchObject({ kind: 'ended', numFinished: 2, numFailed: 0, interrupted: false });
  for (const result of outcome.results) {
    const { task, agent, seed } = result;
    const own = events.filter((event) => 'trial' in event && event.trial.agent === agent);
    const trial = { task, agent, seed };
    expect(own.at(-1)).toEqual({ kind: 'trial-finished', trial, totalSteps: TINY.steps, result });
    const training = own.flatMap((event) => (event.kind === 'training' ? [event.event.kind] : []));
    expect([training[0], training.at(-1)]).toEqual(['started', 'ended']);
    expect(training).toContain('checkpoint');
  }
  expect(outcome.results).toHaveLength(2);
}, 30_000);

describe('a finished experiment', () => {
  test('keeps every trial as a run with its result', () => {
    expect(tiny.code).toBe(0);
    for (const agent of ['ppo', 'random']) {
      expect(place.list(`runs/tiny/cartpole/${agent}`)).toEqual(['seed-1', 'seed-2']);
    }
    const trial = 'runs/tiny/cartpole/ppo/seed-2';
    expect(place.list(trial)).toEqual(['checkpoints', 'log.jsonl', 'result.json', 'run.json']);
    expect(json(`${trial}/run.json`)).toMatchObject({ seed: 2, totalSteps: 1024, agent: { name: 'ppo' } });
    const { returns, meanReturn } = json(`${trial}/result.json`);
    expect(returns).toHaveLength(5);
    expect(meanReturn).toBeCloseTo(returns.reduce((sum: number, r: number) => sum + r, 0) / 5, 9);
  });

  test('has a table and results.json that follow from the trials', () => {
    const { cells, improvements, failures } = json('runs/tiny/results.json');
    expect(failures).toEqual([]);
    expect(cells.map((cell: { agent: string }) => cell.agent)).toEqual(['ppo', 'random']);
    for (const { agent, scores, seeds, mean, min, max, interquartileMean, interval } of cells) {
      const own = [1, 2].map(
        (seed) => json(`runs/tiny/cartpole/${agent}/seed-${seed}/result.json`).meanReturn,
      );
      expect({ scores, seeds }).toEqual({ scores: own, seeds: [1, 2] });
      expect([min, max]).toEqual([Math.min(...own), Math.max(...own)]);
      expect(mean).toBeCloseTo((own[0] + own[1]) / 2, 9);
      expect(interquartileMean).toBeCloseTo(mean, 9);
      // Student's t with one degree of freedom: 12.7062 standard errors, which are half the distance of two values.
      const reach = (12.7062047364 * Math.abs(own[0] - own[1])) / 2;
      expect(interval.low).toBeCloseTo(mean - reach, 6);
      expect(interval.high).toBeCloseTo(mean + reach, 6);
      expect(tiny.stdout).toMatch(new RegExp(`^cartpole ${agent} .* ${min} +${max} +2$`, 'm'));
    }
    expect(improvements).toEqual([
      expect.objectContaining({ agent: 'ppo', other: 'random', tasks: ['cartpole'] }),
    ]);
  });

  test('is run again without training again, and prints the same as JSON', async () => {
    const log = place.read('runs/tiny/cartpole/ppo/seed-1/log.jsonl');
    const again = await place.run('experiment', 'tiny.json', '--json');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(again.stdout)).toEqual(json('runs/tiny/results.json'));
    expect(place.read('runs/tiny/cartpole/ppo/seed-1/log.jsonl')).toBe(log);
  });

  test('takes further seeds, and refuses other settings in the same folder', async () => {
    place.write('more.json', JSON.stringify({ ...TINY, agents: [{ agent: 'random' }], seeds: [1, 7] }));
    const more = await place.spawn('experiment', 'more.json');
    expect(more.stdout).toContain('tiny: 2 trials, 1 of them finished before, into ');
    expect(more.code).toBe(0);
    place.write('other.json', JSON.stringify({ ...TINY, steps: 2048 }));
    expect(await place.run('experiment', 'other.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /seed-1" holds a run with another totalSteps: remove it, or choose .*\n$/,
      ),
    });
  });
});

describe("a user's networks, and envs in threads of their own", () => {
  const networkFile = (units: number): string =>
    `import * as gym from 'market-gym';
export const createNetwork = ({ inputDim, outputDim, rng }, kernels) => gym.createMlp(kernels, {
  inputDim, hidden: [${units}], outputDim, activation: 'relu', outputScale: 1, init: 'orthogonal', rng,
});
`;

  test('are those of the trials that ask for them, and threads change no bit', async () => {
    place.write('network.mjs', networkFile(12));
    const [ppo] = TINY.agents;
    const agents = [
      { ...ppo, label: 'own', network: 'network.mjs' },
      { ...ppo, label: 'threads', network: 'network.mjs', envWorkers: 2 },
      { ...ppo, label: 'plain' },
    ];
    place.write('parts.json', JSON.stringify({ ...TINY, name: 'parts', agents, seeds: [1] }));
    expect(await place.spawn('experiment', 'parts.json')).toMatchObject({ code: 0 });
    const trial = (label: string): string => `runs/parts/cartpole/${label}/seed-1`;
    const stateOf = (label: string): unknown => {
      const last = place.list(`${trial(label)}/checkpoints`).at(-1);
      return json(`${trial(label)}/checkpoints/${last}/manifest.json`).stateSha256;
    };
    expect(json(`${trial('threads')}/run.json`)).toMatchObject({
      envWorkers: 2,
      network: { path: place.file('network.mjs') },
    });
    expect(json(`${trial('plain')}/run.json`)).toMatchObject({ envWorkers: 0 });
    expect(json(`${trial('plain')}/run.json`)).not.toHaveProperty('network');
    expect(stateOf('threads')).toBe(stateOf('own'));
    expect(stateOf('plain')).not.toBe(stateOf('own'));

    place.write('network.mjs', networkFile(13));
    expect(await place.run('experiment', 'parts.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /own\/seed-1" holds a run that was made with other code, .* --accept-changed-plugin.*\n$/,
      ),
    });
  });

  test('a file that is missing or makes none is told before any trial runs', async () => {
    place.write('none.mjs', 'export const other = 1;');
    for (const [network, message] of [
      ['missing.mjs', /^cartpole ppo: .*missing\.mjs/],
      ['none.mjs', /^cartpole ppo: .*none\.mjs exports no function createNetwork/],
    ] as const) {
      const content = { ...TINY, name: 'unmade', network: place.file(network) };
      await expect(
        planExperiment(parseExperiment(content, 'bad.json'), place.file('unmade')),
      ).rejects.toThrow(message);
    }
    expect(place.exists('unmade')).toBe(false);
  });
});

describe('an experiment that is ended early goes on to the results of an unbroken one', {
  concurrent: true,
}, () => {
  const unbroken = 'runs/long';
  beforeAll(async () => {
    const { code } = await place.spawn('experiment', 'long.json', '--workers', '2');
    expect(code).toBe(0);
  }, 30_000);

  test.each(['SIGINT', 'SIGKILL'] as const)('%s', async (signal) => {
    const out = `runs/long-${signal}`;
    const { process, outcome } = place.start('experiment', 'long.json', '--workers', '2', '--out', out);
    const isUnderWay = () => place.exists(`${out}/cartpole/ppo/seed-1/log.jsonl`);
    while (!isUnderWay()) await new Promise((resolve) => setTimeout(resolve, 2));
    process.kill(signal);
    const { code, stdout } = await outcome;
    expect(code).toBe(signal === 'SIGINT' ? 130 : null);
    if (signal === 'SIGINT')
      expect(stdout).toMatch(/Interrupted: 0 of 1 trials are finished\. The same command goes on\./);
    // The process of a killed one's trial saves what it has, and ends.
    const checkpoints = (): string[] => place.list(`${out}/cartpole/ppo/seed-1/checkpoints`);
    while (!checkpoints()[0]?.startsWith('step-')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(place.exists(`${out}/results.json`)).toBe(false);
    const [first] = checkpoints();
    const firstSaved = (): number =>
      statSync(place.file(`${out}/cartpole/ppo/seed-1/checkpoints/${first}`)).mtimeMs;
    const savedMs = firstSaved();

    const resumed = await place.spawn('experiment', 'long.json', '--out', out);
    expect(resumed.code).toBe(0);
    expect(endOf(out)).toEqual(endOf(unbroken));
    expect(firstSaved()).toBe(savedMs);
  });
});

describe('trials that fail', () => {
  test('are reported, stop no other, give exit code 1, and are tried again', async () => {
    place.write(
      'brittle.ts',
      `import { ConfigError, defineAgent, ppo, z } from 'market-gym';
import { existsSync } from 'node:fs';
export const brittle = defineAgent({
  name: 'brittle', description: 'Fails until it is mended.', config: z.object({ how: z.string().default('') }),
  build(context, { how }) {
    const agent = ppo.build(context);
    let numActs = 0;
    return {
      observe: (transition) => agent.observe(transition),
      save: () => agent.save(),
      load: (snapshot) => agent.load(snapshot),
      act(...asked) {
        // Not while it is tried out.
        if (++numActs > 20 && !existsSync('mended')) {
          if (how === 'crash') throw new TypeError('it broke');
          throw new ConfigError('invalid-value', 'it will not do');
        }
        return agent.act(...asked);
      },
    };
  },
});
`,
    );
    const agents = [
      { agent: 'brittle', label: 'crashes', config: { how: 'crash' } },
      { agent: 'brittle', label: 'refuses' },
      { agent: 'random' },
    ];
    const file = { ...TINY, name: 'brittle', plugins: ['brittle.ts'], agents, seeds: [1] };
    place.write('experiment.ts', `export default ${JSON.stringify(file)};`);
    const failed = await place.spawn('experiment', 'experiment.ts');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/^Failed: cartpole refuses seed 1: it will not do$/m);
    expect(failed.stderr).toMatch(/^Failed: cartpole crashes seed 1: Its process ended with exit code 1\.$/m);
    expect(failed.stderr).toMatch(/TypeError: it broke\n +at /);
    expect(failed.stdout).toContain('2 of 3 trials failed');
    expect(failed.stdout).toMatch(/^cartpole random +\d/m);
    const { failures } = json('runs/brittle/results.json');
    expect(failures.map(({ trial }: { trial: string }) => trial).sort()).toEqual([
      'cartpole crashes seed 1',
      'cartpole refuses seed 1',
    ]);

    place.write('mended', '');
    const again = await place.spawn('experiment', 'experiment.ts');
    // On a slow machine there are lines of progress on stderr.
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('3 trials, 1 of them finished before');
  });
});

describe('a bad file', () => {
  test('gives one line and exit code 2, and nothing is written', async () => {
    place.write('bad.json', JSON.stringify({ ...TINY, name: 'bad', stepz: 3 }));
    expect(await place.run('experiment', 'bad.json')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'bad.json: Unknown key "stepz". Did you mean "steps"?\n',
    });
    expect(place.exists('runs/bad')).toBe(false);
  });

  test.each<[name: string, content: unknown, message: RegExp]>([
    ['misspelt key', { ...TINY, stepz: 3 }, /Unknown key "stepz"\. Did you mean "steps"\?/],
    [
      'key below',
      { ...TINY, tasks: [{ env: 'cartpole', data1: 3 }] },
      /Unknown key "data1" in tasks\[0\]\. Did/,
    ],
    ['wrong type', { ...TINY, agents: [{ agent: 'ppo', envs: '8' }] }, /agents\[0\]\.envs: .*number/],
    ['no tasks', { ...TINY, tasks: [] }, /tasks: /],
    ['no name', { ...TINY, name: undefined }, /name: /],
    ['seeds', { ...TINY, seeds: 0 }, /seeds: Too small/],
    ['seeds as a word', { ...TINY, seeds: 'ten' }, /seeds: expected how many seeds/],
    ['same seed', { ...TINY, seeds: [4, 4] }, /seeds: "4" is there twice/],
    [
      'same label',
      { ...TINY, tasks: [{ env: 'cartpole' }, { env: 'cartpole' }] },
      /tasks: "cartpole" is there twice/,
    ],
    [
      'unknown task',
      { ...TINY, overrides: [{ task: 'cartpol' }] },
      /overrides\[0\]\.task: .*Did you mean "cartpole"/,
    ],
    ['unknown agent', { ...TINY, agents: [{ agent: 'pppo' }] }, /cartpole pppo: Unknown agent "pppo"/],
    [
      'unknown setting',
      { ...TINY, agents: [{ agent: 'ppo', config: { gama: 1 } }] },
      /Unknown key "gama" for agent/,
    ],
    ['env workers', { ...TINY, envWorkers: -1 }, /envWorkers: Too small/],
    [
      'a network that is no path',
      { ...TINY, overrides: [{ network: 3 }] },
      /overrides\[0\]\.network: .*string/,
    ],
    ['a list', [], /expected object/],
  ])('%s is named', async (_, content, message) => {
    const plan = async (): Promise<unknown> =>
      planExperiment(parseExperiment(content, 'bad.json'), place.file('bad'));
    await expect(plan).rejects.toThrow(ConfigError);
    await expect(plan).rejects.toThrow(message);
  });

  test.each([
    ['missing.json', undefined, /Cannot read ".*missing\.json"/],
    ['missing.ts', undefined, /No such experiment file: ".*missing\.ts"/],
    ['broken.json', '{', /broken\.json" is not JSON/],
    ['none.mjs', 'export const a = 1;', /none\.mjs" has no default export/],
  ])('%s is told', async (file, content, message) => {
    if (content !== undefined) place.write(file, content);
    await expect(loadExperiment(place.file(file))).rejects.toThrow(message);
  });
});

test('a folder is one process at a time: a second one is refused, and may come once the first has gone', async () => {
  const first = place.start('experiment', 'long.json', '--out', 'shared', '--no-ledger');
  await expect
    .poll(() => place.exists('shared/cartpole/ppo/seed-1/run.json'), { timeout: 30_000 })
    .toBe(true);
  const second = await place.run('experiment', 'long.json', '--out', 'shared', '--no-ledger');
  expect(second).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^"shared" is being written by another process; wait/),
  });
  first.process.kill('SIGTERM');
  expect((await first.outcome).code).toBe(130);
  expect((await place.spawn('experiment', 'long.json', '--out', 'shared', '--no-ledger')).code).toBe(0);
}, 120_000);
