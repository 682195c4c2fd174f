/** Writes state that JSON cannot hold as text and reads it back to the bit: numbers of every kind, and typed arrays. */
import { StorageError } from './errors.ts';
import type { NumericArray, NumericArrayType } from './snapshot.ts';

/** Plain data: what a state is made of. `undefined` in an object is left out. */
export type PlainState =
  | null
  | undefined
  | boolean
  | number
  | string
  | NumericArray
  | readonly PlainState[]
  | { readonly [key: string]: PlainState };

const TYPES: ReadonlyMap<string, NumericArrayType> = new Map(
  [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array].map((type) => [type.name, type]),
);
/** The key of what is no JSON. */
const TAG = '~';

/**
 * One text for one state, on any machine.
 * @throws StorageError `not-storable` for what is no plain data
 */
export function stateToText(state: PlainState): string {
  if (state === null || typeof state === 'boolean' || typeof state === 'string') return JSON.stringify(state);
  if (typeof state === 'number') {
    if (Object.is(state, -0)) return '-0';
    return Number.isFinite(state) ? String(state) : `{"${TAG}":"${state}"}`;
  }
  if (ArrayBuffer.isView(state)) {
    const { buffer, byteOffset, byteLength } = state as NumericArray;
    const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
    return `{"${TAG}":"${state.constructor.name}","bytes":"${bytes}"}`;
  }
  if (Array.isArray(state)) return `[${state.map((item) => stateToText(item ?? null)).join(',')}]`;
  if (typeof state === 'object') {
    const fields = Object.entries(state)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${JSON.stringify(key)}:${stateToText(value)}`);
    return `{${fields.join(',')}}`;
  }
  throw new StorageError('not-storable', `A state holds ${typeof state}, which cannot be kept.`);
}

/** @param text as `stateToText` wrote it */
export function stateFromText(text: string): PlainState {
  return JSON.parse(text, (_key, value) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, TAG)) return value;
    const { [TAG]: tag, bytes } = value as { [TAG]: string; bytes?: string };
    if (bytes === undefined) return Number(tag);
    const type = TYPES.get(tag);
    if (type === undefined) throw new StorageError('corrupt', `A state holds an array of kind ${tag}.`);
    const copy = new Uint8Array(Buffer.from(bytes, 'base64'));
    return new type(copy.buffer, 0, copy.byteLength / type.BYTES_PER_ELEMENT);
  });
}
