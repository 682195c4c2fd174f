/** The program as compiled: what it answers without loading what it tells of. */
import { afterAll, expect, test } from 'vitest';
import { version } from '../../../experiments/version.ts';
import { Workplace } from '../../scripts/command-line.ts';

const place = new Workplace();
afterAll(() => place.remove());

test('the list that the build wrote down is that of the catalogue', async () => {
  for (const args of [['list'], ['list', '--json'], ['list', 'trading'], ['list', 'ppo', '--json']]) {
    expect(await place.spawn(...args)).toEqual(await place.run(...args));
  }
});

test('the version is asked for in any place, and is the same with and without the parser', async () => {
  const answer = { code: 0, stdout: `${version}\n`, stderr: '' };
  expect(await place.spawn('--version')).toEqual(answer);
  expect(await place.spawn('train', '--version')).toEqual(answer);
});

test('a mistake is one line and exit code 2', async () => {
  const outcome = await place.spawn('list', 'pppo');
  expect(outcome).toEqual(await place.run('list', 'pppo'));
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
});
