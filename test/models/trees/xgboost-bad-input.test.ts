/** What training and prediction refuse, each in one line that names what is wrong. */
import { describe, expect, test } from 'vitest';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { resolveXgboostConfig } from '../../../models/trees/xgboost-config.ts';
import { randomTable, tableOf } from '../tables.ts';

const data = randomTable(600, 11, 0.1);
const binaryData = { table: data.table, labels: data.binary };
const multiData = { table: data.table, labels: data.multi };
const realData = { table: data.table, labels: data.real };

describe('bad input', () => {
  const values = (change: (values: Float32Array) => void) => {
    const table = { ...data.table, values: data.table.values.slice() };
    change(table.values);
    return table;
  };
  const cases: [name: string, run: () => unknown, message: RegExp][] = [
    [
      'an unknown parameter',
      () => resolveXgboostConfig({ max_dept: 3 }),
      /^Unknown key "max_dept" for model "xgboost"\. Did you mean "max_depth"\?$/,
    ],
    [
      'a parameter under two names',
      () => resolveXgboostConfig({ eta: 1, learning_rate: 1 }),
      /"eta" is given twice/,
    ],
    ['an impossible value', () => resolveXgboostConfig({ eta: 0 }), /Invalid value 0 for "eta"/],
    ['no number of classes', () => resolveXgboostConfig({ objective: 'multi:softprob' }), /needs 2 or more/],
    [
      'a base score that is no probability',
      () => resolveXgboostConfig({ objective: 'binary:logistic', base_score: 1 }),
      /probability between 0 and 1/,
    ],
    [
      'an infinite value',
      () => trainXgboost({ ...realData, table: values((array) => array.set([-Infinity], 11 * 7 + 3)) }),
      /^Row 7, column "f3" is -Infinity/,
    ],
    [
      'one class only',
      () => trainXgboost({ ...binaryData, labels: new Float32Array(600) }, { objective: 'binary:logistic' }),
      /^Every label is 0; binary:logistic needs rows of both classes/,
    ],
    [
      'a label outside the declared classes',
      () => trainXgboost(multiData, { objective: 'multi:softprob', num_class: 2 }),
      /^The label of row \d+ is 2; multi:softprob needs one of the declared classes 0 … 1\.$/,
    ],
    [
      'a label that is missing',
      () => trainXgboost({ ...realData, labels: data.real.map((y, i) => (i === 4 ? Number.NaN : y)) }),
      /^The label of row 4 is NaN; reg:squarederror needs a finite number\.$/,
    ],
    [
      'too few labels',
      () => trainXgboost({ ...realData, labels: new Float32Array(3) }),
      /3 labels for 600 rows/,
    ],
    [
      'a negative weight',
      () => trainXgboost({ ...realData, weights: new Float32Array(600).fill(-1) }),
      /^The weight of row 0 is -1/,
    ],
    [
      'an empty table',
      () => trainXgboost({ table: tableOf([]), labels: new Float32Array(0) }),
      /0 rows and 0 columns/,
    ],
    [
      'a gradient that is not finite',
      () => trainXgboost(realData, {}, { gradient: (_m, _l, gradients) => gradients.fill(Number.NaN) }),
      /^Round 0 has a gradient or hessian that is not finite/,
    ],
    [
      'early stopping without an evaluation set',
      () => trainXgboost(realData, { early_stopping_rounds: 3 }),
      /needs at least one evaluation set/,
    ],
    [
      'a metric of another objective',
      () =>
        trainXgboost(realData, { eval_metric: 'merror' }, { evaluationSets: [{ name: 'a', ...realData }] }),
      /"merror" does not go with reg:squarederror/,
    ],
  ];
  for (const [name, run, message] of cases) {
    test(`${name} is refused in one line`, () => {
      expect(run).toThrow(message);
    });
  }

  test('a table with other columns than the model was trained with is refused, with their names', () => {
    const model = trainXgboost(realData, { num_round: 1 });
    const out = new Float32Array(600);
    const named = (columns: string[]) => () => model.predictInto(out, { ...data.table, columns });
    const columns = [...data.table.columns];
    const swapped = [...columns.slice(0, 9), 'f10', 'f9'];
    expect(named(swapped)).toThrow(
      /^Column 9 is "f10", but the model was trained with "f9" there; it stands elsewhere/,
    );
    expect(named(['x', ...columns.slice(1)])).toThrow(/"f0" there; the table has no such column/);
    expect(() => model.predictInto(out, tableOf([[1, 2]]))).toThrow(
      /2 features; the model was trained with 11/,
    );
    expect(() => model.predictInto(new Float32Array(1), data.table)).toThrow(/1 numbers; 600 rows need 600/);
    expect(() => model.predictRowInto(new Float32Array(1), new Float32Array(3))).toThrow(/3 features/);
    expect(() =>
      model.predictInto(
        out,
        values((array) => array.set([Infinity], 14)),
      ),
    ).toThrow(/Row 1, column "f3"/);
    expect(() => model.predictInto(out, { ...data.table, values: new Float32Array(5) })).toThrow(
      /5 values for 600/,
    );
  });

  test('a column without any value is allowed, and no tree splits by it', () => {
    const table = values((array) => {
      for (let at = 2; at < array.length; at += 11) array[at] = Number.NaN;
    });
    const model = trainXgboost({ ...realData, table }, { num_round: 5 });
    expect(model.importance('weight')[2]).toBe(0);
    expect(model.importance('weight')[0]).toBeGreaterThan(0);
  });
});
