/**
 * Lays out the context that stays the same while trees grow on one matrix of bins. Byte offsets of the fields; C
 * columns are padded to whole panels.
 */

/** usize: the bins, panel by panel, [panels][rows][8 or 4]. */
export const BINS: usize = 0;
/** i32: 1 where a bin takes two bytes. */
export const IS_WIDE: usize = 4;
/** u32 */
export const NUM_ROWS: usize = 8;
/** i32 */
export const NUM_PANELS: usize = 12;
/** usize: f32 pairs of gradient and hessian, [rows][2]. */
export const GRADIENTS: usize = 16;
/** usize: where each column's bins start in a histogram, u32 [C + 1]; the last one of a column may be the missing. */
export const OFFSETS: usize = 20;
/** usize: each column's number of bins for values present, u32 [C]; 0 for padding. */
export const BIN_COUNTS: usize = 24;
/** usize: whether any value of a column is missing, u8 [C]. */
export const HAS_MISSING: usize = 28;
/** usize: whether a tree uses any column of a panel, u8 [panels]. */
export const ACTIVE_PANELS: usize = 32;
/** usize: row numbers, u32 [rows], each node's in one stretch. */
export const ROWS: usize = 36;
/** usize: as many row numbers again, for scratch. */
export const HELD_ROWS: usize = 40;
/** f64: the constants of the gain. */
export const LAMBDA: usize = 48;
export const ALPHA: usize = 56;
export const MIN_CHILD_WEIGHT: usize = 64;
/** f64: the largest weight of a leaf, 0 for none. */
export const MAX_DELTA_STEP: usize = 72;
/** i32: 1 where weights are bounded, by the largest or by monotone columns. */
export const IS_BOUNDED: usize = 80;
/** usize: the way each column may lead, i8 [C]: 1 up, −1 down, 0 either; 0 where none is bound. */
export const MONOTONE: usize = 84;
/** Bytes of a context. */
export const CONTEXT_BYTES: i32 = 88;
