/** Further logs, and runs that end before their last step, also when they are continued. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from './command-line.ts';

const TRAIN = ['train', '--env', 'cartpole', '--set', 'agent.rolloutSteps=32', '--evaluate-every', '1024'];

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place?.remove());

const rows = (run: string): Record<string, number | boolean | string>[] =>
  place
    .read(`${run}/log.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const evaluations = (run: string) => rows(run).filter(({ kind }) => kind === 'evaluation');

describe('ending early', { concurrent: true }, () => {
  test('--patience ends a run after so many evaluations without a new best; resuming finds it over', async () => {
    // A random agent improves by luck alone, and soon no more.
    const command = [
      ...TRAIN.filter((word) => !/rollout|--set/.test(word)),
      '--agent',
      'random',
      '--patience',
      '3',
    ];
    const { code, stdout } = await place.run(...command, '--steps', '102400', '--out', 'patient');
    expect(code).toBe(0);
    expect(stdout).toContain('Ended early by its patience.');
    expect(JSON.parse(place.read('patient/run.json'))).toMatchObject({ patience: 3 });
    const isBest = evaluations('patient').map((row) => row.isBest);
    expect(isBest.slice(-4)).toEqual([true, false, false, false]);
    expect(isBest.join()).not.toContain('false,false,false,');

    const log = place.read('patient/log.jsonl');
    const resumed = await place.run('train', '--resume', 'patient');
    expect(resumed).toMatchObject({ code: 0, stderr: 'patient is finished; nothing is left to train.\n' });
    expect(place.read('patient/log.jsonl')).toBe(log);
  });

  test('--target-return ends a run that reaches it, at once', async () => {
    const { code, stdout } = await place.run(
      ...TRAIN,
      '--steps',
      '20480',
      '--target-return',
      '5',
      '--out',
      'good',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Ended early by its target return.');
    expect(evaluations('good')).toHaveLength(1);
    expect(JSON.parse(place.read('good/run.json'))).toMatchObject({ targetReturn: 5 });
  });

  test.each([
    [['--patience', '0'], /--patience takes a whole number from 1, got "0"/],
    [['--target-return', 'high'], /--target-return takes a number, got "high"/],
    [['--patience', '2', '--evaluate-every', '0'], /needs evaluations/],
    [['--log', 'csv,tensorbord'], /--log has no format "tensorbord"\. Did you mean "tensorboard"\?/],
  ])('%j is refused in one line', async (options, message) => {
    const command = TRAIN.filter((word) => !/evaluate|1024/.test(word));
    const { code, stderr } = await place.run(...command, ...options, '--out', 'refused');
    expect({ code, lines: stderr.match(/\n/g)?.length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toMatch(message);
    expect(place.exists('refused')).toBe(false);
  });
});
