/** Holds a constant target exposure: fully invested by default, in cash at 0. */
import { z } from '../../core/config.ts';
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';
import { createExposureWriter } from './target-exposure.ts';

export const buyAndHold = defineAgent({
  name: 'buy-and-hold',
  description: 'A constant target exposure in a trading env',
  config: z.object({
    exposure: z.number().default(1).describe('target exposure, a signed fraction of equity; 0 is cash'),
  }),
  build({ actionSpace }, { exposure }) {
    const write = createExposureWriter(actionSpace, 'buy-and-hold');
    return {
      act(_observations, numEnvs) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) write(actions, n, exposure);
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
