/** What PPO and A2C can do with a prior. */
import type { PriorSupport } from '../priors/support.ts';
import { createOnPolicyNetwork, type OwnNetworkConfig } from './own-network.ts';

/** No guidance: they learn from their own draws, and would take the prior's action for one. */
export const onPolicyPrior: PriorSupport<OwnNetworkConfig & { readonly normalizeObservations: boolean }> = {
  uses: ['columns', 'warm-start', 'pull', 'residual'],
  continuousForm: 'means',
  createNetwork: createOnPolicyNetwork,
  seesRawObservations: ({ normalizeObservations }) => !normalizeObservations,
};
