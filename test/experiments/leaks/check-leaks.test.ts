/** The look-ahead proof through its command: what is planted is named, what comes with the framework is sound. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LeakResult } from '../../../experiments/leaks/check-leaks.ts';
import { candleFile, candleLines, Workplace } from '../../scripts/command-line.ts';
import { PLANTED } from './planted.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('planted.mjs', PLANTED);
  place.write('candles.csv', candleFile(candleLines(400)));
});
afterAll(() => place.remove());

interface Found {
  readonly leaks: number;
  readonly unproven: number;
  readonly sound: number;
  readonly results: readonly LeakResult[];
}

async function check(...args: string[]): Promise<Found & { code: number | null }> {
  const { stdout, code } = await place.run('check-leaks', ...args, '--json');
  return { ...JSON.parse(stdout), code };
}

test('leaks are named by column, row and the bars that are read', async () => {
  const names = ['next-close', 'masks-losses', 'fills-at-the-close', 'table-reward', 'standardized'];
  const { results, leaks, unproven, code } = await check(...names, '--plugin', 'planted.mjs', '--cuts', '8');
  expect([leaks, unproven, code]).toEqual([4, 1, 1]);
  expect(results.map(({ findings: [{ kind, column }] }) => [kind, column])).toEqual([
    ['look-ahead', 'next-close'],
    ['look-ahead', 'actionMask[1]'],
    ['same-close', 'info.equity'],
    ['own-data', 'reward'],
    ['look-ahead', 'value'],
  ]);
  const [{ row, reads, time }] = results[0].findings;
  expect([row, reads, time]).toEqual([0, [1, 1], '2020-01-01T00:00:00.000Z']);
});

test('a feature with a window, an env with settings and a kind of fill are named on the command line', async () => {
  expect((await check('return:7', '--cuts', '4')).sound).toBe(1);
  const { results, code } = await check('trading', '--set', 'env.execution=close', '--cuts', '2');
  expect(results.map(({ findings }) => findings.map(({ kind }) => kind))).toEqual([['same-close']]);
  expect(code).toBe(1);
  const unknown = await place.run('check-leaks', 'retrun');
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    'Nothing to prove is named "retrun". Did you mean "return"?\n',
  ]);
});

test('labels that come in by a table of times are told by what they know, on the data that they belong to', async () => {
  place.write(
    'table.mjs',
    `import { readFileSync } from 'node:fs';
import { defineFeature } from 'market-gym';
const rows = readFileSync('candles.csv', 'utf8').trim().split('\\n').slice(1).map((line) => line.split(','));
const label = new Map(rows.map(([time], i) => [Date.parse(time), i + 1 < rows.length ? rows[i + 1][4] - rows[i][4] : 0]));
export const looked = defineFeature({
  name: 'looked-up', description: 'label', bounded: true, lookback: () => 0,
  create: () => ({ timeMs }, row) => label.get(timeMs[row]) ?? 0,
});
`,
  );
  const { results, code } = await check('--plugin', 'table.mjs', '--data', 'candles.csv', '--cuts', '8');
  expect(results[0].findings.map(({ kind, column }) => [kind, column])).toEqual([
    ['foreknowledge', 'looked-up'],
  ]);
  expect(code).toBe(1);
});

describe('train', () => {
  const SHORT = [
    '--data',
    'candles.csv',
    '--steps',
    '64',
    '--envs',
    '2',
    '--evaluate-every',
    '0',
    '--no-ledger',
  ];
  const peek = [
    ...['train', ...SHORT, '--set', 'env.normalizationBars=20', 'env.features=["shifted"]'],
    ...['agent.rolloutSteps=16', '--plugin', 'planted.mjs'],
  ];

  test('refuses a feature that knows the next bar, naming it, and writes nothing', async () => {
    const { code, stderr } = await place.run(...peek, '--out', 'refused');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /column "shifted" at row \d+ reads 1 bar ahead\. .* --allow-look-ahead, as a control\.\n$/,
    );
    expect(place.exists('refused')).toBe(false);
  });

  test('trains on it as a control, and whoever judges the run is told', async () => {
    const { code, stderr } = await place.run(...peek, '--out', 'control', '--allow-look-ahead');
    expect([code, stderr]).toEqual([0, expect.stringContaining('Its results are those of an oracle.')]);
    const judged = await place.run('evaluate', 'control', '--no-ledger');
    expect(judged.stderr).toContain('column "shifted"');
    expect(place.read('control/report.html')).toContain('Its results are those of an oracle.');
  });

  test('refuses an env that shows the next open, with its own settings', async () => {
    const { code, stderr } = await place.run(
      ...['train', ...SHORT, '--env', 'shows-next-open', '--plugin', 'planted.mjs', '--out', 'refused'],
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('env "shows-next-open" looks ahead: column "shown"'),
    ]);
  });

  test('goes on with a reward that cannot be proved, and says so', async () => {
    const { code, stderr } = await place.run(
      ...['train', ...SHORT, '--set', 'env.normalizationBars=20', 'env.reward=table-reward'],
      ...['agent.rolloutSteps=16', '--plugin', 'planted.mjs', '--out', 'doubtful'],
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('reward "table-reward" is not proved')]);
  });
});

describe('fit and prior', () => {
  const shifted = [
    '--plugin',
    'planted.mjs',
    '--set',
    'data.features=["return:1","shifted"]',
    'data.normalizationBars=20',
  ];
  const ahead =
    /^The pipeline of shifted looks ahead: column "shifted" at row \d+ reads 1 bar ahead\. .* check-leaks --plugin FILE shows more\.\n$/i;

  test('refuse a feature that knows the next bar, in one line, and write nothing', async () => {
    const fit = await place.run(
      'fit',
      'candles.csv',
      '--model',
      'linear',
      ...shifted,
      '--out',
      'refused',
      '--no-ledger',
    );
    expect([fit.code, fit.stderr]).toEqual([2, expect.stringMatching(ahead)]);
    expect(place.exists('refused')).toBe(false);
    const prior = [
      'prior',
      '--model',
      'linear',
      '--data',
      'candles.csv',
      '--steps',
      '16',
      '--seeds',
      '1',
      '--no-ledger',
    ];
    const ofModel = await place.run(...prior, ...shifted);
    expect([ofModel.code, ofModel.stderr]).toEqual([2, expect.stringMatching(ahead)]);
    const ofEnv = await place.run(
      ...prior,
      '--plugin',
      'planted.mjs',
      '--set',
      'env.features=["shifted"]',
      'data.normalizationBars=20',
    );
    expect([ofEnv.code, ofEnv.stderr]).toEqual([2, expect.stringMatching(ahead)]);
  });

  test('go on with a feature of a plugin that knows nothing, in silence', async () => {
    place.write(
      'sound.mjs',
      `import { defineFeature } from 'market-gym';
export const body = defineFeature({ name: 'body', description: 'Close over open', bounded: true, lookback: () => 0,
  create: () => ({ open, close }, row) => close[row] / open[row] - 1 });`,
    );
    const { code, stderr } = await place.run(
      ...[
        'fit',
        'candles.csv',
        '--model',
        'linear',
        '--plugin',
        'sound.mjs',
        '--out',
        'sound',
        '--no-ledger',
      ],
      ...['--set', 'data.features=["body"]', 'data.normalizationBars=20'],
    );
    expect([code, stderr]).toEqual([0, '']);
  });

  test('refuse a kind of model that learns from rows after those it is given', async () => {
    const { code, stderr } = await place.run(
      ...[
        'fit',
        'candles.csv',
        '--model',
        'scaled-by-all-rows',
        '--plugin',
        'planted.mjs',
        '--out',
        'refused',
        '--no-ledger',
      ],
      ...['--set', 'data.features=["return:1"]', 'data.normalizationBars=20'],
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^The model kind "scaled-by-all-rows" looks ahead: .*\.\n$/i),
    ]);
  });
});
