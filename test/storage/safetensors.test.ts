import { describe, expect, test } from 'vitest';
import type { NumericArray } from '../../core/snapshot.ts';
import { decodeSafetensors, encodeSafetensors } from '../../storage/safetensors.ts';

const encoder = new TextEncoder();

/** A file with any header and data. */
function file(header: string | object, dataBytes = 0, claimedLength?: number): Uint8Array {
  const text = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimedLength ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, 'model.safetensors');

describe('what is encoded is decoded to the same bits', () => {
  const extremes = [0, -0, 1 / 3, -1e300, 5e-324, Infinity, Number.NaN, 2 ** 32 - 1, -(2 ** 31)];
  const types = [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array] as const;
  for (const type of types) {
    for (const length of [0, 1, 2, 3, 7, 9, 1000]) {
      test(`${type.name}[${length}]`, () => {
        const data = new type(length).map(
          (_: number, i: number) => extremes[i % extremes.length],
        ) as NumericArray;
        const { tensors } = decode(encodeSafetensors({ before: new Uint8Array(3), data, after: data }));
        const back = tensors.get('data')!;
        expect(back.data.constructor).toBe(type);
        expect(back.shape).toEqual([length]);
        const { buffer, byteOffset, byteLength } = back.data;
        expect(new Uint8Array(buffer, byteOffset, byteLength)).toEqual(new Uint8Array(data.buffer));
        expect(tensors.get('after')!.data).toEqual(data);
        expect(tensors.get('before')!.data).toEqual(new Uint8Array(3));
      });
    }
  }

  test('with shapes, scalars, metadata, odd names and views into larger buffers', () => {
    const view = new Float32Array([9, 1, 2, 3, 4, 5, 6, 9]).subarray(1, 7);
    const bytes = encodeSafetensors(
      {
        matrix: { data: view, shape: [2, 3] },
        scalar: { data: new Float64Array([0.1]), shape: [] },
        none: { data: new Float32Array(0), shape: [3, 0] },
        'a/b "ü" \\': new Int32Array([1]),
        __proto__x: new Uint8Array(1),
        ['__proto__']: new Uint8Array([7]),
      },
      { note: 'quoted "text": {' },
    );
    const { tensors, metadata } = decode(bytes);
    expect(metadata).toEqual({ note: 'quoted "text": {' });
    expect(tensors.get('matrix')).toEqual({ data: new Float32Array([1, 2, 3, 4, 5, 6]), shape: [2, 3] });
    expect(tensors.get('scalar')).toEqual({ data: new Float64Array([0.1]), shape: [] });
    expect(tensors.get('none')?.shape).toEqual([3, 0]);
    expect(tensors.get('a/b "ü" \\')?.data).toEqual(new Int32Array([1]));
    expect(tensors.get('__proto__')?.data).toEqual(new Uint8Array([7]));
    expect(tensors.size).toBe(6);
  });

  test('without any tensor, and from bytes at an odd offset of a larger buffer', () => {
    expect(decode(encodeSafetensors({})).tensors.size).toBe(0);
    const bytes = encodeSafetensors({ x: new Float64Array([1, 2]) });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decode(shifted.subarray(3)).tensors.get('x')?.data).toEqual(new Float64Array([1, 2]));
  });
});

test("the layout is the format's: length, header padded to 8 bytes, data without gaps, wide elements first", () => {
  const bytes = encodeSafetensors({ a: new Uint8Array([1, 2, 3]), b: new Float64Array([1]) });
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(headerLength % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)))).toEqual({
    b: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
    a: { dtype: 'U8', shape: [3], data_offsets: [8, 11] },
  });
  expect([...bytes.subarray(8 + headerLength)]).toEqual([0, 0, 0, 0, 0, 0, 240, 63, 1, 2, 3]);
});

describe('what cannot be stored is refused', () => {
  test('a shape of another size', () => {
    const tensor = { data: new Float32Array(5), shape: [2, 3] };
    expect(() => encodeSafetensors({ w: tensor })).toThrow(/"w" of shape \[2, 3\] cannot hold 5 numbers/);
  });
  test('the reserved name and another element type', () => {
    expect(() => encodeSafetensors({ __metadata__: new Uint8Array(1) })).toThrow(/cannot be named/);
    const foreign = new Int16Array(1) as unknown as NumericArray;
    expect(() => encodeSafetensors({ x: foreign })).toThrow(/Int16Array cannot be stored/);
  });
});

describe('a file that is not sound is refused in one line that names it', () => {
  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /it has 0 bytes/],
    ['seven bytes', new Uint8Array(7), /it has 7 bytes/],
    ['a header longer than the file', file('{}', 0, 3), /claims 3 bytes, the file has 10/],
    ['a header of absurd length', file('{}', 0, 2 ** 52), /claims 4503599627370496 bytes/],
    ['a header that is no JSON', file('{"a"', 0), /header is not JSON/],
    ['a header that is no UTF-8', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /header is not JSON/],
    ['a header that is a list', file('[]'), /not a JSON object/],
    ['a header that is null', file('null'), /not a JSON object/],
    ['the same tensor twice', file('{"a":1,"a":2}'), /the key "a" twice/],
    ['the same tensor twice, escaped', file('{"a":1,"\\u0061" :2}'), /the key "\\u0061" twice/],
    ['the same field twice', file('{"a":{"dtype":"F32","dtype":"F64"}}'), /the key "dtype" twice/],
    ['metadata that is no object', file({ __metadata__: 3 }), /__metadata__ must hold texts/],
    ['metadata that holds a number', file({ __metadata__: { a: 3 } }), /__metadata__ must hold texts/],
    ['an unknown dtype', file({ a: { ...f32(0, 4), dtype: 'BF16' } }, 4), /dtype "BF16"; known: F64, F32/],
    ['an inherited dtype', file({ a: { ...f32(0, 4), dtype: 'toString' } }, 4), /dtype "toString"/],
    ['an entry that is no object', file({ a: 1 }), /dtype undefined/],
    ['a negative dimension', file({ a: f32(0, 4, [-1, -1]) }, 4), /no sound shape/],
    ['a fractional dimension', file({ a: f32(0, 4, [0.5, 2]) }, 4), /no sound shape/],
    ['one offset', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4), /no sound data_offsets/],
    ['offsets upside down', file({ a: f32(4, 0, [0]) }, 4), /no sound data_offsets/],
    ['a shape of another size', file({ a: f32(0, 4, [2]) }, 4), /shape \[2\] does not take 4 bytes/],
    [
      'an overlap',
      file({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /"b" begins at byte 4 of the data, 8 was expected/,
    ],
    ['a gap', file({ a: f32(0, 4), b: f32(8, 12) }, 12), /"b" begins at byte 8 of the data, 4 was expected/],
    ['a gap at the beginning', file({ a: f32(4, 8) }, 8), /"a" begins at byte 4 of the data, 0 was expected/],
    ['data that ends early', file({ a: f32(0, 8) }, 7), /ends at byte 8 of the data, which has 7/],
    ['data that goes on', file({ a: f32(0, 8) }, 9), /1 bytes follow its last tensor/],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(message);
    expect(() => decode(bytes)).toThrow(/^"model\.safetensors" is not a sound safetensors file: .*\.$/);
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  test('truncated at any length', () => {
    const bytes = encodeSafetensors({ a: new Float32Array(3), b: new Uint8Array(2) });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length))).toThrow(/not a sound safetensors file/);
    }
  });
});
