/**
 * Holds the margin that a venue demands by the size of a position: rising rates, each with a deduction that makes the
 * margin a continuous function of the notional.
 * Source: Binance, "Leverage and margin of USDⓈ-M futures" (maintenance amount); Bybit, "Maintenance margin deduction".
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';

export const maintenanceTierSchema = z.strictObject({
  upTo: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('notional up to which the tier holds, settlement units; null: any'),
  rate: z.number().min(0).lt(1).describe('maintenance margin, fraction of notional, in [0, 1)'),
  maxLeverage: z.number().min(1).max(1000).describe('largest leverage, notional over initial margin'),
});

export type MaintenanceTier = z.input<typeof maintenanceTierSchema>;

/** Tiers of a liquid perpetual, as Binance has had them for BTCUSDT. */
export const DEFAULT_TIERS: readonly MaintenanceTier[] = [
  { upTo: 50_000, rate: 0.004, maxLeverage: 125 },
  { upTo: 250_000, rate: 0.005, maxLeverage: 100 },
  { upTo: 1_000_000, rate: 0.01, maxLeverage: 50 },
  { upTo: 10_000_000, rate: 0.025, maxLeverage: 20 },
  { upTo: 20_000_000, rate: 0.05, maxLeverage: 10 },
  { upTo: 50_000_000, rate: 0.1, maxLeverage: 5 },
  { upTo: 100_000_000, rate: 0.125, maxLeverage: 4 },
  { upTo: 200_000_000, rate: 0.15, maxLeverage: 3 },
  { upTo: 300_000_000, rate: 0.25, maxLeverage: 2 },
  { upTo: null, rate: 0.5, maxLeverage: 1 },
];

/** Notionals are in units of settlement: quote of a linear contract, base of an inverse one. */
export class MaintenanceTiers {
  /** [n], Infinity last */
  readonly bounds: Float64Array;
  /** [n] */
  readonly rates: Float64Array;
  /** [n] what is taken off rate·notional */
  readonly deductions: Float64Array;
  /** [n] */
  readonly maxLeverages: Float64Array;

  /** @throws ConfigError `invalid-instrument` unless bounds and rates rise, leverages fall, and 1 / leverage covers the rate */
  constructor(tiers: readonly MaintenanceTier[]) {
    if (tiers.length === 0) throw invalid('a contract needs at least one maintenance tier.');
    const n = tiers.length;
    this.bounds = Float64Array.from(tiers, ({ upTo }) => upTo ?? Infinity);
    this.rates = Float64Array.from(tiers, ({ rate }) => rate);
    this.maxLeverages = Float64Array.from(tiers, ({ maxLeverage }) => maxLeverage);
    this.deductions = new Float64Array(n);
    if (this.bounds[n - 1] !== Infinity)
      throw invalid('the last maintenance tier holds for any notional: upTo null.');
    for (let i = 0; i < n; i++) {
      if (1 / this.maxLeverages[i] < this.rates[i]) {
        throw invalid(
          `tier ${i + 1} allows a leverage of ${this.maxLeverages[i]}, whose margin is below the maintenance rate ${this.rates[i]}.`,
        );
      }
      if (i === 0) continue;
      if (!(this.bounds[i] > this.bounds[i - 1] && this.rates[i] >= this.rates[i - 1])) {
        throw invalid(`notionals and rates of maintenance tiers must rise, tier ${i + 1} does not.`);
      }
      if (this.maxLeverages[i] > this.maxLeverages[i - 1]) {
        throw invalid(`leverages of maintenance tiers must fall, that of tier ${i + 1} does not.`);
      }
      this.deductions[i] = this.deductions[i - 1] + this.bounds[i - 1] * (this.rates[i] - this.rates[i - 1]);
    }
  }

  /** Number of the tier of a notional ≥ 0; a bound belongs to the tier below it. */
  tierOf(notional: number): number {
    const { bounds } = this;
    let tier = 0;
    while (notional > bounds[tier]) tier++;
    return tier;
  }

  /** rate·notional − deduction of its tier */
  maintenance(notional: number): number {
    const tier = this.tierOf(notional);
    return this.rates[tier] * notional - this.deductions[tier];
  }

  /** Largest leverage of a position of this notional. */
  maxLeverage(notional: number): number {
    return this.maxLeverages[this.tierOf(notional)];
  }
}

function invalid(problem: string): ConfigError {
  return new ConfigError('invalid-instrument', `Instrument: ${problem}`);
}
