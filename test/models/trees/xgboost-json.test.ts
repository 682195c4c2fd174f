/** Files that are not, or no longer, models. */
import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../core/errors.ts';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { XgboostModel } from '../../../models/trees/xgboost-model.ts';
import { randomTable } from '../tables.ts';

const { table, binary, multi } = randomTable(200, 3, 0.1);
const model = trainXgboost({ table, labels: binary }, { objective: 'binary:logistic', num_round: 3 });
const text = model.toJson();

// biome-ignore lint/suspicious/noExplicitAny: a test tampers with whatever it likes.
type Loose = any;

/** The model's file after a change to what it holds. */
function changed(change: (root: Loose, tree: Loose) => void): string {
  const root = JSON.parse(text);
  change(root, root.learner.gradient_booster.model.trees[1]);
  return JSON.stringify(root);
}

test('a model read back predicts the same bits and is written the same', () => {
  const classes = trainXgboost(
    { table, labels: multi },
    { objective: 'multi:softprob', num_class: 3, num_round: 2 },
  );
  for (const original of [model, classes]) {
    const copy = XgboostModel.fromJson(original.toJson());
    expect(copy.toJson()).toBe(original.toJson());
    expect(copy.forest).toEqual(original.forest);
    const [ours, theirs] = [original, copy].map((each) => {
      const predictions = new Float32Array(table.numRows * each.numOutputs);
      each.predictInto(predictions, table);
      return predictions;
    });
    expect(theirs).toEqual(ours);
  }
});

describe('later versions', () => {
  test('their spellings are read', () => {
    const later = changed((root, tree) => {
      root.version = [3, 1, 0];
      root.learner.learner_model_param.base_score = '[5E-1]';
      root.learner.gradient_booster.model.iteration_indptr = [0, 1, 2, 3];
      tree.tree_param.size_leaf_vector = '1';
      tree.default_left = tree.default_left.map(Boolean);
    });
    expect(XgboostModel.fromJson(later).toJson()).toBe(text);
  });
});

describe('what is refused, in one line', () => {
  const cases: [name: string, file: string, code: string, message: RegExp][] = [
    ['no JSON', 'binf\u0000', 'model-unreadable', /neither JSON nor UBJSON/],
    ['a file cut short', text.slice(0, 5000), 'model-unreadable', /neither JSON nor UBJSON/],
    ['other JSON', '{"a":1}', 'model-unreadable', /no "learner"/],
    ['JSON that is no object', '[]', 'model-unreadable', /no "learner"/],
    [
      'a version to come',
      changed((root) => (root.version = [4, 0, 0])),
      'model-unsupported',
      /version 4\.0\.0/,
    ],
    [
      'more features than any table',
      changed((root) => {
        root.learner.learner_model_param.num_feature = '2000000000';
        root.learner.feature_names = [];
      }),
      'model-corrupt',
      /num_feature is 2000000000/,
    ],
    ['no version', changed((root) => delete root.version), 'model-unsupported', /version unknown/],
    [
      'another booster',
      changed((root) => (root.learner.gradient_booster.name = 'gblinear')),
      'model-unsupported',
      /booster "gblinear"/,
    ],
    [
      'another objective',
      changed((root) => (root.learner.objective.name = 'survival:aft')),
      'model-unsupported',
      /objective "survival:aft"/,
    ],
    [
      'categories that are not there',
      changed((_, tree) => (tree.split_type[0] = 1)),
      'model-corrupt',
      /categories of tree 1, node 0, are not there/,
    ],
    [
      'leaves of several values',
      changed((_, tree) => (tree.tree_param.size_leaf_vector = '3')),
      'model-unsupported',
      /leaves of several values/,
    ],
    [
      'base scores that do not fit',
      changed((root) => (root.learner.learner_model_param.base_score = '[1E-1,2E-1]')),
      'model-corrupt',
      /base_score has 2 numbers for 1 outputs/,
    ],
    [
      'a base score that is no number',
      changed((root) => (root.learner.learner_model_param.base_score = 'half')),
      'model-corrupt',
      /base_score is "half"/,
    ],
    [
      'a missing tree',
      changed((root) => root.learner.gradient_booster.model.trees.pop()),
      'model-corrupt',
      /there are 2 trees/,
    ],
    [
      'a tree of an output that is not there',
      changed((root) => (root.learner.gradient_booster.model.tree_info[1] = 2)),
      'model-corrupt',
      /tree_info/,
    ],
    [
      'an array cut short',
      changed((_, tree) => tree.split_conditions.pop()),
      'model-corrupt',
      /"split_conditions" of tree 1 has/,
    ],
    [
      'a child out of range',
      changed((_, tree) => (tree.left_children[0] = 999)),
      'model-corrupt',
      /node 0, has child 999/,
    ],
    [
      'a child that is its parent',
      changed((_, tree) => (tree.left_children[1] = 0)),
      'model-corrupt',
      /has child 0/,
    ],
    ['one child twice', changed((_, tree) => (tree.right_children[0] = 1)), 'model-corrupt', /reached twice/],
    [
      'a cycle',
      changed((_, tree) => (tree.left_children[2] = 1)),
      'model-corrupt',
      /reached twice|names 0 as its parent/,
    ],
    ['one child', changed((_, tree) => (tree.right_children[0] = -1)), 'model-corrupt', /has child -1/],
    [
      'nodes that nothing leads to',
      changed((_, tree) => (tree.left_children[1] = tree.right_children[1] = -1)),
      'model-corrupt',
      /are reached from the root/,
    ],
    [
      'a feature that is not there',
      changed((_, tree) => (tree.split_indices[0] = 3)),
      'model-corrupt',
      /feature 3 of 3/,
    ],
    [
      'a fraction for an index',
      changed((_, tree) => (tree.split_indices[0] = 0.5)),
      'model-corrupt',
      /node 0, is 0\.5/,
    ],
    [
      'text for a number',
      changed((_, tree) => (tree.sum_hessian[0] = 'x')),
      'model-corrupt',
      /"sum_hessian" of tree 1/,
    ],
    [
      'null for a number',
      changed((_, tree) => (tree.split_conditions[0] = null)),
      'model-corrupt',
      /is null/,
    ],
    [
      'a number beyond f32',
      changed((_, tree) => (tree.split_conditions[0] = 1e300)),
      'model-corrupt',
      /is 1e\+300/,
    ],
    [
      'names for other features',
      changed((root) => root.learner.feature_names.pop()),
      'model-corrupt',
      /2 feature names for 3 features/,
    ],
    [
      'no trees at all',
      changed((root) => delete root.learner.gradient_booster.model.trees),
      'model-corrupt',
      /"trees"/,
    ],
  ];
  for (const [name, file, code, message] of cases) {
    test(name, () => {
      let error: unknown;
      try {
        XgboostModel.fromJson(file);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(StorageError);
      expect((error as StorageError).message).toMatch(message);
      expect((error as StorageError).code).toBe(code);
      expect((error as StorageError).message).not.toContain('\n');
    });
  }
});
