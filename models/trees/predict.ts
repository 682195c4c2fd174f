/** Sums a forest's leaves over the rows of a table, with the kernels. */
import { TreeKernels } from './kernels.ts';
import { depths, type Tree } from './tree.ts';

/** Bytes of rows handed to the kernels at once, and of a thread's block of them, which should fit a first-level cache. */
const STRIPE_BYTES = 1 << 23;
const BLOCK_BYTES = 1 << 15;
const MAX_BLOCK_ROWS = 256;

/** Trees as the kernels read them, see networks/kernels/assembly/tree-predict.ts. */
export interface PackedForest {
  readonly numColumns: number;
  readonly numOutputs: number;
  readonly numTrees: number;
  /** Of each tree: place of its first node, depth, output, 0; [T, 4]. */
  readonly trees: Int32Array;
  readonly nodes: Int32Array; // [nodes, 4]
}

export function packForest(
  trees: readonly Tree[],
  outputs: Int32Array /* [T] */,
  numColumns: number,
  numOutputs: number,
): PackedForest {
  const heads = new Int32Array(trees.length * 4);
  const nodes = new Int32Array(trees.reduce((sum, { numNodes }) => sum + numNodes, 0) * 4);
  let start = 0;
  for (const [index, tree] of trees.entries()) {
    const depth = depths(tree).reduce((a, b) => Math.max(a, b), 0);
    heads.set([start, depth, outputs[index], 0], index * 4);
    packTree(tree, nodes.subarray(start * 4));
    start += tree.numNodes;
  }
  return { numColumns, numOutputs, numTrees: trees.length, trees: heads, nodes };
}

/** Children side by side, the one for missing values first. */
function packTree(tree: Tree, nodes: Int32Array): void {
  const { left, right, defaultLeft, splitIndex, splitCondition } = tree;
  const floats = new Float32Array(nodes.buffer, nodes.byteOffset, nodes.length);
  const queue = [0];
  for (let place = 0; place < queue.length; place++) {
    const node = queue[place];
    const at = place * 4;
    if (left[node] === -1) {
      floats[at] = Number.NaN;
      nodes[at + 2] = place * 16;
      floats[at + 3] = splitCondition[node];
      continue;
    }
    const isLeft = defaultLeft[node] === 1;
    nodes[at + 1] = splitIndex[node] * 32;
    nodes[at + 2] = queue.length * 16;
    queue.push(isLeft ? left[node] : right[node], isLeft ? right[node] : left[node]);
    // value ≥ t leads right; value < t, that is −value > −t, that is −value ≥ the next number after −t, leads left.
    floats[at] = isLeft ? splitCondition[node] : nextUp(-splitCondition[node]);
    nodes[at + 3] = isLeft ? 0 : -0x80000000;
  }
}

const bits = new Int32Array(1);
const number = new Float32Array(bits.buffer);

/** The smallest f32 above x. */
function nextUp(x: number): number {
  number[0] = x === 0 ? 0 : x;
  bits[0] += number[0] < 0 ? -1 : 1;
  return number[0];
}

/** Memory that predictions share: they are synchronous, so one at a time. */
class Predictor {
  readonly kernels: TreeKernels;
  readonly #areas = new Map<string, { address: number; bytes: number }>();

  constructor(threads: number) {
    this.kernels = new TreeKernels(threads);
  }

  /** An address of at least `bytes` bytes, the same one again while they suffice. */
  area(name: string, bytes: number): number {
    const area = this.#areas.get(name);
    if (area !== undefined && area.bytes >= bytes) return area.address;
    // What it leaves behind is never freed: doubling keeps that below what is in use.
    const room = Math.max(bytes, 2 * (area?.bytes ?? 0));
    const grown = { address: this.kernels.reserve(room), bytes: room };
    this.#areas.set(name, grown);
    return grown.address;
  }
}

const predictors = new Map<number, Predictor>();

/**
 * Adds the leaves of all trees, in their order, to `margins` [N, K].
 * @param values [N, F]
 * @param threads 1 … 64; they change no bit
 */
export function addForest(
  forest: PackedForest,
  values: Float32Array,
  margins: Float32Array,
  threads: number,
): void {
  let predictor = predictors.get(threads);
  if (predictor === undefined) {
    predictor = new Predictor(threads);
    predictors.set(threads, predictor);
  }
  try {
    addWith(predictor, forest, values, margins);
  } catch (error) {
    // A thread that was lost stays lost, and memory that is full stays full.
    predictors.delete(threads);
    predictor.kernels.close();
    throw error;
  }
}

function addWith(
  predictor: Predictor,
  forest: PackedForest,
  values: Float32Array,
  margins: Float32Array,
): void {
  const { numColumns, numOutputs, numTrees } = forest;
  const { kernels } = predictor;
  const numRows = margins.length / numOutputs;
  const rowBytes = numColumns * 4;
  const blockRows = Math.max(8, Math.min(MAX_BLOCK_ROWS, Math.floor(BLOCK_BYTES / rowBytes) & ~7));
  const stripeRows = Math.min(numRows, Math.max(blockRows, Math.floor(STRIPE_BYTES / rowBytes)));
  const nodes = predictor.area('nodes', forest.nodes.byteLength);
  const trees = predictor.area('trees', forest.trees.byteLength);
  const block = predictor.area('block', blockRows * rowBytes * kernels.threads);
  const rows = predictor.area('rows', stripeRows * rowBytes);
  const sums = predictor.area('sums', stripeRows * numOutputs * 4);
  kernels.words(nodes, forest.nodes.length).set(forest.nodes);
  const heads = kernels.words(trees, forest.trees.length);
  heads.set(forest.trees);
  for (let at = 0; at < heads.length; at += 4) heads[at] = nodes + heads[at] * 16;
  for (let from = 0; from < numRows; from += stripeRows) {
    const count = Math.min(stripeRows, numRows - from);
    const part = margins.subarray(from * numOutputs, (from + count) * numOutputs);
    const held = kernels.floats(sums, part.length);
    held.set(part);
    kernels
      .floats(rows, count * numColumns)
      .set(values.subarray(from * numColumns, (from + count) * numColumns));
    kernels.check(
      kernels.exports.splitWalk(
        kernels.team,
        trees,
        numTrees,
        rows,
        count,
        numColumns,
        block,
        sums,
        numOutputs,
        blockRows,
      ),
    );
    part.set(held);
  }
}
