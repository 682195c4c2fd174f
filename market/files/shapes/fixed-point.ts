/** Turns prices that Databento and NautilusTrader write as whole numbers of 10⁻⁹ into prices, and the latter's sizes. */

import { plainName } from '../names.ts';
import type { Columns, TableSource } from '../table.ts';

const SCALE = 1e9;
interface Vendor {
  readonly name: string;
  /** Columns that stand in every file of the vendor, whatever its schema. */
  readonly marks: readonly string[];
  readonly fixed: RegExp;
}

const VENDORS: readonly Vendor[] = [
  {
    name: 'Databento',
    marks: ['rtype', 'publisher id', 'instrument id'],
    fixed: /^(?:open|high|low|close|price|(?:bid|ask) px(?: \d+)?)$/,
  },
  {
    name: 'NautilusTrader',
    marks: ['ts event', 'ts init'],
    fixed: /^(?:open|high|low|close|volume|(?:(?:bid|ask) )?(?:price|size))$/,
  },
];

/** @returns the table itself where its prices are prices */
export function withoutFixedPoint(source: TableSource): TableSource {
  const plain = source.names.map(plainName);
  const vendor = VENDORS.find(({ marks }) => marks.every((mark) => plain.includes(mark)));
  if (vendor === undefined) return source;
  const columns = plain.flatMap((name, column) => (vendor.fixed.test(name) ? [column] : []));
  const cells = source.sample
    .flatMap((row) => columns.map((column) => row[column] ?? ''))
    .filter((cell) => cell !== '');
  // A price of a million that is written without a point would be one in ten billion contracts.
  const isFixed =
    cells.length > 0 && cells.every((cell) => /^-?\d+$/.test(cell)) && cells.some((cell) => cell.length > 6);
  if (!isFixed) return source;
  return {
    ...source,
    batches: undefined,
    notes: [
      ...source.notes,
      `Prices are whole numbers of 0.000000001, as ${vendor.name} writes them; they were divided.`,
    ],
    async read(plan, faults): Promise<Columns> {
      const read = await source.read(plan, faults);
      for (const column of columns) {
        const values = read.numbers.get(column)?.view();
        for (let row = 0; values !== undefined && row < values.length; row++) values[row] /= SCALE;
      }
      return read;
    },
  };
}
