/** Reads the layouts of what callers hand to the kernels from the compiled module, the one place that defines them. */
import { createSharedMemory, instantiate } from './wasm-module.ts';

/** The module's constants by name; what each means stands beside it in networks/kernels/assembly. */
const NAMES = [
  'ACTIVATION_IDENTITY',
  'ACTIVATION_TANH',
  'ACTIVATION_RELU',
  'MAX_CHUNKS',
  'CONTEXT_BINS',
  'CONTEXT_IS_WIDE',
  'CONTEXT_NUM_ROWS',
  'CONTEXT_NUM_PANELS',
  'CONTEXT_GRADIENTS',
  'CONTEXT_OFFSETS',
  'CONTEXT_BIN_COUNTS',
  'CONTEXT_HAS_MISSING',
  'CONTEXT_ACTIVE_PANELS',
  'CONTEXT_ROWS',
  'CONTEXT_HELD_ROWS',
  'CONTEXT_LAMBDA',
  'CONTEXT_ALPHA',
  'CONTEXT_MIN_CHILD_WEIGHT',
  'CONTEXT_MAX_DELTA_STEP',
  'CONTEXT_IS_BOUNDED',
  'CONTEXT_MONOTONE',
  'CONTEXT_BYTES',
  'NODE_BEGIN',
  'NODE_COUNT',
  'NODE_HISTOGRAM',
  'NODE_MASK',
  'NODE_BESTS',
  'NODE_SUMS',
  'NODE_BOUNDS',
  'NODE_BYTES',
  'PAIR_SECOND',
  'PAIR_BYTES',
  'SECOND_NONE',
  'SECOND_SUBTRACTED',
  'SECOND_BUILT',
  'BEST_GAIN',
  'BEST_COLUMN',
  'BEST_BIN',
  'BEST_MISSING_LEFT',
  'BEST_LEFT_SUMS',
  'BEST_BYTES',
  'PART_BEGIN',
  'PART_COUNT',
  'PART_COLUMN',
  'PART_BIN',
  'PART_MISSING_BIN',
  'PART_TO_LEFT',
  'PART_BYTES',
  'WALK_NODES',
  'WALK_DEPTH',
  'WALK_OUTPUT',
  'WALK_TREE_BYTES',
  'WALK_THRESHOLD',
  'WALK_COLUMN',
  'WALK_CHILDREN',
  'WALK_SIGN',
  'WALK_NODE_BYTES',
  'WALK_COLUMN_BYTES',
  'WALK_LANES',
] as const;

/** Offsets and sizes in bytes, codes, and counts. */
export type KernelLayout = Readonly<Record<(typeof NAMES)[number], number>>;

let layout: KernelLayout | undefined;

/** The layout, read once per process. */
export function kernelLayout(): KernelLayout {
  layout ??= readLayout();
  return layout;
}

function readLayout(): KernelLayout {
  const exports = instantiate(createSharedMemory(1, 1));
  const entries = NAMES.map((name) => {
    const value = (exports[name] as { readonly value?: number } | undefined)?.value;
    if (value !== undefined) return [name, value];
    throw new Error(
      `networks/kernels/kernels.wasm has no "${name}": it is older than its sources; run npm run build:kernels.`,
    );
  });
  return Object.fromEntries(entries);
}
