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
    booster = xgb.train(json.loads(params), xgb.DMatrix(x, y, feature_names=names), 15)
    booster.save_model(folder + '/' + name)
rows = xgb.DMatrix(x, feature_names=names)
booster.predict(rows, output_margin=True).astype(np.float32).tofile(folder + '/margins.bin')
booster.predict(rows, pred_contribs=True).astype(np.float32).tofile(folder + '/contributions.bin')
`;

describe.skipIf(python === undefined)('with Python', () => {
  const { table, binary, multi, real, weights } = randomTable(NUM_ROWS, NUM_COLUMNS, 0.1);
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'xgboost-python-'));
    writeFileSync(join(folder, 'rows.bin'), table.values);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function runPython(params = ''): { margins: Float32Array; contributions: Float32Array } {
    const { status, stderr } = spawnSync(python as string, ['-c', SCRIPT, folder, 'model.json', params], {
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
    ['regression, best split first', real, { grow_policy: 'lossguide', max_leaves: 9, max_depth: 0 }],
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

  function pick(data: ReturnType<typeof randomTable>, { objective }: XgboostOverrides) {
    const labels =
      objective === 'binary:logistic' ? data.binary : objective === 'multi:softprob' ? data.multi : data.real;
    return { table: data.table, labels };
  }
});
