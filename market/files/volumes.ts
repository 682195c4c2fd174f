/** Chooses the column of volume in base units, by names and by what the numbers say. */
import { formatTime } from '../candles/timestamps.ts';
import { unitOfVolume } from './shapes/contract-volumes.ts';
import type { Columns } from './table.ts';
import type { Understanding } from './understand.ts';

/** How far outside a bar's range its average price may seem to lie by rounding of the volumes. */
const PRICE_SLACK = 0.02;

export interface VolumeChoice {
  /** [N], base units; zero throughout where the file has none. */
  readonly values: Float64Array;
  readonly column: number | undefined;
  readonly quoteColumn: number | undefined;
  readonly notes: readonly string[];
}

type Prices = Readonly<Record<'high' | 'low', Float64Array>>;

export function chooseVolume(
  names: readonly string[],
  { roles, volumes, allVolumes }: Understanding,
  columns: Columns,
  prices: Prices,
  timeMs: Float64Array,
): VolumeChoice {
  const valuesOf = (column: number) => columns.numbers.get(column)!.view();
  const notes: string[] = [];
  let base = roles.volume ?? roles.tickVolume;
  if (
    roles.volume !== undefined &&
    roles.tickVolume !== undefined &&
    valuesOf(roles.volume).every((value) => value === 0)
  ) {
    base = roles.tickVolume;
    notes.push(
      `"${names[roles.volume]}" is 0 throughout; volume was taken from "${names[base]}", which counts ticks.`,
    );
  }
  let quoteColumn = roles.quoteVolume;
  const named = volumes.map((column) => ({ column, values: valuesOf(column) }));
  if (base === undefined && named.length >= 2) {
    // Of two volumes in two currencies, the one whose product with the price is the other is in base units.
    const [first, second] = named;
    const votes = countVotes(first.values, second.values, prices);
    const swap =
      votes.second > votes.first ||
      (votes.first === votes.second &&
        isQuoteName(names[first.column]) &&
        !isQuoteName(names[second.column]));
    base = swap ? second.column : first.column;
    quoteColumn = swap ? first.column : second.column;
  } else if (base === undefined && named.length === 1 && !isQuoteName(names[named[0].column]))
    base = named[0].column;
  else if (named.length > 0) quoteColumn ??= named[0].column;
  if (base === undefined) {
    const other = quoteColumn === undefined ? '' : ` ("${names[quoteColumn]}" is in quote units)`;
    notes.push(`There is no volume in base units${other}; volume is 0 throughout.`);
    return { values: new Float64Array(timeMs.length), column: undefined, quoteColumn, notes };
  }
  const others = allVolumes
    .filter((column) => column !== base)
    .map((column) => ({ column, values: valuesOf(column) }));
  const unit = unitOfVolume(valuesOf(base), others, prices);
  if (unit?.base !== undefined) {
    notes.push(
      `"${names[base]}" counts contracts, as its ratio to "${names[unit.beside]}" and the price shows; volume was taken from ` +
        `"${names[unit.base]}", which is in base units.`,
    );
    if (quoteColumn === unit.base) quoteColumn = unit.beside === base ? undefined : unit.beside;
    base = unit.base;
  } else if (unit !== undefined) {
    notes.push(
      `"${names[base]}" counts units of its own, not base units: "${names[unit.beside]}" is ${unit.factor} times its product with the price.`,
    );
  }
  const values = valuesOf(base);
  let empty = 0;
  for (let row = 0; row < values.length; row++) {
    if (!Number.isNaN(values[row])) continue;
    values[row] = 0;
    empty++;
  }
  if (empty > 0) notes.push(`"${names[base]}" is empty in ${empty} rows; volume is 0 there.`);
  if (quoteColumn !== undefined && quoteColumn !== base && volumes.includes(quoteColumn)) {
    notes.push(...unswap(values, valuesOf(quoteColumn), prices, timeMs, names[base], names[quoteColumn]));
  }
  return { values, column: base, quoteColumn, notes };
}

const QUOTES = /\b(?:usd|usdt|usdc|busd|fdusd|dai|eur|gbp|jpy|krw|try|brl|aud|cad|chf|currency|quote)\b/i;

const isQuoteName = (name: string): boolean => QUOTES.test(name.replaceAll('_', ' '));

function countVotes(
  a: Float64Array,
  b: Float64Array,
  { low, high }: Prices,
): { first: number; second: number } {
  let first = 0;
  let second = 0;
  for (let row = 0; row < a.length; row++) {
    if (isPrice(b[row] / a[row], low[row], high[row])) first++;
    else if (isPrice(a[row] / b[row], low[row], high[row])) second++;
  }
  return { first, second };
}

const isPrice = (price: number, low: number, high: number): boolean =>
  price >= low * (1 - PRICE_SLACK) && price <= high * (1 + PRICE_SLACK);

/** Rows in which base and quote volume stand in each other's place, as their ratio to the price shows. */
function unswap(
  values: Float64Array,
  quoteVolume: Float64Array,
  { low, high }: Prices,
  timeMs: Float64Array,
  baseName: string,
  quoteName: string,
): string[] {
  let swapped = 0;
  let first = Infinity;
  let last = -Infinity;
  for (let row = 0; row < values.length; row++) {
    const base = values[row];
    const inQuote = quoteVolume[row];
    if (isPrice(inQuote / base, low[row], high[row]) || !isPrice(base / inQuote, low[row], high[row]))
      continue;
    values[row] = inQuote;
    swapped++;
    first = Math.min(first, timeMs[row]);
    last = Math.max(last, timeMs[row]);
  }
  if (swapped === 0) return [];
  return [
    `In ${swapped} of ${values.length} rows, from ${formatTime(first)} to ${formatTime(last)}, "${baseName}" and "${quoteName}" stand in ` +
      "each other's place, as their ratio to the price shows; volume was taken from the one in base units.",
  ];
}
