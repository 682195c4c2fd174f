/**
 * Holds what growing a tree needs in the kernels' memory: row numbers, histograms, and the lists of work that are handed to
 * the kernels, laid out as they say.
 */
import { type KernelLayout, kernelLayout } from '../../networks/kernels/layout.ts';
import type { BinnedTable } from './bins.ts';
import { type Bounds, isBounded, UNBOUNDED, type WeightConfig } from './bounds/weights.ts';
import { type HistogramHolder, HistogramPool } from './histograms.ts';
import type { TreeKernels } from './kernels.ts';

/** The settings that decide a tree's shape. */
export interface GrowthConfig extends WeightConfig {
  readonly eta: number;
  readonly gamma: number;
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
  /** Columns that may meet on a path; absent where all may. */
  readonly interactions?: readonly ReadonlySet<number>[] | undefined;
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
  /** What its weight is held in, and its score by its parent's; used where weights are bounded. */
  bounds: Bounds;
  score: number;
  /** The columns it may be split by; undefined for all of the tree's. */
  columns: Int32Array | undefined;
  maySplit: boolean;
  /** Its best split; with a gain of 0 there is no split. */
  gain: number;
  column: number;
  bin: number;
  missingLeft: boolean;
  leftG: number;
  leftH: number;
  /** Its first child, the second follows; −1 while it is a leaf. */
  left: number;
}

const MAX_GROUP = 256;

export class GrowthMemory {
  /** Nodes that may be split at once. */
  readonly groupSize: number;
  /** Row numbers [N]; each node's are one stretch, two with rows out of the sample. */
  readonly rows: Int32Array;
  readonly histograms: HistogramPool;
  readonly #kernels: TreeKernels;
  readonly #layout: KernelLayout = kernelLayout();
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
    const at = this.#layout;
    this.#kernels = kernels;
    this.#table = table;
    this.histograms = new HistogramPool(kernels, offsets[columns] * 16, histogramBytes);
    const group = Math.min(MAX_GROUP, this.histograms.capacity / 4, at.MAX_CHUNKS / numPanels);
    this.groupSize = Math.max(1, Math.floor(group));
    this.#pairs = kernels.reserve(this.groupSize * at.PAIR_BYTES);
    this.#bests = kernels.reserve(this.groupSize * 2 * numPanels * at.BEST_BYTES);
    this.#parts = kernels.reserve(this.groupSize * 2 * at.PART_BYTES);
    const perNode =
      config.colsampleByLevel < 1 || config.colsampleByNode < 1 || config.interactions !== undefined;
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
    const ways = config.monotone === undefined ? 0 : kernels.reserve(columns);
    this.#context = kernels.reserve(at.CONTEXT_BYTES);
    this.rows = kernels.words(rows, numRows);
    kernels.words(starts, columns + 1).set(offsets);
    kernels.words(counts, columns).set(table.cuts.map(({ length }) => length));
    kernels.bytes(hasMissing, columns).set(table.hasMissing);
    const words = kernels.words(this.#context, at.CONTEXT_BYTES >> 2);
    words[at.CONTEXT_BINS >> 2] = table.address;
    words[at.CONTEXT_IS_WIDE >> 2] = table.isWide ? 1 : 0;
    words[at.CONTEXT_NUM_ROWS >> 2] = numRows;
    words[at.CONTEXT_NUM_PANELS >> 2] = numPanels;
    words[at.CONTEXT_OFFSETS >> 2] = starts;
    words[at.CONTEXT_BIN_COUNTS >> 2] = counts;
    words[at.CONTEXT_HAS_MISSING >> 2] = hasMissing;
    words[at.CONTEXT_ACTIVE_PANELS >> 2] = this.#activePanels;
    words[at.CONTEXT_ROWS >> 2] = rows;
    words[at.CONTEXT_HELD_ROWS >> 2] = held;
    words[at.CONTEXT_IS_BOUNDED >> 2] = isBounded(config) ? 1 : 0;
    words[at.CONTEXT_MONOTONE >> 2] = ways;
    if (config.monotone !== undefined) kernels.bytes(ways, numColumns).set(config.monotone);
    const doubles = kernels.doubles(this.#context, at.CONTEXT_BYTES >> 3);
    doubles[at.CONTEXT_LAMBDA >> 3] = config.lambda;
    doubles[at.CONTEXT_ALPHA >> 3] = config.alpha;
    doubles[at.CONTEXT_MAX_DELTA_STEP >> 3] = config.maxDeltaStep;
    doubles[at.CONTEXT_MIN_CHILD_WEIGHT >> 3] = Math.max(config.minChildWeight, Number.MIN_VALUE);
    this.setTreeColumns(Int32Array.from({ length: numColumns }, (_, column) => column));
  }

  rowsAt(place: number): number {
    return this.rows.byteOffset + place * 4;
  }

  /** @returns the sums of gradients and hessians over the first `count` rows */
  beginTree(gradients: number, count: number): Float64Array {
    this.#kernels.words(this.#context + this.#layout.CONTEXT_GRADIENTS, 1)[0] = gradients;
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
    const partWords = this.#layout.PART_BYTES >> 2;
    const words = kernels.words(this.#parts, group.length * 2 * partWords);
    let part = 0;
    for (const node of group) {
      const missingBin = node.missingLeft ? cuts[node.column].length : -1;
      this.#writePart(words, part, node.begin, node.count, node, missingBin);
      this.#writePart(words, part + partWords, node.outBegin, node.outCount, node, missingBin);
      part += 2 * partWords;
    }
    kernels.check(kernels.exports.splitPartition(kernels.team, this.#context, this.#parts, group.length * 2));
    part = this.#layout.PART_TO_LEFT >> 2;
    for (const node of group) {
      const inLeft = words[part];
      const outLeft = words[part + partWords];
      part += 2 * partWords;
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
    const { SECOND_NONE, SECOND_SUBTRACTED, SECOND_BUILT } = this.#layout;
    const sought: GrowingNode[] = [];
    // Its own too are kept from being given up.
    const kept = new Set<GrowingNode>(group);
    let numPairs = 0;
    for (const parent of group) {
      if (parent.left < 0) {
        if (!parent.maySplit) continue;
        this.histograms.acquire(parent, kept);
        this.#writeNode(numPairs, 0, parent, sought);
        this.#writeHow(numPairs++, SECOND_NONE);
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
      this.#writeHow(numPairs, parent.histogram === 0 ? SECOND_BUILT : SECOND_SUBTRACTED);
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
    const at = this.#layout;
    const address = this.#pairs + pair * at.PAIR_BYTES + place * at.NODE_BYTES;
    let mask = this.#usesTreeMask ? this.#treeMask : 0;
    if (node.columns !== undefined) {
      const { paddedColumns } = this.#table;
      mask = this.#masks + (pair * 2 + place) * paddedColumns;
      const flags = kernels.bytes(mask, paddedColumns).fill(0);
      for (const column of node.columns) flags[column] = 1;
    }
    const bests = node.maySplit ? this.#bests + sought.length * this.#table.numPanels * at.BEST_BYTES : 0;
    if (node.maySplit) sought.push(node);
    const words = kernels.words(address, at.NODE_BYTES >> 2);
    words[at.NODE_BEGIN >> 2] = node.begin;
    words[at.NODE_COUNT >> 2] = node.count;
    words[at.NODE_HISTOGRAM >> 2] = node.histogram;
    words[at.NODE_MASK >> 2] = mask;
    words[at.NODE_BESTS >> 2] = bests;
    kernels.doubles(address + at.NODE_SUMS, 2).set([node.sumG, node.sumH]);
    const { lower, upper } = node.bounds;
    kernels.floats(address + at.NODE_BOUNDS, 3).set([lower, upper, node.score]);
  }

  #writeHow(pair: number, how: number): void {
    const { PAIR_BYTES, PAIR_SECOND } = this.#layout;
    this.#kernels.words(this.#pairs + pair * PAIR_BYTES + PAIR_SECOND, 1)[0] = how;
  }

  /** The best of the panels' splits; of equal ones that of the lower column. */
  #readBest(node: GrowingNode, first: number): void {
    const at = this.#layout;
    const { numPanels } = this.#table;
    const bytes = at.BEST_BYTES;
    const address = this.#bests + first * bytes;
    const gains = this.#kernels.floats(address + at.BEST_GAIN, (numPanels * bytes) >> 2);
    let best = 0;
    for (let panel = 1; panel < numPanels; panel++) {
      if (gains[(panel * bytes) >> 2] > gains[(best * bytes) >> 2]) best = panel;
    }
    const words = this.#kernels.words(address + best * bytes, bytes >> 2);
    const sums = this.#kernels.doubles(address + best * bytes + at.BEST_LEFT_SUMS, 2);
    node.gain = gains[(best * bytes) >> 2];
    node.column = words[at.BEST_COLUMN >> 2];
    node.bin = words[at.BEST_BIN >> 2];
    node.missingLeft = words[at.BEST_MISSING_LEFT >> 2] === 1;
    node.leftG = sums[0];
    node.leftH = sums[1];
  }

  /** @param part where it begins in `words` */
  #writePart(
    words: Int32Array,
    part: number,
    begin: number,
    count: number,
    { column, bin }: GrowingNode,
    missingBin: number,
  ): void {
    const at = this.#layout;
    words[part + (at.PART_BEGIN >> 2)] = begin;
    words[part + (at.PART_COUNT >> 2)] = count;
    words[part + (at.PART_COLUMN >> 2)] = column;
    words[part + (at.PART_BIN >> 2)] = bin;
    words[part + (at.PART_MISSING_BIN >> 2)] = missingBin;
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
  bounds: UNBOUNDED,
  score: 0,
};
