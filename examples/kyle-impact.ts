/**
 * A slippage model: half of the spread, and an impact that grows with the part of the volume that is taken.
 *
 * Source: the linear impact of Kyle (1985), "Continuous Auctions and Insider Trading", with λ in units of the volatility.
 */
import * as gym from 'market-gym';

export const kyleImpact = gym.defineSlippageModel({
  name: 'kyle-impact',
  description: "The env's half-spread and coefficient · volatility · |size| / volume",
  config: gym.z.object({
    coefficient: gym.z
      .number()
      .min(0)
      .max(100)
      .default(1)
      .describe('of the impact, dimensionless, in [0, 100]'),
    maxRate: gym.z
      .number()
      .min(0)
      .lt(0.5)
      .default(0.1)
      .describe('bound of the impact, fraction, in [0, 0.5)'),
  }),
  create: ({ slippageRate }, { coefficient, maxRate }) => ({
    slippageRate({ size, volume, volatility }) {
      if (size === 0) return slippageRate;
      // Nothing was traded in the last bars: the worst.
      const impact = volume > 0 ? (coefficient * volatility * Math.abs(size)) / volume : maxRate;
      return slippageRate + Math.min(impact, maxRate);
    },
  }),
});
