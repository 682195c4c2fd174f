/** Models of LightGBM: what its version 4.7 predicts, and files that are damaged. */
import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../../core/errors.ts';
import { LightgbmModel } from '../../../../models/trees/lightgbm-model.ts';
import { tableOf } from '../../tables.ts';

/** Saved by LightGBM 4.7: two rounds on 60 rows, a split by category among them. */
const TEXT = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=slope kind level
feature_infos=[-3:3] -1:0:2:3:4:6:1:5 [0:8]
tree_sizes=572 558

Tree=0
num_leaves=4
num_cat=1
split_feature=0 0 1
split_gain=13.7655 4.4357 3.519
threshold=0.75000000000000011 -2.1499999761581416 0
decision_type=10 8 9
left_child=1 -1 -3
right_child=-2 2 -4
leaf_value=-0.26023975197110027 0.063929943955000859 -0.033350633284432739 -0.11115228437829819
cat_boundaries=0 1
cat_threshold=50
is_linear=0
shrinkage=1


Tree=1
num_leaves=4
num_cat=0
split_feature=0 2 0
split_gain=11.3728 5.77487 3.74371
threshold=-0.74999999999999989 3.5000000000000004 2.0500000119209294
decision_type=10 2 8
left_child=-1 2 -2
right_child=1 -3 -4
leaf_value=-0.09749265128143883 -0.020223003717993519 0.19630771315559029 0.19380707198084021
is_linear=0
shrinkage=0.1


end of trees
`;

const rows = tableOf([
  [0.5, 1, 0],
  [Number.NaN, 3, 9],
  [-2.5, Number.NaN, 3],
  [2.9, 4, 0],
  [1, 40, 3],
  [-0.1, -1, 8],
]);

test('margins are those of LightGBM to the bit, missing and unseen categories included', () => {
  const model = LightgbmModel.fromText(TEXT);
  const margins = new Float64Array(6);
  model.predictMarginsInto(margins, rows);
  expect([...margins]).toEqual([
    -0.05357363700242626, -0.20864493565973702, -0.3577324032525391, 0.2577370159358411, 0.043706940237007344,
    0.0851554287772921,
  ]);
  model.predictInto(margins, rows);
  expect(margins[3]).toBeCloseTo(0.5640799190517497, 15);
  expect([...model.importance()].map((gain) => Number(gain.toFixed(3)))).toEqual([33.318, 3.519, 5.775]);
});

describe('zeros and missing values', () => {
  /** One split at 0.5, missing to the left: a value of 1 on the left, 2 on the right. */
  const stump = (decision: number, threshold = '0.5') =>
    LightgbmModel.fromText(
      `tree\nversion=v4\nnum_class=1\nmax_feature_idx=0\nfeature_names=a\nobjective=regression\n\nTree=0\nnum_leaves=2\n` +
        `split_feature=0\nthreshold=${threshold}\ndecision_type=${decision}\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\nend of trees\n`,
    );
  const table = tableOf([[Number.NaN], [0], [-1], [1], [1e-37]]);
  test.each([
    ['missing is 0 where nothing is missing', 0, '0.5', [1, 1, 1, 2, 1]],
    ['missing is 0 where zeros are not missing, above a threshold below 0', 0, '-0.5', [2, 2, 1, 2, 2]],
    ['zeros are missing and lead left', 4 + 2, '-0.5', [1, 1, 1, 2, 1]],
    ['zeros are missing and lead right', 4, '0.5', [2, 2, 1, 2, 2]],
    ['missing leads left', 8 + 2, '-0.5', [1, 2, 1, 2, 2]],
    ['a threshold beyond every value', 8, 'inf', [2, 1, 1, 1, 1]],
  ])('%s', (_, decision, threshold, expected) => {
    const margins = new Float64Array(5);
    stump(decision, threshold).predictMarginsInto(margins, table);
    expect([...margins]).toEqual(expected);
  });
});

describe('what is refused, in one line', () => {
  const cases: [name: string, from: string | RegExp, to: string, message: RegExp][] = [
    ['another file', /^tree/, 'binary', /first line is not "tree"/],
    ['a version to come', 'version=v4', 'version=v9', /version v9/],
    ['linear leaves', 'is_linear=0', 'is_linear=1', /linear functions in its leaves/],
    ['an unknown objective', 'binary sigmoid:1', 'my_own', /objective "my_own"/],
    ['a file cut short', 'end of trees', '', /ends before/],
    ['a cycle', 'left_child=1 -1 -3', 'left_child=1 0 -3', /split 0 twice/],
    ['a leaf of two splits', 'left_child=1 -1 -3', 'left_child=1 -2 -3', /leaf 1 twice/],
    ['a child out of range', 'right_child=-2 2 -4', 'right_child=-2 7 -4', /has child 7/],
    ['a leaf out of range', 'right_child=-2 2 -4', 'right_child=-2 2 -9', /has child -9/],
    [
      'more leaves than values',
      'num_leaves=4',
      'num_leaves=900000000',
      /"leaf_value" of tree 0 has 4 entries/,
    ],
    [
      'more categories than bits',
      'cat_boundaries=0 1',
      'cat_boundaries=0 99999999',
      /"cat_threshold" of tree 0 has 1/,
    ],
    ['a feature that is not there', 'split_feature=0 0 1', 'split_feature=0 0 3', /feature 3 of 3/],
    ['a leaf that is no number', 'leaf_value=-0.26', 'leaf_value=x0.26', /"leaf_value" of tree 0, entry 0/],
    ['a tree too few', 'tree_sizes=572 558', 'tree_sizes=572', /names 1 trees/],
    [
      'more outputs than trees',
      'num_tree_per_iteration=1',
      'num_tree_per_iteration=4',
      /2 trees for 4 outputs/,
    ],
    ['other feature names', 'slope kind level', 'slope', /1 feature names for 3/],
  ];
  for (const [name, from, to, message] of cases) {
    test(name, () => {
      const error = (() => {
        try {
          LightgbmModel.fromText(TEXT.replace(from, to));
        } catch (thrown) {
          return thrown;
        }
        return undefined;
      })();
      expect(error).toBeInstanceOf(StorageError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('\n');
    });
  }
});
