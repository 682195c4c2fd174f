/** A plugin file as the program and its threads compile it: the tests have a compiler of their own. */
import { expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

test('a typing mistake is one line with its place, and leaves nothing behind', async () => {
  const place = new Workplace();
  place.write('syntax.ts', 'export const x = ;\n');
  const { code, stderr } = await place.spawn('train', '--plugin', 'syntax.ts', '--out', 'run');
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^[^\n]*syntax\.ts:1:17[^\n]*Correct the file[^\n]*\n$/),
  ]);
  expect(place.exists('run')).toBe(false);
  place.remove();
});

test('an env that throws in a worker thread is one line with what it threw, and leaves nothing behind', async () => {
  const place = new Workplace();
  place.write(
    'throwing.ts',
    `import * as gym from 'market-gym';
export const throwing = gym.defineEnv({
  name: 'throwing',
  description: 'CartPole that throws at its 1500th step.',
  config: gym.z.object({}),
  create({ seed }) {
    const env = gym.cartpole.create({ seed });
    let steps: number = 0;
    return {
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: (options) => env.reset(options),
      step(action) {
        if (++steps === 1500) throw new TypeError('the wheel came off');
        return env.step(action);
      },
    };
  },
});
`,
  );
  const args = ['--plugin', 'throwing.ts', '--env', 'throwing', '--envs', '2', '--env-workers', '2'];
  const { code, stderr } = await place.spawn('train', ...args, '--steps', '4000', '--out', 'run');
  expect(code).toBe(2);
  const last = stderr.trim().split('\n').at(-1);
  expect(last).toMatch(
    /^In env "throwing": Env 0 failed in step: TypeError: the wheel came off.*Correct the env/,
  );
  expect(place.exists('run')).toBe(false);
  place.remove();
});
