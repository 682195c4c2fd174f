/** Writes messages of Protocol Buffers: the few kinds of fields that ONNX models are made of. */

export type Field =
  | { readonly number: number; readonly varint: number | bigint }
  | { readonly number: number; readonly float: number }
  | { readonly number: number; readonly bytes: Uint8Array };

export const varint = (number: number, value: number | bigint): Field => ({ number, varint: value });
export const float = (number: number, value: number): Field => ({ number, float: value });
export const bytes = (number: number, value: Uint8Array): Field => ({ number, bytes: value });
export const text = (number: number, value: string): Field => bytes(number, new TextEncoder().encode(value));
export const message = (number: number, fields: readonly Field[]): Field => bytes(number, encode(fields));
/** Packed, as of repeated numbers. */
export const varints = (number: number, values: Iterable<number | bigint>): Field =>
  bytes(number, Uint8Array.from([...values].flatMap(varintBytes)));

export function encode(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    if ('varint' in field) {
      parts.push(Uint8Array.from([...varintBytes(field.number << 3), ...varintBytes(field.varint)]));
    } else if ('float' in field) {
      const part = new Uint8Array(4);
      new DataView(part.buffer).setFloat32(0, field.float, true);
      parts.push(Uint8Array.from(varintBytes((field.number << 3) | 5)), part);
    } else {
      parts.push(
        Uint8Array.from([...varintBytes((field.number << 3) | 2), ...varintBytes(field.bytes.length)]),
        field.bytes,
      );
    }
  }
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Numbers below 0 take ten bytes, as two's complement of 64 bits. */
function varintBytes(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const result: number[] = [];
  while (rest > 127n) {
    result.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  result.push(Number(rest));
  return result;
}
