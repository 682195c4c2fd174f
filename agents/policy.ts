/** The policy of an agent that learns by log-probabilities: a network, and a head that reads its outputs. */
import type { ConfigOf, z } from '../core/config.ts';
import type { Rng } from '../core/rng.ts';
import type { Kernels } from '../networks/kernels.ts';
import { createMlp, mlpLayer } from '../networks/mlp.ts';
import type { Network } from '../networks/network.ts';
import { createStateDependentGaussian } from '../networks/state-dependent-gaussian.ts';
import type { AgentContext } from './agent.ts';
import { createPolicyHead, type PolicyHead } from './policy-head.ts';
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

/** Of the output layer, so that all actions start equally probable. */
const OUTPUT_SCALE = 0.01;

/** @throws ConfigError `unsuitable-space`, `invalid-value` where state-dependent exploration cannot be */
export function createPolicy(
  kernels: Kernels,
  { observationSpace, actionSpace, numEnvs }: AgentContext,
  config: PolicyConfig,
  rng: Rng,
): { policy: Network; head: PolicyHead } {
  const { hidden, activation, initialLogStd } = config;
  const body = { inputDim: observationSpace.dim, activation, init: 'orthogonal' as const, rng };
  if (!config.stateDependentExploration) {
    const head = createPolicyHead(kernels, actionSpace, initialLogStd);
    const shape = { hidden, outputDim: head.outputDim, outputScale: OUTPUT_SCALE };
    return { policy: createMlp(kernels, { ...body, ...shape }), head };
  }
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
      outputScale: OUTPUT_SCALE,
    }),
    initialLogStd,
    learnFeatures: false,
    meanBound: Infinity,
  });
  const noise = new StateDependentNoise(policy, numEnvs, config.resampleEvery || config.rolloutSteps);
  return { policy, head: new StateDependentGaussianHead(actionSpace, noise) };
}
