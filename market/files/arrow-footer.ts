/**
 * Checks the lists in an Arrow file's footer against its size: the library that reads it loops over as many as they say.
 * Source: FlatBuffers binary format; Apache Arrow, File.fbs and Schema.fbs.
 */

const MAX_DEPTH = 32;
/** Places of lists in tables: of the footer, of a schema and of a field. */
const FOOTER = { schema: 1, lists: [2, 3, 4] };
const RECORD_BATCHES = 3;
const BLOCK_BYTES = 24;
/** Of a message: what it is. */
const MESSAGE_KIND = 1;
const RECORD_BATCH = 3;
const SCHEMA = { fields: 1, metadata: 2 };
const FIELD = { children: 5, metadata: 6 };

/**
 * @param bytes a file that begins with ARROW1
 * @throws Error for a list that is longer than the file
 */
export function checkArrowFooter(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Without it the library takes the file for a stream, and looks for its first message for ever.
  if (Buffer.from(bytes.subarray(-6)).toString('latin1') !== 'ARROW1') throw new Error('its end is missing');
  const length = view.getInt32(bytes.length - 10, true);
  const start = bytes.length - 10 - length;
  if (!(length > 0 && start >= 8)) throw new Error('its footer is damaged');
  let fields = 0;
  /** Where a table keeps one of its values; 0 for none. */
  const placeOf = (table: number, slot: number): number => {
    const layout = table - view.getInt32(table, true);
    const size = view.getUint16(layout, true);
    const entry = 4 + 2 * slot;
    const offset = entry + 2 > size ? 0 : view.getUint16(layout + entry, true);
    return offset === 0 ? 0 : table + offset;
  };
  const follow = (place: number): number => place + view.getUint32(place, true);
  /** [begin, count] of a list. */
  const listOf = (table: number, slot: number): readonly [number, number] => {
    const place = placeOf(table, slot);
    if (place === 0) return [0, 0];
    const list = follow(place);
    const count = view.getUint32(list, true);
    if (4 * count > bytes.length) throw new Error(`a list of its footer says it has ${count} elements`);
    return [list + 4, count];
  };
  const checkField = (field: number, depth: number): void => {
    if (depth > MAX_DEPTH || ++fields > bytes.length) throw new Error('its fields are nested too deep');
    listOf(field, FIELD.metadata);
    const [begin, count] = listOf(field, FIELD.children);
    for (let i = 0; i < count; i++) checkField(follow(begin + 4 * i), depth + 1);
  };
  const footer = follow(start);
  const [blocks, numBlocks] = listOf(footer, RECORD_BATCHES);
  for (let i = 0; i < numBlocks; i++) {
    const at = Number(view.getBigInt64(blocks + BLOCK_BYTES * i, true));
    // Newer files have four bytes of ones before a message's length.
    const message = follow(at + (view.getInt32(at, true) === -1 ? 8 : 4));
    const kind = placeOf(message, MESSAGE_KIND);
    // At a schema the library would begin anew, for ever.
    if (kind === 0 || bytes[kind] !== RECORD_BATCH)
      throw new Error('its footer names rows where there are none');
  }
  for (const slot of FOOTER.lists) listOf(footer, slot);
  const place = placeOf(footer, FOOTER.schema);
  if (place === 0) throw new Error('its footer has no schema');
  const schema = follow(place);
  listOf(schema, SCHEMA.metadata);
  const [begin, count] = listOf(schema, SCHEMA.fields);
  for (let i = 0; i < count; i++) checkField(follow(begin + 4 * i), 0);
}
