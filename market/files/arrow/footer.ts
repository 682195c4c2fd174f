/**
 * Checks an Arrow file's footer, and what it points to, against its size: the library that reads it loops over as many as it says.
 * Source: FlatBuffers binary format; Apache Arrow, File.fbs.
 */
import { FlatBuffer } from './flat-buffers.ts';
import { MessageCheck } from './messages.ts';

/** Of the footer. */
const FOOTER = { schema: 1, dictionary: 2, batch: 3, metadata: 4 };
const BLOCK_BYTES = 24;

/**
 * @param bytes a file that begins with ARROW1
 * @throws Error for what does not fit into the file
 */
export function checkArrowFile(bytes: Uint8Array): void {
  const file = new FlatBuffer(bytes);
  // Without it the library takes the file for a stream, and looks for its first message for ever.
  if (Buffer.from(bytes.subarray(-6)).toString('latin1') !== 'ARROW1') throw new Error('its end is missing');
  const length = file.view.getInt32(bytes.length - 10, true);
  const start = bytes.length - 10 - length;
  if (!(length > 0 && start >= 8)) throw new Error('its footer is damaged');
  const check = new MessageCheck(file);
  const footer = file.follow(start);
  file.listOf(footer, FOOTER.metadata);
  const schema = file.tableOf(footer, FOOTER.schema);
  if (schema === 0) throw new Error('its footer has no schema');
  check.schema(schema);
  for (const kind of ['dictionary', 'batch'] as const) {
    const [blocks, numBlocks] = file.listOf(footer, FOOTER[kind], BLOCK_BYTES);
    for (let i = 0; i < numBlocks; i++)
      check.message(Number(file.view.getBigInt64(blocks + BLOCK_BYTES * i, true)), [kind]);
  }
}

/** @throws Error for what does not fit into the stream */
export function checkArrowStream(bytes: Uint8Array): void {
  new MessageCheck(new FlatBuffer(bytes)).stream();
}
