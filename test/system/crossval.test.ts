/** Cross-validation on several processes: whole paths, figures, and splits that are kept for the next time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { candleFile, candleLines, Workplace } from '../scripts/command-line.ts';

const SMALL = ['--steps', '128', '--seeds', '2', '--envs', '2', '--workers', '2'];
const SETTINGS = ['agent.rolloutSteps=16', 'env.normalizationBars=50', 'env.episodeBars=50'];
const ARGS = [
  'crossval',
  '--data',
  'prices.csv',
  ...SMALL,
  '--groups',
  '3',
  '--test-groups',
  '1',
  '--set',
  ...SETTINGS,
];

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('prices.csv', candleFile(candleLines(900)));
});
afterAll(() => place?.remove());

test('gives the paths, the probability of overfitting and the deflated figure, and keeps finished splits', async () => {
  const first = await place.run(...ARGS, '--out', 'cv', '--json');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const result = JSON.parse(first.stdout);
  expect(result).toMatchObject({ numPaths: 1, best: 'ppo', failures: [], interrupted: false });
  expect(result.probabilityOfOverfitting).toBeGreaterThanOrEqual(0);
  expect(result.settings[0].sharpes.length).toBe(2);
  expect(result.count).toMatchObject({ numTrials: 1, numRows: 2 });
  const again = await place.run(...ARGS, '--out', 'cv');
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('6 trials, 6 of them finished before');
  expect(again.stdout).toContain('Deflated Sharpe ratio');
  const split = await place.run('evaluate', 'cv/ppo/seed-1/split-000');
  expect(split.code).toBe(2);
  expect(split.stderr).toMatch(/one split of a cross-validation/);
});

test('settings are compared by the same splits', async () => {
  const { code, stdout } = await place.run(
    ...ARGS.map((arg) => (arg === '128' ? '64' : arg)),
    ...[
      '--seeds',
      '1',
      '--try',
      'agent.gamma=0.5',
      '--try',
      'agent.gamma=0.9',
      '--out',
      'two',
      '--no-ledger',
    ],
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^setting-1 /m);
  expect(stdout).toMatch(/the best of 2 settings in one half|all 2 strategies have the same returns/);
  expect(stdout).toContain('Trials are not counted: the ledger was turned off by --no-ledger');
});
