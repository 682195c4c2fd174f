/** A ledger on a disk that is full, or that nothing may be written to: the work goes on, and says that it is not counted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { candleFile, candleLines, Workplace } from '../../scripts/command-line.ts';

let place: Workplace;
let isMounted = false;
const disk = () => place.file('disk');

beforeAll(() => {
  place = new Workplace();
  place.write('prices.csv', candleFile(candleLines(900)));
  mkdirSync(disk());
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk()], { stdio: 'ignore' });
    isMounted = true;
  } catch {
    console.warn('Not run: a small disk can be mounted by root alone.');
  }
});
afterAll(() => {
  if (isMounted) execFileSync('umount', [disk()]);
  place.remove();
});

const train = (out: string) =>
  place.spawn(
    ...[
      'train',
      '--data',
      'prices.csv',
      '--steps',
      '512',
      '--evaluate-every',
      '0',
      '--set',
      'agent.rolloutSteps=64',
    ],
    ...['--out', out, '--ledger', 'disk/ledger.db'],
  );

test('a full disk stops neither training nor verdict', async () => {
  if (!isMounted) return;
  expect(await train('first')).toMatchObject({ code: 0, stderr: '' });
  fill();
  const { code, stderr } = await train('second');
  expect([code, stderr.trimEnd().split('\n').length]).toEqual([0, 1]);
  expect(stderr).toMatch(
    /^This training is not counted as a trial: Cannot use the ledger "disk\/ledger\.db": .*full.*\n$/,
  );
  const judged = await place.spawn('evaluate', 'second', '--ledger', 'disk/ledger.db');
  expect(judged.code).toBe(0);
  expect(judged.stdout).toContain('Trials are not counted: Cannot use the ledger');
});

test('nor does one that was mounted to be read alone, and what is in it can still be listed', async () => {
  if (!isMounted) return;
  execFileSync('mount', ['-o', 'remount,ro', disk()]);
  const { code, stderr } = await train('third');
  expect([code, stderr.trimEnd().split('\n').length]).toEqual([0, 1]);
  expect(stderr).toMatch(/^This training is not counted as a trial: /);
});

function fill(): void {
  for (let i = 0; ; i++) {
    try {
      writeFileSync(join(disk(), `filler-${i}`), Buffer.alloc(4096));
    } catch {
      return;
    }
  }
}
