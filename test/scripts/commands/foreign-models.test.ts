/** `market-gym models import` of files that other programs saved, and `market-gym export`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { randomTable } from '../../models/tables.ts';
import { Workplace } from '../command-line.ts';

let place: Workplace;
const { table, multi } = randomTable(120, 3, 0.1);
const model = trainXgboost(
  { table, labels: multi },
  { objective: 'multi:softprob', num_class: 3, num_round: 2 },
);
const probabilities = new Float32Array(table.numRows * 3);
model.predictInto(probabilities, table);

beforeAll(() => {
  place = new Workplace();
  writeFileSync(place.file('trees.ubj'), model.toUbjson());
  const lines = Array.from({ length: table.numRows }, (_, row) =>
    [...table.values.subarray(3 * row, 3 * row + 3)]
      .map((cell) => (Number.isNaN(cell) ? '' : cell))
      .join(','),
  );
  place.write('table.csv', ['f0,f1,f2', ...lines].join('\n'));
});
afterAll(() => place?.remove());

test('a file of XGBoost predicts what it predicted, and every row counts as learnt', async () => {
  const imported = await place.run('models', 'import', 'trees.ubj', '--name', 'trees');
  expect(imported.stdout).toContain(
    'trees.ubj is trees@1, a candidate: xgboost, 3 columns, predicts classes down, flat, up.',
  );
  expect(imported.stdout).toContain('every row counts as learnt');
  const predicted = await place.run('predict', 'trees', 'table.csv', '--out', 'p.csv');
  expect(predicted.stderr).toBe('');
  const [header, first] = place.read('p.csv').split('\n');
  expect(header).toBe('row,class,confidence,p_down,p_flat,p_up,score,provenance');
  expect(first.split(',').slice(3, 6).map(Number)).toEqual([...probabilities.subarray(0, 3)]);
  expect(first).toMatch(/in-sample$/);
});

test('it is written again as it came, in both forms', async () => {
  await place.run('models', 'import', 'trees.ubj', '--name', 'again', '--trained-to', '2020-02-29');
  const done = await place.run('export', 'again', '--to', 'xgboost-ubj', '--out', 'again.ubj');
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(place.file('again.ubj'))).toEqual(readFileSync(place.file('trees.ubj')));
  await place.run('export', 'again', '--to', 'xgboost-json', '--out', 'again.json');
  expect(place.read('again.json')).toBe(model.toJson());
});

test.each([
  [
    ['models', 'import', 'trees.ubj'],
    'Say what to call the model of trees.ubj in the registry: --name NAME.',
  ],
  [
    ['models', 'import', 'trees.ubj', '--name', 'x', '--classes', 'a,b'],
    '--classes names 2 classes, but the model predicts 3.',
  ],
  [
    ['models', 'import', 'trees.ubj', '--name', 'x', '--trained-to', '2023-02-30'],
    'Cannot read the date "2023-02-30"; write it as 2017-01-01.',
  ],
  [
    ['models', 'import', 'trees.ubj', '--name', 'x', '--set', 'data.features=["return:1"]'],
    'The features make the columns return:1, but the model was trained on f0, f1, f2; name its features in its order.',
  ],
  [
    ['models', 'import', 'table.csv', '--name', 'x'],
    /^The model is neither JSON nor UBJSON .*; save it with save_model\('model\.json'\) or save_model\('model\.ubj'\), not as pickle\.$/,
  ],
])('a mistake costs one line and exit code 2: %j', async (args, message) => {
  const { code, stderr } = await place.run(...args);
  expect(code).toBe(2);
  if (typeof message === 'string') expect(stderr.trim()).toBe(message);
  else expect(stderr.trim()).toMatch(message);
});
