/**
 * Builds a computation as an ONNX model: nodes, constants, inputs and outputs.
 *
 * Source: onnx.proto of ONNX; field numbers are those of its messages. Opset 17 and IR version 8 are known to every
 * onnxruntime since 1.14; the newest that 1.30 takes are 26 and 13.
 */
import { bytes, encode, type Field, float, message, text, varint, varints } from './protobuf.ts';

const IR_VERSION = 8;
const OPSET = 17;
/** Of ai.onnx.ml, trees. */
const TREE_OPSET = 3;

export const FLOAT = 1;
const INT64 = 7;
export const BOOL = 9;
export const DOUBLE = 11;

export type ElementType = typeof FLOAT | typeof INT64 | typeof BOOL | typeof DOUBLE;

type Attribute = number | bigint | string | readonly number[] | readonly bigint[] | readonly string[];

/** A dimension by its size, or by a name where it may be any. */
export type Dimension = number | string;

export class OnnxGraph {
  readonly #nodes: Field[] = [];
  readonly #constants: Field[] = [];
  readonly #inputs: Field[] = [];
  readonly #outputs: Field[] = [];
  #count = 0;
  #hasTrees = false;

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(message(11, valueInfo(name, type, shape)));
    return name;
  }

  /** @param value what is given out, by its name in the graph */
  output(name: string, value: string, type: 'float' | 'int64', shape: readonly Dimension[]): void {
    this.node('Identity', [value], {}, { outputs: [name] });
    this.#outputs.push(message(12, valueInfo(name, type === 'float' ? FLOAT : INT64, shape)));
  }

  constant(data: Float32Array | Float64Array | BigInt64Array, shape: readonly number[]): string {
    const name = `constant${this.#count++}`;
    const type = data instanceof Float32Array ? FLOAT : data instanceof Float64Array ? DOUBLE : INT64;
    const raw = new Uint8Array(data.slice().buffer);
    this.#constants.push(message(5, [varints(1, shape), varint(2, type), text(8, name), bytes(9, raw)]));
    return name;
  }

  floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    return this.constant(Float32Array.from(values), shape);
  }

  integers(...values: number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A name for a value that nothing has yet. */
  unused(): string {
    return `value${this.#count++}`;
  }

  /**
   * Numbers of attributes are floats, bigints whole numbers.
   * @returns the name of its first output
   */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { outputs = [this.unused()], domain = '' }: { outputs?: readonly string[]; domain?: string } = {},
  ): string {
    if (domain !== '') this.#hasTrees = true;
    this.#nodes.push(
      message(1, [
        ...inputs.map((name) => text(1, name)),
        ...outputs.map((name) => text(2, name)),
        text(3, `${type}${this.#count++}`),
        text(4, type),
        ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
        text(7, domain),
      ]),
    );
    return outputs[0];
  }

  /** @param properties kept with the model, for people */
  encode(name: string, properties: Readonly<Record<string, string>>): Uint8Array {
    const graph = [...this.#nodes, text(2, name), ...this.#constants, ...this.#inputs, ...this.#outputs];
    const opsets = [message(8, [text(1, ''), varint(2, OPSET)])];
    if (this.#hasTrees) opsets.push(message(8, [text(1, 'ai.onnx.ml'), varint(2, TREE_OPSET)]));
    return encode([
      varint(1, IR_VERSION),
      text(2, 'market-gym'),
      message(7, graph),
      ...opsets,
      ...Object.entries(properties).map(([key, value]) => message(14, [text(1, key), text(2, value)])),
    ]);
  }
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): Field[] {
  const dimensions = shape.map((size) =>
    message(1, [typeof size === 'number' ? varint(1, size) : text(2, size)]),
  );
  return [text(1, name), message(2, [message(1, [varint(1, type), message(2, dimensions)])])];
}

function attribute(name: string, value: Attribute): Field[] {
  const named = text(1, name);
  if (typeof value === 'number') return [named, float(2, value), varint(20, 1)];
  if (typeof value === 'bigint') return [named, varint(3, value), varint(20, 2)];
  if (typeof value === 'string') return [named, text(4, value), varint(20, 3)];
  if (typeof value[0] === 'string') {
    return [named, ...(value as readonly string[]).map((item) => text(9, item)), varint(20, 8)];
  }
  if (typeof value[0] === 'bigint')
    return [named, ...(value as readonly bigint[]).map((item) => varint(8, item)), varint(20, 7)];
  return [named, ...(value as readonly number[]).map((item) => float(7, item)), varint(20, 6)];
}
