/**
 * Grows a tree on binned columns, level by level or best split first.
 *
 * Source: Chen & Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", arXiv:1603.02754, eq. 5: a leaf's weight is
 *   w = −T(G) / (H + λ),   T(G) = sign(G)·max(|G| − α, 0)
 * Differences from the source: gradients are rounded so that their sums are exact, see gbt-objectives.ts; rows out of the
 * sample are led down the tree with the others and not counted.
 */
import type { Rng } from '../../core/rng.ts';
import type { BinnedTable } from './bins.ts';
import { allowedAfter } from './bounds/constraints.ts';
import { boundedScore, boundedWeight, childBounds, isBounded } from './bounds/weights.ts';
import { type GrowingNode, type GrowthConfig, GrowthMemory, UNSPLIT } from './growth-memory.ts';
import type { TreeKernels } from './kernels.ts';
import { sampleColumns, sampleRowsInto } from './sampling.ts';
import { createTree, type Tree } from './tree.ts';

export type { GrowthConfig } from './growth-memory.ts';

const HISTOGRAM_BYTES = 1 << 28;
/** Gains up to this count as none. */
const SMALLEST_GAIN = 1e-6;

export class TreeGrower {
  readonly #kernels: TreeKernels;
  readonly #table: BinnedTable;
  readonly #config: GrowthConfig;
  readonly #memory: GrowthMemory;
  readonly #columns: Int32Array;
  readonly #rng: Rng;
  #treeColumns: Int32Array;
  #levelColumns = new Map<number, Int32Array>();
  #nodes: GrowingNode[] = [];

  /**
   * @param histogramBytes memory that histograms may take; it changes no bit
   * @throws DataError `table-too-large`
   */
  constructor(
    kernels: TreeKernels,
    table: BinnedTable,
    config: GrowthConfig,
    rng: Rng,
    histogramBytes = HISTOGRAM_BYTES,
  ) {
    this.#kernels = kernels;
    this.#table = table;
    this.#config = config;
    this.#rng = rng;
    this.#memory = new GrowthMemory(kernels, table, config, histogramBytes);
    this.#columns = Int32Array.from({ length: table.numColumns }, (_, column) => column);
    this.#treeColumns = this.#columns;
  }

  /** Grows a tree on the gradients at `gradients`, an address of f32 pairs [N, 2]. */
  grow(gradients: number): Tree {
    const memory = this.#memory;
    const { config, root } = this.#begin(gradients);
    const open: GrowingNode[] = [];
    this.#search([root], open);
    let numLeaves = 1;
    while (open.length > 0 && (config.maxLeaves === 0 || numLeaves < config.maxLeaves)) {
      const room = config.maxLeaves === 0 ? Infinity : config.maxLeaves - numLeaves;
      const splits = takeNext(open, config.lossguide, room);
      numLeaves += splits.length;
      for (let from = 0; from < splits.length; from += memory.groupSize) {
        const group = splits.slice(from, from + memory.groupSize);
        memory.partition(group, this.#nodes);
        if (isBounded(config)) for (const node of group) this.#boundChildren(node);
        this.#search(group, open);
      }
    }
    memory.histograms.releaseAll();
    return this.#finish();
  }

  /** Adds the leaves of the tree just grown to margins of f32, `stride` bytes apart. */
  addLeaves(tree: Tree, margins: number, stride: number): void {
    const { exports } = this.#kernels;
    for (const { id, begin, count, outBegin, outCount, left } of this.#nodes) {
      if (left >= 0) continue;
      const value = tree.splitCondition[id];
      exports.addToRows(margins, stride, this.#memory.rowsAt(begin), count, value);
      exports.addToRows(margins, stride, this.#memory.rowsAt(outBegin), outCount, value);
    }
  }

  #begin(gradients: number): { config: GrowthConfig; root: GrowingNode } {
    const memory = this.#memory;
    const config = this.#config;
    const numRows = this.#table.numRows;
    const count = sampleRowsInto(memory.rows, config.subsample, this.#rng);
    const [sumG, sumH] = memory.beginTree(gradients, count);
    this.#treeColumns = sampleColumns(this.#columns, config.colsampleByTree, this.#rng);
    this.#levelColumns.clear();
    memory.setTreeColumns(this.#treeColumns);
    const root: GrowingNode = {
      id: 0,
      parent: -1,
      depth: 0,
      begin: 0,
      count,
      outBegin: count,
      outCount: numRows - count,
      sumG,
      sumH,
      ...UNSPLIT,
    };
    root.score = boundedScore(sumG, sumH, config, root.bounds);
    this.#nodes = [root];
    return { config, root };
  }

  /** The root's split, or those of the children of nodes just parted; what can be split goes into `open`. */
  #search(group: readonly GrowingNode[], open: GrowingNode[]): void {
    const { maxDepth, gamma, colsampleByLevel, colsampleByNode } = this.#config;
    const sought: GrowingNode[] = [];
    for (const parent of group) {
      for (const node of parent.left < 0
        ? [parent]
        : [this.#nodes[parent.left], this.#nodes[parent.left + 1]]) {
        node.maySplit = (maxDepth === 0 || node.depth < maxDepth) && node.count > 1;
        if (!node.maySplit) continue;
        sought.push(node);
        if (colsampleByLevel < 1 || colsampleByNode < 1) {
          node.columns = sampleColumns(this.#columnsOf(node.depth), colsampleByNode, this.#rng);
        }
        this.#keepInteractions(node);
      }
    }
    this.#memory.findSplits(group, this.#nodes);
    for (const node of sought) {
      if (node.gain > SMALLEST_GAIN && node.gain >= gamma) open.push(node);
      else this.#memory.histograms.release(node);
    }
  }

  /** Leaves a node below the root the columns that may meet those of its path. */
  #keepInteractions(node: GrowingNode): void {
    const { interactions } = this.#config;
    if (interactions === undefined || node.parent < 0) return;
    const path = new Set<number>();
    for (let id = node.parent; id >= 0; id = this.#nodes[id].parent) path.add(this.#nodes[id].column);
    const allowed = allowedAfter(path, interactions);
    node.columns = (node.columns ?? this.#treeColumns).filter((column) => allowed.has(column));
  }

  #boundChildren(node: GrowingNode): void {
    const config = this.#config;
    const children = [this.#nodes[node.left], this.#nodes[node.left + 1]];
    const [left, right] = children.map(({ sumG, sumH }) => boundedWeight(sumG, sumH, config, node.bounds));
    const way = config.monotone?.[node.column] ?? 0;
    const bounds = childBounds(node.bounds, way, left, right);
    for (const [index, child] of children.entries()) {
      child.bounds = bounds[index];
      child.score = boundedScore(child.sumG, child.sumH, config, node.bounds);
    }
  }

  /** Sets each leaf of the tree just grown anew from its rows in the sample, times eta; one without any stays. */
  refreshLeaves(tree: Tree, quantileOfRows: (rows: Int32Array) => number): void {
    const eta = Math.fround(this.#config.eta);
    for (const { id, begin, count, left } of this.#nodes) {
      if (left >= 0 || count === 0) continue;
      tree.splitCondition[id] = quantileOfRows(this.#memory.rows.subarray(begin, begin + count)) * eta;
    }
  }

  #columnsOf(depth: number): Int32Array {
    let columns = this.#levelColumns.get(depth);
    if (columns === undefined) {
      columns = sampleColumns(this.#treeColumns, this.#config.colsampleByLevel, this.#rng);
      this.#levelColumns.set(depth, columns);
    }
    return columns;
  }

  #finish(): Tree {
    const { cuts, floors } = this.#table;
    const { eta } = this.#config;
    const tree = createTree(this.#nodes.length);
    for (const node of this.#nodes) {
      const { id, parent, left, column, bin } = node;
      // A leaf got its weight when its parent was split, by the parent's bounds.
      const { bounds } = left < 0 && parent >= 0 ? this.#nodes[parent] : node;
      const weight = boundedWeight(node.sumG, node.sumH, this.#config, bounds);
      tree.sumHessian[id] = node.sumH;
      if (parent >= 0) tree.parent[id] = parent;
      if (left < 0) {
        const value = weight * Math.fround(eta);
        tree.splitCondition[id] = value;
        tree.baseWeight[id] = value;
        continue;
      }
      tree.left[id] = left;
      tree.right[id] = left + 1;
      tree.splitIndex[id] = column;
      tree.splitCondition[id] = bin < 0 ? floors[column] : cuts[column][bin];
      tree.defaultLeft[id] = node.missingLeft ? 1 : 0;
      tree.baseWeight[id] = weight;
      tree.lossChange[id] = node.gain;
    }
    return tree;
  }
}

/** Takes the nodes to split next out of `open`: a whole level, or the one of the largest gain, the older of equals. */
function takeNext(open: GrowingNode[], lossguide: boolean, room: number): GrowingNode[] {
  if (!lossguide) return open.splice(0, Math.min(open.length, room));
  let best = 0;
  for (let i = 1; i < open.length; i++) {
    const { gain, id } = open[i];
    if (gain > open[best].gain || (gain === open[best].gain && id < open[best].id)) best = i;
  }
  return open.splice(best, 1);
}
