import { afterAll, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

const place = new Workplace();
afterAll(() => place.remove());

test.each([[['list']], [['list', '--json']], [['list', 'trading']], [['list', 'ppo', '--json']]])(
  '%j, written down by the build, says what the catalogue says',
  async (args) => {
    const compiled = await place.spawn(...args);
    expect(compiled).toEqual(await place.run(...args));
    expect(compiled).toMatchObject({ code: 0, stderr: '' });
  },
);
