/** Reads XGBoost's own JSON model format, and checks that a file holds what it must to be trusted. */
import { StorageError } from '../../core/errors.ts';
import type { Forest } from './forest.ts';
import { createTree, NO_PARENT, type Tree } from './tree.ts';
import { OBJECTIVES, type ObjectiveName } from './xgboost-config.ts';
import { fieldsOf } from './xgboost-json-writer.ts';

type Dictionary = Record<string, unknown>;

/** @throws StorageError `model-unreadable`, `model-unsupported` or `model-corrupt` */
export function parseXgboostJson(text: string): Forest {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw new StorageError(
      'model-unreadable',
      `The model is not JSON (${(error as Error).message}); save it with save_model('model.json'), not as UBJ or pickle.`,
      { cause: error },
    );
  }
  if (!isDictionary(root) || !isDictionary(root.learner)) {
    throw new StorageError(
      'model-unreadable',
      'The JSON is not a model of XGBoost: it has no "learner"; save it with save_model, not dump_model.',
    );
  }
  requireVersion(root.version);
  const learner = root.learner;
  const booster = part(learner, 'gradient_booster');
  const boosterName = booster.name;
  if (boosterName !== 'gbtree') {
    throw unsupported(`the booster "${String(boosterName)}"`, 'only "gbtree" is read');
  }
  const parameters = part(learner, 'learner_model_param');
  const objectivePart = part(learner, 'objective');
  const objective = OBJECTIVES.find((name) => name === objectivePart.name);
  if (objective === undefined) {
    throw unsupported(`the objective "${String(objectivePart.name)}"`, `it can be ${OBJECTIVES.join(', ')}`);
  }
  const numFeatures = count(parameters, 'num_feature');
  const numClasses = count(parameters, 'num_class');
  if (objective === 'multi:softprob' ? numClasses < 2 : numClasses > 1) {
    throw corrupt(`num_class is ${numClasses} for ${objective}`);
  }
  if (Number(parameters.num_target ?? 1) > 1) throw unsupported('several targets', 'one target is');
  const model = part(booster, 'model');
  const modelParameters = part(model, 'gbtree_model_param');
  const trees = list(model, 'trees').map((tree, index) => parseTree(tree, index, numFeatures));
  if (trees.length !== count(modelParameters, 'num_trees')) {
    throw corrupt(`num_trees is ${String(modelParameters.num_trees)}, but there are ${trees.length} trees`);
  }
  const numOutputs = Math.max(1, numClasses);
  const treeOutputs = Int32Array.from(list(model, 'tree_info').map(Number));
  if (treeOutputs.length !== trees.length || treeOutputs.some((k) => !(k >= 0 && k < numOutputs))) {
    throw corrupt(
      `tree_info must name, for each of ${trees.length} trees, an output of 0 … ${numOutputs - 1}`,
    );
  }
  const names = learner.feature_names === undefined ? [] : list(learner, 'feature_names').map(String);
  if (names.length > 0 && names.length !== numFeatures) {
    throw corrupt(`there are ${names.length} feature names for ${numFeatures} features`);
  }
  const loss = isDictionary(objectivePart.reg_loss_param) ? objectivePart.reg_loss_param : {};
  return {
    objective,
    numClasses,
    numFeatures,
    featureNames: names,
    featureTypes: learner.feature_types === undefined ? [] : list(learner, 'feature_types').map(String),
    baseScore: baseScoreOf(parameters.base_score, objective),
    boostFromAverage: Number(parameters.boost_from_average ?? 0) === 1,
    scalePosWeight: Number(loss.scale_pos_weight ?? 1),
    numParallelTree: Math.max(1, Number(modelParameters.num_parallel_tree ?? 1)),
    trees,
    treeOutputs,
    attributes: Object.fromEntries(
      Object.entries(isDictionary(learner.attributes) ? learner.attributes : {}).map(([key, value]) => [
        key,
        String(value),
      ]),
    ),
  };
}

function requireVersion(version: unknown): void {
  const [major, minor] = Array.isArray(version) ? version.map(Number) : [];
  if (!(major > 1 || (major === 1 && minor >= 6)) || major > 3) {
    const shown = Array.isArray(version) ? version.join('.') : 'unknown';
    throw unsupported(`version ${shown}`, 'versions 1.6 to 3 are; load it in XGBoost and save it again');
  }
}

/** `5E-1`, or since version 3 `[5E-1]`, with a number for each output. */
function baseScoreOf(value: unknown, objective: ObjectiveName): number {
  const scores = String(value)
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(Number);
  const [score] = scores;
  if (scores.some((other) => other !== score && !Number.isNaN(other))) {
    throw unsupported('a base score of its own for each class', 'train it with one base_score');
  }
  const isValid = objective === 'binary:logistic' ? score > 0 && score < 1 : Number.isFinite(score);
  if (!isValid || String(value).trim() === '') throw corrupt(`base_score is ${JSON.stringify(value)}`);
  return Math.fround(score);
}

function parseTree(value: unknown, index: number, numFeatures: number): Tree {
  const where = `tree ${index}`;
  if (!isDictionary(value)) throw corrupt(`${where} is not an object`);
  const parameters = part(value, 'tree_param');
  const numNodes = count(parameters, 'num_nodes', where);
  if (numNodes < 1) throw corrupt(`${where} has no nodes`);
  if (Number(parameters.size_leaf_vector ?? 0) > 1)
    throw unsupported('leaves of several values', 'scalars are');
  const tree = createTree(numNodes);
  for (const [key, target] of fieldsOf(tree)) {
    const values = list(value, key, where);
    if (values.length !== numNodes) {
      throw corrupt(`"${key}" of ${where} has ${values.length} entries for ${numNodes} nodes`);
    }
    for (let node = 0; node < numNodes; node++) {
      const number = typeof values[node] === 'boolean' ? Number(values[node]) : values[node];
      if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
        throw corrupt(`"${key}" of ${where}, node ${node}, is ${JSON.stringify(number)}`);
      }
      target[node] = number;
      if (!(target instanceof Float32Array) && target[node] !== number) {
        throw corrupt(`"${key}" of ${where}, node ${node}, is ${number}`);
      }
    }
  }
  const types = value.split_type === undefined ? [] : list(value, 'split_type', where);
  if (types.some((type) => type !== 0))
    throw unsupported('splits by category', 'encode categories as numbers');
  requireShape(tree, where, numFeatures, Number(parameters.num_deleted ?? 0));
  return tree;
}

/** Every node but deleted ones is reached from the root, once; every split is by a feature there is. */
function requireShape(tree: Tree, where: string, numFeatures: number, numDeleted: number): void {
  const { numNodes, left, right, parent, splitIndex, defaultLeft } = tree;
  const seen = new Uint8Array(numNodes);
  const stack = [0];
  seen[0] = 1;
  let numSeen = 1;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (left[node] === -1 && right[node] === -1) continue;
    if (!(splitIndex[node] >= 0 && splitIndex[node] < numFeatures)) {
      throw corrupt(`${where}, node ${node}, splits by feature ${splitIndex[node]} of ${numFeatures}`);
    }
    if (defaultLeft[node] > 1) throw corrupt(`${where}, node ${node}, has default_left ${defaultLeft[node]}`);
    for (const child of [left[node], right[node]]) {
      if (!(child > 0 && child < numNodes)) {
        throw corrupt(`${where}, node ${node}, has child ${child}; its nodes are 0 … ${numNodes - 1}`);
      }
      if (seen[child] === 1)
        throw corrupt(`${where}, node ${child}, is reached twice: the nodes are no tree`);
      if (parent[child] !== node) {
        throw corrupt(`${where}, node ${child}, names ${parent[child]} as its parent, which is ${node}`);
      }
      seen[child] = 1;
      numSeen++;
      stack.push(child);
    }
  }
  if (numSeen + numDeleted !== numNodes) {
    throw corrupt(`${where} has ${numNodes} nodes, of which ${numSeen} are reached from the root`);
  }
}

function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function part(owner: Dictionary, key: string): Dictionary {
  const value = owner[key];
  if (!isDictionary(value)) throw corrupt(`"${key}" is missing`);
  return value;
}

function list(owner: Dictionary, key: string, where = 'the model'): unknown[] {
  const value = owner[key];
  if (!Array.isArray(value)) throw corrupt(`"${key}" of ${where} is missing`);
  return value;
}

/** A whole number, which XGBoost writes as text. */
function count(owner: Dictionary, key: string, where = 'the model'): number {
  const value = Number(owner[key] ?? Number.NaN);
  if (!Number.isInteger(value) || value < 0 || value > NO_PARENT) {
    throw corrupt(`"${key}" of ${where} is ${JSON.stringify(owner[key])}`);
  }
  return value;
}

function corrupt(what: string): StorageError {
  return new StorageError('model-corrupt', `The model of XGBoost is damaged: ${what}.`);
}

function unsupported(what: string, instead: string): StorageError {
  return new StorageError(
    'model-unsupported',
    `The model of XGBoost has ${what}, which cannot be read; ${instead}.`,
  );
}
