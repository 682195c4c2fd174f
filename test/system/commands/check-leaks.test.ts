/** The look-ahead proof of many plugins at once: what is planted is named, what comes with the framework is sound. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LeakResult } from '../../../experiments/leaks/check-leaks.ts';
import { NUM_PLANTED, PLANTED } from '../../experiments/leaks/planted.ts';
import { Workplace } from '../../scripts/command-line.ts';
import { counts } from '../../soak.ts';

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
  place.write('planted.mjs', PLANTED);
});
afterAll(() => place.remove());

interface Found {
  readonly leaks: number;
  readonly unproven: number;
  readonly sound: number;
  readonly results: readonly LeakResult[];
}

async function check(...args: string[]): Promise<Found & { code: number | null }> {
  const { stdout, code } = await place.spawn('check-leaks', ...args, '--json');
  return { ...JSON.parse(stdout), code };
}

test('every planted leak is named, those that go by data of their own as not proved', async () => {
  const { results, leaks, unproven, code } = await check(
    '--plugin',
    'planted.mjs',
    '--cuts',
    String(counts(16, 160)),
  );
  const missed = results.filter(({ status }) => status === 'sound').map(({ subject }) => subject);
  expect(missed).toEqual([]);
  expect([results.length, leaks, unproven, code]).toEqual([NUM_PLANTED, NUM_PLANTED - 2, 2, 1]);
  const places = new Map(results.map(({ subject, findings: [first] }) => [subject, first]));
  const readsOf = (subject: string) => {
    const { column, row, reads } = places.get(subject)!;
    return [column, ...(reads ?? []).map((read) => read - row!)];
  };
  expect(readsOf('feature "next-close"')).toEqual(['next-close', 1, 1]);
  expect(readsOf('feature "centred-average"')).toEqual(['centred-average', 1, 5]);
  expect(readsOf('env "shows-next-open"')).toEqual(['shown', 1, 1]);
  expect(readsOf('env "pays-the-bar-after"')).toEqual(['reward', 1, 1]);
  expect(places.get('env "masks-losses"')!.column).toBe('actionMask[1]');
  expect(places.get('env "fills-at-the-close"')!.kind).toBe('same-close');
  expect(places.get('reward "table-reward"')!.kind).toBe('own-data');
});

test('what comes with the framework is sound', async () => {
  const { results, leaks, unproven, sound, code } = await check('--cuts', String(counts(8, 160)));
  expect(results.filter(({ status }) => status !== 'sound' && status !== 'nothing')).toEqual([]);
  expect([leaks, unproven, code]).toEqual([0, 0, 0]);
  expect(sound).toBeGreaterThanOrEqual(27);
});
