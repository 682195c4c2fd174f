/** Gathers rows of a matrix, in an order given, and splits that over a team. */
import { FIRST, GATHER_ROWS, get, grainOf, put } from './command';
import { isAlone, nextCommand, submit } from './dispatch';
import { storeLanes } from './lanes';

/** Numbers that are not split, and numbers of a chunk. */
const ALONE_BELOW: i32 = 32768;
const CHUNK: i32 = 8192;

/**
 * target [n, columns] = source [rows[0 … n), columns], elements of four bytes.
 * @param rows of the source, i32
 */
function gatherRows(target: usize, source: usize, rows: usize, numRows: i32, columns: i32): void {
  const stride = (<usize>columns) << 2;
  if (columns === 1) {
    for (; numRows > 0; numRows--) {
      store<u32>(target, load<u32>(source + ((<usize>load<u32>(rows)) << 2)));
      target += 4;
      rows += 4;
    }
    return;
  }
  for (; numRows > 0; numRows--) {
    let from = source + <usize>load<u32>(rows) * stride;
    let to = target;
    let length = columns;
    for (; length >= 4; length -= 4) {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
    }
    if (length > 0) storeLanes(to, v128.load(from), length);
    target += stride;
    rows += 4;
  }
}

/** See `gatherRows`. Returns 0, or 1 when a thread was lost. */
export function splitGatherRows(
  team: usize,
  threads: i32,
  target: usize,
  source: usize,
  rows: usize,
  numRows: i32,
  columns: i32,
): i32 {
  if (isAlone(team, <f64>numRows * <f64>columns < <f64>ALONE_BELOW)) {
    gatherRows(target, source, rows, numRows, columns);
    return 0;
  }
  const command = nextCommand(team);
  put<usize>(command, FIRST, target);
  put<usize>(command, FIRST + 1, source);
  put<usize>(command, FIRST + 2, rows);
  put<i32>(command, FIRST + 3, numRows);
  put<i32>(command, FIRST + 4, columns);
  return submit(team, GATHER_ROWS, numRows, grainOf(numRows, CHUNK / max(columns, 1), threads, 4));
}

export function gatherRange(command: usize, from: i32, grain: i32): void {
  const columns = get<i32>(command, FIRST + 4);
  gatherRows(
    get<usize>(command, FIRST) + ((<usize>from * <usize>columns) << 2),
    get<usize>(command, FIRST + 1),
    get<usize>(command, FIRST + 2) + ((<usize>from) << 2),
    min(grain, get<i32>(command, FIRST + 3) - from),
    columns,
  );
}
