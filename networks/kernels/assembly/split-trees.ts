/**
 * Splits the growing and walking of trees over a team. Each function takes the team's control block (0 = no team) and
 * returns 0, or 1 when a thread was lost. A command has at most 65,535 chunks.
 */
import { FIRST, GROW, get, PARTITION, put, WALK } from './command';
import { isAlone, nextCommand, submit } from './dispatch';
import { ACTIVE_PANELS, IS_WIDE, NUM_PANELS, OFFSETS, ROWS } from './tree-context';
import { addRows, subtract } from './tree-histogram';
import { PART_BYTES, partition } from './tree-partition';
import { walk } from './tree-predict';
import { BEST_BYTES, findSplit } from './tree-split';

/**
 * One or two nodes whose histograms are wanted. For each of the two: place of the first row u32, number of rows u32,
 * histogram usize, mask of columns usize, where the best split of each panel goes usize (0 where none is sought), sums
 * f64 pair; then what bounds its children's weights, f32 each: the least, the largest, and the node's own score. Then how the second's histogram comes about, i32.
 */
export const BEGIN: usize = 0;
export const COUNT: usize = 4;
export const HISTOGRAM: usize = 8;
export const MASK: usize = 12;
export const BESTS: usize = 16;
/** Aligned for a pair of f64. */
export const SUMS: usize = 24;
export const BOUNDS: usize = 40;
export const NODE_BYTES: usize = 56;
export const SECOND: usize = NODE_BYTES * 2;
export const PAIR_BYTES: usize = 120;

export const NONE: i32 = 0;
/** It holds the parent's, from which the first's is to be taken. */
export const SUBTRACT: i32 = 1;
export const BUILD: i32 = 2;

/**
 * Builds the histograms of pairs of nodes and finds their best splits; a chunk is one panel of one pair.
 * @param pairs see above
 */
export function splitGrow(team: usize, context: usize, pairs: usize, numPairs: i32): i32 {
  const chunks = numPairs * load<i32>(context, NUM_PANELS);
  if (isAlone(team, false)) {
    for (let chunk = 0; chunk < chunks; chunk++) grow(context, pairs, chunk);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, context);
  put<usize>(command, FIRST + 1, pairs);
  return submit(team, GROW, chunks, 1);
}

export function growChunk(command: usize, chunk: i32): void {
  grow(get<usize>(command, FIRST), get<usize>(command, FIRST + 1), chunk);
}

function grow(context: usize, pairs: usize, chunk: i32): void {
  const panels = load<i32>(context, NUM_PANELS);
  const panel = chunk % panels;
  const pair = pairs + <usize>(chunk / panels) * PAIR_BYTES;
  const second = pair + NODE_BYTES;
  const how = load<i32>(pair, SECOND);
  if (!load<u8>(load<usize>(context, ACTIVE_PANELS) + <usize>panel)) {
    noSplit(pair, panel);
    if (how !== NONE) noSplit(second, panel);
    return;
  }
  const lanes: usize = load<i32>(context, IS_WIDE) ? 16 : 32;
  const offsets = load<usize>(context, OFFSETS) + <usize>panel * lanes;
  const from = load<u32>(offsets);
  const to = load<u32>(offsets + lanes);
  build(context, panel, pair, from, to);
  if (how === SUBTRACT) subtract(load<usize>(second, HISTOGRAM), load<usize>(pair, HISTOGRAM), from, to);
  else if (how !== NONE) build(context, panel, second, from, to);
  search(context, panel, pair);
  if (how !== NONE) search(context, panel, second);
}

function noSplit(node: usize, panel: i32): void {
  const bests = load<usize>(node, BESTS);
  if (bests) store<f32>(bests + <usize>panel * BEST_BYTES, 0);
}

function build(context: usize, panel: i32, node: usize, from: u32, to: u32): void {
  const histogram = load<usize>(node, HISTOGRAM);
  memory.fill(histogram + ((<usize>from) << 4), 0, (<usize>(to - from)) << 4);
  const rows = load<usize>(context, ROWS) + ((<usize>load<u32>(node, BEGIN)) << 2);
  addRows(context, panel, rows, load<i32>(node, COUNT), histogram);
}

function search(context: usize, panel: i32, node: usize): void {
  const bests = load<usize>(node, BESTS);
  if (!bests) return;
  const best = bests + <usize>panel * BEST_BYTES;
  const histogram = load<usize>(node, HISTOGRAM);
  const mask = load<usize>(node, MASK);
  findSplit(context, panel, histogram, node + SUMS, mask, best, node + BOUNDS);
}

/** Parts stretches of rows, see `partition`; a chunk is one stretch. */
export function splitPartition(team: usize, context: usize, parts: usize, numParts: i32): i32 {
  if (isAlone(team, numParts === 1)) {
    for (let part = 0; part < numParts; part++) partition(context, parts + <usize>part * PART_BYTES);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, context);
  put<usize>(command, FIRST + 1, parts);
  return submit(team, PARTITION, numParts, 1);
}

export function partitionChunk(command: usize, part: i32): void {
  partition(get<usize>(command, FIRST), get<usize>(command, FIRST + 1) + <usize>part * PART_BYTES);
}

/**
 * Adds trees' leaves to margins, see `walk`; a chunk is `blockRows` rows.
 * @param block scratch of 4 · columns · blockRows bytes for each thread
 */
export function splitWalk(
  team: usize,
  trees: usize,
  numTrees: i32,
  values: usize,
  rows: i32,
  columns: i32,
  block: usize,
  margins: usize,
  outputs: i32,
  blockRows: i32,
): i32 {
  if (isAlone(team, rows <= blockRows)) {
    for (let from = 0; from < rows; from += blockRows) {
      const at = (<usize>from) << 2;
      const count = min(blockRows, rows - from);
      walk(trees, numTrees, values + at * columns, count, columns, block, margins + at * outputs, outputs);
    }
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, trees);
  put<i32>(command, FIRST + 1, numTrees);
  put<usize>(command, FIRST + 2, values);
  put<i32>(command, FIRST + 3, rows);
  put<i32>(command, FIRST + 4, columns);
  put<usize>(command, FIRST + 5, block);
  put<usize>(command, FIRST + 6, margins);
  put<i32>(command, FIRST + 7, outputs);
  return submit(team, WALK, rows, blockRows);
}

export function walkRange(command: usize, from: i32, grain: i32, thread: i32): void {
  const at = (<usize>from) << 2;
  const columns = get<i32>(command, FIRST + 4);
  const outputs = get<i32>(command, FIRST + 7);
  walk(
    get<usize>(command, FIRST),
    get<i32>(command, FIRST + 1),
    get<usize>(command, FIRST + 2) + at * columns,
    min(grain, get<i32>(command, FIRST + 3) - from),
    columns,
    get<usize>(command, FIRST + 5) + ((<usize>(thread * columns * grain)) << 2),
    get<usize>(command, FIRST + 6) + at * outputs,
    outputs,
  );
}
