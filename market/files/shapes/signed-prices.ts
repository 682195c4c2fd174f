/** Takes off the signs that Korean brokers put before prices: they tell whether a price is above or below that of the day before. */
import { plainName } from '../names.ts';
import type { Columns, TableSource } from '../table.ts';

const PRICES = new Set(['시가', '고가', '저가', '현재가', '종가']);

/** @returns the table itself where its prices have no signs */
export function withoutSigns(source: TableSource): TableSource {
  const columns = source.names.flatMap((name, column) => (PRICES.has(plainName(name)) ? [column] : []));
  if (columns.length < 2) return source;
  const cells = source.sample.flatMap((row) => columns.map((column) => (row[column] ?? '').trim()));
  if (!cells.some((cell) => cell.startsWith('-')) || !cells.every((cell) => /^(?:[+-]?[\d,.]+|)$/.test(cell)))
    return source;
  return {
    ...source,
    batches: undefined,
    notes: [
      ...source.notes,
      'Prices have signs that tell of the day before, as Kiwoom writes them; they were taken off.',
    ],
    async read(plan, faults): Promise<Columns> {
      const read = await source.read(plan, faults);
      for (const column of columns) {
        const values = read.numbers.get(column)?.view();
        for (let row = 0; values !== undefined && row < values.length; row++)
          values[row] = Math.abs(values[row]);
      }
      return read;
    },
  };
}
