import { expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { hashRows, recallsRow } from '../../../models/data/row-hashes.ts';

const NUM_ROWS = 500;
const NUM_COLUMNS = 3;

const tableOf = (values: Float32Array) => ({
  numRows: values.length / NUM_COLUMNS,
  numColumns: NUM_COLUMNS,
  columns: ['a', 'b', 'c'],
  firstRow: 0,
  values,
});

const rng = createRng(1);
const table = tableOf(Float32Array.from({ length: NUM_ROWS * NUM_COLUMNS }, () => rng.gaussian()));
const rows = Int32Array.from({ length: NUM_ROWS }, (_, row) => row);

test('rows are known again in another order, others are not', () => {
  const hashes = hashRows(table, rows.subarray(0, 400))!;
  const turned = tableOf(
    Float32Array.from({ length: NUM_ROWS * NUM_COLUMNS }, (_, i) => {
      const row = NUM_ROWS - 1 - Math.floor(i / NUM_COLUMNS);
      return table.values[row * NUM_COLUMNS + (i % NUM_COLUMNS)];
    }),
  );
  for (const row of rows) expect(recallsRow(hashes, turned, row)).toBe(NUM_ROWS - 1 - row < 400);
});

test('a row that differs in one value is another one; −0 is 0, and NaN is NaN', () => {
  const values = Float32Array.of(
    0,
    Number.NaN,
    1,
    -0,
    Number.NaN,
    1,
    0,
    Number.NaN,
    1.0000001,
    1,
    0,
    Number.NaN,
  );
  const few = tableOf(values);
  const hashes = hashRows(few, Int32Array.of(0))!;
  expect([0, 1, 2, 3].map((row) => recallsRow(hashes, few, row))).toEqual([true, true, false, false]);
});

test('nothing is known by its values where many rows are alike', () => {
  const alike = tableOf(table.values.map((value) => Math.sign(value)));
  expect(hashRows(alike, rows)).toBeUndefined();
});
