/** Models that move between Python's XGBoost and ours; skipped where Python has no XGBoost. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainXgboost } from '../../models/trees/xgboost.ts';
import type { XgboostOverrides } from '../../models/trees/xgboost-config.ts';
import { XgboostModel } from '../../models/trees/xgboost-model.ts';
import { randomTable } from '../models/tables.ts';

const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import xgboost']).status === 0,
);
if (python === undefined) console.warn('skipped: no python3 here can import xgboost');

const NUM_ROWS = 400;
const NUM_COLUMNS = 5;

/** Loads a model, or trains one, and writes its margins and contributions as f32 for the rows in rows.bin. */
const SCRIPT = `
import sys, json, numpy as np, xgboost as xgb
folder, name, params = sys.argv[1], sys.argv[2], sys.argv[3]
x = np.fromfile(folder + '/rows.bin', np.float32).reshape(-1, ${NUM_COLUMNS})
names = ['f%d' % i for i in range(${NUM_COLUMNS})]
if params == '':
    booster = xgb.Booster(model_file=folder + '/' + name)
else:
    y = np.fromfile(folder + '/labels.bin', np.float32)
    kinds = ['float'] * ${NUM_COLUMNS - 2} + ['c', 'c'] if name.startswith('categories') else None
    booster = xgb.train(json.loads(params), xgb.DMatrix(x, y, feature_names=names, feature_types=kinds, enable_categorical=True), 15)
    booster.save_model(folder + '/' + name.replace('.json', '.ubj'))
    booster.save_model(folder + '/' + name)
kinds = ['float'] * ${NUM_COLUMNS - 2} + ['c', 'c'] if name.startswith('categories') else None
rows = xgb.DMatrix(x, feature_names=names, feature_types=kinds, enable_categorical=True)
booster.predict(rows, output_margin=True).astype(np.float32).tofile(folder + '/margins.bin')
if kinds is None: booster.predict(rows, pred_contribs=True).astype(np.float32).tofile(folder + '/contributions.bin')
`;

describe.skipIf(python === undefined)('with Python', () => {
  const { table, binary, multi, real, weights } = randomTable(NUM_ROWS, NUM_COLUMNS, 0.1);
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'xgboost-python-'));
    writeFileSync(join(folder, 'rows.bin'), table.values);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function runPython(
    params = '',
    name = 'model.json',
  ): { margins: Float32Array; contributions: Float32Array } {
    const { status, stderr } = spawnSync(python as string, ['-c', SCRIPT, folder, name, params], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    expect(status, stderr).toBe(0);
    return { margins: read('margins.bin'), contributions: read('contributions.bin') };
  }

  function read(file: string): Float32Array {
    return new Float32Array(new Uint8Array(readFileSync(join(folder, file))).buffer);
  }

  function expectSame(model: XgboostModel, theirs: ReturnType<typeof runPython>): void {
    const margins = new Float32Array(NUM_ROWS * model.numOutputs);
    model.predictMarginsInto(margins, table);
    const contributions = new Float32Array(margins.length * (NUM_COLUMNS + 1));
    model.contributionsInto(contributions, table);
    expect(theirs.margins.length).toBe(margins.length);
    for (let i = 0; i < margins.length; i++)
      expect(Math.abs(margins[i] - theirs.margins[i])).toBeLessThan(1e-5);
    for (let i = 0; i < contributions.length; i++) {
      expect(Math.abs(contributions[i] - theirs.contributions[i])).toBeLessThan(1e-4);
    }
  }

  const ours: [name: string, labels: Float32Array, config: XgboostOverrides][] = [
    ['binary, weighted', binary, { objective: 'binary:logistic', base_score: 0.3, scale_pos_weight: 2.5 }],
    ['classes', multi, { objective: 'multi:softprob', num_class: 3, num_round: 10 }],
    ['classes by the largest', multi, { objective: 'multi:softmax', num_class: 3, num_round: 3 }],
    ['regression, best split first', real, { grow_policy: 'lossguide', max_leaves: 9, max_depth: 0 }],
    ['counts', multi, { objective: 'count:poisson', base_score: 1.3, num_round: 10 }],
    ['medians', real, { objective: 'reg:absoluteerror', num_round: 10 }],
    [
      'robust, rising',
      real,
      { objective: 'reg:pseudohubererror', huber_slope: 0.7, monotone_constraints: [1] },
    ],
    ['stopped early', binary, { objective: 'binary:logistic', early_stopping_rounds: 3, num_round: 60 }],
  ];
  for (const [name, labels, config] of ours) {
    test(`a model we save loads there and predicts and explains the same: ${name}`, () => {
      const evaluationSets = [{ name: 'test', ...pick(randomTable(200, NUM_COLUMNS, 0.1, 2), config) }];
      const model = trainXgboost({ table, labels, weights }, config, { evaluationSets });
      writeFileSync(join(folder, 'model.json'), model.toJson());
      expectSame(model, runPython());
    });
  }

  const theirs: [name: string, labels: Float32Array, params: Record<string, unknown>][] = [
    ['binary', binary, { objective: 'binary:logistic', base_score: 0.3 }],
    ['classes', multi, { objective: 'multi:softprob', num_class: 3 }],
    ['forests of parallel trees', real, { num_parallel_tree: 3, subsample: 0.6, tree_method: 'hist' }],
    ['pruned trees', real, { gamma: 2, tree_method: 'exact' }],
  ];
  for (const [name, labels, params] of theirs) {
    test(`a model saved there loads here, predicts, explains and is written back the same: ${name}`, () => {
      writeFileSync(join(folder, 'labels.bin'), labels);
      const result = runPython(JSON.stringify(params));
      const text = readFileSync(join(folder, 'model.json'), 'utf8');
      const model = XgboostModel.fromJson(text);
      expectSame(model, result);
      expect(JSON.parse(model.toJson())).toEqual(JSON.parse(text));
    });
  }

  const categorical: [name: string, labels: Float32Array, params: Record<string, unknown>][] = [
    [
      'one against the others',
      binary,
      { objective: 'binary:logistic', base_score: 0.3, max_cat_to_onehot: 99 },
    ],
    ['partitions', real, { max_cat_to_onehot: 1, max_depth: 8 }],
    ['classes by the largest', multi, { objective: 'multi:softmax', num_class: 3, max_cat_to_onehot: 4 }],
  ];
  for (const [name, labels, params] of categorical) {
    test(`splits by category give the same bits as there, of JSON and of UBJSON, and load there again: ${name}`, () => {
      const { values } = table;
      for (let at = 0; at < values.length; at++) {
        if (at % NUM_COLUMNS >= NUM_COLUMNS - 2) values[at] = Math.abs(Math.trunc(10 * values[at])) % 40;
      }
      writeFileSync(join(folder, 'rows.bin'), values);
      writeFileSync(join(folder, 'labels.bin'), labels);
      const { margins } = runPython(JSON.stringify({ tree_method: 'hist', ...params }), 'categories.json');
      const models = [
        XgboostModel.fromJson(readFileSync(join(folder, 'categories.json'), 'utf8')),
        XgboostModel.fromFile(readFileSync(join(folder, 'categories.ubj'))),
      ];
      for (const model of models) {
        const ours = new Float32Array(NUM_ROWS * model.numOutputs);
        model.predictMarginsInto(ours, table);
        expect(ours).toEqual(margins);
      }
      writeFileSync(join(folder, 'categories.json'), models[1].toJson());
      expect(runPython('', 'categories.json').margins).toEqual(margins);
      writeFileSync(join(folder, 'categories.ubj'), models[0].toUbjson());
      expect(runPython('', 'categories.ubj').margins).toEqual(margins);
    });
  }

  const objectives: [objective: string, labels: Float32Array, base: number][] = [
    ['count:poisson', multi, 1.3],
    ['reg:gamma', real.map((value) => Math.abs(value) + 0.1), 0.5],
    ['reg:tweedie', real.map(Math.abs), 0.7],
    ['reg:absoluteerror', real, 0.5],
    ['reg:pseudohubererror', real, 0.2],
    ['binary:logitraw', binary, 0.4],
    ['reg:logistic', binary, 0.2],
  ];
  test.each(objectives)('margins of %s are the same bits', (objective, labels, base) => {
    writeFileSync(join(folder, 'labels.bin'), labels);
    const { margins } = runPython(JSON.stringify({ objective, base_score: base }));
    const model = XgboostModel.fromFile(readFileSync(join(folder, 'model.ubj')));
    const ours = new Float32Array(NUM_ROWS);
    model.predictMarginsInto(ours, table);
    expect(ours).toEqual(margins);
  });

  function pick(data: ReturnType<typeof randomTable>, { objective }: XgboostOverrides) {
    const labels =
      objective === 'binary:logistic'
        ? data.binary
        : objective?.startsWith('multi:') || objective === 'count:poisson'
          ? data.multi
          : data.real;
    return { table: data.table, labels };
  }
});
