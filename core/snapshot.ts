/** Saves exact state as plain data: a checkpoint stores it, and an interrupted run continues from it. */
import { createHash } from 'node:crypto';
import { StorageError } from './errors.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The element types a checkpoint can hold without loss. */
export type NumericArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Makes one of them. */
export type NumericArrayType =
  | typeof Float32Array
  | typeof Float64Array
  | typeof Int32Array
  | typeof Uint32Array
  | typeof Uint8Array;

export interface Snapshot {
  /** Named typed arrays; the receiver of a snapshot owns them (they are copies, not views). */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  /** Everything else: counters, random-generator states, flags. */
  readonly values: Readonly<Record<string, Json>>;
}

/** What can be frozen into a snapshot and continue from it to the same bits. */
export interface Snapshotable {
  /**
   * @param borrow true: large arrays may be views that the next change overwrites, and what nothing reads any more may be
   *   left out, for callers that write them out at once; otherwise all of it is there, as copies
   */
  save(borrow?: boolean): Snapshot;
  /** @throws StorageError `snapshot-mismatch` when the snapshot was taken from something of another shape */
  load(snapshot: Snapshot): void;
}

/** An array that is still where it is stored. */
export interface StoredArray {
  readonly type: NumericArrayType;
  readonly length: number;
  /** Reads the whole of it. @param target of that type and length */
  readInto(target: NumericArray): void;
}

/** What the getters of `storedArrays` stand for, while nobody holds the array. */
const STORED = new WeakMap<() => NumericArray, StoredArray>();

/**
 * Arrays of a snapshot that are read when they are asked for: by `restoreArrayInto` straight into place, so that a
 * large one is in memory once; by any other access as an array that is kept.
 */
export function storedArrays(stored: Readonly<Record<string, StoredArray>>): Snapshot['arrays'] {
  const getters = Object.entries(stored).map(([key, array]): [string, PropertyDescriptor] => {
    let kept: NumericArray | undefined;
    const get = (): NumericArray => {
      if (kept === undefined) {
        kept = new array.type(array.length);
        array.readInto(kept);
        STORED.delete(get); // Whoever has it may have changed it since.
      }
      return kept;
    };
    STORED.set(get, array);
    return [key, { get, enumerable: true }];
  });
  return Object.defineProperties({}, Object.fromEntries(getters));
}

/** Joins several snapshots into one; part `p`'s array `a` becomes `p/a`. */
export function joinSnapshots(parts: Readonly<Record<string, Snapshot>>): Snapshot {
  const arrays: Record<string, NumericArray> = {};
  const values: Record<string, Json> = {};
  for (const [part, snapshot] of Object.entries(parts)) {
    for (const [key, array] of Object.entries(snapshot.arrays)) arrays[`${part}/${key}`] = array;
    for (const [key, value] of Object.entries(snapshot.values)) values[`${part}/${key}`] = value;
  }
  return { arrays, values };
}

/** The part that `joinSnapshots` stored under `part`; empty when there is none. */
export function snapshotPart(snapshot: Snapshot, part: string): Snapshot {
  const prefix = `${part}/`;
  // By descriptors: what is still stored is not read.
  const pick = <Value>(entries: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(Object.getOwnPropertyDescriptors(entries))
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => [key.slice(prefix.length), value]),
      ),
    );
  return { arrays: pick(snapshot.arrays), values: pick(snapshot.values) };
}

/**
 * Copies the snapshot's array `key` into `target`.
 * @throws StorageError `snapshot-mismatch` when it is missing, of another element type or of another length
 */
export function restoreArrayInto(target: NumericArray, { arrays }: Snapshot, key: string): void {
  if (!Object.hasOwn(arrays, key)) {
    throw new StorageError('snapshot-mismatch', `The saved state has no array "${key}".`);
  }
  const { get } = Object.getOwnPropertyDescriptor(arrays, key)!;
  const source = (get && STORED.get(get)) ?? arrays[key];
  const type = 'type' in source ? source.type : source.constructor;
  if (type !== target.constructor || source.length !== target.length) {
    throw new StorageError(
      'snapshot-mismatch',
      `The saved array "${key}" is ${type.name}[${source.length}], but ` +
        `${target.constructor.name}[${target.length}] is needed: it was saved from another configuration or space.`,
    );
  }
  if ('type' in source) source.readInto(target);
  else target.set(source);
}

/** @throws StorageError `snapshot-mismatch` when the snapshot has no number under `key` */
export function restoreNumber(snapshot: Snapshot, key: string): number {
  const value = snapshot.values[key];
  if (typeof value !== 'number')
    throw new StorageError('snapshot-mismatch', `The saved state has no number "${key}".`);
  return value;
}

/** SHA-256, hexadecimal, of the names, types and bytes of all arrays: equal for equal states, on any machine. */
export function hashSnapshot({ arrays }: Snapshot): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(arrays).sort()) {
    const array = arrays[name];
    hash.update(`${name}:${array.constructor.name}[${array.length}]`);
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}
