/** What the commands print and write when all is well. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candleFile, candleLines, type Outcome, Workplace } from './command-line.ts';

const SMALL = ['--steps', '1024', '--evaluate-every', '512', '--set', 'agent.rolloutSteps=64'];

/** Hooks have less time by default than tests. */
const PATIENCE_MS = 60_000;

let place: Workplace;
let trained: Outcome;
let trainedAsJson: Outcome;
beforeAll(async () => {
  place = new Workplace();
  place.write('späße 数据.csv', candleFile(candleLines(1000)));
  place.write(
    'mine.ts',
    `import * as gym from 'market-gym';
export default gym.defineAgent({ ...gym.ppo, name: 'mine', description: 'My own.', build: (context) => gym.ppo.build(context) });
`,
  );
  [trained, trainedAsJson] = await Promise.all([
    place.run('train', '--env', 'cartpole', ...SMALL, '--out', 'läufe/one'),
    place.run('train', '--data', 'späße 数据.csv', ...SMALL, '--out', 'trading', '--json'),
  ]);
}, PATIENCE_MS);
afterAll(() => place?.remove());

const well = (outcome: Outcome): string => {
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome.stdout;
};

test('train says what it does and what to do next, in plain lines', () => {
  const lines = well(trained).trimEnd().split('\n');
  expect(lines).toEqual([
    'Training ppo on cartpole: 1024 steps, seed 1, into läufe/one',
    expect.stringMatching(/^Done: 1024 steps, \d+ updates?, at .* steps\/s, best evaluation \S+\.$/),
    'Judge it with: market-gym evaluate läufe/one',
  ]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a terminal would be sent
  expect(trained.stdout + trained.stderr).not.toMatch(/[\r\u001b]/);
});

test('train leaves run.json, a log and checkpoints', () => {
  expect(place.list('läufe/one')).toEqual(['checkpoints', 'log.jsonl', 'run.json']);
  expect(place.list('läufe/one/checkpoints')).toEqual(['best', 'step-000000001024']);
});

test('train --json prints one JSON object and nothing else', () => {
  const result = JSON.parse(well(trainedAsJson));
  expect(result).toMatchObject({ directory: 'trading', step: 1024, interrupted: false });
  expect(place.exists(result.checkpoint)).toBe(true);
  expect(trainedAsJson.stdout.trimEnd()).not.toContain('\n');
});

describe('with these runs', { concurrent: true }, () => {
  test('evaluate plays episodes of an env that does not trade', async () => {
    expect(well(await place.run('evaluate', 'läufe/one', '--episodes', '5'))).toMatch(
      /^ppo on cartpole, checkpoint best \(step \d+\): mean return \S+ ± \S+ over 5 greedy episodes\n$/,
    );
  });

  test('evaluate --json prints one object for any number of runs', async () => {
    const stdout = well(
      await place.run(
        'evaluate',
        'läufe/one',
        'läufe/one',
        '--episodes',
        '3',
        '--checkpoint',
        'latest',
        '--json',
      ),
    );
    const { runs } = JSON.parse(stdout);
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatchObject({ run: 'läufe/one', checkpoint: 'step-000000001024', step: 1024 });
    expect(runs[0].returns).toHaveLength(3);
    expect(runs[1]).toEqual(runs[0]);
  });

  test('evaluate judges a trading run on every span and writes a report', async () => {
    const stdout = well(await place.run('evaluate', 'trading'));
    for (const word of ['test (not seen in training)', 'ppo, seed 1', 'buy', 'Report: trading/report.html']) {
      expect(stdout).toContain(word);
    }
    const page = place.read('trading/report.html');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain('späße 数据.csv');
  });

  test('evaluate --trades, --fills and --curves write what was traded', async () => {
    const files = ['--trades', 't.csv', '--fills', 'f.json', '--curves', 'c.parquet'];
    const stdout = well(await place.run('evaluate', 'trading', '--no-ledger', ...files));
    expect(stdout).toMatch(/\d+ round trips: t\.csv\n\d+ fills: f\.json\n\d+ rows of curves: c\.parquet/);
    expect(place.read('t.csv')).toMatch(/^span,trader,seed,trade,side,/);
    const fills = JSON.parse(place.read('f.json')) as { span: string; trader: string; seed: number }[];
    expect(fills.every(({ trader, seed }) => trader === 'ppo' && seed === 1)).toBe(true);
    expect(place.exists('c.parquet')).toBe(true);
  });

  test('evaluate --report and --json choose the file and the form', async () => {
    const result = JSON.parse(well(await place.run('evaluate', 'trading', '--report', 'r.html', '--json')));
    expect(Object.keys(result).sort()).toEqual([
      'report',
      'test',
      'train',
      'trials',
      'validation',
      'verdict',
    ]);
    expect(result.report).toBe('r.html');
    expect(place.exists('r.html')).toBe(true);
  });

  test('a run that is whole has nothing left to train, however often it is resumed', async () => {
    const manifest = 'läufe/one/checkpoints/step-000000001024/manifest.json';
    const before = place.read(manifest);
    for (let time = 0; time < 2; time++) {
      const { code, stderr } = await place.run('train', '--resume', 'läufe/one');
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringContaining('nothing is left to train'),
      });
    }
    expect(place.read(manifest)).toBe(before);
  });

  test('a plugin in a folder without a package.json is trained, and its run resumed', async () => {
    const plugin = ['--plugin', './mine.ts'];
    well(
      await place.run(
        'train',
        ...plugin,
        '--agent',
        'mine',
        '--env',
        'cartpole',
        '--steps',
        '64',
        '--out',
        'm',
      ),
    );
    expect(await place.run('train', '--resume', 'm')).toMatchObject({ code: 0 });
    expect(well(await place.run('list', ...plugin))).toMatch(/mine +My own\./);
  });

  test('minibatches larger than the rollout, and no hidden layer at all, are no mistakes', async () => {
    const set = ['--set', 'agent.minibatchSize=1000000', 'agent.hidden=[]', 'agent.rolloutSteps=8'];
    well(await place.run('train', '--env', 'pendulum', '--steps', '128', ...set, '--out', 'linear'));
  });
});

describe('without any run', { concurrent: true }, () => {
  test('list names every kind of plugin, and --json the same', async () => {
    const stdout = well(await place.run('list'));
    for (const name of ['ppo', 'buy-and-hold', 'trading', 'cartpole', 'rsi', 'log-return']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
    const result = JSON.parse(well(await place.run('list', '--json')));
    const kinds = ['agents', 'envs', 'features', 'rewards', 'models', 'networks', 'fee models'];
    expect(Object.keys(result)).toEqual([
      ...kinds,
      'slippage models',
      'latency models',
      'signal rules',
      'venues',
      'samplers',
      'pruners',
    ]);
  });

  test('list NAME shows every setting with its default', async () => {
    const stdout = well(await place.run('list', 'ppo'));
    expect(stdout).toMatch(/^agent ppo: /);
    expect(stdout).toMatch(/^learningRate +0\.0003 +\S/m);
    expect(stdout).toMatch(/^With a prior it can use columns, warm-start, pull, residual\.$/m);
    const { settings } = JSON.parse(well(await place.run('list', 'trading', '--json')));
    expect(settings).toContainEqual(expect.objectContaining({ key: 'window', default: 10 }));
  });

  test('data describe tells of the shipped series and of a file', async () => {
    expect(well(await place.run('data', 'describe', 'sp500'))).toMatch(
      /^rows +5105, 2000-01-03 to 2020-04-17/m,
    );
    const result = JSON.parse(well(await place.run('data', 'describe', 'späße 数据.csv', '--json')));
    expect(result).toMatchObject({ rows: 1000, stepMs: 86_400_000, gaps: [] });
  });

  test('--version and --help answer', async () => {
    expect(well(await place.run('--version'))).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(well(await place.run('--help'))).toContain('quickstart');
  });
});
