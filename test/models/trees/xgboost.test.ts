/** Training: what a tree is by its definition, what parameters do, and that nothing depends on threads. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Tree } from '../../../models/trees/tree.ts';
import { depths, leafValue } from '../../../models/trees/tree.ts';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import type { XgboostOverrides } from '../../../models/trees/xgboost-config.ts';
import type { XgboostModel } from '../../../models/trees/xgboost-model.ts';
import { randomTable, tableOf } from '../tables.ts';

const data = randomTable(600, 11, 0.1);
const binaryData = { table: data.table, labels: data.binary };
const realData = { table: data.table, labels: data.real };

function marginsOf(model: XgboostModel, table = data.table, threads = 1): Float32Array {
  const margins = new Float32Array(table.numRows * model.numOutputs);
  model.predictMarginsInto(margins, table, { threads });
  return margins;
}

function hashOf(model: XgboostModel): string {
  return createHash('sha256').update(model.toJson()).digest('hex').slice(0, 16);
}

const numLeaves = ({ left }: Tree) => left.filter((child) => child === -1).length;

interface Split {
  gain: number;
  column: number;
  left: number[];
  right: number[];
}

/** The best split by trying every value of every column, missing values on either side. */
function greedySplit(
  rows: number[],
  labels: Float32Array,
  numColumns: number,
  least: number,
): Split | undefined {
  const score = (members: number[]) =>
    members.reduce((sum, r) => sum + (0.5 - labels[r]), 0) ** 2 / (members.length + 1);
  let best: Split | undefined;
  for (let column = 0; column < numColumns; column++) {
    const at = (row: number) => data.table.values[row * data.table.numColumns + column];
    const present = rows.filter((row) => !Number.isNaN(at(row)));
    const missing = rows.filter((row) => Number.isNaN(at(row)));
    for (const cut of [Infinity, ...new Set(present.map(at))]) {
      for (const missingLeft of [false, true]) {
        const left = [...present.filter((row) => at(row) < cut), ...(missingLeft ? missing : [])];
        const right = [...present.filter((row) => at(row) >= cut), ...(missingLeft ? [] : missing)];
        if (left.length < least || right.length < least) continue;
        const gain = score(left) + score(right) - score(rows);
        if (best === undefined || gain > best.gain + 1e-9) best = { gain, column, left, right };
      }
    }
  }
  return best;
}

describe('a tree', () => {
  test('is the one that trying every split finds, where every value has a bin of its own', () => {
    const numColumns = data.table.numColumns;
    const config = { num_round: 1, max_depth: 3, min_child_weight: 4, max_bin: 4096, eta: 1 };
    const [tree] = trainXgboost(realData, config).forest.trees;
    let numChecked = 0;
    function check(node: number, rows: number[], depth: number): void {
      const split = depth < 3 ? greedySplit(rows, data.real, numColumns, 4) : undefined;
      if (split === undefined || split.gain < 1e-6) {
        const weight = rows.reduce((sum, row) => sum + (data.real[row] - 0.5), 0) / (rows.length + 1);
        expect(tree.left[node]).toBe(-1);
        expect(tree.splitCondition[node]).toBeCloseTo(weight, 5);
        expect(tree.sumHessian[node]).toBe(rows.length);
        numChecked++;
        return;
      }
      expect(tree.splitIndex[node]).toBe(split.column);
      expect(tree.lossChange[node] / split.gain).toBeCloseTo(1, 4);
      check(tree.left[node], split.left, depth + 1);
      check(tree.right[node], split.right, depth + 1);
    }
    check(0, [...data.real.keys()], 0);
    expect(numChecked).toBe(8);
  });

  test('leads every row to the leaf whose value training added to its margin', () => {
    const model = trainXgboost(binaryData, { objective: 'binary:logistic', num_round: 5, subsample: 0.5 });
    const byHand = new Float32Array(data.table.numRows);
    for (const tree of model.forest.trees) {
      for (let row = 0; row < byHand.length; row++)
        byHand[row] += leafValue(tree, data.table.values, row * 11);
    }
    expect(marginsOf(model)).toEqual(byHand);
  });

  test('keeps within max_depth, max_leaves, min_child_weight and gamma', () => {
    const limits: [XgboostOverrides, (tree: Tree) => void][] = [
      [{ max_depth: 2 }, (tree) => expect(Math.max(...depths(tree))).toBe(2)],
      [{ max_depth: 0, max_leaves: 13 }, (tree) => expect(numLeaves(tree)).toBe(13)],
      [
        { max_depth: 0, max_leaves: 13, grow_policy: 'lossguide' },
        (tree) => expect(numLeaves(tree)).toBe(13),
      ],
      [{ min_child_weight: 30 }, (tree) => expect(Math.min(...tree.sumHessian)).toBeGreaterThanOrEqual(30)],
      [
        { gamma: 5 },
        (tree) => expect(Math.min(...tree.lossChange.filter((gain) => gain > 0))).toBeGreaterThan(5),
      ],
    ];
    for (const [config, check] of limits)
      trainXgboost(realData, { ...config, num_round: 3 }).forest.trees.map(check);
  });

  test('of equal gains takes the lower column, and of the best split first the larger gain', () => {
    const twice = tableOf(Array.from({ length: 40 }, (_, row) => [row, row]));
    const labels = Float32Array.from({ length: 40 }, (_, row) => (row < 20 ? 0 : row < 30 ? 1 : 3));
    const [tree] = trainXgboost(
      { table: twice, labels },
      { num_round: 1, max_leaves: 3, grow_policy: 'lossguide' },
    ).forest.trees;
    expect([...tree.splitIndex]).toEqual([0, 0, 0, 0, 0]);
    expect(tree.splitCondition[0]).toBe(30);
    expect(tree.left[1]).toBe(3);
  });

  test('without a split is one leaf', () => {
    const [tree] = trainXgboost(
      { table: tableOf([[1], [1], [1]]), labels: Float32Array.of(1, 2, 3) },
      { num_round: 1 },
    ).forest.trees;
    expect(tree.numNodes).toBe(1);
    expect(tree.splitCondition[0]).toBeCloseTo((0.3 * 4.5) / 4, 6);
  });
});

describe('penalties and weights', () => {
  test('alpha makes leaves of weak gradients 0', () => {
    const [tree] = trainXgboost(realData, { num_round: 1, alpha: 1e4 }).forest.trees;
    expect([...tree.splitCondition]).toEqual([0]);
  });

  test('a weight of 2 is a row that occurs twice, and a weight of 0 one that does not', () => {
    const twice = data.binary.map((_, row) => [0, 1, 2][row % 3]);
    const repeated = [...twice.keys()].flatMap((row) => Array.from({ length: twice[row] }, () => row));
    const values = repeated.flatMap((row) => [...data.table.values.subarray(row * 11, row * 11 + 11)]);
    const table = { ...data.table, numRows: repeated.length, values: Float32Array.from(values) };
    const labels = Float32Array.from(repeated, (row) => data.binary[row]);
    const config: XgboostOverrides = { objective: 'binary:logistic', num_round: 5, max_bin: 4096 };
    const weighted = marginsOf(trainXgboost({ ...binaryData, weights: twice }, config));
    const listed = marginsOf(trainXgboost({ table, labels }, config));
    for (const [row, margin] of listed.entries())
      if (twice[row] > 0) expect(weighted[row]).toBeCloseTo(margin, 4);
  });

  test('scale_pos_weight is a weight on the rows of class 1', () => {
    const weights = data.binary.map((label) => (label === 1 ? 3 : 1));
    const objective = 'binary:logistic';
    const byWeight = trainXgboost({ ...binaryData, weights }, { objective, num_round: 5, max_bin: 4096 });
    const byScale = trainXgboost(binaryData, { objective, num_round: 5, max_bin: 4096, scale_pos_weight: 3 });
    expect(marginsOf(byScale)).toEqual(marginsOf(byWeight));
  });

  test('a custom gradient in place of the built-in one of the same loss gives the same model', () => {
    const builtIn = trainXgboost({ ...realData, weights: data.weights }, { num_round: 8 });
    const custom = trainXgboost(
      { ...realData, weights: data.weights },
      { num_round: 8 },
      {
        gradient(margins, labels, gradients, hessians) {
          for (let i = 0; i < labels.length; i++) gradients[i] = margins[i] - labels[i];
          hessians.fill(1);
        },
      },
    );
    expect(custom.toJson()).toBe(builtIn.toJson());
  });
});

describe('samples', () => {
  test('each tree uses its share of the rows and columns, and the seed decides which', () => {
    const config = { num_round: 20, subsample: 0.5, colsample_bytree: 0.5, colsample_bylevel: 0.7, seed: 1 };
    const model = trainXgboost(realData, config);
    for (const tree of model.forest.trees) {
      expect(Math.abs(tree.sumHessian[0] - 300)).toBeLessThan(70);
      const used = new Set(tree.splitIndex.filter((_, node) => tree.left[node] !== -1));
      expect(used.size).toBeLessThanOrEqual(5);
    }
    expect(trainXgboost(realData, config).toJson()).toBe(model.toJson());
    expect(trainXgboost(realData, { ...config, seed: 2 }).toJson()).not.toBe(model.toJson());
  });

  test('colsample_bynode gives two nodes of one level different columns', () => {
    const config = { num_round: 10, colsample_bynode: 0.1, max_depth: 2 };
    const { trees } = trainXgboost(realData, config).forest;
    expect(trees.some((tree) => tree.splitIndex[1] !== tree.splitIndex[2])).toBe(true);
  });
});

describe('the same bits', () => {
  const cases: [name: string, config: XgboostOverrides, labels: Float32Array, hash: string][] = [
    ['levels', { objective: 'binary:logistic', num_round: 10 }, data.binary, '5912bdf2eb78af96'],
    [
      'best first',
      { grow_policy: 'lossguide', max_leaves: 20, num_round: 10, subsample: 0.7 },
      data.real,
      '6fecdab9826ed183',
    ],
    [
      'classes',
      { objective: 'multi:softprob', num_class: 3, num_round: 5, colsample_bynode: 0.5 },
      data.multi,
      'e1130f2a2abd3c94',
    ],
    ['wide bins', { max_bin: 2000, num_round: 5 }, data.real, '4e513369977137a4'],
  ];
  for (const [name, config, labels, hash] of cases) {
    test(`on any number of threads, in every run: ${name}`, () => {
      const { table } = data;
      const models = [1, 2, 3].map((nthread) => trainXgboost({ table, labels }, { ...config, nthread }));
      expect(models.map(hashOf)).toEqual([hash, hash, hash]);
      const margins = marginsOf(models[0]);
      expect(marginsOf(models[0], table, 2)).toEqual(margins);
      const { numOutputs } = models[0];
      const one = new Float32Array(numOutputs);
      for (let row = 0; row < table.numRows; row++) {
        models[0].predictRowMarginsInto(one, table.values.subarray(row * 11, row * 11 + 11));
        expect(one).toEqual(margins.subarray(row * numOutputs, (row + 1) * numOutputs));
      }
    });
  }
});

describe('evaluation', () => {
  const held = randomTable(300, 11, 0.1, 2);
  const sets = [
    { name: 'train', table: data.table, labels: data.binary },
    { name: 'held', table: held.table, labels: held.binary },
  ];

  test('every metric of every set is listed after each round', () => {
    const metrics = ['logloss', 'error', 'auc'] as const;
    const config: XgboostOverrides = {
      objective: 'binary:logistic',
      num_round: 4,
      eval_metric: [...metrics],
    };
    const { evaluationHistory } = trainXgboost(binaryData, config, { evaluationSets: sets });
    expect(Object.keys(evaluationHistory)).toEqual(['train', 'held']);
    for (const metric of metrics) expect(evaluationHistory.held[metric]).toHaveLength(4);
  });

  test('early stopping keeps the trees up to the best round of the last metric of the last set', () => {
    const objective = 'binary:logistic';
    const config = { objective, num_round: 200, early_stopping_rounds: 5, eta: 0.5 } as const;
    const model = trainXgboost(binaryData, config, { evaluationSets: sets });
    const { logloss } = model.evaluationHistory.held;
    const best = logloss.indexOf(Math.min(...logloss));
    expect(logloss).toHaveLength(best + 6);
    expect(model.bestIteration).toBe(best);
    expect(model.numRounds).toBe(best + 1);
    const shorter = trainXgboost(binaryData, { objective, num_round: best + 1, eta: 0.5 });
    expect(marginsOf(model)).toEqual(marginsOf(shorter));
  });

  test('a callback ends training', () => {
    const model = trainXgboost(realData, { num_round: 50 }, { onRound: (round) => round < 2 });
    expect(model.numRounds).toBe(3);
  });

  test('it learns what is there, and nothing from shuffled labels', () => {
    const config = {
      objective: 'binary:logistic',
      num_round: 60,
      eval_metric: 'auc',
      subsample: 0.8,
    } as const;
    const last = (labels: Float32Array) =>
      trainXgboost({ table: data.table, labels }, config, { evaluationSets: sets.slice(1) }).evaluationHistory
        .held.auc[59];
    expect(last(data.binary)).toBeGreaterThan(0.8);
    const shuffled = Float32Array.from(randomTable(600, 11, 0, 77).binary);
    expect(Math.abs(last(shuffled) - 0.5)).toBeLessThan(0.1);
  });
});

test('tables of any number of rows and columns are learnt from, and predicted in batches as row by row', () => {
  for (let numRows = 1; numRows <= 17; numRows++) {
    const numColumns = 3 + (numRows % 9);
    const { table, real } = randomTable(numRows, numColumns, 0.2);
    const model = trainXgboost({ table, labels: real }, { num_round: 3, min_child_weight: 0 });
    const one = new Float32Array(1);
    for (const [row, margin] of marginsOf(model, table).entries()) {
      model.predictRowMarginsInto(one, table.values.subarray(row * numColumns, (row + 1) * numColumns));
      expect(margin).toBe(one[0]);
    }
  }
});
