/** Arrow and Feather files: packed and plain, and damaged ones, which the library below would loop over or take memory for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, describe, expect, test } from 'vitest';
import { MarketGymError } from '../../../core/errors.ts';
import { createRng } from '../../../core/rng.ts';
import { checkArrowFile, checkArrowStream } from '../../../market/files/arrow/footer.ts';
import { loadCandleSeries } from '../../../market/files/candle-series.ts';
import { counts } from '../../soak.ts';
import { damage, pick } from './random-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'arrow-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** No other number of the headers. */
const NUM_ROWS = 1237;
const makeTable = (numRows: number) =>
  tableFromArrays({
    date: Array.from({ length: numRows }, (_, n) => new Date(Date.UTC(2024, 0, 2) + n * 86_400_000)),
    ...Object.fromEntries(
      ['open', 'high', 'low', 'close', 'volume'].map((name) => [
        name,
        Float64Array.from({ length: numRows }, () => 5),
      ]),
    ),
    symbol: Array.from({ length: numRows }, () => 'AAA'),
  });
const file = tableToIPC(makeTable(NUM_ROWS), 'file');
const stream = tableToIPC(makeTable(NUM_ROWS), 'stream');

test('whole files and streams pass the check, and are read', async () => {
  checkArrowFile(file);
  checkArrowStream(stream);
  for (const bytes of [file, stream]) {
    const path = join(folder, 'whole.feather');
    writeFileSync(path, bytes);
    expect((await loadCandleSeries(path)).series[0].candles.length).toBe(NUM_ROWS);
  }
});

/** Sets a number wherever it stands in the file alone. */
function withNumber(bytes: Uint8Array, from: bigint, to: bigint): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 8 <= copy.length; at += 4)
    if (view.getBigInt64(at, true) === from) view.setBigInt64(at, to, true);
  return copy;
}

test('rows that do not fit into the file are refused before memory is taken', () => {
  for (const [bytes, check] of [
    [file, checkArrowFile],
    [stream, checkArrowStream],
  ] as const)
    expect(() => check(withNumber(bytes, BigInt(NUM_ROWS), 40_000_000n))).toThrow(/40000000 rows in/);
});

test('a file without its end, and one whose first letters are damaged, are not looked through for ever', () => {
  expect(() => checkArrowFile(file.subarray(0, -6))).toThrow(/end is missing/);
  expect(() => checkArrowStream(Uint8Array.from(file, (byte, n) => (n === 3 ? 0 : byte)))).toThrow();
});

test('a Feather file of version 1 is refused with what to do', async () => {
  const path = join(folder, 'v1.feather');
  writeFileSync(path, Buffer.concat([Buffer.from('FEA1'), Buffer.alloc(100), Buffer.from('FEA1')]));
  await expect(loadCandleSeries(path)).rejects.toThrow(/Feather file of version 1; write it again/);
});

describe('damaged Arrow files', () => {
  const numFiles = counts(100, 10_000);
  test(`${numFiles} of them are read, or refused by an error in one line`, async () => {
    const rng = createRng(13);
    const small = (['file', 'stream'] as const).map((kind) => tableToIPC(makeTable(20), kind));
    const path = join(folder, 'damaged.feather');
    for (let n = 0; n < numFiles; n++) {
      writeFileSync(path, damage(rng, pick(rng, small)));
      try {
        await loadCandleSeries(path);
      } catch (error) {
        if (!(error instanceof MarketGymError)) throw new Error(`step ${n}`, { cause: error });
        expect(error.message).not.toContain('\n');
      }
    }
  });
});
