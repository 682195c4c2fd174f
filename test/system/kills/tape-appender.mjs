/**
 * Writes a tape of tiny segments until its input ends, and 1000 records at least, then says its chain; or holds the tape until it is killed.
 * Arguments: the directory, and `hold` for the latter.
 */
import { TapeWriter } from '../../../dist/storage/tape-writer.js';

const [directory, hold] = process.argv.slice(2);
const writer = new TapeWriter(directory, { segmentBytes: 2000 });
let isOver = false;
process.stdin.on('data', () => {});
process.stdin.on('end', () => {
  isOver = true;
});
if (hold !== undefined) {
  writer.append(['frame', writer.numRecords, '']);
  writer.flush();
  setInterval(() => {}, 1000);
}
process.stdout.write('begun\n');
for (let n = writer.numRecords; hold === undefined && !(isOver && n >= 1000); n++) {
  writer.append(['frame', n, 'x'.repeat((n * 7919) % 400)]);
  writer.flush();
  if (n % 3 === 0) await new Promise(setImmediate);
}
if (hold === undefined) {
  await writer.close();
  process.stdout.write(`${writer.chain}\n`);
}
