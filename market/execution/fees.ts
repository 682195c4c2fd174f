/** Charges a venue's fee for a trade, as a fraction of the traded value. */
import { type ConfigSchema, z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  definePart,
  type PartDefinition,
  type PartPlugin,
  type PluginShape,
  requirePart,
} from '../../core/plugin.ts';
import { Registry } from '../../core/registry.ts';
import { type FeeTier, feeTierAt } from './fee-tiers.ts';

/** A maker's order waited in the book; a taker's was executed on arrival. */
export type Liquidity = 'maker' | 'taker';

export interface FeeModel {
  /** Fraction of the traded notional; negative is a rebate. */
  feeRate(liquidity: Liquidity): number;
}

/**
 * The same rate for every trade.
 * @param rate fraction of notional, in [0, 0.5), e.g. 0.001 for 10 basis points
 * @throws ConfigError `invalid-fee` outside the range
 */
export function proportionalFee(rate: number): FeeModel {
  checkRate('Fee rate', rate, 0);
  return { feeRate: () => rate };
}

/**
 * One rate for resting orders, another for orders that cross the spread.
 * @param rates fractions of notional; maker in [−0.1, 0.5), negative for a rebate; taker in [0, 0.5)
 * @throws ConfigError `invalid-fee` outside the ranges
 */
export function makerTakerFee(rates: { maker: number; taker: number }): FeeModel {
  const { maker, taker } = rates;
  checkRate('Maker fee rate', maker, -0.1);
  checkRate('Taker fee rate', taker, 0);
  return { feeRate: (liquidity) => (liquidity === 'maker' ? maker : taker) };
}

/**
 * The fees of an account with a volume.
 * @param tiers from the smallest volume on, rising, the first from 0
 * @param volume quote units, ≥ 0
 * @throws ConfigError `invalid-fee`
 */
export function tieredFee(tiers: readonly FeeTier[], volume: number): FeeModel {
  for (const tier of tiers) makerTakerFee(tier);
  return makerTakerFee(feeTierAt(tiers, volume));
}

/** What a fee model is made for: the settings of the env that concern it. */
export interface FeeContext {
  /** The env's fee for a venue, fraction of notional, in [0, 0.5); a model may do without it. */
  readonly feeRate: number;
}

export type FeePlugin = PartPlugin<FeeContext, FeeModel>;

export const feeShape: PluginShape = { kind: 'fee model', define: 'defineFeeModel', methods: ['create'] };

/**
 * Makes a fee model that an env's setting `feeModel` can name.
 * @throws ConfigError `invalid-plugin` for one that is not whole
 * @example
 * export const free = defineFeeModel({
 *   name: 'free',
 *   description: 'No fee for makers',
 *   create: ({ feeRate }) => ({ feeRate: (liquidity) => (liquidity === 'maker' ? 0 : feeRate) }),
 * });
 */
export function defineFeeModel<Schema extends ConfigSchema = ConfigSchema>(
  plugin: PartDefinition<Schema, FeeContext, FeeModel>,
): FeePlugin {
  return definePart(feeShape, plugin);
}

const proportional = defineFeeModel({
  name: 'proportional',
  description: "The env's feeRate for every trade",
  create: ({ feeRate }) => proportionalFee(feeRate),
});

const makerTaker = defineFeeModel({
  name: 'maker-taker',
  description: 'One rate for orders that rest in the book, another for those that cross the spread',
  config: z.object({
    maker: z.number().min(-0.1).lt(0.5).default(0.0002).describe('fraction of notional; negative: a rebate'),
    taker: z.number().min(0).lt(0.5).default(0.0005).describe('fraction of notional, in [0, 0.5)'),
  }),
  create: (_, rates) => makerTakerFee(rates),
});

const tiered = defineFeeModel({
  name: 'tiered',
  description: "A venue's fee schedule, by the volume of the account",
  config: z.object({
    tiers: z
      .array(
        z.strictObject({
          fromVolume: z.number().min(0).describe('volume from which the tier applies, quote units'),
          maker: z.number().min(-0.1).lt(0.5).describe('fraction of notional; negative: a rebate'),
          taker: z.number().min(0).lt(0.5).describe('fraction of notional, in [0, 0.5)'),
        }),
      )
      .min(1)
      .default([
        { fromVolume: 0, maker: 0.001, taker: 0.001 },
        { fromVolume: 1_000_000, maker: 0.0009, taker: 0.001 },
        { fromVolume: 5_000_000, maker: 0.0008, taker: 0.001 },
      ])
      .describe('from the smallest volume on, rising, the first from 0'),
    volume: z
      .number()
      .min(0)
      .default(0)
      .describe('what the account has traded, usually in 30 days, quote units'),
  }),
  create: (_, { tiers, volume }) => tieredFee(tiers, volume),
});

/** The fee models that come with the framework. */
export const builtInFees = new Registry<FeePlugin>(feeShape.kind, [proportional, makerTaker, tiered]);

/**
 * The fee model of a plugin, checked where it is a user's.
 * @throws ConfigError `invalid-plugin`; while trading, `invalid-fee` for a rate that is none
 */
export function createFee(
  plugin: FeePlugin,
  context: FeeContext,
  settings: Readonly<Record<string, unknown>>,
): FeeModel {
  const owner = `fee model "${plugin.name}"`;
  const model = requirePart(plugin.create(context, settings), owner, ['feeRate']);
  if (builtInFees.has(plugin.name)) return model;
  return {
    feeRate(liquidity) {
      const rate = model.feeRate(liquidity);
      if (rate > -0.5 && rate < 0.5) return rate;
      throw new ConfigError(
        'invalid-fee',
        `The ${owner} gave ${String(rate)} for a ${liquidity}; it must return a fraction of notional in (−0.5, 0.5).`,
      );
    },
  };
}

function checkRate(what: string, rate: number, lowest: number): void {
  if (!(rate >= lowest && rate < 0.5)) {
    throw new ConfigError('invalid-fee', `${what} must be in [${lowest}, 0.5), got ${rate}.`);
  }
}
