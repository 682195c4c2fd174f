/** Describes a market as its venue defines it: what a contract is, steps, fees, margin and funding. */
import { type ConfigOf, resolveConfig, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { type FeeModel, tieredFee } from '../execution/fees.ts';
import { DEFAULT_TIERS, MaintenanceTiers, maintenanceTierSchema } from './maintenance-tiers.ts';
import { PriceSteps } from './price-steps.ts';

const HOUR_MS = 3_600_000;

export const INSTRUMENT_KINDS = ['spot', 'linear-perpetual', 'inverse-perpetual', 'dated-future'] as const;
export type InstrumentKind = (typeof INSTRUMENT_KINDS)[number];

const feeTierSchema = z.strictObject({
  fromVolume: z.number().min(0).describe('volume from which the tier applies, quote units'),
  maker: z.number().min(-0.1).lt(0.5).describe('fraction of notional; negative: a rebate'),
  taker: z.number().min(0).lt(0.5).describe('fraction of notional'),
});

export const instrumentSchema = z.object({
  kind: z
    .enum(INSTRUMENT_KINDS)
    .default('spot')
    .describe('what is traded: the thing itself, a perpetual settled in quote or in base, a future'),
  base: z.string().min(1).default('BTC').describe('what is traded'),
  quote: z.string().min(1).default('USDT').describe('what prices are in'),
  contractSize: z
    .number()
    .positive()
    .default(1)
    .describe('base units of a contract; quote units of an inverse one'),
  priceSteps: z
    .union([
      z.number().min(0),
      z
        .array(
          z.strictObject({
            fromPrice: z.number().min(0).describe('price from which the step holds'),
            step: z.number().positive().describe('quote units'),
          }),
        )
        .min(1),
    ])
    .default(0)
    .describe('prices are multiples of this, quote units; a table where it depends on the price; 0: any'),
  lotSize: z.number().min(0).default(0).describe('sizes are multiples of this, base units; 0: any'),
  minNotional: z.number().min(0).default(0).describe('smallest order, quote units'),
  feeTiers: z
    .array(feeTierSchema)
    .min(1)
    .default([{ fromVolume: 0, maker: 0.0002, taker: 0.0005 }])
    .describe('fees by traded volume, rising, the first from 0'),
  volume: z.number().min(0).default(0).describe('volume of the account that decides its fees, quote units'),
  marginMode: z
    .enum(['isolated', 'cross'])
    .default('cross')
    .describe('what a position may lose: its own margin, or the whole account'),
  marginModes: z
    .array(z.enum(['isolated', 'cross']))
    .min(1)
    .default(['isolated', 'cross'])
    .describe('margin modes that the venue offers'),
  leverage: z.number().min(1).max(1000).default(10).describe('notional over initial margin, within the tier'),
  maintenanceTiers: z
    .array(maintenanceTierSchema)
    .min(1)
    .default(DEFAULT_TIERS.map((tier) => ({ ...tier, upTo: tier.upTo ?? null })))
    .describe('margin by notional, rising'),
  liquidationFeeRate: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.005)
    .describe('fee of a liquidation, fraction of notional; never more than what is left'),
  fundingIntervalMs: z
    .number()
    .positive()
    .default(8 * HOUR_MS)
    .describe('time between fundings of a perpetual, ms'),
  fundingCapRate: z
    .number()
    .positive()
    .max(1)
    .default(0.03)
    .describe('largest funding rate of an interval, either way, fraction of notional'),
  expiryMs: z.number().nullable().default(null).describe('when a dated future ends, UTC epoch ms'),
});

export type InstrumentSettings = ConfigOf<typeof instrumentSchema>;

/** A market with what its settings stand for. */
export interface Instrument {
  readonly settings: InstrumentSettings;
  /** Anything but spot. */
  readonly isMargined: boolean;
  readonly isInverse: boolean;
  /** It exchanges funding. */
  readonly isPerpetual: boolean;
  readonly steps: PriceSteps;
  readonly tiers: MaintenanceTiers;
  readonly fees: FeeModel;
}

/**
 * @param owner whose instrument it is, for messages
 * @throws ConfigError `unknown-key`, `invalid-value`, `invalid-instrument`, `invalid-fee`
 * @example
 * createInstrument({ kind: 'linear-perpetual', leverage: 20 });
 */
export function createInstrument(
  overrides: Readonly<Record<string, unknown>> = {},
  owner = 'the instrument',
): Instrument {
  const settings = resolveConfig(instrumentSchema, overrides, owner);
  const { kind, marginMode, marginModes, leverage, expiryMs } = settings;
  const tiers = new MaintenanceTiers(settings.maintenanceTiers);
  const isMargined = kind !== 'spot';
  if (isMargined && !marginModes.includes(marginMode)) {
    throw new ConfigError(
      'invalid-instrument',
      `${owner}: the venue has no ${marginMode} margin; choose marginMode ${marginModes.join(' or ')}.`,
    );
  }
  if (isMargined && leverage > tiers.maxLeverages[0]) {
    throw new ConfigError(
      'invalid-instrument',
      `${owner}: leverage ${leverage} is above the ${tiers.maxLeverages[0]} of the first maintenance tier; lower it.`,
    );
  }
  if (kind === 'dated-future' && expiryMs === null) {
    throw new ConfigError('invalid-instrument', `${owner}: a dated future needs expiryMs, when it ends.`);
  }
  return {
    settings,
    isMargined,
    isInverse: kind === 'inverse-perpetual',
    isPerpetual: kind === 'linear-perpetual' || kind === 'inverse-perpetual',
    steps: new PriceSteps(settings.priceSteps),
    tiers,
    fees: tieredFee(settings.feeTiers, settings.volume),
  };
}
