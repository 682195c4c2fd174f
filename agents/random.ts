/** Acts at random: the floor that every agent has to clear. */
import { z } from '../core/config.ts';
import { createActionBatch, sampleActionsInto } from '../envs/spaces.ts';
import { defineAgent } from './agent.ts';

export const random = defineAgent({
  name: 'random',
  description: 'Uniform random actions, changed with a given probability per step.',
  config: z.object({
    changeProbability: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe('chance per step to draw anew; sets the turnover'),
  }),
  build({ actionSpace, numEnvs, rng }, { changeProbability }) {
    const draws = rng.fork('random');
    let actions = createActionBatch(actionSpace, numEnvs);
    const fresh = createActionBatch(actionSpace, 1);
    const dim = fresh.length;
    sampleActionsInto(actions, actionSpace, draws);
    return {
      act(_observations, numEnvs) {
        if (actions.length !== numEnvs * dim) {
          actions = createActionBatch(actionSpace, numEnvs);
          sampleActionsInto(actions, actionSpace, draws);
        }
        for (let n = 0; n < numEnvs; n++) {
          if (changeProbability < 1 && draws.uniform() >= changeProbability) continue;
          sampleActionsInto(fresh, actionSpace, draws);
          for (let i = 0; i < dim; i++) actions[n * dim + i] = fresh[i];
        }
        return actions;
      },
      observe: () => undefined,
      save: () => draws.save(),
      load: (snapshot) => draws.load(snapshot),
    };
  },
});
