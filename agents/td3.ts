/**
 * Twin delayed deep deterministic policy gradient, for continuous actions.
 *
 * Source: Fujimoto et al. (2018), "Addressing Function Approximation Error in Actor-Critic Methods",
 * arXiv:1802.09477, algorithm 1.
 * Differences from the source: see deterministic-actor-critic.ts.
 */
import { z } from '../core/config.ts';
import { defineAgent } from './agent.ts';
import { offPolicyConfig } from './off-policy/config.ts';
import { DeterministicActorCritic } from './off-policy/deterministic-actor-critic.ts';
import { explorationNoiseConfig } from './off-policy/exploration-noise.ts';
import { buildOffPolicyAgent } from './off-policy/loop.ts';
import { actorCriticPrior } from './off-policy/prior.ts';
import { withWindowNetworks } from './window-network.ts';

export const td3 = defineAgent({
  name: 'td3',
  description: 'Twin delayed DDPG (Fujimoto et al. 2018), for continuous actions',
  config: z.object({
    ...offPolicyConfig({ learningRate: 1e-3, hidden: [400, 300] }),
    ...explorationNoiseConfig,
    policyDelay: z.int().min(1).default(2).describe('updates of the critics per update of the policy'),
    targetNoise: z.number().min(0).default(0.2).describe('deviation of the noise on target actions'),
    targetNoiseClip: z.number().min(0).default(0.5).describe('bound of the noise on target actions'),
  }),
  prior: actorCriticPrior('tanh'),
  build(context, config) {
    const learnerConfig = { ...config, numCritics: 2 };
    const withNetworks = withWindowNetworks('td3', context, config, 'fan-in');
    return buildOffPolicyAgent(
      'td3',
      context,
      config,
      (kernels, rng) => new DeterministicActorCritic('td3', withNetworks, learnerConfig, kernels, rng),
    );
  },
});
