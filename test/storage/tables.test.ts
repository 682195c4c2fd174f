import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Table } from '../../core/table.ts';
import { openParquetFile, readColumn } from '../../market/files/parquet/source.ts';
import { requireTableName, writeTable } from '../../storage/tables/write-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'market-gym-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

const table: Table = [
  { name: 'who', values: ['a "b", c', undefined] },
  { name: 'value', values: Float64Array.of(0.1, Number.NaN) },
  { name: 'open', values: [true, false] },
];

describe('a table is written as the name of its file says', () => {
  const write = (name: string) => {
    const path = join(folder, name);
    writeTable(path, table);
    return path;
  };

  test('CSV quotes what needs it, and leaves a missing value empty', () => {
    expect(readFileSync(write('t.csv'), 'utf8')).toBe('who,value,open\n"a ""b"", c",0.1,true\n,,false\n');
  });

  test('JSON is an array of objects with null where a value is missing', () => {
    expect(JSON.parse(readFileSync(write('t.json'), 'utf8'))).toEqual([
      { who: 'a "b", c', value: 0.1, open: true },
      { who: null, value: null, open: false },
    ]);
  });

  test('Parquet keeps the bits of numbers', async () => {
    const file = await openParquetFile(write('T.PARQUET'));
    expect(file.columns.map(({ name }) => name)).toEqual(['who', 'value', 'open']);
    expect(await readColumn(file, 1)).toEqual(Float64Array.of(0.1, Number.NaN));
  });

  test('more rows than are written at once are all there', () => {
    const values = Float64Array.from({ length: 25_001 }, (_, i) => i);
    writeTable(join(folder, 'long.json'), [{ name: 'i', values }]);
    const rows = JSON.parse(readFileSync(join(folder, 'long.json'), 'utf8')) as { i: number }[];
    expect(rows.every(({ i }, at) => i === at)).toBe(true);
    expect(rows.length).toBe(25_001);
  });

  test('no rows are a header, and an empty array', () => {
    const none: Table = [{ name: 'a', values: [] }];
    writeTable(join(folder, 'none.csv'), none);
    writeTable(join(folder, 'none.json'), none);
    writeTable(join(folder, 'none.parquet'), none);
    expect(readFileSync(join(folder, 'none.csv'), 'utf8')).toBe('a\n');
    expect(JSON.parse(readFileSync(join(folder, 'none.json'), 'utf8'))).toEqual([]);
  });

  test('another ending is refused in one line that names those there are', () => {
    expect(() => requireTableName('x.xlsx')).toThrow(
      /^"x\.xlsx" cannot be written: a table is written as \.csv, \.json, \.parquet/,
    );
    expect(() => writeTable(join(folder, 'nowhere', 't.csv'), table)).toThrow(
      /^Cannot write .*Check the path/,
    );
  });
});
