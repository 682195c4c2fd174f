/** Keeps a batch's rows in the kernels' memory: buffers grow when more rows come, and keep their views. */
import type { Kernels } from './kernels.ts';

export interface BatchBuffer {
  /** The first `rows` rows, [rows, columns]: the same view for the same number. Growing loses what was there. */
  take(rows: number): Float32Array;
  /**
   * The array itself when the kernels can read it, otherwise the buffer with the array's first rows in it.
   * @throws RangeError when the array is too short
   */
  hold(array: Float32Array, rows: number): Float32Array;
}

export function createBatchBuffer(kernels: Kernels, columns: number): BatchBuffer {
  let capacity = 0;
  let array: Float32Array = kernels.allocate(0);
  let last = array;
  let lastRows = -1;
  let views = new Map<number, Float32Array>();

  function take(rows: number): Float32Array {
    if (rows === lastRows) return last;
    if (rows > capacity) {
      capacity = Math.max(rows, 2 * capacity);
      array = kernels.allocate(capacity * columns);
      views = new Map();
    }
    let view = views.get(rows);
    if (view === undefined) {
      view = array.subarray(0, rows * columns);
      views.set(rows, view);
    }
    last = view;
    lastRows = rows;
    return view;
  }

  return {
    take,

    hold(source, rows) {
      const length = rows * columns;
      if (source.length < length) {
        throw new RangeError(`${length} numbers are needed for ${rows} rows, but ${source.length} came.`);
      }
      if (kernels.owns(source)) return source;
      const target = take(rows);
      target.set(source.length === length ? source : source.subarray(0, length));
      return target;
    },
  };
}
