/**
 * Exports what the WebAssembly module offers. Addresses are bytes; lengths and shapes count numbers. Constants are the layouts,
 * in bytes, of what callers write and read themselves, and codes.
 */

export {
  IDENTITY as ACTIVATION_IDENTITY,
  RELU as ACTIVATION_RELU,
  TANH as ACTIVATION_TANH,
} from './activation';

export { fuses } from './arithmetic';
export { fold, unfold } from './convolution';
export { chunksDoneByOthers, runTasks, settle, work } from './dispatch';
export { layerNorm, layerNormBackward } from './layer-norm';
export { polyak } from './polyak';
export { splitGemm } from './products/split';
export { addColumnSums, gruBackward, gruForward, lstmBackward, lstmForward } from './recurrent';
export { splitGatherRows } from './rows';
export {
  splitActivate,
  splitActivationGradient,
  splitBiasActivate,
  splitLogSoftmax,
  splitScale,
} from './split-elementwise';
export { splitAdam, splitRmsProp, splitSgd } from './split-optimizers';
export {
  BEGIN as NODE_BEGIN,
  BESTS as NODE_BESTS,
  BOUNDS as NODE_BOUNDS,
  BUILD as SECOND_BUILT,
  COUNT as NODE_COUNT,
  HISTOGRAM as NODE_HISTOGRAM,
  MASK as NODE_MASK,
  NODE_BYTES,
  NONE as SECOND_NONE,
  PAIR_BYTES,
  SECOND as PAIR_SECOND,
  SUBTRACT as SECOND_SUBTRACTED,
  SUMS as NODE_SUMS,
  splitGrow,
  splitPartition,
  splitWalk,
} from './split-trees';
export { beginTape, beginTask, endTape } from './tape';
export { abandonTeam, closeTeam, MAX_CHUNKS, openTeam, teamBytes } from './team';
export {
  ACTIVE_PANELS as CONTEXT_ACTIVE_PANELS,
  ALPHA as CONTEXT_ALPHA,
  BIN_COUNTS as CONTEXT_BIN_COUNTS,
  BINS as CONTEXT_BINS,
  CONTEXT_BYTES,
  GRADIENTS as CONTEXT_GRADIENTS,
  HAS_MISSING as CONTEXT_HAS_MISSING,
  HELD_ROWS as CONTEXT_HELD_ROWS,
  IS_BOUNDED as CONTEXT_IS_BOUNDED,
  IS_WIDE as CONTEXT_IS_WIDE,
  LAMBDA as CONTEXT_LAMBDA,
  MAX_DELTA_STEP as CONTEXT_MAX_DELTA_STEP,
  MIN_CHILD_WEIGHT as CONTEXT_MIN_CHILD_WEIGHT,
  MONOTONE as CONTEXT_MONOTONE,
  NUM_PANELS as CONTEXT_NUM_PANELS,
  NUM_ROWS as CONTEXT_NUM_ROWS,
  OFFSETS as CONTEXT_OFFSETS,
  ROWS as CONTEXT_ROWS,
} from './tree-context';
export {
  addToRows,
  gradientRange,
  logisticGradients,
  roundGradients,
  softmaxGradients,
  squaredGradients,
  sumGradients,
} from './tree-gradients';
export {
  BEGIN as PART_BEGIN,
  BIN as PART_BIN,
  COLUMN as PART_COLUMN,
  COUNT as PART_COUNT,
  MISSING_BIN as PART_MISSING_BIN,
  PART_BYTES,
  TO_LEFT as PART_TO_LEFT,
} from './tree-partition';
export {
  CHILDREN as WALK_CHILDREN,
  COLUMN as WALK_COLUMN,
  COLUMN_BYTES as WALK_COLUMN_BYTES,
  DEPTH as WALK_DEPTH,
  LANES as WALK_LANES,
  NODE_BYTES as WALK_NODE_BYTES,
  NODES as WALK_NODES,
  OUTPUT as WALK_OUTPUT,
  SIGN as WALK_SIGN,
  THRESHOLD as WALK_THRESHOLD,
  TREE_BYTES as WALK_TREE_BYTES,
} from './tree-predict';
export {
  BEST_BIN,
  BEST_BYTES,
  BEST_COLUMN,
  BEST_GAIN,
  BEST_LEFT_SUMS,
  BEST_MISSING_LEFT,
} from './tree-split';
export { allFinite, sumOfSquares } from './update';

/** The first address that no static data occupies. */
export function heapBase(): usize {
  return __heap_base;
}
