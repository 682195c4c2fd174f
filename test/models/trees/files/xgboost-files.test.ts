/** XGBoost's files as its versions write them: UBJSON, splits by category, base scores of several classes. */
import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../../core/errors.ts';
import { parseUbjson } from '../../../../models/trees/files/ubjson.ts';
import { trainXgboost } from '../../../../models/trees/xgboost.ts';
import { XgboostModel } from '../../../../models/trees/xgboost-model.ts';
import { randomTable, tableOf } from '../../tables.ts';

const { table, binary, multi } = randomTable(200, 3, 0.1);
const model = trainXgboost({ table, labels: binary }, { objective: 'binary:logistic', num_round: 3 });
const classes = trainXgboost(
  { table, labels: multi },
  { objective: 'multi:softprob', num_class: 3, num_round: 2 },
);

// biome-ignore lint/suspicious/noExplicitAny: a test tampers with whatever it likes.
type Loose = any;

function changed(original: XgboostModel, change: (root: Loose, tree: Loose) => void): string {
  const root = JSON.parse(original.toJson());
  change(root, root.learner.gradient_booster.model.trees[0]);
  return JSON.stringify(root);
}

function marginsOf(of: XgboostModel, rows = table): Float32Array {
  const margins = new Float32Array(rows.numRows * of.numOutputs);
  of.predictMarginsInto(margins, rows);
  const row = new Float32Array(of.numOutputs);
  for (let r = 0; r < rows.numRows; r++) {
    of.predictRowMarginsInto(row, rows.values.subarray(r * rows.numColumns, (r + 1) * rows.numColumns));
    expect(row).toEqual(margins.subarray(r * of.numOutputs, (r + 1) * of.numOutputs));
  }
  return margins;
}

test('a model written as UBJSON holds what its JSON holds', () => {
  for (const original of [model, classes]) {
    const copy = XgboostModel.fromFile(original.toUbjson());
    expect(copy.forest).toEqual(original.forest);
    expect(copy.toJson()).toBe(original.toJson());
    expect(copy.toUbjson()).toEqual(original.toUbjson());
    expect(XgboostModel.fromFile(new TextEncoder().encode(original.toJson())).forest).toEqual(
      original.forest,
    );
  }
});

describe('a base score for each class, as since version 3.1', () => {
  const later = changed(classes, (root) => {
    root.version = [3, 1, 0];
    root.learner.learner_model_param.base_score = '[1.2E-1,-3.1E-2,-8.9E-2]';
    root.learner.gradient_booster.model.cats = { enc: [], feature_segments: [], sorted_idx: [] };
  });

  test('is where its margins start', () => {
    const read = XgboostModel.fromJson(later);
    const bases = [0.12, -0.031, -0.089].map(Math.fround);
    const leaves = marginsOf(
      XgboostModel.fromJson(
        changed(classes, (root) => (root.learner.learner_model_param.base_score = '0E0')),
      ),
    );
    expect(marginsOf(read).every((margin, i) => Math.abs(margin - bases[i % 3] - leaves[i]) < 1e-6)).toBe(
      true,
    );
    const contributions = new Float32Array(table.numRows * 3 * 4);
    read.contributionsInto(contributions, table);
    const margins = marginsOf(read);
    for (let i = 0; i < margins.length; i++) {
      const sum = contributions.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(margins[i], 5);
    }
  });

  test('is written again, under the version that knows it', () => {
    const written = XgboostModel.fromJson(later).toJson();
    expect(JSON.parse(written).version).toEqual([3, 1, 0]);
    expect(written).toContain('"base_score":"[1.2E-1,-3.1E-2,-8.9E-2]"');
    expect(marginsOf(XgboostModel.fromJson(written))).toEqual(marginsOf(XgboostModel.fromJson(later)));
  });
});

describe('splits by category', () => {
  /** Chosen categories lead right, to `right`, all others left, to `left`; missing ones as `missingLeft` says. */
  function stump(chosen: readonly number[], missingLeft: 0 | 1): string {
    return changed(model, (root, tree) => {
      const { model: forest } = root.learner.gradient_booster;
      forest.trees = [
        {
          ...tree,
          ...{ base_weights: [0, 0, 0], loss_changes: [1, 0, 0], sum_hessian: [2, 1, 1] },
          ...{ left_children: [1, -1, -1], right_children: [2, -1, -1], parents: [2147483647, 0, 0] },
          ...{
            split_conditions: [1e-45, -1, 1],
            split_indices: [1, 0, 0],
            default_left: [missingLeft, 0, 0],
          },
          ...{
            categories: chosen,
            categories_nodes: [0],
            categories_segments: [0],
            categories_sizes: [chosen.length],
          },
          split_type: [1, 0, 0],
          tree_param: { num_deleted: '0', num_feature: '3', num_nodes: '3', size_leaf_vector: '0' },
        },
      ];
      forest.tree_info = [0];
      forest.gbtree_model_param.num_trees = '1';
      root.learner.feature_types = ['float', 'c', 'float'];
    });
  }
  const values = [0, 1, 2, 2.5, 3, 4, 5, 6, 7, 31, 32, 63, 64, 1000, -1, 20_000_000, Number.NaN];
  const rows = tableOf(values.map((value) => [0, value, 0]));

  test.each([
    ['one category', [3], 1],
    ['a partition, neighbours among it', [0, 2, 3, 4, 7, 31, 63], 0],
    ['a large category', [1000, 5], 1],
  ] as const)('lead where the categories say: %s', (_, chosen, missingLeft) => {
    const read = XgboostModel.fromJson(stump(chosen, missingLeft));
    const set = new Set<number>(chosen);
    const expected = values.map((value) =>
      Number.isNaN(value) ? (missingLeft === 1 ? -1 : 1) : set.has(Math.trunc(value)) ? 1 : -1,
    );
    expect([...marginsOf(read, rows)]).toEqual(expected);
    const again = XgboostModel.fromFile(read.toUbjson());
    expect([...marginsOf(again, rows)]).toEqual(expected);
    expect(again.forest.featureTypes).toEqual(['float', 'c', 'float']);
  });

  test('under one another share what is below, whatever number of categories leads there', () => {
    const deep = (depth: number) =>
      changed(model, (root, tree) => {
        const { model: forest } = root.learner.gradient_booster;
        const inner = 2 ** depth - 1;
        const nodes = [...Array(2 * inner + 1).keys()];
        const isInner = (node: number) => node < inner;
        const chosen = [...Array(100).keys()].map((k) => 3 * k);
        forest.trees = [
          {
            ...tree,
            base_weights: nodes.map(() => 0),
            loss_changes: nodes.map(() => 0),
            sum_hessian: nodes.map(() => 1),
            left_children: nodes.map((node) => (isInner(node) ? 2 * node + 1 : -1)),
            right_children: nodes.map((node) => (isInner(node) ? 2 * node + 2 : -1)),
            parents: nodes.map((node) => (node === 0 ? 2147483647 : (node - 1) >> 1)),
            split_conditions: nodes.map((node) => (isInner(node) ? 1e-45 : node)),
            split_indices: nodes.map((node) => (isInner(node) ? Math.floor(Math.log2(node + 1)) % 3 : 0)),
            default_left: nodes.map(() => 0),
            split_type: nodes.map((node) => (isInner(node) ? 1 : 0)),
            categories: nodes.filter(isInner).flatMap(() => chosen),
            categories_nodes: nodes.filter(isInner),
            categories_segments: nodes.filter(isInner).map((node) => 100 * node),
            categories_sizes: nodes.filter(isInner).map(() => 100),
            tree_param: {
              num_deleted: '0',
              num_feature: '3',
              num_nodes: String(nodes.length),
              size_leaf_vector: '0',
            },
          },
        ];
        forest.tree_info = [0];
        forest.gbtree_model_param.num_trees = '1';
      });
    const read = XgboostModel.fromJson(deep(6));
    const some = tableOf([...Array(30).keys()].map((i) => [i, (i * 7) % 11, i % 4]));
    const expected = [...Array(30).keys()].map((i) => {
      const row = [i, (i * 7) % 11, i % 4];
      let node = 0;
      for (let level = 0; level < 6; level++) node = 2 * node + (row[level % 3] % 3 === 0 ? 2 : 1);
      return node;
    });
    expect([...marginsOf(read, some)].map((margin) => margin)).toEqual(expected);
  });

  test('may have a bare NaN for their condition, as in version 1.7', () => {
    const text = stump([3], 1).replace('"split_conditions":[1e-45,', '"split_conditions":[NaN,');
    const read = XgboostModel.fromJson(text.replace('"f0"', '"NaN: -Infinity"'));
    expect(marginsOf(read, { ...rows, columns: ['NaN: -Infinity', 'f1', 'f2'] })[4]).toBe(1);
    expect(() => JSON.parse(read.toJson())).not.toThrow();
  });

  test.each([
    [
      'NaN where a threshold belongs',
      (text: string) => text.replace('"split_conditions":[1e-45,-1', '"split_conditions":[1e-45,NaN'),
      /"split_conditions" of tree 0, node 1, is NaN/,
    ],
    [
      'categories twice',
      (text: string) => text.replace('"categories":[3,5]', '"categories":[3,3]'),
      /a category of tree 0, node 0, is 3/,
    ],
    [
      'a category below 0',
      (text: string) => text.replace('"categories":[3,5]', '"categories":[-3,5]'),
      /is -3/,
    ],
    [
      'a category beyond f32',
      (text: string) => text.replace('"categories":[3,5]', '"categories":[3,16777216]'),
      /is 16777216/,
    ],
    [
      'more than there are',
      (text: string) => text.replace('"categories_sizes":[2]', '"categories_sizes":[2000000000]'),
      /categories of tree 0, node 0, are not there/,
    ],
    [
      'none',
      (text: string) => text.replace('"categories_sizes":[2]', '"categories_sizes":[0]'),
      /are not there/,
    ],
  ])('are refused with %s', (_, change, message) => {
    expect(() => XgboostModel.fromJson(change(stump([3, 5], 1)))).toThrow(message);
  });
});

describe('objectives that are read', () => {
  test.each([
    ['count:poisson', { poisson_regression_param: { max_delta_step: '7E-1' } }, '5E-1', Math.log(0.5)],
    ['reg:gamma', {}, '2E0', Math.log(2)],
    ['reg:absoluteerror', {}, '3E0', 3],
    ['rank:ndcg', { lambda_rank_param: { lambdarank_num_pair_per_sample: '1' } }, '5E-1', 0.5],
    ['reg:logistic', { reg_loss_param: { scale_pos_weight: '1' } }, '2E-1', Math.log(0.25)],
  ])(
    '%s starts from what its base score stands for, and keeps its parameters',
    (name, parameters, base, margin) => {
      const text = (numTrees: 0 | 3) =>
        changed(model, (root) => {
          root.learner.objective = { name, ...parameters };
          root.learner.learner_model_param.base_score = base;
          const { model: forest } = root.learner.gradient_booster;
          forest.trees.length = numTrees;
          forest.tree_info.length = numTrees;
          forest.gbtree_model_param.num_trees = String(numTrees);
        });
      expect(marginsOf(XgboostModel.fromJson(text(0)))[0]).toBe(Math.fround(margin));
      expect(JSON.parse(XgboostModel.fromJson(text(3)).toJson()).learner.objective).toEqual({
        name,
        ...parameters,
      });
    },
  );
});

test('multi:softmax is trained as multi:softprob, and says its own name in a file', () => {
  const config = { num_class: 3, num_round: 2 };
  const softmax = trainXgboost({ table, labels: multi }, { ...config, objective: 'multi:softmax' });
  expect(marginsOf(softmax)).toEqual(marginsOf(classes));
  const { objective } = JSON.parse(softmax.toJson()).learner;
  expect(objective).toEqual({ name: 'multi:softmax', softmax_multiclass_param: { num_class: '3' } });
  expect(() => trainXgboost({ table, labels: multi }, { objective: 'multi:softmax' })).toThrow(
    /needs 2 or more/,
  );
});

describe('UBJSON that is not whole', () => {
  const bytes = model.toUbjson();
  const marker = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const long = (value: bigint) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, value);
    return [...new Uint8Array(view.buffer)];
  };

  test('is refused wherever it is cut', () => {
    for (let length = 1; length < bytes.length; length += 41) {
      expect(() => XgboostModel.fromFile(bytes.subarray(0, length))).toThrow(StorageError);
    }
  });

  test('is refused, or read as another whole model, with any byte changed', () => {
    for (let at = 0; at < bytes.length; at += 29) {
      const copy = bytes.slice();
      copy[at] ^= 0x41;
      try {
        XgboostModel.fromFile(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError);
        expect((error as Error).message).not.toContain('\n');
      }
    }
  });

  test.each([
    ['a typed array of 2^50 numbers', [...marker('[$d#L'), ...long(1n << 50n)], /a length says/],
    [
      'a list of 2^40 values',
      [...marker('[#L'), ...long(1n << 40n), 0x5a],
      /a length says 1099511627776 values/,
    ],
    ['a negative length', [...marker('SL'), ...long(-1n)], /a length says -1/],
    [
      'a text longer than the file',
      [...marker('SL'), ...long(99n), 0x61],
      /99 values of 1 bytes, and 1 bytes are left/,
    ],
    [
      'values without a payload, any number of them',
      [...marker('[$Z#L'), ...long(5n)],
      /"Z" stands for no value/,
    ],
    ['containers without end', marker('['.repeat(5000)), /more than 64 containers/],
    ['an unknown marker', marker('?'), /"\?" stands for no value/],
    ['bytes after its end', marker('TT'), /1 bytes follow its end/],
    ['text that is not UTF-8', [...marker('SL'), ...long(1n), 0xff], /not UTF-8/],
    ['a number beyond 2^53', [...marker('L'), ...long(1n << 60n)], /beyond 2\^53/],
  ])('is refused for %s, before memory is taken', (_, file, message) => {
    expect(() => parseUbjson(Uint8Array.from(file))).toThrow(message);
  });
});

test('counts beyond what the file holds are refused before memory is taken', () => {
  const nodes = changed(model, (_, tree) => (tree.tree_param.num_nodes = '200000000'));
  expect(() => XgboostModel.fromJson(nodes)).toThrow(/has \d+ entries for 200000000 nodes/);
  const many = changed(classes, (root) => (root.learner.learner_model_param.num_class = '2000000000'));
  expect(() => XgboostModel.fromJson(many)).toThrow(/num_class is 2000000000/);
});

test('contributions of trees too deep to explain are refused', () => {
  const depth = 600;
  const text = changed(model, (root, tree) => {
    const { model: forest } = root.learner.gradient_booster;
    const nodes = [...Array(2 * depth + 1).keys()];
    const isInner = (node: number) => node % 2 === 0 && node < 2 * depth;
    forest.trees = [
      {
        ...tree,
        ...Object.fromEntries(
          [
            'base_weights',
            'loss_changes',
            'sum_hessian',
            'split_conditions',
            'split_indices',
            'default_left',
            'split_type',
          ].map((key) => [key, nodes.map(() => 0)]),
        ),
        left_children: nodes.map((node) => (isInner(node) ? node + 1 : -1)),
        right_children: nodes.map((node) => (isInner(node) ? node + 2 : -1)),
        parents: nodes.map((node) => (node === 0 ? 2147483647 : node - 2 + (node % 2))),
        tree_param: {
          num_deleted: '0',
          num_feature: '3',
          num_nodes: String(nodes.length),
          size_leaf_vector: '0',
        },
      },
    ];
    forest.tree_info = [0];
    forest.gbtree_model_param.num_trees = '1';
  });
  const read = XgboostModel.fromJson(text);
  expect(() => read.contributionsInto(new Float32Array(table.numRows * 4), table)).toThrow(/600 splits deep/);
});
