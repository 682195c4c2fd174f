/** Sums a forest's leaves over the rows of a table, with the kernels. */
import { type KernelLayout, kernelLayout } from '../../networks/kernels/layout.ts';
import { TreeKernels } from './kernels.ts';
import type { Tree } from './tree.ts';
import { type WalkNodes, walkNodes } from './walk-nodes.ts';

/** Bytes of rows handed to the kernels at once, and of a thread's block of them, which should fit a first-level cache. */
const STRIPE_BYTES = 1 << 23;
const BLOCK_BYTES = 1 << 15;
const MAX_BLOCK_ROWS = 256;

/** Trees as the kernels read them. */
export interface PackedForest {
  readonly numColumns: number;
  readonly numOutputs: number;
  readonly numTrees: number;
  /** Of each tree: place of its first node in `nodes`, in bytes, its depth and output. */
  readonly trees: Int32Array;
  readonly nodes: Int32Array;
}

export function packForest(
  trees: readonly Tree[],
  outputs: Int32Array /* [T] */,
  numColumns: number,
  numOutputs: number,
): PackedForest {
  const layout = kernelLayout();
  const { WALK_TREE_BYTES, WALK_NODES, WALK_DEPTH, WALK_OUTPUT, WALK_NODE_BYTES } = layout;
  const walks = trees.map(walkNodes);
  const numSlots = walks.reduce((sum, walk) => sum + walk.numSlots, 0);
  const heads = new Int32Array((trees.length * WALK_TREE_BYTES) >> 2);
  const nodes = new Int32Array((numSlots * WALK_NODE_BYTES) >> 2);
  let start = 0;
  for (const [index, walk] of walks.entries()) {
    const head = (index * WALK_TREE_BYTES) >> 2;
    heads[head + (WALK_NODES >> 2)] = start;
    heads[head + (WALK_DEPTH >> 2)] = walk.depth;
    heads[head + (WALK_OUTPUT >> 2)] = outputs[index];
    packTree(walk, nodes.subarray(start >> 2), layout);
    start += walk.numSlots * WALK_NODE_BYTES;
  }
  return { numColumns, numOutputs, numTrees: trees.length, trees: heads, nodes };
}

/** Children side by side, the one for missing values first; a node with several parents stands beside several siblings. */
function packTree(walk: WalkNodes, nodes: Int32Array, layout: KernelLayout): void {
  const floats = new Float32Array(nodes.buffer, nodes.byteOffset, nodes.length);
  const nodeBytes = layout.WALK_NODE_BYTES;
  const threshold = layout.WALK_THRESHOLD >> 2;
  const column = layout.WALK_COLUMN >> 2;
  const children = layout.WALK_CHILDREN >> 2;
  const sign = layout.WALK_SIGN >> 2;
  const queue = [0];
  const pairs = new Int32Array(walk.column.length);
  for (let place = 0; place < queue.length; place++) {
    const node = queue[place];
    const at = (place * nodeBytes) >> 2;
    if (walk.column[node] === -1) {
      floats[at + threshold] = Number.NaN;
      nodes[at + children] = place * nodeBytes;
      floats[at + sign] = walk.threshold[node];
      continue;
    }
    const isBelow = walk.missingBelow[node] === 1;
    const [below, notBelow] = [walk.below[node], walk.notBelow[node]];
    if (pairs[node] === 0) {
      pairs[node] = queue.push(isBelow ? below : notBelow, isBelow ? notBelow : below) - 2;
    }
    nodes[at + column] = walk.column[node] * layout.WALK_COLUMN_BYTES;
    nodes[at + children] = pairs[node] * nodeBytes;
    // value ≥ t leads right; value < t, that is −value > −t, that is −value ≥ the next number after −t, leads left.
    floats[at + threshold] = isBelow ? walk.threshold[node] : nextUp(-walk.threshold[node]);
    nodes[at + sign] = isBelow ? 0 : -0x80000000;
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
  const { WALK_LANES: lanes, WALK_TREE_BYTES, WALK_NODES } = kernelLayout();
  const wholeRows = Math.floor(BLOCK_BYTES / rowBytes / lanes) * lanes;
  const blockRows = Math.max(lanes, Math.min(MAX_BLOCK_ROWS, wholeRows));
  const stripeRows = Math.min(numRows, Math.max(blockRows, Math.floor(STRIPE_BYTES / rowBytes)));
  const nodes = predictor.area('nodes', forest.nodes.byteLength);
  const trees = predictor.area('trees', forest.trees.byteLength);
  const block = predictor.area('block', blockRows * rowBytes * kernels.threads);
  const rows = predictor.area('rows', stripeRows * rowBytes);
  const sums = predictor.area('sums', stripeRows * numOutputs * 4);
  kernels.words(nodes, forest.nodes.length).set(forest.nodes);
  const heads = kernels.words(trees, forest.trees.length);
  heads.set(forest.trees);
  const step = WALK_TREE_BYTES >> 2;
  for (let at = WALK_NODES >> 2; at < heads.length; at += step) heads[at] += nodes;
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
