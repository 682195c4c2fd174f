/**
 * Soft actor-critic: maximises the return and the entropy of its policy, for continuous and discrete actions.
 *
 * Source: Haarnoja et al. (2018), "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; for discrete
 * actions Christodoulou (2019), "Soft Actor-Critic for Discrete Action Settings", arXiv:1910.07207.
 * Differences from the source: see sac-continuous.ts and sac-discrete.ts.
 */
import { ConfigError } from '../core/errors.ts';
import { describeSpace } from '../envs/spaces.ts';
import { defineAgent } from './agent.ts';
import { buildOffPolicyAgent } from './off-policy/loop.ts';
import { actorCriticPrior } from './off-policy/prior.ts';
import { sacConfig } from './off-policy/sac-config.ts';
import { SacContinuous } from './off-policy/sac-continuous.ts';
import { SacDiscrete } from './off-policy/sac-discrete.ts';
import { requireStateDependentExploration } from './on-policy/state-dependent-exploration.ts';
import { withWindowNetworks } from './window-network.ts';

export const sac = defineAgent({
  name: 'sac',
  description: 'Soft actor-critic (Haarnoja et al. 2018), for continuous and discrete actions',
  config: sacConfig,
  prior: actorCriticPrior('squashed'),
  build(context, config) {
    const { actionSpace } = context;
    if (actionSpace.kind === 'multi-discrete') {
      throw new ConfigError(
        'unsuitable-space',
        `Agent "sac" needs continuous actions (a Box) or one discrete choice; the env has ` +
          `${describeSpace(actionSpace)}. Try "ppo".`,
      );
    }
    if (config.stateDependentExploration) requireStateDependentExploration(actionSpace, config.hidden);
    const withNetworks = withWindowNetworks('sac', context, config, 'fan-in');
    return buildOffPolicyAgent('sac', context, config, (kernels, rng) =>
      actionSpace.kind === 'box'
        ? new SacContinuous(withNetworks, config, kernels, rng)
        : new SacDiscrete(withNetworks, actionSpace, config, kernels, rng),
    );
  },
});
