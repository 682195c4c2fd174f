/** Makes the policy of an agent that learns by log-probabilities: a network, and a head that reads its outputs. */
import type { ConfigOf, z } from '../../core/config.ts';
import type { Rng } from '../../core/rng.ts';
import { createStateDependentGaussian } from '../../networks/distributions/state-dependent-gaussian.ts';
import type { Kernels } from '../../networks/kernels/kernels.ts';
import { mlpLayer } from '../../networks/layers/mlp.ts';
import type { Network } from '../../networks/network.ts';
import type { AgentContext } from '../agent.ts';
import { createCustomNetwork, requireOwnNetworks } from '../custom-network.ts';
import { createPolicyHead } from './create-policy-head.ts';
import { createOnPolicyNetwork, POLICY_OUTPUT_SCALE } from './own-network.ts';
import type { PolicyHead } from './policy-head.ts';
import {
  requireStateDependentExploration,
  StateDependentNoise,
  type stateDependentExplorationConfig,
} from './state-dependent-exploration.ts';
import { StateDependentGaussianHead } from './state-dependent-gaussian-head.ts';

export interface PolicyConfig extends ConfigOf<z.ZodObject<typeof stateDependentExplorationConfig>> {
  readonly hidden: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** Starting log deviation of continuous actions. */
  readonly initialLogStd: number;
  readonly rolloutSteps: number;
}

/** @throws ConfigError `unsuitable-space`, `unsuitable-network`, `invalid-value` where state-dependent exploration cannot be */
export function createPolicy(
  kernels: Kernels,
  context: AgentContext,
  config: PolicyConfig,
  rng: Rng,
): { policy: Network; head: PolicyHead } {
  const { observationSpace, actionSpace, numEnvs } = context;
  const { hidden, activation, initialLogStd } = config;
  const body = { inputDim: observationSpace.dim, activation, init: 'orthogonal' as const, rng };
  if (!config.stateDependentExploration) {
    const head = createPolicyHead(kernels, actionSpace, initialLogStd);
    const { outputDim } = head;
    const request = { role: 'policy', inputDim: body.inputDim, outputDim, rng } as const;
    const policy =
      createCustomNetwork(context, kernels, request) ?? createOnPolicyNetwork(request, kernels, config);
    return { policy, head };
  }
  requireOwnNetworks(context, 'stateDependentExploration');
  requireStateDependentExploration(actionSpace, hidden);
  const featureDim = hidden[hidden.length - 1];
  const policy = createStateDependentGaussian(kernels, {
    features: mlpLayer({
      ...body,
      hidden: hidden.slice(0, -1),
      outputDim: featureDim,
      outputActivation: activation,
      outputScale: Math.SQRT2,
    }),
    means: mlpLayer({
      ...body,
      inputDim: featureDim,
      hidden: [],
      outputDim: actionSpace.dim,
      outputScale: POLICY_OUTPUT_SCALE,
    }),
    initialLogStd,
    learnFeatures: false,
    meanBound: Infinity,
  });
  const noise = new StateDependentNoise(policy, numEnvs, config.resampleEvery || config.rolloutSteps);
  return { policy, head: new StateDependentGaussianHead(actionSpace, noise) };
}
