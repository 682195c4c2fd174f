import { afterAll, expect, test } from 'vitest';
import { Workplace } from '../../scripts/command-line.ts';

const TRAIN = ['train', '--env', 'cartpole', '--set', 'agent.rolloutSteps=32', '--evaluate-every', '1024'];

const place = new Workplace();
afterAll(() => place.remove());

test('--log csv,tensorboard writes both beside the JSON lines, and a resumed run goes on in both', async () => {
  const command = [...TRAIN, '--steps', '8192', '--log', 'csv,tensorboard'];
  const { process, outcome } = place.start(...command, '--out', 'logged');
  while (!place.exists('logged/log.csv')) await new Promise((resolve) => setTimeout(resolve, 2));
  process.kill('SIGINT');
  expect((await outcome).code).toBe(130);
  expect(await place.run('train', '--resume', 'logged')).toMatchObject({ code: 0, stderr: '' });
  expect(place.list('logged/tensorboard')).toEqual([
    'events.out.tfevents.000000',
    'events.out.tfevents.000001',
  ]);
  expect(await place.run(...command, '--out', 'unbroken')).toMatchObject({ code: 0, stderr: '' });
  expect(place.read('logged/log.jsonl')).toBe(place.read('unbroken/log.jsonl'));
  expect(place.read('logged/log.csv')).toBe(place.read('unbroken/log.csv'));
  const steps = place
    .read('logged/log.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).step);
  const [header, ...lines] = place.read('logged/log.csv').trimEnd().split('\n');
  expect(header).toMatch(/^step,kind,meanReturn,/);
  expect(lines.map((line) => Number(line.split(',')[0]))).toEqual(steps);
});
