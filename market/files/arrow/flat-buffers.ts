/** Reads the tables of FlatBuffers that Arrow's headers are made of, and trusts no count in them. */

const POINTER_BYTES = 4;

export class FlatBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where a table keeps one of its values; 0 for none. Offsets have a sign, as the library reads them. @throws RangeError outside the file */
  placeOf(table: number, slot: number): number {
    const { view } = this;
    const layout = table - view.getInt32(table, true);
    const size = view.getInt16(layout, true);
    const entry = 4 + 2 * slot;
    const offset = entry + 2 > size ? 0 : view.getInt16(layout + entry, true);
    return offset === 0 ? 0 : table + offset;
  }

  /** What a pointer at a place points to. */
  follow(place: number): number {
    return place + this.view.getUint32(place, true);
  }

  /** The table that a table has in a slot; 0 for none. */
  tableOf(table: number, slot: number): number {
    const place = this.placeOf(table, slot);
    return place === 0 ? 0 : this.follow(place);
  }

  /** A whole number of 64 bits; 0 where it is left out, as the format has it. */
  longOf(table: number, slot: number): number {
    const place = this.placeOf(table, slot);
    return place === 0 ? 0 : Number(this.view.getBigInt64(place, true));
  }

  /**
   * [begin, count] of a list.
   * @throws Error for one that does not fit into the file
   */
  listOf(table: number, slot: number, elementBytes = POINTER_BYTES): readonly [number, number] {
    const list = this.tableOf(table, slot);
    if (list === 0) return [0, 0];
    const count = this.view.getUint32(list, true);
    if (list + 4 + elementBytes * count > this.bytes.length)
      throw new Error(`a list in its headers says it has ${count} elements`);
    return [list + 4, count];
  }
}
