import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../../core/rng.ts';
import { sliceCandles } from '../../../market/candles/candles.ts';
import { geometricBrownian } from '../../../market/synthetic/candles.ts';
import { classBalance, datasetFromCandles, rowsWithWindow } from '../../../models/data/dataset.ts';
import { fitScaler, scaleTable } from '../../../models/data/scaler.ts';
import { datasetFromTable, readTableCsv, type TableCsvOptions } from '../../../models/data/table-csv.ts';
import { predictSignal } from '../../../models/signals/predict.ts';
import { SignalStream } from '../../../models/signals/stream.ts';
import { trainModel } from '../../../models/train.ts';
import { range } from '../markets.ts';

const candles = geometricBrownian({ rng: createRng(6), length: 700 });
const spec = { features: ['return:1', 'volatility:10'], normalizationBars: 30 };

describe('a data set of candles', () => {
  const data = datasetFromCandles(candles, { ...spec, label: { horizon: 5 } });

  test('has rows where features and label are known, and weights by overlap', () => {
    expect([data.rows[0], data.rows.at(-1)]).toEqual([39, 694]);
    expect(data.weights[300]).toBeCloseTo(0.2, 12);
    expect(data.weights[0]).toBe(0);
    expect(rowsWithWindow(data, 8)[0]).toBe(46);
    const balance = classBalance(data, data.rows);
    expect(balance.map(({ name }) => name)).toEqual(['down', 'up']);
    expect(balance[0].count + balance[1].count).toBe(data.rows.length);
  });

  test('does not see the future: features of a row are those without any later candle', () => {
    const part = datasetFromCandles(sliceCandles(candles, 0, 400), { ...spec, label: { horizon: 5 } });
    const numValues = 400 * data.table.numColumns;
    expect([...part.table.values]).toEqual([...data.table.values.subarray(0, numValues)]);
  });

  test('is all that a model needs to predict new candles, at once or bar by bar, from any starting bar', async () => {
    const model = await trainModel(
      data,
      'gru',
      { window: 6, hidden: 4, maxEpochs: 1 },
      { rows: range(60, 400) },
    );
    const whole = predictSignal(model, { candles });
    const later = sliceCandles(candles, 350);
    const stream = new SignalStream(model);
    for (let row = 0; row < later.length; row++) {
      const signal = stream.nextBar(later, row);
      const i = whole.rows.indexOf(350 + row);
      if (row < 39 + 5) expect(signal).toBeUndefined();
      else expect([...signal!.probabilities]).toEqual([...whole.probabilities.subarray(2 * i, 2 * i + 2)]);
    }
    const known = whole.rows.filter((_, i) => whole.provenance[i] === 'in-sample');
    // The last training row's label ends five bars later.
    expect([known[0], known.at(-1)]).toEqual([60, 404]);
  });

  test('without candles, or for a model of tables, is asked for by name', async () => {
    const model = await trainModel(data, 'linear', { maxEpochs: 1 });
    expect(() => predictSignal(model, {})).toThrow(/table or candles/);
    expect(() => new SignalStream({ ...model, pipeline: undefined }).nextBar(candles, 0)).toThrow(
      /trained on a table/,
    );
    expect(() => predictSignal(model, data, [3])).toThrow(/Row 3 cannot be predicted: rows 39 to 699/);
  });
});

test('a scaler learns from its rows alone', () => {
  const table = {
    numRows: 4,
    numColumns: 2,
    columns: ['a', 'b'],
    values: Float32Array.of(1, 5, 3, 5, Number.NaN, 5, 900, 5),
  };
  const scaler = fitScaler(table, [0, 1, 2]);
  expect([...scaler.means, ...scaler.deviations]).toEqual([2, 5, 1, 1]);
  expect([...scaleTable(table, scaler).values.subarray(0, 4)]).toEqual([-1, 0, 1, 0]);
});

describe('a table in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'market-gym-table-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (text: string, options: TableCsvOptions = {}) => {
    const path = join(folder, 'table.csv');
    writeFileSync(path, text);
    return readTableCsv(path, options);
  };

  test('becomes columns, labels and times, in the order of the file', async () => {
    const csv = await read('date,a,y,b\n2020-01-01,1,up,NA\n2020-01-02,2,down,\n2020-01-03,,up,-3e1\n', {
      label: 'y',
    });
    expect(csv.table.columns).toEqual(['a', 'b']);
    expect([...csv.table.values]).toEqual([1, Number.NaN, 2, Number.NaN, Number.NaN, -30]);
    expect(csv.timeMs?.[1]).toBe(Date.UTC(2020, 0, 2));
    const data = datasetFromTable(csv, { horizon: 1 });
    expect([data.classNames, [...data.labels], [...data.labelEnds]]).toEqual([
      ['down', 'up'],
      [1, 0, 1],
      [1, 2, 2],
    ]);
  });

  test('has whole numbers as classes in their order, others as values, unless told', async () => {
    const whole = await read('a;y\n1;2\n2;10\n3;\n', { label: 'y' });
    expect(datasetFromTable(whole).classNames).toEqual(['2', '10']);
    expect(datasetFromTable(whole, { task: 'regression' }).labels[1]).toBe(10);
    expect([...datasetFromTable(whole).rows]).toEqual([0, 1]);
    expect(datasetFromTable(await read('a,y\n1,2.5\n2,10\n', { label: 'y' })).task).toBe('regression');
  });

  test.each<[string, string, TableCsvOptions, RegExp]>([
    [
      'a label column that is not there',
      'a,lable\n1,2\n',
      { label: 'label' },
      /no label column "label". Did you mean "lable"/,
    ],
    [
      'a cell that is no number',
      'a,y\n1,0\nx1,1\n',
      { label: 'y' },
      /line 3, column "a": "x1" is not a number/,
    ],
    ['a row that is too short', 'a,b,y\n1,0\n', { label: 'y' }, /line 2 has 2 cells, the header has 3/],
    ['two columns of one name', 'a,a,y\n', { label: 'y' }, /two columns "a"/],
    ['nothing to learn from', 'y,time\n1,2020-01-01\n', { label: 'y' }, /no column to learn from/],
    ['times that do not ascend', 'time,a\n2020-01-02,1\n2020-01-01,2\n', {}, /line 3, column "time".*sort/],
    ['a header alone', 'a,b\n', {}, /no rows/],
    ['nothing at all', '', {}, /is empty/],
  ])('is refused with %s', async (_name, text, options, message) => {
    await expect(read(text, options)).rejects.toThrow(message);
  });

  test('is refused with a class that was not declared, one class, an infinite value or an empty column', async () => {
    const text = 'a,y\n1,0\n2,1\n3,2\n';
    const csv = await read(text, { label: 'y' });
    expect(() => datasetFromTable(csv, { classNames: ['0', '1'] })).toThrow(
      /label "2" of row 2 is not one of the 2 declared/,
    );
    expect(() => datasetFromTable(csv, { classNames: ['0'] })).toThrow(/not one of the 1 declared/);
    const make = async (body: string) => datasetFromTable(await read(`a,b,y\n${body}`, { label: 'y' }));
    await expect(make('1,2,0\n3,4,0\n')).rejects.toThrow(/needs two classes/);
    await expect(make('1,2,0\n3,-inf,1\n')).rejects.toThrow(/"b" is -Infinity at row 1/);
    await expect(make('1,,0\n3,nan,1\n')).rejects.toThrow(/"b" has no value in any row/);
    await expect(make('1,2,\n3,4,\n')).rejects.toThrow(/No row has|two classes/);
    expect(() => datasetFromTable({ ...csv, labels: undefined })).toThrow(/without a label column/);
  });
});
