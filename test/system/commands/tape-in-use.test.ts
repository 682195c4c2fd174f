import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

const workplace = new Workplace();
afterAll(() => workplace.remove());

test('a tape that another session writes is refused, and taken over when that one was killed', async () => {
  const markets = [{ venue: 'bybit', symbol: 'BTC/USDT', settings: { url: 'ws://127.0.0.1:1' } }];
  workplace.write('live.json', JSON.stringify({ markets, depth: 5 }));
  const args = ['record', '--config', 'live.json', '--tape', 'busy', '--log', 'busy.log'];
  const first = workplace.start(...args);
  await once(first.process.stdout!, 'data');
  const second = await workplace.run(...args);
  expect(second).toMatchObject({ code: 2, stdout: '' });
  expect(second.stderr).toMatch(/^"busy" is being written by another session; stop that one, .*\n$/);
  first.process.kill('SIGKILL');
  await first.outcome;
  const third = workplace.start(...args);
  await once(third.process.stdout!, 'data');
  third.process.kill('SIGTERM');
  expect((await third.outcome).code).toBe(0);
  expect((await workplace.run('replay', 'busy')).code).toBe(0);
});
