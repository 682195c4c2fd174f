/** Trades whenever the net edge between two venues is above a threshold: the simplest floor of arbitrage. */
import { z } from '../core/config.ts';
import { ConfigError } from '../core/errors.ts';
import { createActionBatch, numChoices } from '../envs/spaces.ts';
import { defineAgent } from './agent.ts';
import { edgeBps, findVenuePairs, writeTrade } from './venue-pairs.ts';

export const edgeThreshold = defineAgent({
  name: 'edge-threshold',
  description: 'Arbitrage whenever the net edge of a pair of venues is above a threshold',
  config: z.object({
    thresholdBps: z
      .array(z.number())
      .min(1)
      .default([0])
      .describe('net edge above which a pair is traded, bp; one for all ordered pairs, or one each'),
  }),
  build(context, { thresholdBps }) {
    const { observationSpace, actionSpace } = context;
    const pairs = findVenuePairs(context, 'edge-threshold');
    if (thresholdBps.length !== 1 && thresholdBps.length !== pairs.length) {
      throw new ConfigError(
        'invalid-value',
        `Agent "edge-threshold" needs one threshold, or one for each of ${pairs.map(({ name }) => name).join(', ')}; ` +
          `got ${thresholdBps.length}.`,
      );
    }
    const thresholds = pairs.map((_, p) => thresholdBps[thresholdBps.length === 1 ? 0 : p]);
    const width = actionSpace.kind === 'box' ? actionSpace.dim : numChoices(actionSpace);
    return {
      act(observations, numEnvs, _explore, situation) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) {
          // The pair that is furthest above its own threshold, of those that can be traded.
          let most = 0;
          for (const [p, pair] of pairs.entries()) {
            const excess = edgeBps(observations, observationSpace.dim, n, pair) - thresholds[p];
            if (excess > most && writeTrade(actions, n, width, pair, situation?.actionMasks)) most = excess;
          }
        }
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
