/**
 * Bets that a spread comes back: sold where its z-score is high, bought where it is low, closed where that has gone.
 * Source: E. Gatev, W. Goetzmann & K. Rouwenhorst, "Pairs Trading: Performance of a Relative-Value Arbitrage Rule", RFS 19
 * (2006): opened at two deviations, closed where prices cross again.
 * Differences from the source: the spread is the residual of a rolling regression; the thresholds are settings.
 */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';

export const pairsReversion = defineAgent({
  name: 'pairs-reversion',
  description: 'Sells a spread whose z-score is high, buys one whose is low, closes where that has gone',
  config: z.object({
    entry: z.number().positive().default(2).describe('z-score from which a spread is traded'),
    exit: z.number().default(0).describe('z-score at which it is closed, from the side it was opened on'),
  }),
  build({ observationSpace, actionSpace }, { entry, exit }) {
    const names = observationSpace.names ?? [];
    const score = names.findIndex((name) => name.startsWith('1:spread-zscore') && name.endsWith('@0'));
    const held = names.indexOf('exposure');
    const levels = actionSpace.kind === 'discrete' ? actionSpace.values : undefined;
    if (score < 0 || held < 0 || levels === undefined) {
      throw new ConfigError(
        'unsuitable-space',
        'Agent "pairs-reversion" looks at spread-zscore and chooses exposures, which these spaces do not have. Use it with the env "pairs".',
      );
    }
    const flat = levels.indexOf(0);
    const longest = levels.indexOf(Math.max(...levels));
    const shortest = levels.indexOf(Math.min(...levels));
    const { dim } = observationSpace;
    return {
      act(observations, numEnvs) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) {
          const z = observations[n * dim + score];
          const exposure = observations[n * dim + held];
          if (exposure > 0) actions[n] = z >= -exit ? flat : longest;
          else if (exposure < 0) actions[n] = z <= exit ? flat : shortest;
          else actions[n] = z >= entry ? shortest : z <= -entry ? longest : flat;
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
