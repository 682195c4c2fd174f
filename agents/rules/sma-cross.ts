/**
 * Trades the moving-average crossover: long while the fast average is above the slow one, otherwise short or flat.
 *
 * Source: Brock, Lakonishok & LeBaron (1992), "Simple Technical Trading Rules and the Stochastic Properties of
 * Stock Returns", variable-length moving average. Differences from the source: no band around the crossing.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';
import { createExposureWriter } from './target-exposure.ts';

export const smaCross = defineAgent({
  name: 'sma-cross',
  description: 'Long while the fast moving average is above the slow one; needs both ma-distance features',
  config: z.object({
    fastBars: z.int().min(1).default(20).describe('bars of the fast average'),
    slowBars: z.int().min(2).default(50).describe('bars of the slow average'),
    belowExposure: z
      .number()
      .default(0)
      .describe('target exposure while the fast average is below: 0 flat, -1 short'),
  }),
  build({ observationSpace, actionSpace }, { fastBars, slowBars, belowExposure }) {
    const write = createExposureWriter(actionSpace, 'sma-cross');
    const column = (bars: number): number => {
      const index = observationSpace.names?.indexOf(`ma-distance:${bars}@0`) ?? -1;
      if (index >= 0) return index;
      throw new ConfigError(
        'missing-feature',
        `Agent "sma-cross" needs the feature "ma-distance:${bars}", not normalised; add it to the env's features ` +
          'and set its normalize to "none".',
      );
    };
    const fast = column(fastBars);
    const slow = column(slowBars);
    return {
      act(observations, numEnvs) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) {
          // The close is common to both distances, so the nearer average is the higher one when both are below it.
          const row = n * observationSpace.dim;
          write(actions, n, observations[row + fast] < observations[row + slow] ? 1 : belowExposure);
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
