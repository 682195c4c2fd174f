/** Writes XGBoost's own JSON model format. */

import type { Forest } from './forest.ts';
import type { Tree } from './tree.ts';

/** The version whose format is written. */
const VERSION = [1, 7, 4];

type NumberArray = Int32Array | Float32Array | Uint8Array;

/** The arrays of a tree under the names that the format has for them. */
export function fieldsOf(tree: Tree): [key: string, values: NumberArray][] {
  return [
    ['base_weights', tree.baseWeight],
    ['default_left', tree.defaultLeft],
    ['left_children', tree.left],
    ['loss_changes', tree.lossChange],
    ['parents', tree.parent],
    ['right_children', tree.right],
    ['split_conditions', tree.splitCondition],
    ['split_indices', tree.splitIndex],
    ['sum_hessian', tree.sumHessian],
  ];
}

/** In the order and the spelling of numbers that XGBoost uses. */
export function writeXgboostJson(forest: Forest): string {
  const { objective, numClasses, numFeatures, trees } = forest;
  const text = (value: unknown) => JSON.stringify(value);
  const attributes = Object.fromEntries(
    Object.entries(forest.attributes).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const loss =
    objective === 'multi:softprob'
      ? { name: objective, softmax_multiclass_param: { num_class: String(numClasses) } }
      : { name: objective, reg_loss_param: { scale_pos_weight: String(forest.scalePosWeight) } };
  const learnerParameters = {
    base_score: shortest(forest.baseScore),
    boost_from_average: forest.boostFromAverage ? '1' : '0',
    num_class: String(numClasses),
    num_feature: String(numFeatures),
    num_target: '1',
  };
  const modelParameters = {
    num_parallel_tree: String(forest.numParallelTree),
    num_trees: String(trees.length),
    size_leaf_vector: '0',
  };
  return (
    `{"learner":{"attributes":${text(attributes)},"feature_names":${text(forest.featureNames)},` +
    `"feature_types":${text(forest.featureTypes)},"gradient_booster":{"model":{` +
    `"gbtree_model_param":${text(modelParameters)},"tree_info":[${forest.treeOutputs.join(',')}],` +
    `"trees":[${trees.map((tree, index) => writeTree(tree, index, numFeatures)).join(',')}]},"name":"gbtree"},` +
    `"learner_model_param":${text(learnerParameters)},"objective":${text(loss)}},"version":${text(VERSION)}}`
  );
}

function writeTree(tree: Tree, id: number, numFeatures: number): string {
  const { numNodes, parent } = tree;
  const reached = tree.left.reduce((sum, child) => sum + (child === -1 ? 0 : 2), 1);
  const parameters = {
    num_deleted: String(numNodes - reached),
    num_feature: String(numFeatures),
    num_nodes: String(numNodes),
    size_leaf_vector: '0',
  };
  const parts: Record<string, string> = {
    categories: '[]',
    categories_nodes: '[]',
    categories_segments: '[]',
    categories_sizes: '[]',
    id: String(id),
    split_type: `[${new Uint8Array(parent.length).join(',')}]`,
    tree_param: JSON.stringify(parameters),
  };
  for (const [key, values] of fieldsOf(tree)) {
    const written = values instanceof Float32Array ? Array.from(values, shortest) : values;
    parts[key] = `[${written.join(',')}]`;
  }
  return `{${Object.keys(parts)
    .sort()
    .map((key) => `"${key}":${parts[key]}`)
    .join(',')}}`;
}

/** The shortest decimal that reads as the same f32, as XGBoost writes it: 5E-1. */
function shortest(value: number): string {
  const wanted = Math.fround(value);
  let written = '';
  for (let digits = 0; digits < 9; digits++) {
    written = wanted.toExponential(digits);
    if (Math.fround(Number(written)) === wanted) break;
  }
  return written.replace('e+', 'E').replace('e', 'E');
}
