/** Recognises rows of a table by what is in them, wherever they stand. */
import type { FeatureTable } from './feature-table.ts';

/** Rows that repeat others, as a share, from which a table's rows do not tell learnt ones from others. */
const MOST_REPEATED = 0.01;

const bits = new DataView(new ArrayBuffer(4));

/** 53 bits of the values of a row. */
export function hashRow({ values, numColumns }: FeatureTable, row: number): number {
  let high = 0x811c9dc5;
  let low = 0x2f0b4a27;
  for (let i = row * numColumns; i < (row + 1) * numColumns; i++) {
    // −0 is 0 in a file; NaN is one value.
    bits.setFloat32(0, values[i] === 0 ? 0 : values[i]);
    const word = Number.isNaN(values[i]) ? 0x7fc00000 : bits.getInt32(0);
    high = Math.imul((high ^ word) >>> 0, 0x01000193) ^ (high >>> 15);
    low = Math.imul((low ^ word) >>> 0, 0x85ebca6b) ^ (low >>> 13);
  }
  return ((high >>> 0) & 0x1fffff) * 4_294_967_296 + (low >>> 0);
}

/** Of the given rows, for `recallsRow`; undefined where many rows are alike. */
export function hashRows(table: FeatureTable, rows: Int32Array): string | undefined {
  const hashes = Float64Array.from(rows, (row) => hashRow(table, row));
  if (rows.length - new Set(hashes).size > MOST_REPEATED * rows.length) return undefined;
  return Buffer.from(hashes.buffer).toString('base64');
}

const known = new Map<string, Set<number>>();

/** Whether a row is among those that were hashed. */
export function recallsRow(hashes: string, table: FeatureTable, row: number): boolean {
  let set = known.get(hashes);
  if (set === undefined) {
    const bytes = Uint8Array.from(Buffer.from(hashes, 'base64'));
    set = new Set(new Float64Array(bytes.buffer));
    known.clear();
    known.set(hashes, set);
  }
  return set.has(hashRow(table, row));
}
