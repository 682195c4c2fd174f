/** What was learnt outlives a judgement that fails. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { candleLines, Workplace } from '../scripts/command-line.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place?.remove());

test('a training whose evaluation fails keeps a checkpoint of what it has learnt, and goes on from there', async () => {
  // The first two envs train; the third is the one of evaluations, and breaks.
  place.write(
    'fragile.mjs',
    `import * as gym from 'market-gym';
let made = 0;
export const env = gym.defineEnv({
  name: 'fragile',
  description: 'CartPole that breaks where it judges.',
  config: gym.z.object({}),
  create: (context) => {
    const inner = gym.cartpole.create({ seed: context.seed });
    if (++made !== globalThis.BREAKS) return inner;
    return { ...inner, observationSpace: inner.observationSpace, actionSpace: inner.actionSpace,
      reset: (options) => inner.reset(options), save: () => inner.save(), load: (state) => inner.load(state),
      step: () => { throw new gym.EnvError('broken', 'It broke.'); } };
  },
});
`,
  );
  const steps = ['--steps', '64', '--envs', '2', '--evaluate-every', '32', '--set', 'agent.rolloutSteps=8'];
  // Checking the env before training makes one, too.
  Object.assign(globalThis, { BREAKS: 4 });
  const args = ['train', '--env', 'fragile', '--plugin', 'fragile.mjs', ...steps, '--out', 'run'];
  const { code, stderr } = await place.run(...args);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/In env "fragile": It broke\./),
  });
  expect(place.list('run/checkpoints')).toEqual(['step-000000000032']);
  Object.assign(globalThis, { BREAKS: -1 });
  expect((await place.run('train', '--resume', 'run', '--plugin', 'fragile.mjs')).code).toBe(0);
  expect(place.list('run/checkpoints')).toContain('step-000000000064');
});

test('a model whose judgement fails is stored, and it is said where', async () => {
  const lines = ['date,open,high,low,close,volume', ...candleLines(400)];
  place.write('candles.csv', `${lines.join('\n')}\n`);
  place.write(
    'moody.mjs',
    `import * as gym from 'market-gym';
export const rule = gym.defineSignalRule({
  name: 'moody',
  description: 'Breaks.',
  config: gym.z.object({}),
  create: () => ({ exposure: () => { throw new gym.EnvError('moody', 'It will not.'); } }),
});
`,
  );
  const args = [
    'fit',
    'candles.csv',
    '--model',
    'linear',
    '--plugin',
    'moody.mjs',
    '--no-ledger',
    '--out',
    'model',
  ];
  const own = ['--set', 'signal.rule=moody', 'data.normalizationBars=20'];
  const { code, stderr } = await place.run(...args, ...own);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^Model, not judged: model\n.*It will not\.\n$/s);
  expect(place.list('model').length).toBeGreaterThan(0);
});
