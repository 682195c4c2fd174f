/**
 * Turns typed arrays into bytes and back, in the safetensors format: data only, nothing in a file is ever executed.
 * Source: huggingface/safetensors, README "Format" (0.4): 8 bytes little-endian header length, a JSON header of
 * dtype, shape and data_offsets per tensor, then the data without gaps.
 * Differences from the source: the dtypes F32, F64, I32, U32 and U8 only; the host must be little-endian.
 */
import { StorageError } from '../core/errors.ts';
import type { NumericArray, NumericArrayType } from '../core/snapshot.ts';

/** A typed array with its shape, row-major. */
export interface Tensor {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

export interface Tensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The text entries of `__metadata__`; empty where there are none. */
  readonly metadata: Readonly<Record<string, string>>;
}

const DTYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

type Dtype = keyof typeof DTYPES;

const METADATA = '__metadata__';
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** `encodeSafetensorsParts` as one array. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor | NumericArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = encodeSafetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * @param tensors by name; a bare typed array stands for one of shape [length]
 * @param metadata any texts, kept in the header
 * @returns the file's bytes, one part after the other; the tensors' are views, so that nothing large is copied
 * @throws StorageError `invalid-tensor` for a shape that does not fit the data, or a tensor named `__metadata__`
 */
export function encodeSafetensorsParts(
  tensors: Readonly<Record<string, Tensor | NumericArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const { data, shape } = ArrayBuffer.isView(tensor) ? { data: tensor, shape: [tensor.length] } : tensor;
    if (name === METADATA)
      throw new StorageError('invalid-tensor', `A tensor cannot be named "${METADATA}".`);
    if (numElements(shape) !== data.length) {
      throw new StorageError(
        'invalid-tensor',
        `Tensor "${name}" of shape [${shape.join(', ')}] cannot hold ${data.length} numbers.`,
      );
    }
    return { name, data, shape };
  });
  // Wide elements first: every tensor then begins on a multiple of its element size.
  entries.sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);

  const fields: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let end = 0;
  for (const { name, data, shape } of entries) {
    const begin = end;
    end += data.byteLength;
    fields.push([name, { dtype: dtypeOf(data), shape, data_offsets: [begin, end] }]);
  }
  // Object.fromEntries defines even a key like "__proto__" as an ordinary property.
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const headerLength = Math.ceil(header.length / 8) * 8;
  const start = new Uint8Array(8 + headerLength);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerLength), true);
  start.fill(0x20, 8);
  start.set(header, 8);
  return [start, ...entries.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/**
 * @param source what the bytes are, for messages: a path
 * @returns arrays that are views of `bytes`, which nobody else may write to, or copies where an alignment asks for them
 * @throws StorageError `malformed` for bytes that are truncated, overlong or not in the format
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Tensors {
  const { places, metadata } = locateTensors(
    bytes.length,
    (begin, end) => bytes.subarray(begin, end),
    source,
  );
  const tensors = new Map<string, Tensor>();
  for (const { name, type, shape, begin, end } of places) {
    tensors.set(name, { data: arrayOf(type, bytes.subarray(begin, end)), shape });
  }
  return { tensors, metadata };
}

/** Where a tensor lies in a file. */
export interface TensorPlace {
  readonly name: string;
  readonly type: NumericArrayType;
  readonly shape: readonly number[];
  /** The file's bytes [begin, end). */
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a file's header alone.
 * @param size of the file in bytes
 * @param read gives bytes [begin, end) of it
 * @param source what the file is, for messages: a path
 * @returns the tensors by place, without gaps up to the file's end
 * @throws StorageError `malformed` for a file that is truncated, overlong or not in the format
 */
export function locateTensors(
  size: number,
  read: (begin: number, end: number) => Uint8Array,
  source: string,
): { places: TensorPlace[]; metadata: Tensors['metadata'] } {
  const fail = (what: string): StorageError =>
    new StorageError('malformed', `"${source}" is not a sound safetensors file: ${what}.`);
  if (size < 8) throw fail(`it has ${size} bytes, too few for a header`);
  const start = read(0, 8);
  const headerLength = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (headerLength > MAX_HEADER_BYTES || headerLength > size - 8) {
    throw fail(`its header claims ${headerLength} bytes, the file has ${size}`);
  }
  const dataBegin = 8 + headerLength;
  const dataSize = size - dataBegin;
  const header = parseHeader(read(8, dataBegin), fail);

  const metadata = header[METADATA] ?? {};
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw fail(`${METADATA} must hold texts`);
  }
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => checkEntry(name, entry, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected) {
      throw fail(`tensor "${name}" begins at byte ${begin} of the data, ${expected} was expected`);
    }
    if (end > dataSize) throw fail(`tensor "${name}" ends at byte ${end} of the data, which has ${dataSize}`);
    expected = end;
  }
  if (expected !== dataSize) throw fail(`${dataSize - expected} bytes follow its last tensor`);
  const places = entries.map(({ dtype, begin, end, ...entry }) => ({
    ...entry,
    type: DTYPES[dtype],
    begin: dataBegin + begin,
    end: dataBegin + end,
  }));
  return { places, metadata: metadata as Record<string, string> };
}

function arrayOf(ArrayType: NumericArrayType, bytes: Uint8Array): NumericArray {
  const { BYTES_PER_ELEMENT: size } = ArrayType;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(buffer as ArrayBuffer, byteOffset, byteLength / size);
}

type Fail = (what: string) => StorageError;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw fail('its header is not JSON');
  }
  if (!isRecord(header)) throw fail('its header is not a JSON object');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw fail(`its header has the key ${duplicate} twice`);
  return header;
}

function checkEntry(name: string, entry: unknown, fail: Fail) {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    throw fail(
      `tensor "${name}" has dtype ${JSON.stringify(dtype)}; known: ${Object.keys(DTYPES).join(', ')}`,
    );
  }
  if (!isCountList(shape)) throw fail(`tensor "${name}" has no sound shape`);
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw fail(`tensor "${name}" has no sound data_offsets`);
  }
  const [begin, end] = offsets;
  if (numElements(shape) * DTYPES[dtype as Dtype].BYTES_PER_ELEMENT !== end - begin) {
    throw fail(
      `tensor "${name}" of ${dtype} and shape [${shape.join(', ')}] does not take ${end - begin} bytes`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

function dtypeOf(data: NumericArray): Dtype {
  const found = Object.entries(DTYPES).find(([, ArrayType]) => data instanceof ArrayType);
  if (found === undefined) {
    throw new StorageError(
      'invalid-tensor',
      `Arrays of type ${(data as object).constructor.name} cannot be stored.`,
    );
  }
  return found[0] as Dtype;
}

function numElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** The first key that an object in valid JSON text holds twice, quoted; `JSON.parse` would keep the last in silence. */
function findDuplicateKey(json: string): string | undefined {
  const scopes: Set<string>[] = [];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}]/g)) {
    if (token === '{') scopes.push(new Set());
    else if (token === '}') scopes.pop();
    else if (token.endsWith(':')) {
      const quoted = token.slice(0, -1).trimEnd();
      const key = JSON.parse(quoted) as string;
      const scope = scopes[scopes.length - 1];
      if (scope.has(key)) return quoted;
      scope.add(key);
    }
  }
  return undefined;
}
