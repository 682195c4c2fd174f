/**
 * Proposes where good trials are denser than the others. Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization"
 * (2011), the tree-structured Parzen estimator, over all parameters at once.
 */
import { z } from '../../../core/config.ts';
import { defineSampler } from '../sampler.ts';
import { pointAt } from '../space.ts';
import { rankTrials, type TrialRecord } from '../trial-record.ts';
import { ParzenEstimator } from './parzen.ts';

/** At most so many count as good. */
const MAX_GOOD = 25;

export const tpeSampler = defineSampler({
  name: 'tpe',
  description: 'draws where good trials lie denser than the others',
  config: z.object({
    startupTrials: z
      .int()
      .min(1)
      .default(10)
      .describe('trials by chance before any is proposed by the others'),
    candidates: z
      .int()
      .min(1)
      .default(24)
      .describe('points drawn for each proposal, of which the best is taken'),
    goodShare: z.number().gt(0).lt(1).default(0.1).describe('share of the trials that count as good'),
    concurrency: z
      .int()
      .min(1)
      .default(4)
      .describe(
        'trials under way at a time: a proposal waits for all but so many before it; results depend on it',
      ),
  }),
  create: ({ space }, { startupTrials, candidates, goodShare, concurrency }) => {
    const estimate = (trials: readonly TrialRecord[]): ParzenEstimator =>
      new ParzenEstimator(
        space,
        [...trials].sort((a, b) => a.index - b.index).map(({ point }) => point),
      );
    return {
      needs: (index) => (index < startupTrials ? 0 : Math.max(0, index - concurrency + 1)),
      propose: (index, known, rng) => {
        const ranked = rankTrials(known);
        if (index < startupTrials || ranked.length === 0)
          return pointAt(
            space,
            space.map(() => rng.uniform()),
          );
        const numGood = Math.min(MAX_GOOD, Math.ceil(goodShare * ranked.length));
        const good = estimate(ranked.slice(0, numGood));
        const others = estimate(ranked.slice(numGood));
        let best = good.draw(rng);
        let bestRatio = good.logDensity(best) - others.logDensity(best);
        for (let i = 1; i < candidates; i++) {
          const point = good.draw(rng);
          const ratio = good.logDensity(point) - others.logDensity(point);
          if (ratio > bestRatio) [best, bestRatio] = [point, ratio];
        }
        return best;
      },
    };
  },
});
