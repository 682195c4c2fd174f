/** The commands on supervised models, as a user runs them: files in, files out, one line for each mistake. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candleFile, candleLines, Workplace } from './command-line.ts';

let place: Workplace;

const FAST = ['--set', 'model.maxEpochs=2'];
const CANDLES = [
  '--set',
  'data.normalizationBars=30',
  '--set',
  'data.features=["return:1"]',
  '--set',
  'label.horizon=1',
];

/** Two columns, and a class that the first one tells. */
function tableFile(numRows: number): string {
  const lines = Array.from({ length: numRows }, (_, i) => {
    const x = Math.sin(i * 1.7);
    return `${x.toFixed(4)},${Math.cos(i * 0.9).toFixed(4)},${x > 0 ? 'buy' : 'sell'}`;
  });
  return `x,y,side\n${lines.join('\n')}\n`;
}

beforeAll(async () => {
  place = new Workplace();
  place.write('candles.csv', candleFile(candleLines(400)));
  place.write('table.csv', tableFile(300));
  place.write('new.csv', tableFile(20).replaceAll(/,(buy|sell|side)/g, ''));
  const fits = await Promise.all([
    place.run(
      'fit',
      'candles.csv',
      '--model',
      'linear',
      '--out',
      'wave',
      '--save',
      'wave',
      ...FAST,
      ...CANDLES,
    ),
    place.run(
      'fit',
      'table.csv',
      '--model',
      'xgboost',
      '--label',
      'side',
      '--out',
      'trees',
      '--set',
      'model.num_round=5',
    ),
  ]);
  for (const { code, stderr } of fits) expect([code, stderr]).toEqual([0, '']);
}, 60_000);
afterAll(() => place.remove());

describe('fit', () => {
  test('writes a folder of data files, and the same model into the registry', () => {
    expect(place.list('wave')).toEqual(['model.json', 'weights.safetensors']);
    expect(place.list('trees')).toEqual(['model.json', 'xgboost.json']);
    expect(place.exists('registry/registry.db')).toBe(true);
  });

  test('prints the class balance, the report of the test part, and the signal beside its baselines', async () => {
    const { stdout } = await place.run(
      'fit',
      'candles.csv',
      '--model',
      'linear',
      '--out',
      'other',
      ...FAST,
      ...CANDLES,
      '--walk-forward',
      '2',
    );
    for (const text of [
      'Classes to learn from: down',
      'precision    recall  f1-score   support',
      'weighted avg',
      'buy-and-hold',
      'Walk-forward, 2 blocks',
      'Test part, the last',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test('gives the same model for the same seed', async () => {
    await place.run('fit', 'candles.csv', '--model', 'linear', '--out', 'again', ...FAST, ...CANDLES);
    expect(readFileSync(place.file('again/weights.safetensors'))).toEqual(
      readFileSync(place.file('wave/weights.safetensors')),
    );
  });
});

test('predict writes a row a prediction, from a folder or from the registry', async () => {
  const folder = await place.run('predict', 'wave', 'candles.csv', '--out', 'a.csv');
  expect(folder.code).toBe(0);
  await place.run('predict', 'wave@1', 'candles.csv', '--out', 'b.csv');
  expect(place.read('a.csv')).toBe(place.read('b.csv'));
  const [header, first] = place.read('a.csv').split('\n');
  expect(header).toBe('row,time,class,confidence,p_down,p_up,score,provenance');
  expect(first).toMatch(/^30,2015-01-31T00:00:00.000Z,(down|up),0\.\d+,.*,in-sample$/);
  const { code } = await place.run('predict', 'trees', 'new.csv', '--out', 'c.csv');
  expect(code).toBe(0);
  const [, row] = place.read('c.csv').split('\n');
  expect(row).toMatch(/^0,(buy|sell),.*,in-sample$/);
});

test('evaluate --model judges by unseen rows and writes a report', async () => {
  const { code, stdout } = await place.run('evaluate', '--model', 'wave', '--data', 'candles.csv', '--json');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.numInSample).toBe(0);
  expect(result.report).toBe('wave-report.html');
  expect(result.trading.signal).toHaveProperty('sharpe');
  expect(place.read('wave-report.html')).toContain('Confusion');
  const table = await place.run(
    'evaluate',
    '--model',
    'trees',
    '--data',
    'table.csv',
    '--label',
    'side',
    '--rows',
    'all',
    '--report',
    't.html',
  );
  expect(table.stdout).toContain('Predicts better than the base rate');
  expect(place.read('t.html')).toContain('Calibration');
});

describe('a mistake is one line, exit code 2, and nothing written', () => {
  const fitBroken = (...args: string[]) => ['fit', ...args, '--out', 'broken'];
  const header = 'x,y,side\n';
  test.each<[string, string[], Record<string, string>, string]>([
    [
      'a label column that is not there',
      fitBroken('table.csv', '--label', 'sides'),
      {},
      'Did you mean "side"?',
    ],
    [
      'one class only',
      fitBroken('t.csv', '--label', 'side'),
      { 't.csv': `${header}1,2,a\n3,4,a\n` },
      'needs two classes',
    ],
    [
      'more classes than declared',
      fitBroken('t.csv', '--label', 'side', '--classes', 'a,b'),
      { 't.csv': `${header}1,2,a\n3,4,c\n` },
      '"c" of row 1 is not one of the 2 declared classes',
    ],
    [
      'a column without values',
      fitBroken('t.csv', '--label', 'side'),
      { 't.csv': `${header}1,,a\n3,,b\n` },
      'Column "y" has no value',
    ],
    [
      'an infinite value',
      fitBroken('t.csv', '--label', 'side'),
      { 't.csv': `${header}1,inf,a\n3,4,b\n` },
      'Column "y" is Infinity at row 0',
    ],
    [
      'missing values for a network',
      fitBroken('t.csv', '--label', 'side', '--model', 'gru', '--set', 'model.window=1'),
      { 't.csv': `${header}${'1,2,a\n3,4,b\n'.repeat(20)}3,,b\n` },
      'Column "y" has no value at row 40',
    ],
    [
      'an unknown kind',
      fitBroken('table.csv', '--model', 'xgbost', '--label', 'side'),
      {},
      'Did you mean "xgboost"?',
    ],
    [
      'an unknown setting',
      fitBroken('table.csv', '--label', 'side', '--set', 'model.max_dept=3'),
      {},
      'Did you mean "max_depth"?',
    ],
    [
      'settings of candles for a table',
      fitBroken('table.csv', '--label', 'side', '--set', 'label.horizon=3'),
      {},
      'drop one',
    ],
    ['no place to write to', ['fit', 'table.csv', '--label', 'side'], {}, '--out FOLDER, or --save NAME'],
    [
      'a place that holds something else',
      ['fit', 'table.csv', '--label', 'side', '--out', 'table.csv'],
      {},
      'is no model',
    ],
    [
      'columns in another order',
      ['predict', 'trees', 't.csv', '--out', 'broken'],
      { 't.csv': 'y,x\n1,2\n' },
      'column 1 is "y", "x" is expected',
    ],
    [
      'another number of columns',
      ['predict', 'trees', 't.csv', '--out', 'broken'],
      { 't.csv': 'x\n1\n' },
      'trained on 2 columns, the data have 1: column "y" is missing',
    ],
    ['a model that is not there', ['predict', 'tree', 'new.csv', '--out', 'broken'], {}, 'tree'],
    [
      'runs and a model at once',
      ['evaluate', 'run', '--model', 'wave'],
      {},
      'Name runs to judge, or a model',
    ],
    ['a model without data', ['evaluate', '--model', 'wave'], {}, '--data'],
    [
      'only rows that the model has learnt from',
      ['evaluate', '--model', 'wave', '--data', 'head.csv'],
      { 'head.csv': candleFile(candleLines(200)) },
      '--rows all',
    ],
  ])('%s', async (_name, args, files, message) => {
    for (const [name, content] of Object.entries(files)) place.write(name, content);
    const { code, stdout, stderr } = await place.run(...args);
    expect([code, stdout.includes('Model:')]).toEqual([2, false]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(place.exists('broken')).toBe(false);
  });

  test.each<[string, string, (text: string) => string, RegExp]>([
    [
      'tampered weights',
      'wave/weights.safetensors',
      (text) => `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`,
      /damaged|not what was written/,
    ],
    ['a manifest that is no JSON', 'trees/model.json', (text) => text.slice(0, -9), /not JSON|damaged/],
    [
      'a manifest of another version',
      'trees/model.json',
      (text) => text.replace('"formatVersion": 1', '"formatVersion": 9'),
      /version 9/,
    ],
    [
      'trees that were changed',
      'trees/xgboost.json',
      (text) => text.replace('learner', 'lerner'),
      /damaged|not what was written/,
    ],
  ])('%s', async (_name, file, change, message) => {
    const path = place.file(file);
    const original = readFileSync(path);
    writeFileSync(path, Buffer.from(change(original.toString('latin1')), 'latin1'));
    const [model] = file.split('/');
    const data = model === 'wave' ? 'candles.csv' : 'new.csv';
    const { code, stderr } = await place.run('predict', model, data, '--out', 'broken');
    writeFileSync(path, original);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(place.exists('broken')).toBe(false);
  });
});
