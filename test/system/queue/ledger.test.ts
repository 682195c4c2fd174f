/** The ledger of trials on a PostgreSQL server: the same rows and counts as in a file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TrialLedger } from '../../../storage/trial-ledger.ts';
import type { TrialEntry } from '../../../storage/trials/trial.ts';
import { Cluster, PASSWORD, POSTGRES } from './postgres.ts';

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  if (POSTGRES === undefined) return;
  cluster = await Cluster.start();
  folder = mkdtempSync(join(tmpdir(), 'market-gym-ledger-'));
});
afterAll(async () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  await cluster?.remove();
});

const place = { data: 'd'.repeat(64), fromMs: 0, toMs: 3000 };
const entry = (index: number, seed: number, returns = [0.25, -0.125]): TrialEntry => ({
  timeMs: 1000 + index,
  kind: 'experiment',
  label: 'ppo on trading',
  place,
  source: 'candles.csv',
  configuration: index.toString(16).padStart(2, '0').repeat(32),
  seeds: [seed],
  ledTo: `runs/${index}-${seed}`,
  test: {
    timeMs: Float64Array.of(0, 1000, 2000),
    price: Float64Array.of(100, 101, 99.5),
    returns: Float64Array.from(returns),
    exposure: 1 / 3,
  },
});

describe.skipIf(POSTGRES === undefined)('a ledger on a server', () => {
  test('holds what one in a file holds, to the bit', () => {
    const ledgers = [join(folder, 'file.db'), cluster.url].map(
      (place) => new TrialLedger(place, { create: true }),
    );
    const told = ledgers.map((ledger) => {
      const last = ledger.append(entry(1, 1), entry(1, 2), entry(2, 1), { ...entry(3, 1), place: undefined });
      ledger.append(entry(1, 2, [0.5, 0.1 + 0.2]));
      expect(ledger.appendNew(entry(1, 1), entry(4, 1))).toBe(1);
      ledger.look({
        timeMs: 5,
        place,
        configuration: entry(1, 1).configuration,
        seeds: [1],
        verdict: 'no-edge',
      });
      const on = ledger.trialsOn({ ...place, fromMs: 2500, toMs: 9000 });
      const elsewhere = ledger.trialsOn({ ...place, data: 'other' });
      const rows = ledger.list();
      const few = ledger.list({ data: 'dddd', limit: 2 });
      const row = ledger.get(5);
      ledger.close();
      return { last, on, elsewhere, rows, few, row };
    });
    expect(told[1]).toEqual(told[0]);
    expect(told[1].row.test!.returns).toEqual(Float64Array.of(0.5, 0.1 + 0.2));
    expect(told[1].on).toMatchObject({ numConfigurations: 3, numRows: 5 });
  });

  test('says in one line, without the password, what it lacks', async () => {
    const empty = await cluster.createDatabase('empty');
    expect(() => new TrialLedger(empty)).toThrow(
      /^There is no ledger "postgres:\/\/gym@127\.0\.0\.1:\d+\/empty"/,
    );
    const away = cluster.url.replace(`:${cluster.port}/`, ':1/');
    const error = (() => {
      try {
        return new TrialLedger(away, { create: true });
      } catch (reason) {
        return reason as Error;
      }
    })();
    expect(error).toMatchObject({ code: 'server-away' });
    expect(String(error)).not.toContain(encodeURIComponent(PASSWORD));
  });

  test('goes on after the server was restarted', async () => {
    const ledger = new TrialLedger(cluster.url);
    const before = ledger.list().length;
    await cluster.stop();
    expect(() => ledger.append(entry(9, 1))).toThrow(expect.objectContaining({ code: 'server-away' }));
    await cluster.run();
    ledger.append(entry(9, 1));
    expect(ledger.list()).toHaveLength(before + 1);
    ledger.close();
  });
});
