/** Contributions against Shapley's definition. */
import { expect, test } from 'vitest';
import type { Tree } from '../../../models/trees/tree.ts';
import { trainXgboost } from '../../../models/trees/xgboost.ts';
import { randomTable } from '../tables.ts';

const NUM_COLUMNS = 4;
const { table, real, multi } = randomTable(200, NUM_COLUMNS, 0.1);

/** The mean leaf when only the features of the set are known, children weighted by cover where they are not. */
function expectationOf(tree: Tree, row: Float32Array, known: number, node = 0): number {
  const { left, right, splitIndex, splitCondition, defaultLeft, sumHessian } = tree;
  if (left[node] === -1) return splitCondition[node];
  const below = (child: number) => expectationOf(tree, row, known, child);
  if ((known >> splitIndex[node]) & 1) {
    const value = row[splitIndex[node]];
    const goesLeft = Number.isNaN(value) ? defaultLeft[node] === 1 : value < splitCondition[node];
    return below(goesLeft ? left[node] : right[node]);
  }
  const l = sumHessian[left[node]];
  const r = sumHessian[right[node]];
  return (l * below(left[node]) + r * below(right[node])) / (l + r);
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** The mean, over all orders in which features become known, of what `feature` changes. */
function shapley(tree: Tree, row: Float32Array, feature: number): number {
  let sum = 0;
  for (let known = 0; known < 1 << NUM_COLUMNS; known++) {
    if ((known >> feature) & 1) continue;
    const size = known.toString(2).replaceAll('0', '').length;
    const orders = (factorial(size) * factorial(NUM_COLUMNS - size - 1)) / factorial(NUM_COLUMNS);
    sum += orders * (expectationOf(tree, row, known | (1 << feature)) - expectationOf(tree, row, known));
  }
  return sum;
}

test('each feature contributes its Shapley value, and with the bias they sum to the margin', () => {
  const config = { num_round: 4, max_depth: 6, min_child_weight: 0 };
  const regression = trainXgboost({ table, labels: real }, config);
  const classes = trainXgboost(
    { table, labels: multi },
    { ...config, objective: 'multi:softprob', num_class: 3 },
  );
  for (const model of [regression, classes]) {
    const { numOutputs } = model;
    const size = numOutputs * (NUM_COLUMNS + 1);
    const contributions = new Float32Array(table.numRows * size);
    const margins = new Float32Array(table.numRows * numOutputs);
    model.contributionsInto(contributions, table);
    model.predictMarginsInto(margins, table);
    for (let row = 0; row < table.numRows; row += 7) {
      const values = table.values.subarray(row * NUM_COLUMNS, (row + 1) * NUM_COLUMNS);
      for (let k = 0; k < numOutputs; k++) {
        const trees = model.forest.trees.filter((_, index) => index % numOutputs === k);
        const at = row * size + k * (NUM_COLUMNS + 1);
        let sum = contributions[at + NUM_COLUMNS];
        for (let feature = 0; feature < NUM_COLUMNS; feature++) {
          const exact = trees.reduce((total, tree) => total + shapley(tree, values, feature), 0);
          expect(Math.abs(contributions[at + feature] - exact)).toBeLessThan(1e-5);
          sum += contributions[at + feature];
        }
        expect(Math.abs(sum - margins[row * numOutputs + k])).toBeLessThan(1e-5);
      }
    }
  }
});
