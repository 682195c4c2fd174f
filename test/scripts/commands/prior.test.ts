/** `market-gym prior`, as a user calls it. */
import { afterAll, expect, test } from 'vitest';
import { Workplace } from '../command-line.ts';

const work = new Workplace();
afterAll(() => work.remove());

test('judges an agent with and without a prior, and says what came of it', async () => {
  const run = [
    'prior',
    '--seeds',
    '1',
    '--steps',
    '300',
    '--only',
    'columns',
    '--set',
    'agent.rolloutSteps=100',
    '--json',
  ];
  const { code, stdout } = await work.run(...run);
  expect(code).toBe(0);
  const { arms, verdict, priorReturn } = JSON.parse(stdout);
  expect(arms.map(({ name }: { name: string }) => name)).toEqual(['agent only', 'columns']);
  expect(Number.isFinite(priorReturn)).toBe(true);
  expect(verdict).toMatch(/^No verdict: 1 seeds/);
});

test.each([
  [
    ['--agent', 'dqn', '--only', 'pull'],
    'Agent "dqn" cannot use "pull" of a prior; it can use columns, guidance.',
  ],
  [['--set', 'label.label=forward-return'], 'A prior needs the probabilities of classes'],
  [['--model', 'nowhere'], 'There is no model "nowhere"'],
  [['--test-share', '2'], '--test-share takes a number between 0 and 1, got 2.'],
])('%j is refused in one line', async (args, message) => {
  const { code, stderr } = await work.run('prior', ...args);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(message);
});
