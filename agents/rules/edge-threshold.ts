/** Trades whenever the net edge between two venues is above a threshold, which may rise as the balance is used up. */
import { z } from '../../core/config.ts';
import { ConfigError } from '../../core/errors.ts';
import { createActionBatch, numChoices } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';
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
    slopeBps: z
      .number()
      .min(0)
      .default(0)
      .describe('what the threshold rises by until the base where it is sold is used up, bp, ≥ 0'),
  }),
  build(context, { thresholdBps, slopeBps }) {
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
    if (slopeBps > 0 && pairs.some(({ base }) => base < 0)) {
      throw new ConfigError(
        'unsuitable-space',
        'Agent "edge-threshold" with a slope needs the balances: let the env observe the column "base" too.',
      );
    }
    const width = actionSpace.kind === 'box' ? actionSpace.dim : numChoices(actionSpace);
    return {
      act(observations, numEnvs, _explore, stepContext) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) {
          // The pair that is furthest above its own threshold, of those that can be traded.
          let most = 0;
          for (const [p, pair] of pairs.entries()) {
            const used = slopeBps > 0 ? 1 - observations[n * observationSpace.dim + pair.base] : 0;
            const threshold = thresholds[p] + slopeBps * used;
            const excess = edgeBps(observations, observationSpace.dim, n, pair) - threshold;
            if (excess > most && writeTrade(actions, n, width, pair, stepContext?.actionMasks)) most = excess;
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
