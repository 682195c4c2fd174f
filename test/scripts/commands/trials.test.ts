/** Everything that is tried is counted, and verdicts say so; a ledger that cannot be used stops nothing. */
import { mkdirSync, rmSync } from 'node:fs';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candleFile, candleLines, type Outcome, Workplace } from '../command-line.ts';

const SMALL = [
  '--data',
  'prices.csv',
  '--steps',
  '512',
  '--evaluate-every',
  '0',
  '--set',
  'agent.rolloutSteps=64',
];
const PATIENCE_MS = 120_000;

let place: Workplace;
beforeAll(async () => {
  place = new Workplace();
  place.write('prices.csv', candleFile(candleLines(900)));
  for (const [out, ...more] of [['a1'], ['a2', '--seed', '2'], ['b1', 'env.levels=[0,1]']]) {
    well(await place.run('train', ...SMALL, ...more, '--out', out));
  }
}, PATIENCE_MS);
afterAll(() => place?.remove());

const well = ({ code, stdout, stderr }: Outcome): string => {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const json = async (...args: string[]) => JSON.parse(well(await place.run(...args, '--json')));

test('each training is a row, in the working folder wherever its files are', async () => {
  expect(place.exists('runs/ledger.db')).toBe(true);
  const { trials } = await json('trials', 'list');
  expect(
    trials.map(({ kind, seeds, ledTo }: { kind: string; seeds: number[]; ledTo: string }) => [
      kind,
      seeds,
      ledTo,
    ]),
  ).toEqual([
    ['train', [1], 'b1'],
    ['train', [2], 'a2'],
    ['train', [1], 'a1'],
  ]);
  expect(trials[1].configuration).toBe(trials[2].configuration);
  expect(trials[0].configuration).not.toBe(trials[1].configuration);
});

test('a verdict states the trials, and the second look at the same span with other settings', async () => {
  const first = await json('evaluate', 'a1', 'a2');
  expect(first.trials).toMatchObject({ numTrials: 2, numRows: 3, numLooks: 0, numOthersSeen: 0 });
  const alone = await json('evaluate', 'a1');
  // The seed that was left out could have been chosen.
  expect(alone.trials).toMatchObject({ numTrials: 3, numLooks: 1, numOthersSeen: 0 });
  const stdout = well(await place.run('evaluate', 'b1'));
  expect(stdout).toMatch(/^Trials on these data and this test span: 2, this one included/m);
  expect(stdout).toMatch(/^Probabilistic Sharpe ratio: probability/m);
  expect(stdout).toMatch(/^Deflated Sharpe ratio: probability/m);
  expect(stdout).toMatch(/^Minimum track record: /m);
  expect(stdout).toMatch(
    /^Looks at the test span: this is look 3, after 1 other configuration was judged by it/m,
  );
  expect(place.read('b1/report.html')).toContain('How many trials led here');
});

test('a run that is deleted leaves its row, and one that was not counted counts when it is judged', async () => {
  rmSync(place.file('a2'), { recursive: true });
  const uncounted = await place.run('train', ...SMALL, '--seed', '9', '--out', 'c', '--no-ledger');
  expect(uncounted).toMatchObject({
    code: 0,
    stderr: 'This training is not counted as a trial: the ledger was turned off by --no-ledger.\n',
  });
  expect((await json('trials', 'list')).trials.length).toBe(3);
  const { verdict, trials } = await json('evaluate', 'c', '--no-ledger');
  expect(verdict.text).toContain('Trials are not counted: the ledger was turned off by --no-ledger');
  expect(trials.numTrials).toBeUndefined();
  well(await place.run('evaluate', 'c'));
  const [last] = (await json('trials', 'list')).trials;
  expect(last).toMatchObject({ number: 4, kind: 'evaluate', seeds: [9], ledTo: 'c' });
});

test('trials show tells all but the test returns, export writes those too', async () => {
  const shown = well(await place.run('trials', 'show', '1'));
  expect(shown).toMatch(/^validation +\d+ returns, Sharpe ratio/m);
  expect(shown).toMatch(/^test +\d+ returns, shown by evaluate alone$/m);
  well(await place.run('trials', 'export', 'all.jsonl'));
  const lines = place
    .read('all.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(lines[0].test.timeMs.length).toBe(lines[0].test.returns.length + 1);
  expect(await place.run('trials', 'show', '99')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no trial 99'),
  });
  expect(await place.run('trials', 'list', '--ledger', 'none.db')).toMatchObject({ code: 2 });
});

test('a model that is fitted and judged again is one trial, and one that nobody counted is from then on', async () => {
  const LEDGER = ['--ledger', 'models.db'];
  const SETTINGS = ['--model', 'linear', '--set', 'model.maxEpochs=3', 'data.normalizationBars=50'];
  const again = (out: string) => json('evaluate', '--model', out, '--data', 'prices.csv', ...LEDGER);
  well(await place.run('fit', 'prices.csv', ...SETTINGS, '--out', 'model-a', ...LEDGER));
  expect((await again('model-a')).trials).toMatchObject({ numTrials: 1, numRows: 1, numLooks: 1 });
  await place.run('fit', 'prices.csv', ...SETTINGS, 'label.horizon=2', '--out', 'model-b', '--no-ledger');
  const second = await again('model-b');
  expect(second.trials).toMatchObject({ numTrials: 2, numRows: 2, numOthersSeen: 1 });
  expect(second.trials.sentences[0]).toMatch(
    /^Trials on these data and this test span: 2, this one included/,
  );
  expect((await again('model-b')).trials).toMatchObject({ numTrials: 2, numRows: 2 });
  const { trials } = await json('trials', 'list', ...LEDGER);
  expect(trials.map(({ kind, ledTo }: { kind: string; ledTo: string }) => [kind, ledTo])).toEqual([
    ['evaluate', 'model-b'],
    ['fit', 'model-a'],
  ]);
  const none = await place.run('evaluate', '--model', 'model-a', '--data', 'prices.csv', '--no-ledger');
  expect(none.stdout).toContain('Trials are not counted: the ledger was turned off by --no-ledger');
});

describe('a ledger that cannot be used', () => {
  test.each([
    ['of another version', 'has version 99', (file: string) => setVersion(file)],
    ['in the place of a folder', 'Cannot use the ledger', (file: string) => mkdirSync(file)],
    [
      'that is no database',
      'is damaged',
      (file: string) => place.write(file.split('/').at(-1)!, 'text, '.repeat(200)),
    ],
  ])('%s stops neither training nor verdict, and both say so', async (_, words, spoil) => {
    const ledger = `${words.replaceAll(' ', '-')}.db`;
    spoil(place.file(ledger));
    const out = `with-${ledger}`;
    const trained = await place.run('train', ...SMALL, '--out', out, '--ledger', ledger);
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(/^This training is not counted as a trial: [^\n]+\n$/);
    expect(trained.stderr).toContain(words);
    const judged = await place.run('evaluate', out, '--ledger', ledger);
    expect(judged).toMatchObject({ code: 0, stderr: '' });
    expect(judged.stdout).toMatch(/Trials are not counted: [^\n]+ read the verdict as that of one try/);
    expect(place.read(`${out}/report.html`)).toContain('Trials are not counted');
  });
});

describe('crossval', () => {
  const SPLIT = [
    'crossval',
    '--data',
    'prices.csv',
    '--steps',
    '128',
    '--seeds',
    '2',
    '--envs',
    '2',
    '--workers',
    '2',
  ];
  const settings = (more: string) => [
    '--set',
    'agent.rolloutSteps=16',
    'env.normalizationBars=50',
    ...more.split(' '),
  ];

  test.each([
    [
      'groups shorter than an episode',
      ['--groups', '6'],
      'env.episodeBars=200',
      /6 groups of \d+ rows have \d+ each, and an episode takes 201/,
    ],
    [
      'no group to learn from',
      ['--groups', '3', '--test-groups', '3'],
      'env.episodeBars=50',
      /from 1 to all but one/,
    ],
    [
      'nothing left by purging',
      ['--groups', '2', '--test-groups', '1', '--window', '800'],
      'env.episodeBars=50',
      /empty|leaves no stretch/,
    ],
  ])('refuses %s in one line', async (_, options, more, message) => {
    const { code, stderr } = await place.run(...SPLIT, ...options, ...settings(more), '--out', 'none');
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBe(1);
  });
});

function setVersion(file: string): void {
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
}
