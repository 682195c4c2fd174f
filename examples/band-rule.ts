/** A signal rule: the exposure follows the score in steps, and changes only when the score has left a band around the last. */
import * as gym from 'market-gym';

export const band = gym.defineSignalRule({
  name: 'band',
  description: 'Exposure in steps of the score, with a band in which nothing changes',
  config: gym.z.object({
    steps: gym.z.int().min(1).default(4).describe('steps from no exposure to the largest, ≥ 1'),
    band: gym.z
      .number()
      .min(0)
      .default(0.1)
      .describe('changes up to this are left out, fraction of equity, ≥ 0'),
  }),
  create: ({ maxExposure, longOnly }, { steps, band: width }) => ({
    exposure(score, _volatility, previous) {
      const bounded = Math.max(longOnly ? 0 : -1, Math.min(1, score));
      const exposure = (maxExposure * Math.round(bounded * steps)) / steps;
      return Math.abs(exposure - previous) <= width ? previous : exposure;
    },
  }),
});
