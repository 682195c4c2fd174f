/** Reads a tree of XGBoost's model files: its arrays, their lengths, its shape, its splits by category. */
import { type CategorySplits, MAX_CATEGORY } from '../categories.ts';
import { createTree, type Tree } from '../tree.ts';
import { corrupt, count, type Dictionary, isDictionary, list, part, unsupported } from './parts.ts';
import { fieldsOf } from './xgboost-document.ts';

/** @throws StorageError `model-corrupt`, `model-unsupported`; no memory is taken for nodes that the file does not hold */
export function parseTree(value: unknown, index: number, numFeatures: number): Tree {
  const where = `tree ${index}`;
  if (!isDictionary(value)) throw corrupt(`${where} is not an object`);
  const parameters = part(value, 'tree_param');
  const numNodes = count(parameters, 'num_nodes', where);
  if (numNodes < 1) throw corrupt(`${where} has no nodes`);
  if (Number(parameters.size_leaf_vector ?? 0) > 1 || value.leaf_weights !== undefined) {
    throw unsupported('leaves of several values', 'train it with multi_strategy one_output_per_tree');
  }
  for (const [key] of fieldsOf(createTree(1))) requireLength(list(value, key, where), numNodes, key, where);
  const categories = parseCategories(value, numNodes, where);
  const tree: Tree = { ...createTree(numNodes), ...(categories && { categories }) };
  for (const [key, target] of fieldsOf(tree)) {
    const values = list(value, key, where);
    // A split by category has no condition; versions before 2 write NaN for it.
    const mayLack = target === tree.splitCondition ? categories?.isCategorical : undefined;
    for (let node = 0; node < numNodes; node++) {
      const number = typeof values[node] === 'boolean' ? Number(values[node]) : values[node];
      if (mayLack?.[node] === 1 && typeof number === 'number') {
        target[node] = Number.NaN;
        continue;
      }
      if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
        throw corrupt(
          `"${key}" of ${where}, node ${node}, is ${typeof number === 'number' ? number : JSON.stringify(number)}`,
        );
      }
      target[node] = number;
      if (!(target instanceof Float32Array) && target[node] !== number) {
        throw corrupt(`"${key}" of ${where}, node ${node}, is ${number}`);
      }
    }
  }
  requireShape(tree, where, numFeatures, Number(parameters.num_deleted ?? 0));
  return tree;
}

function requireLength(values: ArrayLike<unknown>, numNodes: number, key: string, where: string): void {
  if (values.length === numNodes) return;
  throw corrupt(`"${key}" of ${where} has ${values.length} entries for ${numNodes} nodes`);
}

/** Undefined where no node splits by category. */
function parseCategories(value: Dictionary, numNodes: number, where: string): CategorySplits | undefined {
  if (value.split_type === undefined) return undefined;
  const types = list(value, 'split_type', where);
  requireLength(types, numNodes, 'split_type', where);
  const isCategorical = Uint8Array.from(types, Number);
  for (let node = 0; node < numNodes; node++) {
    if (types[node] === 0 || types[node] === 1) continue;
    throw corrupt(`"split_type" of ${where}, node ${node}, is ${JSON.stringify(types[node])}`);
  }
  if (isCategorical.every((type) => type === 0)) return undefined;
  const numbers = (key: string) => Array.from(list(value, key, where), Number);
  const [nodes, starts, sizes, all] = [
    numbers('categories_nodes'),
    numbers('categories_segments'),
    numbers('categories_sizes'),
    numbers('categories'),
  ];
  const offsets = new Int32Array(numNodes + 1);
  const values: number[] = [];
  let next = 0;
  for (let node = 0; node < numNodes; node++) {
    if (isCategorical[node] === 1) {
      const [start, size] = [starts[next], sizes[next]];
      if (nodes[next++] !== node || !(start >= 0 && size >= 1 && start + size <= all.length)) {
        throw corrupt(`the categories of ${where}, node ${node}, are not there`);
      }
      // A list is counted once: segments that overlap could stand for more memory than the file has.
      if (values.length + size > all.length) throw corrupt(`the categories of ${where} overlap`);
      const chosen = all.slice(start, start + size).sort((a, b) => a - b);
      for (const [i, category] of chosen.entries()) {
        if (
          Number.isInteger(category) &&
          category >= 0 &&
          category < MAX_CATEGORY &&
          category !== chosen[i - 1]
        )
          continue;
        throw corrupt(`a category of ${where}, node ${node}, is ${category}`);
      }
      values.push(...chosen);
    }
    offsets[node + 1] = values.length;
  }
  return { isCategorical, offsets, values: Int32Array.from(values) };
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
