/**
 * Lays out a command: one kernel's call, divided into chunks. A chunk is a block of rows, of columns or of an array,
 * computed as the undivided kernel computes it, so that results are the same bits for any number of threads.
 */

export const PRODUCT_ROWS: i32 = 0;
export const PRODUCT_COLUMNS: i32 = 1;
export const ACTIVATE: i32 = 2;
export const ACTIVATION_GRADIENT: i32 = 3;
export const LOG_SOFTMAX: i32 = 4;
export const SCALE: i32 = 5;
export const ADAM: i32 = 6;
export const RMS_PROP: i32 = 7;
export const SGD: i32 = 8;
/** Each chunk is a task's commands on a tape. */
export const TASKS: i32 = 9;
export const GROW: i32 = 10;
export const PARTITION: i32 = 11;
export const WALK: i32 = 12;
export const BIAS_ACTIVATE: i32 = 13;
export const GATHER_ROWS: i32 = 14;

/** Fields, four bytes each: what to do, how much of it makes a chunk, then the kernel's arguments. */
export const OPERATION: i32 = 0;
export const GRAIN: i32 = 1;
export const FIRST: i32 = 2;

/** What the longest command needs, and a little. */
export const COMMAND_BYTES: usize = 96;

/** Chunks for each thread at most, where they could be smaller: enough for a thread that comes late. */
const CHUNKS_PER_THREAD: i32 = 4;

export function put<T>(command: usize, field: i32, value: T): void {
  store<T>(command + ((<usize>field) << 2), value);
}

export function get<T>(command: usize, field: i32): T {
  return load<T>(command + ((<usize>field) << 2));
}

export function ceilDivide(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** `smallest`, or more where that would make too many chunks, rounded up to a multiple. */
export function grainOf(length: i32, smallest: i32, threads: i32, multiple: i32): i32 {
  const grain = max(smallest, ceilDivide(length, threads * CHUNKS_PER_THREAD));
  return ceilDivide(grain, multiple) * multiple;
}
