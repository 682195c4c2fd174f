import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeRecords } from '../../../experiments/records/files.ts';

test('the folder of a table of records is made where there is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'records-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const trades = join(folder, 'a', 'b', 'trades.csv');
  const table = () => [{ name: 'profit', values: [1, 2] }];
  expect(writeRecords({ trades }, { trades: table, fills: table, curves: table })).toEqual([
    `2 round trips: ${trades}`,
  ]);
  expect(readFileSync(trades, 'utf8')).toBe('profit\n1\n2\n');
});
