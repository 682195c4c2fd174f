/** Which files a run's data are, and what is refused before anything is learnt from them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { expandFiles } from '../../experiments/run/data-files.ts';
import { loadMarket } from '../../experiments/run/market.ts';

const folder = mkdtempSync(join(tmpdir(), 'data-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, price: (day: number) => number, days = 30, skip?: number): string {
  const rows = Array.from({ length: days }, (_, day) => [
    new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10),
    ...Array(4).fill(price(day)),
    1,
  ]);
  const path = join(folder, name);
  writeFileSync(
    path,
    [
      'date,open,high,low,close,volume',
      ...rows.filter((_, day) => day !== skip).map((row) => row.join(',')),
    ].join('\n'),
  );
  return path;
}

const a = write('bbb.csv', (day) => 10 + day);
const b = write('aaa.csv', (day) => 50 - day, 30, 7);

describe('expandFiles', () => {
  test('takes paths by comma, and the files of a pattern by name', () => {
    expect(expandFiles('x.csv,y.csv')).toEqual(['x.csv', 'y.csv']);
    expect(expandFiles(`${folder}/*.csv`)).toEqual([b, a]);
    expect(expandFiles(`${folder}/a?a.csv`)).toEqual([b]);
  });

  test('says where no file fits', () => {
    expect(() => expandFiles(`${folder}/*.parquet`)).toThrow(/No file fits/);
    expect(() => expandFiles(`${folder}/none/*.csv`)).toThrow(/There is no folder/);
  });
});

describe('loadMarket', () => {
  test('aligns several series and says which bars that cost', async () => {
    const market = await loadMarket(`${a},${b}`, {});
    expect(market.series.map(({ length }) => length)).toEqual([29, 29]);
    expect(market.notes.join(' ')).toContain('bbb.csv: 1 of 30 bars were left out');
  });

  test('refuses several series for an env that trades one', async () => {
    await expect(loadMarket(`${a},${b}`, {}, {}, { takesSeries: false })).rejects.toMatchObject({
      code: 'several-symbols',
    });
  });

  test('refuses a feed that is dead, before anything is learnt from it', async () => {
    const dead = write('dead.csv', () => 5);
    await expect(loadMarket(dead, {})).rejects.toMatchObject({ code: 'dead-feed' });
  });
});
