/**
 * What growing a tree needs in the kernels' memory: row numbers, histograms, and the lists of work that are handed to
 * the kernels. The layouts are those of networks/kernels/assembly/split-trees.ts and tree-context.ts.
 */
import type { BinnedTable } from './bins.ts';
import { type HistogramHolder, HistogramPool } from './histograms.ts';
import type { TreeKernels } from './kernels.ts';

/** The settings that decide a tree's shape. */
export interface GrowthConfig {
  readonly eta: number;
  readonly lambda: number;
  readonly alpha: number;
  readonly gamma: number;
  readonly minChildWeight: number;
  /** 0 for no limit. */
  readonly maxDepth: number;
  /** 0 for no limit. */
  readonly maxLeaves: number;
  /** Best split first, instead of level by level. */
  readonly lossguide: boolean;
  readonly subsample: number;
  readonly colsampleByTree: number;
  readonly colsampleByLevel: number;
  readonly colsampleByNode: number;
}

export interface GrowingNode extends HistogramHolder {
  readonly id: number;
  readonly parent: number;
  readonly depth: number;
  /** Its rows' places among the row numbers: in the sample, and out of it. */
  readonly begin: number;
  readonly count: number;
  readonly outBegin: number;
  readonly outCount: number;
  readonly sumG: number;
  readonly sumH: number;
  /** The columns it may be split by; undefined for all of the tree's. */
  columns: Int32Array | undefined;
  maySplit: boolean;
  /** Its best split; a gain of 0 is none. */
  gain: number;
  column: number;
  bin: number;
  missingLeft: boolean;
  leftG: number;
  leftH: number;
  /** Its first child, the second follows; −1 while it is a leaf. */
  left: number;
}

const CONTEXT_BYTES = 80;
const NODE_BYTES = 40;
const PAIR_BYTES = 88;
const BEST_BYTES = 32;
const PART_BYTES = 24;
/** How a pair's second histogram comes about. */
const NONE = 0;
const SUBTRACT = 1;
const BUILD = 2;
const MAX_CHUNKS = 65535;
const MAX_GROUP = 256;

export class GrowthMemory {
  /** Nodes that may be split at once. */
  readonly groupSize: number;
  /** Row numbers [N]; each node's are one stretch, two with rows out of the sample. */
  readonly rows: Int32Array;
  readonly histograms: HistogramPool;
  readonly #kernels: TreeKernels;
  readonly #table: BinnedTable;
  readonly #context: number;
  readonly #pairs: number;
  readonly #bests: number;
  readonly #parts: number;
  readonly #masks: number;
  readonly #treeMask: number;
  readonly #activePanels: number;
  readonly #result: number;
  #usesTreeMask = false;

  /** @param histogramBytes beyond which histograms are given up, and built again where they are needed */
  constructor(kernels: TreeKernels, table: BinnedTable, config: GrowthConfig, histogramBytes: number) {
    const { numRows, numPanels, paddedColumns: columns, numColumns, offsets } = table;
    this.#kernels = kernels;
    this.#table = table;
    this.histograms = new HistogramPool(kernels, offsets[columns] * 16, histogramBytes);
    const group = Math.min(MAX_GROUP, this.histograms.capacity / 4, MAX_CHUNKS / numPanels);
    this.groupSize = Math.max(1, Math.floor(group));
    this.#pairs = kernels.reserve(this.groupSize * PAIR_BYTES);
    this.#bests = kernels.reserve(this.groupSize * 2 * numPanels * BEST_BYTES);
    this.#parts = kernels.reserve(this.groupSize * 2 * PART_BYTES);
    const perNode = config.colsampleByLevel < 1 || config.colsampleByNode < 1;
    this.#masks = perNode ? kernels.reserve(this.groupSize * 2 * columns) : 0;
    this.#treeMask = kernels.reserve(columns);
    this.#activePanels = kernels.reserve(numPanels);
    this.#result = kernels.reserve(16);
    const rows = kernels.reserve(numRows * 4);
    // What is written to both sides of a split may be written one place past the end.
    const held = kernels.reserve(numRows * 4 + 4);
    const starts = kernels.reserve((columns + 1) * 4);
    const counts = kernels.reserve(columns * 4);
    const hasMissing = kernels.reserve(columns);
    this.#context = kernels.reserve(CONTEXT_BYTES);
    this.rows = kernels.words(rows, numRows);
    kernels.words(starts, columns + 1).set(offsets);
    kernels.words(counts, columns).set(table.cuts.map(({ length }) => length));
    kernels.bytes(hasMissing, columns).set(table.hasMissing);
    kernels
      .words(this.#context, 11)
      .set([
        table.address,
        table.isWide ? 1 : 0,
        numRows,
        numPanels,
        0,
        starts,
        counts,
        hasMissing,
        this.#activePanels,
        rows,
        held,
      ]);
    const least = Math.max(config.minChildWeight, Number.MIN_VALUE);
    kernels.doubles(this.#context + 48, 3).set([config.lambda, config.alpha, least]);
    this.setTreeColumns(Int32Array.from({ length: numColumns }, (_, column) => column));
  }

  rowsAt(place: number): number {
    return this.rows.byteOffset + place * 4;
  }

  /** @returns the sums of gradients and hessians over the first `count` rows */
  beginTree(gradients: number, count: number): Float64Array {
    this.#kernels.words(this.#context, 5)[4] = gradients;
    this.#kernels.exports.sumGradients(gradients, this.rowsAt(0), count, this.#result);
    return this.#kernels.doubles(this.#result, 2);
  }

  setTreeColumns(columns: Int32Array): void {
    const { numColumns, numPanels, paddedColumns, isWide } = this.#table;
    this.#usesTreeMask = columns.length < numColumns;
    const mask = this.#kernels.bytes(this.#treeMask, paddedColumns).fill(0);
    const panels = this.#kernels.bytes(this.#activePanels, numPanels).fill(0);
    for (const column of columns) {
      mask[column] = 1;
      panels[column >> (isWide ? 2 : 3)] = 1;
    }
  }

  /** Parts the rows of nodes by their splits, and appends their children to `nodes`. */
  partition(group: readonly GrowingNode[], nodes: GrowingNode[]): void {
    const kernels = this.#kernels;
    const { cuts } = this.#table;
    const parts = kernels.words(this.#parts, group.length * 12);
    let at = 0;
    for (const { begin, count, outBegin, outCount, column, bin, missingLeft } of group) {
      const missingBin = missingLeft ? cuts[column].length : -1;
      parts.set([begin, count, column, bin, missingBin, 0], at);
      parts.set([outBegin, outCount, column, bin, missingBin, 0], at + 6);
      at += 12;
    }
    kernels.check(kernels.exports.splitPartition(kernels.team, this.#context, this.#parts, group.length * 2));
    at = 0;
    for (const node of group) {
      const inLeft = parts[at + 5];
      const outLeft = parts[at + 11];
      at += 12;
      node.left = nodes.length;
      for (const isLeft of [true, false]) {
        nodes.push({
          id: nodes.length,
          parent: node.id,
          depth: node.depth + 1,
          begin: isLeft ? node.begin : node.begin + inLeft,
          count: isLeft ? inLeft : node.count - inLeft,
          outBegin: isLeft ? node.outBegin : node.outBegin + outLeft,
          outCount: isLeft ? outLeft : node.outCount - outLeft,
          sumG: isLeft ? node.leftG : node.sumG - node.leftG,
          sumH: isLeft ? node.leftH : node.sumH - node.leftH,
          ...UNSPLIT,
        });
      }
    }
  }

  /** Finds the best splits of the root, or of the children of nodes just parted. Histograms stay with the children. */
  findSplits(group: readonly GrowingNode[], nodes: readonly GrowingNode[]): void {
    const kernels = this.#kernels;
    const { numPanels } = this.#table;
    const sought: GrowingNode[] = [];
    // Its own too are kept from being given up.
    const kept = new Set<GrowingNode>(group);
    let numPairs = 0;
    for (const parent of group) {
      if (parent.left < 0) {
        if (!parent.maySplit) continue;
        this.histograms.acquire(parent, kept);
        this.#writeNode(numPairs, 0, parent, sought);
        this.#writeHow(numPairs++, NONE);
        continue;
      }
      const children = [nodes[parent.left], nodes[parent.left + 1]];
      if (!children[0].maySplit && !children[1].maySplit) {
        this.histograms.release(parent);
        continue;
      }
      const [small, large] = children[0].count <= children[1].count ? children : [children[1], children[0]];
      kept.add(small).add(large);
      this.histograms.acquire(small, kept);
      if (parent.histogram === 0) this.histograms.acquire(large, kept);
      this.#writeHow(numPairs, parent.histogram === 0 ? BUILD : SUBTRACT);
      if (parent.histogram !== 0) this.histograms.handOn(parent, large);
      this.#writeNode(numPairs, 0, small, sought);
      this.#writeNode(numPairs++, 1, large, sought);
    }
    if (numPairs === 0) return;
    kernels.check(kernels.exports.splitGrow(kernels.team, this.#context, this.#pairs, numPairs));
    for (const [index, node] of sought.entries()) this.#readBest(node, index * numPanels);
    for (const node of kept) if (!node.maySplit) this.histograms.release(node);
  }

  #writeNode(pair: number, place: number, node: GrowingNode, sought: GrowingNode[]): void {
    const kernels = this.#kernels;
    const address = this.#pairs + pair * PAIR_BYTES + place * NODE_BYTES;
    let mask = this.#usesTreeMask ? this.#treeMask : 0;
    if (node.columns !== undefined) {
      const { paddedColumns } = this.#table;
      mask = this.#masks + (pair * 2 + place) * paddedColumns;
      const flags = kernels.bytes(mask, paddedColumns).fill(0);
      for (const column of node.columns) flags[column] = 1;
    }
    const bests = node.maySplit ? this.#bests + sought.length * this.#table.numPanels * BEST_BYTES : 0;
    if (node.maySplit) sought.push(node);
    kernels.words(address, 5).set([node.begin, node.count, node.histogram, mask, bests]);
    kernels.doubles(address + 24, 2).set([node.sumG, node.sumH]);
  }

  #writeHow(pair: number, how: number): void {
    this.#kernels.words(this.#pairs + pair * PAIR_BYTES + 2 * NODE_BYTES, 1)[0] = how;
  }

  /** The best of the panels' splits; of equal ones that of the lower column. */
  #readBest(node: GrowingNode, first: number): void {
    const { numPanels } = this.#table;
    const address = this.#bests + first * BEST_BYTES;
    const gains = this.#kernels.floats(address, numPanels * 8);
    const words = this.#kernels.words(address, numPanels * 8);
    const sums = this.#kernels.doubles(address, numPanels * 4);
    let best = 0;
    for (let panel = 1; panel < numPanels; panel++) if (gains[panel * 8] > gains[best * 8]) best = panel;
    node.gain = gains[best * 8];
    node.column = words[best * 8 + 1];
    node.bin = words[best * 8 + 2];
    node.missingLeft = words[best * 8 + 3] === 1;
    node.leftG = sums[best * 4 + 2];
    node.leftH = sums[best * 4 + 3];
  }
}

/** What a node knows before its split is sought. */
export const UNSPLIT = {
  columns: undefined,
  maySplit: false,
  histogram: 0,
  gain: 0,
  column: 0,
  bin: 0,
  missingLeft: false,
  leftG: 0,
  leftH: 0,
  left: -1,
};
