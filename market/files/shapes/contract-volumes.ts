/** Tells of what a volume is a number from the other volumes of its file: base units, or contracts of some size. */

/** How far a bar's average price may seem to lie outside its range, by rounding of the volumes. */
const SLACK = 0.02;
/** Of bars with volume, those that must agree. */
const SHARE = 0.9;
/** Sizes of contracts. */
const FACTORS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4];

interface Volume {
  readonly column: number;
  /** [N] */
  readonly values: Float64Array;
}

type Prices = Readonly<Record<'high' | 'low', Float64Array>>;

export interface VolumeUnit {
  /** The column that is in base units; undefined where none is. */
  readonly base: number | undefined;
  /** The column that tells. */
  readonly beside: number;
  /** Of contracts in base units: what one is of those of `beside`. */
  readonly factor: number;
}

/**
 * @param volume of the column that is called the volume, [N]
 * @returns undefined where that is in base units, or where nothing tells
 */
export function unitOfVolume(
  volume: Float64Array,
  others: readonly Volume[],
  prices: Prices,
): VolumeUnit | undefined {
  if (others.some(({ values }) => areValues(volume, values, prices))) return undefined;
  for (const base of others) {
    const value = others.find(
      ({ column, values }) => column !== base.column && areValues(base.values, values, prices),
    );
    if (value !== undefined) return { base: base.column, beside: value.column, factor: 1 };
  }
  for (const { column, values } of others) {
    const linear = constantFactor(prices, (row, price) => values[row] / (volume[row] * price));
    const inverse = constantFactor(prices, (row, price) => volume[row] / (values[row] * price));
    // Where prices hardly move, both fit: then it is not known which is in base units.
    if (inverse !== undefined && (linear === undefined || 2 * inverse.spread < linear.spread))
      return { base: column, beside: column, factor: 1 / inverse.factor };
    if (linear !== undefined && linear.factor !== 1)
      return { base: undefined, beside: column, factor: linear.factor };
  }
  return undefined;
}

/** Whether one volume is the other times a price within the bars. */
function areValues(base: Float64Array, values: Float64Array, { low, high }: Prices): boolean {
  let traded = 0;
  let fitting = 0;
  for (let row = 0; row < base.length; row++) {
    if (!(base[row] > 0)) continue;
    traded++;
    const price = values[row] / base[row];
    if (price >= low[row] * (1 - SLACK) && price <= high[row] * (1 + SLACK)) fitting++;
  }
  return traded > 0 && fitting >= SHARE * traded;
}

/** @returns the power of ten that a ratio is of in all bars, and how much it varies; undefined where it is none */
function constantFactor(
  { low, high }: Prices,
  ratio: (row: number, price: number) => number,
): { factor: number; spread: number } | undefined {
  const ratios: number[] = [];
  for (let row = 0; row < low.length; row++) {
    const value = ratio(row, (low[row] + high[row]) / 2);
    if (value > 0 && value < Infinity) ratios.push(value);
  }
  if (ratios.length === 0) return undefined;
  ratios.sort((a, b) => a - b);
  const median = ratios[ratios.length >> 1];
  const factor = FACTORS.find((size) => Math.abs(median / size - 1) <= 2 * SLACK);
  if (factor === undefined) return undefined;
  const spread = ratios[Math.floor(0.9 * (ratios.length - 1))] / ratios[Math.floor(0.1 * ratios.length)] - 1;
  return spread > 10 * SLACK ? undefined : { factor, spread };
}
