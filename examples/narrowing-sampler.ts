/** A sampler: draws around the best trial so far, ever more closely. */
import { defineSampler, rankTrials, shareOf, spacePointAt, z } from 'market-gym';

export const narrowing = defineSampler({
  name: 'narrowing',
  description: 'draws around the best trial so far, ever more closely',
  config: z.object({
    startupTrials: z.int().min(1).default(5).describe('trials by chance before that'),
  }),
  create: ({ space, numTrials }, { startupTrials }) => ({
    // Each proposal looks at all trials before it: one runs at a time.
    needs: (index) => (index < startupTrials ? 0 : index),
    propose: (index, known, rng) => {
      const [best] = rankTrials(known);
      const width = index < startupTrials || best === undefined ? 1 : 1 - index / numTrials;
      const unit = space.map((parameter) => {
        const value = best?.point[parameter.name];
        const center = value === undefined || width === 1 ? 0.5 : shareOf(parameter, value);
        return Math.min(1 - 1e-9, Math.max(0, center + width * (rng.uniform() - 0.5)));
      });
      return spacePointAt(space, unit);
    },
  }),
});
