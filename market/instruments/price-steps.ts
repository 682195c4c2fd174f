/** Rounds prices to a venue's steps: one for all prices, or a table of them by price. */
import { ConfigError } from '../../core/errors.ts';

export interface PriceStep {
  /** Price from which the step holds, quote units. */
  readonly fromPrice: number;
  /** Quote units, > 0. */
  readonly step: number;
}

/** Rounds away what binary fractions add to a whole number of steps. */
const ROUNDING = 1e-9;

/**
 * Steps of won markets at Upbit since 31 July 2025. Stablecoins there have 0.5 between 1,000 and 10,000.
 * Source: docs.upbit.com, "KRW market order price unit".
 */
export const UPBIT_KRW_STEPS: readonly PriceStep[] = [
  { fromPrice: 0, step: 1e-8 },
  { fromPrice: 0.00001, step: 1e-7 },
  { fromPrice: 0.0001, step: 1e-6 },
  { fromPrice: 0.001, step: 1e-5 },
  { fromPrice: 0.01, step: 1e-4 },
  { fromPrice: 0.1, step: 0.001 },
  { fromPrice: 1, step: 0.01 },
  { fromPrice: 10, step: 0.1 },
  { fromPrice: 100, step: 1 },
  { fromPrice: 5000, step: 5 },
  { fromPrice: 10_000, step: 10 },
  { fromPrice: 50_000, step: 50 },
  { fromPrice: 100_000, step: 100 },
  { fromPrice: 500_000, step: 500 },
  { fromPrice: 1_000_000, step: 1000 },
];

/** Tables of steps that settings may name. */
export const PRICE_STEP_TABLES = ['upbit-krw'] as const;

/** @param setting one step for all prices, 0 for none, or the name of a table */
export const priceStepsOf = (setting: number | (typeof PRICE_STEP_TABLES)[number]): number | PriceSteps =>
  typeof setting === 'number' ? setting : new PriceSteps(UPBIT_KRW_STEPS);

export class PriceSteps {
  readonly #from: Float64Array; // [n]
  readonly #steps: Float64Array; // [n]

  /**
   * @param steps rising in price, the first from 0; a number: the same step everywhere, 0 for none
   * @throws ConfigError `invalid-instrument`
   */
  constructor(steps: number | readonly PriceStep[]) {
    const table = typeof steps === 'number' ? [{ fromPrice: 0, step: steps }] : steps;
    const isPlain = typeof steps === 'number';
    if (table.length === 0 || table[0].fromPrice !== 0) {
      throw new ConfigError('invalid-instrument', 'A table of price steps needs a first row from price 0.');
    }
    for (const [i, { fromPrice, step }] of table.entries()) {
      if (i > 0 && !(fromPrice > table[i - 1].fromPrice)) {
        throw new ConfigError(
          'invalid-instrument',
          `Prices of a table of steps must rise: row ${i + 1} begins at ${fromPrice}, the one before at ${table[i - 1].fromPrice}.`,
        );
      }
      if (step > 0 || (isPlain && step === 0)) continue;
      throw new ConfigError('invalid-instrument', `A price step must be above 0, got ${step}.`);
    }
    this.#from = Float64Array.from(table, ({ fromPrice }) => fromPrice);
    this.#steps = Float64Array.from(table, ({ step }) => step);
  }

  /** The step at a price; 0: any price goes. */
  stepAt(price: number): number {
    let row = this.#from.length - 1;
    while (row > 0 && price < this.#from[row]) row--;
    return this.#steps[row];
  }

  /** The nearest price at or below that a venue takes. */
  floor(price: number): number {
    return this.#round(price, Math.floor(price / this.stepAt(price) + ROUNDING));
  }

  /** The nearest price at or above that a venue takes. */
  ceil(price: number): number {
    return this.#round(price, Math.ceil(price / this.stepAt(price) - ROUNDING));
  }

  #round(price: number, count: number): number {
    const step = this.stepAt(price);
    if (step === 0 || !Number.isFinite(price)) return price;
    // Multiplying by a fraction leaves its error; dividing by the whole number that it is the inverse of does not.
    const inverse = Math.round(1 / step);
    return step < 1 && Math.abs(inverse * step - 1) < ROUNDING ? count / inverse : count * step;
  }
}
