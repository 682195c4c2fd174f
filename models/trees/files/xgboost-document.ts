/** Lays a forest out as the document that XGBoost's model files hold, and writes it as JSON. */
import type { Forest } from '../forest.ts';
import type { Tree } from '../tree.ts';

/** The version whose format is written; a base score for each class is known since the second. */
const VERSION = [1, 7, 4];
const VERSION_OF_VECTORS = [3, 1, 0];

export type DocumentValue =
  | string
  | number
  | Uint8Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | DocumentValue[]
  | { [key: string]: DocumentValue };

type NumberArray = Int32Array | Float32Array | Uint8Array;

/** The smallest f32 above 0: what stands for the condition of a split by category, as in version 3. */
const NO_CONDITION = 1.401298464324817e-45;

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

export function xgboostDocument(forest: Forest): DocumentValue {
  const { objective, numClasses, numFeatures, trees, baseScores } = forest;
  const written = baseScores.map(shortest);
  return {
    learner: {
      attributes: { ...forest.attributes },
      feature_names: [...forest.featureNames],
      feature_types: [...forest.featureTypes],
      gradient_booster: {
        model: {
          gbtree_model_param: {
            num_parallel_tree: String(forest.numParallelTree),
            num_trees: String(trees.length),
            size_leaf_vector: '0',
          },
          tree_info: [...forest.treeOutputs],
          trees: trees.map((tree, index) => treeDocument(tree, index, numFeatures)),
        },
        name: 'gbtree',
      },
      learner_model_param: {
        base_score: written.length === 1 ? written[0] : `[${written.join(',')}]`,
        boost_from_average: forest.boostFromAverage ? '1' : '0',
        num_class: String(numClasses),
        num_feature: String(numFeatures),
        num_target: '1',
      },
      objective: { name: objective, ...lossOf(forest) },
    },
    version: baseScores.length === 1 ? VERSION : VERSION_OF_VECTORS,
  };
}

function lossOf({
  objective,
  numClasses,
  scalePosWeight,
  objectiveParameters,
}: Forest): Record<string, Record<string, string>> {
  if (objectiveParameters !== undefined) {
    return Object.fromEntries(Object.entries(objectiveParameters).map(([key, value]) => [key, { ...value }]));
  }
  if (objective.startsWith('multi:')) {
    return { softmax_multiclass_param: { num_class: String(numClasses) } };
  }
  return { reg_loss_param: { scale_pos_weight: String(scalePosWeight) } };
}

function treeDocument(tree: Tree, id: number, numFeatures: number): DocumentValue {
  const { numNodes, categories } = tree;
  const reached = tree.left.reduce((sum, child) => sum + (child === -1 ? 0 : 2), 1);
  const nodes =
    categories === undefined
      ? []
      : [...categories.isCategorical.keys()].filter((node) => categories.isCategorical[node] === 1);
  const starts = nodes.map((node) => BigInt(categories?.offsets[node] ?? 0));
  const sizes = nodes.map((node) =>
    BigInt((categories?.offsets[node + 1] ?? 0) - (categories?.offsets[node] ?? 0)),
  );
  return {
    categories: categories?.values ?? new Int32Array(0),
    categories_nodes: Int32Array.from(nodes),
    categories_segments: BigInt64Array.from(starts),
    categories_sizes: BigInt64Array.from(sizes),
    id,
    split_type: categories?.isCategorical ?? new Uint8Array(numNodes),
    tree_param: {
      num_deleted: String(numNodes - reached),
      num_feature: String(numFeatures),
      num_nodes: String(numNodes),
      size_leaf_vector: '0',
    },
    ...Object.fromEntries(fieldsOf(tree)),
    ...(categories !== undefined && {
      split_conditions: tree.splitCondition.map((value) => (Number.isNaN(value) ? NO_CONDITION : value)),
    }),
  };
}

/** In the order and the spelling of numbers that XGBoost uses. */
export function writeXgboostJson(value: DocumentValue): string {
  if (typeof value === 'string' || typeof value === 'number') return JSON.stringify(value);
  if (value instanceof Float32Array) return `[${Array.from(value, shortest).join(',')}]`;
  if (ArrayBuffer.isView(value)) return `[${value.join(',')}]`;
  if (Array.isArray(value)) return `[${value.map(writeXgboostJson).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${writeXgboostJson(item)}`).join(',')}}`;
}

/** The shortest decimal that reads as the same f32, as XGBoost writes it: 5E-1. */
function shortest(value: number): string {
  const wanted = Math.fround(value);
  if (Object.is(wanted, -0)) return '-0E0';
  let written = '';
  for (let digits = 0; digits < 9; digits++) {
    written = wanted.toExponential(digits);
    if (Math.fround(Number(written)) === wanted) break;
  }
  return written.replace('e+', 'E').replace('e', 'E');
}
