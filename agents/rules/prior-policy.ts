/** Does what the prior in the observation says, and learns nothing: the measure of agents that are guided by it. */
import { createActionBatch } from '../../envs/spaces.ts';
import { defineAgent } from '../agent.ts';
import { PriorActions } from '../priors/actions.ts';
import { priorConfig } from '../priors/config.ts';
import { PriorReader } from '../priors/reader.ts';

export const priorPolicy = defineAgent({
  name: 'prior-policy',
  description: "Follows a model's probabilities, columns of the observation, to the letter",
  config: priorConfig.pick({ sharpness: true, floor: true }),
  build({ observationSpace, actionSpace }, config) {
    const policy = new PriorActions(
      new PriorReader(observationSpace, actionSpace, config, 'Agent "prior-policy"'),
    );
    return {
      act(observations, numEnvs) {
        const actions = createActionBatch(actionSpace, numEnvs);
        for (let n = 0; n < numEnvs; n++) policy.best(actions, n, observations);
        return actions;
      },
      observe: () => undefined,
      save: () => ({ arrays: {}, values: {} }),
      load: () => {},
    };
  },
});
