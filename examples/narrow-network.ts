/** A network with a name and settings: one narrow layer for critics, the agent's own networks for its policy. */
import * as gym from 'market-gym';

export const narrow = gym.defineNetwork({
  name: 'narrow',
  description: 'One hidden layer of a few units for critics',
  config: gym.z.object({ units: gym.z.int().min(1).default(8).describe('units of the hidden layer, ≥ 1') }),
  create({ role, inputDim, outputDim, rng, kernels }, { units }) {
    // Undefined leaves this one to the agent.
    if (role === 'policy') return undefined;
    return gym.createMlp(kernels, {
      inputDim,
      hidden: [units],
      outputDim,
      activation: 'tanh',
      init: 'orthogonal',
      outputScale: 1,
      rng,
    });
  },
});
