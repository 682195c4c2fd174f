/** What off-policy agents can do with a prior. */
import type { ContinuousForm, PriorSupport } from '../priors/support.ts';
import { createFanInMlp, type FanInMlpOptions } from './fan-in-mlp.ts';

type OwnNetworkConfig = Pick<FanInMlpOptions, 'hidden' | 'activation'>;

const createNetwork: PriorSupport<OwnNetworkConfig>['createNetwork'] = (
  { inputDim, outputDim, rng },
  kernels,
  { hidden, activation },
) => createFanInMlp(kernels, { inputDim, outputDim, hidden, activation, rng });

/**
 * Of SAC, DDPG and TD3: no guidance, for they keep what they drew themselves.
 * @param continuousForm how the agent reads its policy's outputs
 */
export const actorCriticPrior = (continuousForm: ContinuousForm): PriorSupport<OwnNetworkConfig> => ({
  uses: ['columns', 'warm-start', 'pull', 'residual'],
  continuousForm,
  createNetwork,
});

/** Of DQN, which has no policy to hold near the prior, and learns from any action. */
export const valuePrior: PriorSupport<OwnNetworkConfig> = { uses: ['columns', 'guidance'], createNetwork };
